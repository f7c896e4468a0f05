//! [`train`]: one experiment through burn's learner.
//!
//! Does not know about run directories.

use super::{
    CaseLoader, CycledAdamW, EpochPlan, Host, LrSchedule, LrStepper, Purpose, Segmenter, Start,
    TrainingOutcome, TrainingState,
    checkpoint_sink::Records,
    device::ComputeDevice,
    epoch_loop::EpochLoop,
    monitor::MonitoredScore,
    null_renderer::NullRenderer,
    resume::{LearnerParts, SavedCheckpoint},
};
use crate::{
    base::{Error, Fault, Result},
    data::cases::PreparedCases,
    event::Event,
    infer::Predictor,
    model::{Network, Objective, Weighting, n_trainable},
    spec::{Experiment, OnExtend, Schedule},
};
use burn::{
    lr_scheduler::module_lr_scheduler::ModuleLrScheduler,
    module::Module,
    store::ModuleRecord,
    tensor::Device,
    train::{Learner, SupervisedTraining, TrainingStrategy},
};
use std::{cell::RefCell, path::Path, rc::Rc, sync::Arc};

/// The cases of a run by split.
#[derive(Debug, Clone)]
pub struct Cases {
    /// Training: they change the weights.
    pub train: Arc<PreparedCases>,
    /// Validation: they choose the best checkpoint.
    pub valid: Arc<PreparedCases>,
    /// How many test cases there are.
    pub n_test: usize,
}

/// The network of an experiment with its first weights, and its loss.
pub(super) fn segmenter(
    experiment: &Experiment,
    train_voxels: &[u64],
    device: &Device,
) -> Segmenter {
    let n_classes = experiment.data.classes.len();
    let net = Network::new(&experiment.model, n_classes, experiment.seed, device);
    let weighting = Weighting::new(&experiment.loss.cross_entropy, train_voxels);
    Segmenter::new(net, Objective::new(experiment.loss.clone(), weighting))
}

/// The predictor of a checkpoint's model file.
///
/// # Errors
/// When the file cannot be read or holds another network.
pub fn load_predictor(experiment: &Experiment, path: &Path, device: &Device) -> Result<Predictor> {
    let unreadable = |error: &(dyn std::error::Error + 'static)| {
        Fault::new(format!("cannot load weights from `{}`", path.display())).caused_by(error)
    };
    // Class weights do not matter in evaluation.
    let fresh = segmenter(experiment, &vec![1; experiment.data.classes.len()], device);
    let record = ModuleRecord::load(path).map_err(|error| unreadable(&error))?;
    let loaded = fresh.try_load_record(record).map_err(|error| unreadable(&error))?;
    Ok(Predictor::new(loaded.valid().net, experiment.preprocess.clone()))
}

/// Trains and reports to `host`; `folder` is the run's, which burn needs.
///
/// From a checkpoint, training takes the same steps as without the stop: on the CPU the result is
/// the same to the byte. It ends at once when nothing is left to train.
///
/// # Errors
/// When the checkpoint cannot be read or belongs to another run, the loss is not finite, a case
/// cannot be loaded, the device fails, or the host cannot record. Checkpoints committed before
/// stay.
pub fn train(
    experiment: &Experiment,
    cases: &Cases,
    chosen: &ComputeDevice,
    folder: &Path,
    host: Rc<RefCell<dyn Host>>,
    start: &Start<'_>,
) -> Result<TrainingOutcome> {
    let rules = &experiment.train;
    let plan = EpochPlan::new(cases.train.len(), rules);
    let schedule = lr_schedule(experiment, plan.n_steps(), start.extends)?;
    let mut parts = LearnerParts {
        segmenter: segmenter(
            experiment,
            &cases.train.class_voxels(),
            &chosen.device.clone().autodiff(),
        ),
        optimizer: CycledAdamW::new(&experiment.optimizer, schedule.clone()).into(),
        scheduler: ModuleLrScheduler::new(LrStepper::new(schedule.clone())),
    };
    let mut first = TrainingState::default();
    if let Some(from) = start.from {
        let saved = SavedCheckpoint::read(from, plan)?;
        first = saved.state.clone();
        parts = saved.into_parts(parts, &experiment.optimizer)?;
    }
    let extends = start.extends.unwrap_or(0);
    host.borrow_mut().hear(&Event::Started {
        n_cases: [cases.train.len(), cases.valid.len(), cases.n_test],
        n_parameters: n_trainable(&parts.segmenter.net),
        epochs: rules.epochs,
        steps_per_epoch: plan.n_steps(),
        device: chosen.name(),
    })?;

    let (train, valid) = loaders(experiment, cases, &first, plan);
    let training = SupervisedTraining::new(folder, train, valid)
        .num_epochs(rules.epochs)
        .renderer(Box::new(NullRenderer))
        .with_metric_logger(NullRenderer)
        .with_application_logger(None);
    let (training, records) = Records::register(training);
    #[expect(
        clippy::arc_with_non_send_sync,
        reason = "burn asks for an Arc; it stays on this thread"
    )]
    let epoch_loop = Arc::new(EpochLoop {
        host,
        records,
        schedule,
        monitor: MonitoredScore::of(experiment),
        patience: rules.patience,
        clip_norm: experiment.optimizer.clip_norm,
        n_classes: experiment.data.classes.len(),
        plan,
        checkpoint: experiment.checkpoint.clone(),
        limits: start.limits.clone(),
        extends,
        has_checkpoint: start.from.is_some(),
        first,
        outcome: RefCell::new(None),
    });
    let strategy: Arc<EpochLoop> = Arc::clone(&epoch_loop);
    let learner = Learner::new(parts.segmenter, parts.optimizer, parts.scheduler);
    training.with_training_strategy(TrainingStrategy::Custom(strategy)).launch(learner);
    let outcome = epoch_loop.outcome.borrow_mut().take();
    outcome
        .unwrap_or_else(|| Err(Error::run(Fault::new("burn-train stopped before the loop ended"))))
}

/// The learning rates of a run, which may extend one of `extends` epochs.
fn lr_schedule(
    experiment: &Experiment,
    steps_per_epoch: usize,
    extends: Option<usize>,
) -> Result<LrSchedule> {
    let (schedule, beta1) = (&experiment.schedule, experiment.optimizer.beta1);
    let epochs = experiment.train.epochs;
    let Some(before) = extends else {
        return Ok(LrSchedule::new(schedule, beta1, steps_per_epoch, epochs));
    };
    let on_extend = match schedule {
        Schedule::OneCycle { on_extend, .. } => on_extend.ok_or_else(|| {
            let fault = Fault::new("cannot extend a run whose one-cycle schedule has ended");
            fault.hint("set `schedule.on-extend` to \"restart\" or \"stretch\"")
        })?,
        // Constant is the same either way; the others are refused before anything begins.
        Schedule::Constant { .. } | Schedule::Cosine { .. } | Schedule::Poly { .. } => {
            OnExtend::Stretch
        }
    };
    Ok(LrSchedule::extended(schedule, beta1, steps_per_epoch, before, epochs, on_extend))
}

/// Loaders of the training split, from the position of `first`, and of the validation split.
fn loaders(
    experiment: &Experiment,
    cases: &Cases,
    first: &TrainingState,
    plan: EpochPlan,
) -> (Arc<CaseLoader>, Arc<CaseLoader>) {
    let purpose = Purpose::Train {
        seed: experiment.seed,
        augment: experiment.augment.clone(),
        batch: experiment.train.batch,
        accumulate: experiment.train.accumulate,
    };
    // Where only the validation of an epoch is left, training continues with the epoch after it.
    let (epoch, batch) = if first.batches < plan.n_batches() {
        (first.epoch + 1, first.batches)
    } else {
        (first.epoch + 2, 0)
    };
    let train = CaseLoader::new(Arc::clone(&cases.train), purpose, epoch).from_batch(batch);
    let valid = CaseLoader::new(Arc::clone(&cases.valid), Purpose::Score, 1);
    (Arc::new(train), Arc::new(valid))
}
