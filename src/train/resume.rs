//! [`Start`]: where an attempt begins, and [`SavedCheckpoint`], the contents of a checkpoint.
//!
//! Does not know about hashes and manifests: the caller has verified the checkpoint.

use super::{
    EpochPlan, Limits, Segmenter, TrainingState,
    checkpoint_sink::{MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE, STATE_FILE},
    lr_schedule::STEP_KEY,
};
use crate::{
    base::{Error, Fault, Place, Result, fs},
    spec,
};
use burn::{
    lr_scheduler::{LrSchedulerRecord, module_lr_scheduler::ModuleLrScheduler},
    module::{Module, ModuleVisitor, Param},
    optim::{ModuleOptimizer, OptimizerRecord},
    store::ModuleRecord,
    tensor::{Bytes, Tensor},
    train::checkpoint::Checkpoint,
};
use std::path::{Path, PathBuf};

/// Where an attempt begins and how far it may go.
#[derive(Debug, Clone, Default)]
pub struct Start<'a> {
    /// Folder of the verified checkpoint to resume from; absent: from the beginning.
    pub from: Option<&'a Path>,
    /// Epochs of the run that this one extends; `from` is then the checkpoint of its end, or a
    /// later one. Patience counts from there.
    pub extends: Option<usize>,
    /// When this attempt stops.
    pub limits: Limits,
}

/// What burn's learner is made of.
pub(super) struct LearnerParts {
    pub(super) segmenter: Segmenter,
    pub(super) optimizer: ModuleOptimizer,
    pub(super) scheduler: ModuleLrScheduler,
}

/// A checkpoint as read.
pub(super) struct SavedCheckpoint {
    pub(super) state: TrainingState,
    folder: PathBuf,
    model: ModuleRecord,
    optimizer: OptimizerRecord,
    scheduler: LrSchedulerRecord,
}

impl SavedCheckpoint {
    /// Reads a checkpoint of a run with this epoch plan.
    ///
    /// # Errors
    /// When a file cannot be read or understood, or the state is not one of such a run.
    pub(super) fn read(folder: &Path, plan: EpochPlan) -> Result<Self> {
        let path = folder.join(STATE_FILE);
        let bytes = fs::read(&path).map_err(Error::of_run)?;
        let state: TrainingState =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &error))?;
        let before = state.epoch.checked_mul(plan.n_steps());
        let expected = before.map(|step| step + plan.steps_of(state.batches));
        if expected != Some(state.step) || !plan.is_between_steps(state.batches) {
            let TrainingState { epoch, batches, step, .. } = state;
            let (n_batches, n_steps) = (plan.n_batches(), plan.n_steps());
            let fault = foreign(folder).at(Place::file(&path)).detail(format!(
                "it is at step {step}, epochs done: {epoch}, batches of the next: {batches}; \
                 an epoch of this run has {n_batches} batches in {n_steps} steps"
            ));
            return Err(Error::run(fault));
        }
        Ok(Self {
            state,
            folder: folder.to_owned(),
            model: load(&folder.join(MODEL_FILE))?,
            optimizer: load(&folder.join(OPTIMIZER_FILE))?,
            scheduler: load(&folder.join(SCHEDULER_FILE))?,
        })
    }

    /// Puts the checkpoint's values into new parts.
    ///
    /// # Errors
    /// When the checkpoint is one of another network, optimizer or schedule.
    pub(super) fn into_parts(
        self,
        fresh: LearnerParts,
        rules: &spec::Optimizer,
    ) -> Result<LearnerParts> {
        let misfit = |file: &str| foreign(&self.folder).at(Place::file(&self.folder.join(file)));
        let segmenter = fresh
            .segmenter
            .try_load_record(self.model)
            .map_err(|error| Error::run(misfit(MODEL_FILE).caused_by(&error)))?;
        // burn ignores missing optimizer state and starts it from zero, so count it here.
        let per_parameter = 2 + usize::from(rules.amsgrad);
        let expected = if self.state.step > 0 { per_parameter * n_tensors(&segmenter) } else { 0 };
        if self.optimizer.len() != expected {
            let found = self.optimizer.len();
            let detail = format!("expected {expected} tensors, found {found}");
            return Err(Error::run(misfit(OPTIMIZER_FILE).detail(detail)));
        }
        let step = self.scheduler.scalar::<usize>(STEP_KEY);
        if step != Some(self.state.step) {
            let detail = format!("expected step {}, found {step:?}", self.state.step);
            return Err(Error::run(misfit(SCHEDULER_FILE).detail(detail)));
        }
        // The optimizer finds its state by parameter ids, which come with the model.
        Ok(LearnerParts {
            segmenter,
            optimizer: fresh.optimizer.load_record(self.optimizer),
            scheduler: fresh.scheduler.load_record(self.scheduler),
        })
    }
}

fn load<R: Checkpoint>(path: &Path) -> Result<R> {
    let bytes = fs::read(path).map_err(Error::of_run)?;
    R::checkpoint_from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &(dyn std::error::Error + 'static)) -> Error {
    let fault = Fault::new(format!("cannot read `{}` of a checkpoint", path.display()));
    Error::run(fault.caused_by(error).hint("resume from another checkpoint, or start a new run"))
}

fn foreign(folder: &Path) -> Fault {
    let fault = Fault::new(format!("checkpoint `{}` belongs to another run", folder.display()));
    fault.hint("resume with the spec that made it, or start a new run")
}

/// Number of trainable tensors.
fn n_tensors(segmenter: &Segmenter) -> usize {
    struct Count(usize);
    impl ModuleVisitor for Count {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0 += usize::from(param.val().is_require_grad());
        }
    }
    let mut count = Count(0);
    segmenter.visit(&mut count);
    count.0
}
