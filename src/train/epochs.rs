//! [`Epochs`]: the loop around burn's learner.
//!
//! burn's own loop neither clips globally, nor notices a loss that is not finite, nor commits a
//! checkpoint as one; its learner, optimizer and scheduler are used as they are.
//!
//! Knows nothing of run directories, terminals or how cases are prepared.

use super::{
    Curve, Host, ScoredBatch, Segmenter, TrainingState, clip_to_norm, handover::Records,
    monitor::Monitor,
};
use crate::{
    data::batch::CaseBatch,
    error::{Error, Fault, Kind, Result},
    event::{Event, Stop},
    metric::Confusion,
};
use burn::{
    data::dataloader::DataLoader,
    module::Module,
    tensor::Tensor,
    train::{
        InferenceStep, Learner, SupervisedLearningStrategy, SupervisedTrainingEventProcessor,
        TrainLoader, TrainingComponents, ValidLoader,
    },
};
use std::{cell::RefCell, rc::Rc, time::Instant};

/// How training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// All epochs done.
    Finished,
    /// No better score for `train.patience` epochs.
    StoppedEarly,
    /// Somebody asked for it.
    Stopped(Stop),
}

/// What training came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// How it ended.
    pub ending: Ending,
    /// Where it stood at its last checkpoint.
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
    pub(super) outcome: RefCell<Option<Result<Trained>>>,
}

/// What a pass over the training split came to.
enum Pass {
    Whole { loss: f64, lr: f64 },
    Stopped(Stop),
}

/// What a pass over the validation split came to.
enum Validated {
    Whole(Validation),
    Stopped(Stop),
}

/// Scores of the validation split.
struct Validation {
    loss: Option<f64>,
    dice: Vec<Option<f64>>,
    n_dice: Vec<usize>,
    foreground: Option<f64>,
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
        let mut keep = |learner: &Learner<Segmenter>, state: &TrainingState| {
            if let Some(checkpointer) = &mut checkpointer {
                checkpointer.checkpoint(learner, state.epoch, &event_store);
            }
            self.commit(state)
        };
        let outcome = self.run(&mut learner, &*train, &*valid, num_epochs, &mut keep);
        *self.outcome.borrow_mut() = Some(outcome);
        (learner.model(), event_processor)
    }
}

impl Epochs {
    fn run(
        &self,
        learner: &mut Learner<Segmenter>,
        train: &dyn DataLoader<CaseBatch>,
        valid: &dyn DataLoader<CaseBatch>,
        n_epochs: usize,
        keep: &mut dyn FnMut(&Learner<Segmenter>, &TrainingState) -> Result<()>,
    ) -> Result<Trained> {
        let mut state = TrainingState::default();
        let mut last_loss = None;
        for epoch in 1..=n_epochs {
            let began = Instant::now();
            let mut step = state.step;
            let (train_loss, lr) =
                match self.train_pass(learner, train, epoch, &mut step, &mut last_loss)? {
                    Pass::Whole { loss, lr } => (loss, lr),
                    Pass::Stopped(stop) => {
                        return Ok(Trained { ending: Ending::Stopped(stop), state });
                    }
                };
            let train_seconds = began.elapsed().as_secs_f64();
            let scored = match self.validate(learner, valid, epoch)? {
                Validated::Whole(scored) => scored,
                Validated::Stopped(stop) => {
                    return Ok(Trained { ending: Ending::Stopped(stop), state });
                }
            };
            let monitored = self.monitor.pick(scored.loss, &scored.dice, scored.foreground);
            self.monitor.note(&mut state, epoch, monitored);
            (state.epoch, state.step) = (epoch, step);
            self.host.borrow_mut().hear(&Event::Epoch {
                epoch,
                step,
                train_loss,
                valid_loss: scored.loss,
                lr,
                dice: scored.dice,
                n_dice: scored.n_dice,
                dice_foreground: scored.foreground,
                monitored,
                is_best: state.is_best(),
                seconds: [train_seconds, began.elapsed().as_secs_f64() - train_seconds],
            })?;
            keep(learner, &state)?;
            if self.patience > 0 && epoch - state.best_epoch >= self.patience && epoch < n_epochs {
                return Ok(Trained { ending: Ending::StoppedEarly, state });
            }
            if let Some(stop) = self.host.borrow().stop_asked().filter(|_| epoch < n_epochs) {
                return Ok(Trained { ending: Ending::Stopped(stop), state });
            }
        }
        Ok(Trained { ending: Ending::Finished, state })
    }

    fn train_pass(
        &self,
        learner: &mut Learner<Segmenter>,
        train: &dyn DataLoader<CaseBatch>,
        epoch: usize,
        step: &mut usize,
        last_loss: &mut Option<f64>,
    ) -> Result<Pass> {
        let (mut sum, mut n, mut lr) = (0.0, 0_usize, 0.0);
        let mut batches = train.iter();
        loop {
            let began = Instant::now();
            let Some(batch) = batches.next() else { break };
            let batch = batch.map_err(|error| bad_case(&error))?;
            let cases = batch.cases.clone();
            let output = learner.train_step(batch);
            let loss = scalar(output.item.loss)?;
            let (grad_norm, gradients) =
                clip_to_norm(&learner.model(), output.grads, self.clip_norm)?;
            let point = self.curve.at(*step);
            *step += 1;
            if !loss.is_finite() || !grad_norm.is_finite() {
                let what = if loss.is_finite() { "gradient" } else { "loss" };
                let place = Some((*step, point.lr));
                return Err(not_finite(what, epoch, place, &cases, last_loss.as_ref()));
            }
            learner.lr_step();
            learner.optimizer_step(gradients);
            (sum, n, lr, *last_loss) = (sum + loss, n + 1, point.lr, Some(loss));
            self.host.borrow_mut().hear(&Event::Step {
                epoch,
                step: *step,
                loss,
                lr: point.lr,
                beta1: point.beta1,
                grad_norm,
                seconds: began.elapsed().as_secs_f64(),
            })?;
            // At the end of an epoch there is a checkpoint to wait for.
            let is_last = batches.progress().is_completed();
            if let Some(stop) = self.host.borrow().stop_asked().filter(|_| !is_last) {
                return Ok(Pass::Stopped(stop));
            }
        }
        Ok(Pass::Whole { loss: sum / n.max(1) as f64, lr })
    }

    fn validate(
        &self,
        learner: &Learner<Segmenter>,
        valid: &dyn DataLoader<CaseBatch>,
        epoch: usize,
    ) -> Result<Validated> {
        let model = learner.model().valid();
        let mut losses = Vec::new();
        let mut dice: Vec<Vec<f64>> = vec![Vec::new(); self.n_classes];
        for batch in valid.iter() {
            let batch = batch.map_err(|error| bad_case(&error))?;
            // Validation of large volumes outlasts the grace that schedulers give.
            if let Some(stop) = self.host.borrow().stop_asked() {
                return Ok(Validated::Stopped(stop));
            }
            let (reference, cases) = (batch.labels.clone(), batch.cases.clone());
            let ScoredBatch { loss, prediction } = InferenceStep::step(&model, batch);
            let loss = scalar(loss)?;
            if !loss.is_finite() {
                return Err(not_finite("validation loss", epoch, None, &cases, losses.last()));
            }
            losses.push(loss);
            let reference = classes(reference.iter::<i64>());
            let data = prediction.try_into_data().map_err(|error| device_error(&error))?;
            let confusion = Confusion::of(&reference, &classes(data.iter::<i64>()), self.n_classes);
            for (class, scores) in dice.iter_mut().enumerate() {
                scores.extend(confusion.overlap(class).dice());
            }
        }
        let means: Vec<Option<f64>> = dice.iter().map(|scores| mean(scores)).collect();
        let foreground: Vec<f64> = means[1..].iter().flatten().copied().collect();
        Ok(Validated::Whole(Validation {
            loss: mean(&losses),
            n_dice: dice.iter().map(Vec::len).collect(),
            dice: means,
            foreground: mean(&foreground),
        }))
    }

    fn commit(&self, state: &TrainingState) -> Result<()> {
        let began = Instant::now();
        let mut host = self.host.borrow_mut();
        host.commit(state, &mut |folder| self.records.write(folder))?;
        host.hear(&Event::Checkpoint {
            epoch: state.epoch,
            step: state.step,
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
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

/// The device failed; what it was doing surfaces only when a value is read.
pub(super) fn device_error(error: &(dyn std::error::Error + 'static)) -> Error {
    let fault = Fault::new("the device failed").caused_by(error);
    Error::run(fault.hint("with too little device memory, lower `model.widths` or the grid"))
}

fn bad_case(error: &burn::data::dataset::DatasetError) -> Error {
    match std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(error) => Error { kind: Kind::BadCase, faults: error.faults.clone() },
        None => Error::run(Fault::new("cannot load a case").caused_by(error)),
    }
}

fn not_finite(
    what: &str,
    epoch: usize,
    step_and_lr: Option<(usize, f64)>,
    cases: &[String],
    last_loss: Option<&f64>,
) -> Error {
    let step = step_and_lr.map_or(String::new(), |(step, _)| format!(", step {step}"));
    let last = last_loss.map_or("none".into(), |loss| format!("{loss:.4}"));
    let lr = step_and_lr.map_or(String::new(), |(_, lr)| format!("; learning rate {lr:.3e}"));
    let fault = Fault::new(format!("{what} became NaN or infinite at epoch {epoch}{step}"))
        .detail(format!("last finite loss {last}{lr}"))
        .detail(format!("batch `{}`", cases.join("`, `")));
    let fault = fault.hint("lower `schedule.max-lr`, or set `optimizer.clip-norm = 12.0`");
    Error { kind: Kind::NotFinite, faults: vec![fault] }
}
