//! [`train`]: one experiment through burn's learner.
//!
//! Knows nothing of run directories.

use super::{
    CaseLoader, Curve, CurveScheduler, CycledAdamW, EpochPlan, Host, Purpose, Segmenter, Start,
    Trained, TrainingState,
    checkpoint_sink::Records,
    device::Chosen,
    epochs::Epochs,
    monitor::Monitor,
    null_renderer::NullRenderer,
    resume::{Parts, Saved},
};
use crate::{
    base::{Error, Fault, Result},
    data::cases::PreparedCases,
    event::Event,
    model::{Objective, UNet3d, Weighting, n_trainable},
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

/// The cases of a run by the part they play.
#[derive(Debug, Clone)]
pub struct Cases {
    /// Change the weights.
    pub train: Arc<PreparedCases>,
    /// Choose the checkpoint.
    pub valid: Arc<PreparedCases>,
    /// How many are kept for the test.
    pub n_test: usize,
}

/// The network of an experiment with fresh weights.
pub fn segmenter(experiment: &Experiment, train_voxels: &[u64], device: &Device) -> Segmenter {
    let n_classes = experiment.data.classes.len();
    let net = UNet3d::new(&experiment.model, n_classes, experiment.seed, device);
    let weighting = Weighting::new(&experiment.loss.cross_entropy, train_voxels);
    Segmenter::new(net, Objective::new(experiment.loss.clone(), weighting))
}

/// The network of a checkpoint's model file, in evaluation mode.
///
/// # Errors
/// When the file cannot be read or holds another network.
pub fn load_segmenter(experiment: &Experiment, path: &Path, device: &Device) -> Result<Segmenter> {
    let unreadable = |error: &(dyn std::error::Error + 'static)| {
        Fault::new(format!("cannot load weights from `{}`", path.display())).caused_by(error)
    };
    // Class weights play no part in evaluation.
    let fresh = segmenter(experiment, &vec![1; experiment.data.classes.len()], device);
    let record = ModuleRecord::load(path).map_err(|error| unreadable(&error))?;
    let loaded = fresh.try_load_record(record).map_err(|error| unreadable(&error))?;
    Ok(loaded.valid())
}

/// Trains, telling `host` what happens; `folder` is the run's, which burn asks for.
///
/// Going on from a checkpoint, training takes the very steps it would have taken: on the CPU the
/// same bytes come out. A checkpoint after which nothing is left to train ends at once.
///
/// # Errors
/// When the checkpoint cannot be read or is another run's, the loss is not finite, a case cannot
/// be loaded, the device fails, or the host cannot record; checkpoints committed before then
/// still stand.
pub fn train(
    experiment: &Experiment,
    cases: &Cases,
    chosen: &Chosen,
    folder: &Path,
    host: Rc<RefCell<dyn Host>>,
    start: &Start<'_>,
) -> Result<Trained> {
    let rules = &experiment.train;
    let pass = EpochPlan::new(cases.train.len(), rules);
    let curve = curve(experiment, pass.n_steps(), start.extends)?;
    let mut parts = Parts {
        segmenter: segmenter(
            experiment,
            &cases.train.class_voxels(),
            &chosen.device.clone().autodiff(),
        ),
        optimizer: CycledAdamW::new(&experiment.optimizer, curve.clone()).into(),
        scheduler: ModuleLrScheduler::new(CurveScheduler::new(curve.clone())),
    };
    let mut first = TrainingState::default();
    if let Some(from) = start.from {
        let saved = Saved::read(from, pass)?;
        first = saved.state.clone();
        parts = saved.into_parts(parts, &experiment.optimizer)?;
    }
    let extends = start.extends.unwrap_or(0);
    host.borrow_mut().hear(&Event::Started {
        n_cases: [cases.train.len(), cases.valid.len(), cases.n_test],
        n_parameters: n_trainable(&parts.segmenter.net),
        epochs: rules.epochs,
        steps_per_epoch: pass.n_steps(),
        device: chosen.name.clone(),
    })?;

    let (train, valid) = loaders(experiment, cases, &first, pass);
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
    let epochs = Arc::new(Epochs {
        host,
        records,
        curve,
        monitor: Monitor::of(experiment),
        patience: rules.patience,
        clip_norm: experiment.optimizer.clip_norm,
        n_classes: experiment.data.classes.len(),
        pass,
        cadence: experiment.checkpoint.clone(),
        limits: start.limits.clone(),
        extends,
        is_first_kept: start.from.is_some(),
        first,
        outcome: RefCell::new(None),
    });
    let strategy: Arc<Epochs> = Arc::clone(&epochs);
    let learner = Learner::new(parts.segmenter, parts.optimizer, parts.scheduler);
    training.with_training_strategy(TrainingStrategy::Custom(strategy)).launch(learner);
    let outcome = epochs.outcome.borrow_mut().take();
    outcome.unwrap_or_else(|| Err(Error::run(Fault::new("burn-train left before the loop ended"))))
}

/// The curve of a run, which may extend one of `extends` epochs.
fn curve(experiment: &Experiment, steps_per_epoch: usize, extends: Option<usize>) -> Result<Curve> {
    let (schedule, beta1) = (&experiment.schedule, experiment.optimizer.beta1);
    let epochs = experiment.train.epochs;
    let Some(before) = extends else {
        return Ok(Curve::new(schedule, beta1, steps_per_epoch, epochs));
    };
    let on_extend = match schedule {
        Schedule::OneCycle { on_extend, .. } => on_extend.ok_or_else(|| {
            let fault = Fault::new("cannot extend a run whose one-cycle schedule has ended");
            fault.hint("set `schedule.on-extend` to \"restart\" or \"stretch\"")
        })?,
        // One rate for all; those that fall to an end are refused before anything begins.
        Schedule::Constant { .. } | Schedule::Cosine { .. } | Schedule::Poly { .. } => {
            OnExtend::Stretch
        }
    };
    Ok(Curve::extended(schedule, beta1, steps_per_epoch, before, epochs, on_extend))
}

/// Loaders of the training split, from where `first` stands, and of the validation split.
fn loaders(
    experiment: &Experiment,
    cases: &Cases,
    first: &TrainingState,
    pass: EpochPlan,
) -> (Arc<CaseLoader>, Arc<CaseLoader>) {
    let purpose = Purpose::Train {
        seed: experiment.seed,
        augment: experiment.augment.clone(),
        batch: experiment.train.batch,
    };
    // Where only the validation of an epoch is left, the next one trained is the one after it.
    let (epoch, batch) = if first.batches < pass.n_batches() {
        (first.epoch + 1, first.batches)
    } else {
        (first.epoch + 2, 0)
    };
    let train = CaseLoader::new(Arc::clone(&cases.train), purpose, epoch).from_batch(batch);
    let valid = CaseLoader::new(Arc::clone(&cases.valid), Purpose::Score, 1);
    (Arc::new(train), Arc::new(valid))
}
