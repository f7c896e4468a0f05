//! [`Records`]: model, optimizer and scheduler state out of burn's learner.
//!
//! The learner gives its state only to checkpointers, each on a thread of its own. Ours pass the
//! records back, so that the loop can write all of them as one checkpoint. Equal states give
//! equal bytes.
//!
//! Does not know about files but their names inside a checkpoint.

use super::{TrainingState, segmenter::Segmenter};
use crate::base::{Error, Fault, Result, fs};
use burn::{
    lr_scheduler::LrSchedulerRecord,
    optim::OptimizerRecord,
    store::{ModuleRecord, RecordError},
    tensor::Bytes,
    train::{
        SupervisedTraining,
        checkpoint::{
            Checkpoint, Checkpointer, CheckpointerError, CheckpointingAction, CheckpointingStrategy,
        },
        metric::store::EventStoreClient,
    },
};
use burn_store::burn_pack::{Reader, Writer};
use std::{
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

/// Name of the model's file in a checkpoint.
pub const MODEL_FILE: &str = "model.bpk";
/// Name of the optimizer's file in a checkpoint.
pub const OPTIMIZER_FILE: &str = "optimizer.bpk";
/// Name of the scheduler's file in a checkpoint.
pub const SCHEDULER_FILE: &str = "scheduler.bpk";
/// Name of the [`TrainingState`]'s file in a checkpoint.
pub const STATE_FILE: &str = "state.json";

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
                CheckpointSink(model_sender),
                CheckpointSink(optimizer_sender),
                CheckpointSink(scheduler_sender),
            )
            .with_checkpointing_strategy(EveryCall);
        (training, Self { model, optimizer, scheduler })
    }

    /// Writes the records of the last call and the state that belongs to them into `folder`.
    pub(super) fn write(&self, folder: &Path, state: &TrainingState) -> Result<()> {
        save(&folder.join(MODEL_FILE), receive(&self.model)?)?;
        let optimizer = receive(&self.optimizer)?;
        let path = folder.join(OPTIMIZER_FILE);
        let bytes = optimizer.into_bytes().and_then(in_order).map_err(|e| unpackable(&path, &e))?;
        write(&path, &bytes)?;
        save(&folder.join(SCHEDULER_FILE), receive(&self.scheduler)?)?;
        let path = folder.join(STATE_FILE);
        let text = serde_json::to_vec_pretty(state).map_err(|error| unpackable(&path, &error))?;
        write(&path, &text)
    }
}

fn receive<R>(receiver: &Receiver<R>) -> Result<R> {
    receiver.recv_timeout(PATIENCE).map_err(|error| {
        Error::run(Fault::new("the learner did not hand over its state").caused_by(&error))
    })
}

/// Through [`fs`] and not by burn, whose errors no longer say whether the disk is full.
fn save<R: Checkpoint>(path: &Path, record: R) -> Result<()> {
    let bytes = record.checkpoint_into_bytes().map_err(|error| unpackable(path, &error))?;
    write(path, &bytes)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write_synced(path, bytes).map_err(Error::of_run)
}

fn unpackable(path: &Path, error: &(dyn std::error::Error + 'static)) -> Error {
    Error::run(Fault::new(format!("cannot pack `{}`", path.display())).caused_by(error))
}

/// The same tensors by name: burn takes them from a hash map, in another order each time.
fn in_order(bytes: Bytes) -> Result<Bytes, RecordError> {
    let reader = Reader::from_bytes(bytes)?;
    let (scalars, metadata) = (reader.scalars().clone(), reader.metadata().clone());
    let mut tensors = reader.into_tensors()?;
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    let mut writer = Writer::new(tensors);
    for (key, value) in scalars {
        writer = writer.with_scalar(&key, value);
    }
    for (key, value) in metadata {
        writer = writer.with_metadata(&key, &value);
    }
    Ok(writer.into_bytes()?)
}

struct CheckpointSink<R>(Sender<R>);

impl<R: Checkpoint> Checkpointer<R> for CheckpointSink<R> {
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
