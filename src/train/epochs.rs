//! [`Epochs`]: the loop around burn's learner.
//!
//! burn's own loop neither clips globally, nor notices a loss that is not finite, nor commits a
//! checkpoint as one, nor stops between two steps; its learner, optimizer and scheduler are used
//! as they are.
//!
//! Knows nothing of run directories, terminals or how cases are prepared.

use super::{
    Curve, EpochPlan, Host, Limits, Segmenter, TrainingState,
    checkpoint_sink::Records,
    clip_to_norm,
    failure::{device_error, not_finite},
    gradient_accumulation::GradientAccumulation,
    limits::Pace,
    monitor::Monitor,
    validate::{CaseScores, Validated, validate},
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
    tensor::Tensor,
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

/// How training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// All epochs done.
    Finished,
    /// No better score for `train.patience` epochs.
    StoppedEarly,
    /// Somebody asked for it, or a limit was reached.
    Stopped(Stop),
    /// The host gave it up after an epoch, for this reason.
    GivenUp(String),
}

/// What training came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// How it ended.
    pub ending: Ending,
    /// Where it stands, which is where its last checkpoint stands.
    pub state: TrainingState,
}

/// A training strategy that tells a [`Host`] what happens.
pub(super) struct Epochs {
    pub(super) host: Rc<RefCell<dyn Host>>,
    pub(super) records: Records,
    pub(super) curve: Curve,
    pub(super) monitor: Monitor,
    pub(super) patience: usize,
    pub(super) clip_norm: Option<f64>,
    pub(super) n_classes: usize,
    pub(super) pass: EpochPlan,
    pub(super) cadence: spec::Checkpoint,
    pub(super) limits: Limits,
    /// Epoch from which patience counts at the earliest.
    pub(super) extends: usize,
    pub(super) first: TrainingState,
    /// Whether a checkpoint of `first` stands in this run.
    pub(super) is_first_kept: bool,
    pub(super) outcome: RefCell<Option<Result<Trained>>>,
}

/// Training under way.
struct Way<'a> {
    learner: &'a mut Learner<Segmenter>,
    hand_over: &'a mut dyn FnMut(&Learner<Segmenter>),
    state: TrainingState,
    pace: Pace,
    kept: Option<[usize; 3]>,
}

impl SupervisedLearningStrategy<Segmenter> for Epochs {
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
        let mut hand_over = |learner: &Learner<Segmenter>| {
            // burn keeps the latest running statistics apart, and does not save them, until
            // somebody asks for the evaluation mode.
            drop(learner.model().valid());
            if let Some(checkpointer) = &mut checkpointer {
                checkpointer.checkpoint(learner, 0, &event_store);
            }
        };
        let mut way = Way {
            learner: &mut learner,
            hand_over: &mut hand_over,
            state: self.first.clone(),
            pace: Pace::new(),
            kept: self.is_first_kept.then(|| self.first.place()),
        };
        let outcome = self.run(&mut way, &*train, &*valid, num_epochs);
        *self.outcome.borrow_mut() = Some(outcome);
        (learner.model(), event_processor)
    }
}

impl Epochs {
    fn run(
        &self,
        way: &mut Way<'_>,
        train: &dyn DataLoader<CaseBatch>,
        valid: &dyn DataLoader<CaseBatch>,
        n_epochs: usize,
    ) -> Result<Trained> {
        loop {
            if let Some(ending) = self.ending(&way.state, n_epochs) {
                return Ok(Trained { ending, state: way.state.clone() });
            }
            let mut stop = self.train_pass(way, train)?;
            if stop.is_none() {
                stop = self.finish_epoch(way, valid)?;
            }
            if let Some(stop) = stop {
                if way.kept != Some(way.state.place()) {
                    self.commit(way)?;
                }
                return Ok(Trained { ending: Ending::Stopped(stop), state: way.state.clone() });
            }
            let state = &way.state;
            let has_ended = self.ending(state, n_epochs).is_some();
            // Before the checkpoint: a process that dies between them is asked again.
            let given_up =
                if has_ended { None } else { self.host.borrow_mut().give_up(state.epoch)? };
            if state.is_best()
                || state.epoch.is_multiple_of(self.cadence.every_epochs.max(1))
                || has_ended
                || given_up.is_some()
                || way.pace.is_checkpoint_due(self.cadence.every_minutes)
            {
                self.commit(way)?;
            }
            if let Some(reason) = given_up {
                return Ok(Trained { ending: Ending::GivenUp(reason), state: way.state.clone() });
            }
        }
    }

    /// How training has ended, if it has.
    fn ending(&self, state: &TrainingState, n_epochs: usize) -> Option<Ending> {
        let without_better = state.epoch.saturating_sub(state.best_epoch.max(self.extends));
        if state.epoch >= n_epochs {
            Some(Ending::Finished)
        } else if state.batches == 0 && self.patience > 0 && without_better >= self.patience {
            Some(Ending::StoppedEarly)
        } else {
            None
        }
    }

    /// Whether to stop before what is expected to take `next`.
    fn stop(&self, state: &TrainingState, pace: &Pace, next: Duration) -> Option<Stop> {
        let is_at_limit = self.limits.step_limit.is_some_and(|limit| state.step >= limit);
        let is_over = || self.limits.deadline.is_some_and(|deadline| pace.is_over(deadline, next));
        self.host
            .borrow()
            .stop_asked()
            .or_else(|| is_at_limit.then_some(Stop::StepLimit))
            .or_else(|| is_over().then_some(Stop::Walltime))
    }

    /// The batches that are left of an epoch.
    fn train_pass(
        &self,
        way: &mut Way<'_>,
        train: &dyn DataLoader<CaseBatch>,
    ) -> Result<Option<Stop>> {
        let mut batches = None;
        while way.state.batches < self.pass.n_batches() {
            if let Some(stop) = self.stop(&way.state, &way.pace, way.pace.of_step()) {
                return Ok(Some(stop));
            }
            let began = Instant::now();
            let batches = batches.get_or_insert_with(|| train.iter());
            self.step(way, &mut **batches, began)?;
            way.pace.stepped(began.elapsed());
            way.state.seconds += began.elapsed().as_secs_f64();
            if way.pace.is_checkpoint_due(self.cadence.every_minutes) {
                self.commit(way)?;
            }
        }
        Ok(None)
    }

    fn step(
        &self,
        way: &mut Way<'_>,
        batches: &mut dyn Iterator<Item = Result<CaseBatch, DatasetError>>,
        began: Instant,
    ) -> Result<()> {
        let (learner, state) = (&mut *way.learner, &mut way.state);
        let epoch = state.epoch + 1;
        let GradientAccumulation { loss, gradients, cases, n_batches } =
            GradientAccumulation::over(learner, batches, &self.pass.shares(state.batches))?;
        let (grad_norm, gradients) = clip_to_norm(&learner.model(), gradients, self.clip_norm)?;
        let point = self.curve.at(state.step);
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

    /// Validation, and what an epoch comes to.
    fn finish_epoch(
        &self,
        way: &mut Way<'_>,
        valid: &dyn DataLoader<CaseBatch>,
    ) -> Result<Option<Stop>> {
        let whole = way.pace.of_validation(valid.num_items());
        if let Some(stop) = self.stop(&way.state, &way.pace, whole) {
            return Ok(Some(stop));
        }
        let (began, epoch) = (Instant::now(), way.state.epoch + 1);
        let Way { learner, state, pace, .. } = way;
        let mut asked = None;
        let mut stop = || {
            if let Some(asked) = asked.replace(Instant::now()) {
                pace.scored_case(asked.elapsed());
            }
            self.stop(state, pace, pace.of_scored_case())
        };
        let model = learner.model().valid();
        let scored = match validate(&model, valid, epoch, self.n_classes, &mut stop)? {
            Validated::Whole(scored) => scored,
            Validated::Stopped(stop) => return Ok(Some(stop)),
        };
        pace.validated(began.elapsed());
        let n_steps = self.pass.steps_of(state.batches);
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
        let of_case =
            |case: &CaseScores| self.monitor.pick(Some(case.loss), &case.dice, case.foreground());
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

    fn commit(&self, way: &mut Way<'_>) -> Result<()> {
        let (began, state) = (Instant::now(), &way.state);
        (way.hand_over)(way.learner);
        let mut host = self.host.borrow_mut();
        host.commit(state, &mut |folder| self.records.write(folder, state))?;
        let took = began.elapsed();
        way.pace.committed(took);
        way.kept = Some(state.place());
        host.hear(&Event::Checkpoint {
            epoch: state.epoch_of_checkpoint(),
            step: state.step,
            seconds: took.as_secs_f64(),
        })
    }
}

/// Class indices as bytes; a device's integer type is its own affair.
pub(super) fn classes(values: impl Iterator<Item = i64>) -> Vec<u8> {
    values.map(|class| u8::try_from(class).unwrap_or(u8::MAX)).collect()
}

/// The one value of a loss, read back from the device.
pub(super) fn scalar(loss: Tensor<1>) -> Result<f64> {
    let data = loss.try_into_data().map_err(|error| device_error(&error))?;
    Ok(data.iter::<f64>().next().unwrap_or(f64::NAN))
}
