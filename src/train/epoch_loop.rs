//! [`EpochLoop`]: the loop around burn's learner.
//!
//! burn's own loop does not clip gradients globally, does not notice a loss that is not finite,
//! does not write a checkpoint as one unit, and cannot stop between two steps. Its learner,
//! optimizer and scheduler are used as they are.
//!
//! Does not know about run directories, terminals or how cases are prepared.

use super::{
    EpochPlan, Host, Limits, LrSchedule, Segmenter, TrainingState,
    checkpoint_sink::Records,
    clip_to_norm,
    failure::not_finite,
    gradient_accumulation::GradientAccumulation,
    limits::LongestTimes,
    monitor::MonitoredScore,
    validate::{Validated, ValidatedCase, validate},
};
use crate::{
    base::Result,
    data::batch::CaseBatch,
    event::{Event, Stop},
    spec,
};
use burn::{
    data::{dataloader::DataLoader, dataset::DatasetError},
    module::Module,
    train::{
        Learner, SupervisedLearningStrategy, SupervisedTrainingEventProcessor, TrainLoader,
        TrainingComponents, ValidLoader,
    },
};
use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

/// Why training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingEnd {
    /// All epochs are done.
    Finished,
    /// No better score for `train.patience` epochs.
    StoppedEarly,
    /// Somebody asked for it, or a limit was reached.
    Stopped(Stop),
    /// The host pruned it after an epoch, for this reason.
    Pruned(String),
}

/// What training came to.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOutcome {
    /// Why it ended.
    pub end: TrainingEnd,
    /// The state at the end, which is that of its last checkpoint.
    pub state: TrainingState,
}

/// A training strategy that tells a [`Host`] what happens.
pub(super) struct EpochLoop {
    pub(super) host: Rc<RefCell<dyn Host>>,
    pub(super) records: Records,
    pub(super) schedule: LrSchedule,
    pub(super) monitor: MonitoredScore,
    pub(super) patience: usize,
    pub(super) clip_norm: Option<f64>,
    pub(super) n_classes: usize,
    pub(super) plan: EpochPlan,
    pub(super) checkpoint: spec::Checkpoint,
    pub(super) limits: Limits,
    /// Epoch from which patience counts at the earliest.
    pub(super) extends: usize,
    pub(super) first: TrainingState,
    /// Whether this run has a checkpoint of `first`.
    pub(super) has_checkpoint: bool,
    pub(super) outcome: RefCell<Option<Result<TrainingOutcome>>>,
}

/// What changes while training goes on.
struct LoopState<'a> {
    learner: &'a mut Learner<Segmenter>,
    /// Sends the learner's state to [`Records`].
    send_records: &'a mut dyn FnMut(&Learner<Segmenter>),
    state: TrainingState,
    times: LongestTimes,
    /// Position of the last checkpoint.
    checkpointed: Option<[usize; 3]>,
}

impl LoopState<'_> {
    fn outcome(&self, end: TrainingEnd) -> TrainingOutcome {
        TrainingOutcome { end, state: self.state.clone() }
    }
}

impl SupervisedLearningStrategy<Segmenter> for EpochLoop {
    fn fit(
        &self,
        components: TrainingComponents<Segmenter>,
        mut learner: Learner<Segmenter>,
        train: TrainLoader<Segmenter>,
        valid: ValidLoader<Segmenter>,
        _starting_epoch: usize,
    ) -> (Segmenter, SupervisedTrainingEventProcessor<Segmenter>) {
        let TrainingComponents { checkpointer, event_processor, event_store, num_epochs, .. } =
            components;
        let mut checkpointer = checkpointer;
        let mut send_records = |learner: &Learner<Segmenter>| {
            // burn keeps the latest running statistics apart and does not save them until the
            // model is put into evaluation mode.
            drop(learner.model().valid());
            if let Some(checkpointer) = &mut checkpointer {
                checkpointer.checkpoint(learner, 0, &event_store);
            }
        };
        let mut current = LoopState {
            learner: &mut learner,
            send_records: &mut send_records,
            state: self.first.clone(),
            times: LongestTimes::new(),
            checkpointed: self.has_checkpoint.then(|| self.first.place()),
        };
        let outcome = self.run(&mut current, &*train, &*valid, num_epochs);
        *self.outcome.borrow_mut() = Some(outcome);
        (learner.model(), event_processor)
    }
}

impl EpochLoop {
    fn run(
        &self,
        current: &mut LoopState<'_>,
        train: &dyn DataLoader<CaseBatch>,
        valid: &dyn DataLoader<CaseBatch>,
        n_epochs: usize,
    ) -> Result<TrainingOutcome> {
        loop {
            if let Some(end) = self.end(&current.state, n_epochs) {
                return Ok(current.outcome(end));
            }
            let mut stop = self.train_epoch(current, train)?;
            if stop.is_none() {
                stop = self.finish_epoch(current, valid)?;
            }
            if let Some(stop) = stop {
                if current.checkpointed != Some(current.state.place()) {
                    self.commit(current)?;
                }
                return Ok(current.outcome(TrainingEnd::Stopped(stop)));
            }
            let state = &current.state;
            let has_ended = self.end(state, n_epochs).is_some();
            // Before the checkpoint: a process that dies between the two asks again.
            let pruned =
                if has_ended { None } else { self.host.borrow_mut().prune(state.epoch)? };
            if state.is_best()
                || state.epoch.is_multiple_of(self.checkpoint.every_epochs.max(1))
                || has_ended
                || pruned.is_some()
                || current.times.is_checkpoint_due(self.checkpoint.every_minutes)
            {
                self.commit(current)?;
            }
            if let Some(reason) = pruned {
                return Ok(current.outcome(TrainingEnd::Pruned(reason)));
            }
        }
    }

    /// Why training has ended; `None` while it has not.
    fn end(&self, state: &TrainingState, n_epochs: usize) -> Option<TrainingEnd> {
        let without_better = state.epoch.saturating_sub(state.best_epoch.max(self.extends));
        if state.epoch >= n_epochs {
            Some(TrainingEnd::Finished)
        } else if state.batches == 0 && self.patience > 0 && without_better >= self.patience {
            Some(TrainingEnd::StoppedEarly)
        } else {
            None
        }
    }

    /// Whether to stop before a part that is expected to take `next`.
    fn stop(&self, state: &TrainingState, times: &LongestTimes, next: Duration) -> Option<Stop> {
        let is_at_limit = self.limits.step_limit.is_some_and(|limit| state.step >= limit);
        let is_over = || self.limits.deadline.is_some_and(|deadline| times.is_over(deadline, next));
        self.host
            .borrow()
            .stop_asked()
            .or_else(|| is_at_limit.then_some(Stop::StepLimit))
            .or_else(|| is_over().then_some(Stop::Walltime))
    }

    /// Trains on the batches that are left of an epoch.
    fn train_epoch(
        &self,
        current: &mut LoopState<'_>,
        train: &dyn DataLoader<CaseBatch>,
    ) -> Result<Option<Stop>> {
        let mut batches = None;
        while current.state.batches < self.plan.n_batches() {
            if let Some(stop) = self.stop(&current.state, &current.times, current.times.of_step()) {
                return Ok(Some(stop));
            }
            let began = Instant::now();
            let batches = batches.get_or_insert_with(|| train.iter());
            self.step(current, &mut **batches, began)?;
            current.times.stepped(began.elapsed());
            current.state.seconds += began.elapsed().as_secs_f64();
            if current.times.is_checkpoint_due(self.checkpoint.every_minutes) {
                self.commit(current)?;
            }
        }
        Ok(None)
    }

    fn step(
        &self,
        current: &mut LoopState<'_>,
        batches: &mut dyn Iterator<Item = Result<CaseBatch, DatasetError>>,
        began: Instant,
    ) -> Result<()> {
        let (learner, state) = (&mut *current.learner, &mut current.state);
        let epoch = state.epoch + 1;
        let GradientAccumulation { loss, gradients, cases, n_batches } =
            GradientAccumulation::over(learner, batches, self.plan.batches_of_step(state.batches))?;
        let (grad_norm, gradients) = clip_to_norm(&learner.model(), gradients, self.clip_norm)?;
        let point = self.schedule.at(state.step);
        if !loss.is_finite() || !grad_norm.is_finite() {
            let what = if loss.is_finite() { "gradient" } else { "loss" };
            let place = Some((state.step + 1, point.lr));
            return Err(not_finite(what, epoch, place, &cases, state.last_loss.as_ref()));
        }
        learner.lr_step();
        learner.optimizer_step(gradients);
        state.step += 1;
        state.batches += n_batches;
        state.loss_sum += loss;
        state.lr = point.lr;
        state.last_loss = Some(loss);
        self.host.borrow_mut().hear(&Event::Step {
            epoch,
            step: state.step,
            loss,
            lr: point.lr,
            beta1: point.beta1,
            grad_norm,
            seconds: began.elapsed().as_secs_f64(),
        })
    }

    /// Validates, and reports the epoch.
    fn finish_epoch(
        &self,
        current: &mut LoopState<'_>,
        valid: &dyn DataLoader<CaseBatch>,
    ) -> Result<Option<Stop>> {
        let whole = current.times.of_validation(valid.num_items());
        if let Some(stop) = self.stop(&current.state, &current.times, whole) {
            return Ok(Some(stop));
        }
        let (began, epoch) = (Instant::now(), current.state.epoch + 1);
        let LoopState { learner, state, times, .. } = current;
        let mut asked = None;
        let mut stop = || {
            if let Some(asked) = asked.replace(Instant::now()) {
                times.scored_case(asked.elapsed());
            }
            self.stop(state, times, times.of_scored_case())
        };
        let model = learner.model().valid();
        let scored = match validate(&model, valid, epoch, self.n_classes, &mut stop)? {
            Validated::Done(scored) => scored,
            Validated::Stopped(stop) => return Ok(Some(stop)),
        };
        times.validated(began.elapsed());
        let n_steps = self.plan.steps_of(state.batches);
        let train_loss = state.loss_sum / n_steps.max(1) as f64;
        let (lr, train_seconds) = (state.lr, state.seconds);
        *state = TrainingState {
            epoch,
            batches: 0,
            loss_sum: 0.0,
            lr: 0.0,
            seconds: 0.0,
            ..state.clone()
        };
        let monitored = self.monitor.pick(scored.loss, &scored.dice, scored.foreground);
        let of_case = |case: &ValidatedCase| {
            self.monitor.pick(Some(case.loss), &case.dice, case.foreground())
        };
        let by_case = scored.cases.iter().map(of_case).collect();
        self.monitor.note(state, epoch, monitored);
        self.host.borrow_mut().hear(&Event::Epoch {
            epoch,
            step: state.step,
            train_loss,
            valid_loss: scored.loss,
            lr,
            dice: scored.dice,
            n_dice: scored.n_dice,
            dice_foreground: scored.foreground,
            monitored,
            by_case,
            is_best: state.is_best(),
            seconds: [train_seconds, began.elapsed().as_secs_f64()],
        })?;
        Ok(None)
    }

    fn commit(&self, current: &mut LoopState<'_>) -> Result<()> {
        let (began, state) = (Instant::now(), &current.state);
        (current.send_records)(current.learner);
        let mut host = self.host.borrow_mut();
        host.commit(state, &mut |folder| self.records.write(folder, state))?;
        let took = began.elapsed();
        current.times.committed(took);
        current.checkpointed = Some(state.place());
        host.hear(&Event::Checkpoint {
            epoch: state.epoch_of_checkpoint(),
            step: state.step,
            seconds: took.as_secs_f64(),
        })
    }
}
