//! [`Records`]: model, optimizer and scheduler state out of burn's learner.
//!
//! The learner gives its state only to checkpointers, each on a thread of its own. Ours pass the
//! records back, so that the loop can write all of them as one checkpoint.
//!
//! Knows nothing of files but their names inside a checkpoint.

use crate::{
    error::{Error, Fault, Result},
    fs,
};
use burn::{
    lr_scheduler::LrSchedulerRecord,
    optim::OptimizerRecord,
    store::ModuleRecord,
    train::{
        SupervisedTraining,
        checkpoint::{
            Checkpoint, Checkpointer, CheckpointerError, CheckpointingAction, CheckpointingStrategy,
        },
        metric::store::EventStoreClient,
    },
};
use std::{
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use super::segmenter::Segmenter;

/// Name of the model's file in a checkpoint.
pub const MODEL_FILE: &str = "model.bpk";
/// Name of the optimizer's file in a checkpoint.
pub const OPTIMIZER_FILE: &str = "optimizer.bpk";
/// Name of the scheduler's file in a checkpoint.
pub const SCHEDULER_FILE: &str = "scheduler.bpk";

/// Longest wait for a record; they come from memory, so only a dead thread takes this long.
const PATIENCE: Duration = Duration::from_mins(10);

/// Where the learner's records arrive after each call of its checkpointer.
#[derive(Debug)]
pub(super) struct Records {
    model: Receiver<ModuleRecord>,
    optimizer: Receiver<OptimizerRecord>,
    scheduler: Receiver<LrSchedulerRecord>,
}

impl Records {
    /// Registers the checkpointers whose records arrive here.
    pub(super) fn register(
        training: SupervisedTraining<Segmenter>,
    ) -> (SupervisedTraining<Segmenter>, Self) {
        let (model_sender, model) = channel();
        let (optimizer_sender, optimizer) = channel();
        let (scheduler_sender, scheduler) = channel();
        let training = training
            .with_custom_checkpointers(
                Handover(model_sender),
                Handover(optimizer_sender),
                Handover(scheduler_sender),
            )
            .with_checkpointing_strategy(EveryCall);
        (training, Self { model, optimizer, scheduler })
    }

    /// Writes the records of the last call into `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        save(&folder.join(MODEL_FILE), receive(&self.model)?)?;
        save(&folder.join(OPTIMIZER_FILE), receive(&self.optimizer)?)?;
        save(&folder.join(SCHEDULER_FILE), receive(&self.scheduler)?)
    }
}

fn receive<R>(receiver: &Receiver<R>) -> Result<R> {
    receiver.recv_timeout(PATIENCE).map_err(|error| {
        Error::run(Fault::new("the learner did not hand over its state").caused_by(&error))
    })
}

fn save<R: Checkpoint>(path: &Path, record: R) -> Result<()> {
    fs::passing("write", path)?;
    record.save(path.to_owned()).map_err(|error| {
        let fault = Fault::new(format!("cannot write `{}`", path.display())).caused_by(&error);
        Error::run(fault.hint("look for free space on that disk"))
    })
}

struct Handover<R>(Sender<R>);

impl<R: Checkpoint> Checkpointer<R> for Handover<R> {
    fn save(&self, _epoch: usize, record: R) -> Result<(), CheckpointerError> {
        self.0.send(record).map_err(|error| CheckpointerError::Unknown(error.to_string()))
    }

    fn delete(&self, _epoch: usize) -> Result<(), CheckpointerError> {
        Ok(())
    }

    fn restore(&self, epoch: usize) -> Result<R, CheckpointerError> {
        Err(CheckpointerError::Unknown(format!("epoch {epoch} is not loaded through burn-train")))
    }
}

struct EveryCall;

impl CheckpointingStrategy for EveryCall {
    fn checkpointing(
        &mut self,
        _epoch: usize,
        _store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        vec![CheckpointingAction::Save]
    }
}
