//! [`train`]: one experiment through burn's learner.
//!
//! Knows nothing of run directories.

use super::{
    CaseLoader, Curve, CurveScheduler, CycledAdamW, Host, Purpose, Segmenter, Trained,
    device::Chosen, epochs::Epochs, handover::Records, monitor::Monitor, quiet::Quiet,
};
use crate::{
    data::cases::PreparedCases,
    error::{Error, Fault, Result},
    event::Event,
    model::{Objective, UNet3d, Weighting, n_trainable},
    spec::Experiment,
};
use burn::{
    module::Module,
    optim::ModuleOptimizer,
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
/// # Errors
/// When the loss is not finite, a case cannot be loaded, the device fails, or the host cannot
/// record; checkpoints committed before then still stand.
pub fn train(
    experiment: &Experiment,
    cases: &Cases,
    chosen: &Chosen,
    folder: &Path,
    host: Rc<RefCell<dyn Host>>,
) -> Result<Trained> {
    let rules = &experiment.train;
    let steps_per_epoch = cases.train.len().div_ceil(rules.batch);
    let beta1 = experiment.optimizer.beta1;
    let curve = Curve::new(&experiment.schedule, beta1, steps_per_epoch, rules.epochs);
    let segmenter =
        segmenter(experiment, &cases.train.class_voxels(), &chosen.device.clone().autodiff());
    host.borrow_mut().hear(&Event::Started {
        n_cases: [cases.train.len(), cases.valid.len(), cases.n_test],
        n_parameters: n_trainable(&segmenter.net),
        epochs: rules.epochs,
        steps_per_epoch,
        device: chosen.name.clone(),
    })?;

    let purpose = Purpose::Train {
        seed: experiment.seed,
        augment: experiment.augment.clone(),
        batch: rules.batch,
    };
    let training = SupervisedTraining::new(
        folder,
        Arc::new(CaseLoader::new(Arc::clone(&cases.train), purpose, 1)),
        Arc::new(CaseLoader::new(Arc::clone(&cases.valid), Purpose::Score, 1)),
    )
    .num_epochs(rules.epochs)
    .renderer(Box::new(Quiet))
    .with_metric_logger(Quiet)
    .with_application_logger(None);
    let (training, records) = Records::register(training);
    let optimizer = CycledAdamW::new(&experiment.optimizer, curve.clone());
    #[expect(
        clippy::arc_with_non_send_sync,
        reason = "burn asks for an Arc; it stays on this thread"
    )]
    let epochs = Arc::new(Epochs {
        host,
        records,
        curve: curve.clone(),
        monitor: Monitor::of(experiment),
        patience: rules.patience,
        clip_norm: experiment.optimizer.clip_norm,
        n_classes: experiment.data.classes.len(),
        outcome: RefCell::new(None),
    });
    let strategy: Arc<Epochs> = Arc::clone(&epochs);
    let learner =
        Learner::new(segmenter, ModuleOptimizer::from(optimizer), CurveScheduler::new(curve));
    training.with_training_strategy(TrainingStrategy::Custom(strategy)).launch(learner);
    let outcome = epochs.outcome.borrow_mut().take();
    outcome.unwrap_or_else(|| Err(Error::run(Fault::new("burn-train left before the loop ended"))))
}
