//! [`GradientAccumulation`]: loss and gradients of one optimizer step, from one or more batches.
//!
//! Does not know what is done with them.

use super::{Segmenter, failure::bad_case};
use crate::{
    base::{Error, Fault, Result},
    data::batch::CaseBatch,
    model::read_back::scalar,
};
use burn::{
    data::dataset::DatasetError,
    optim::{GradientsAccumulator, GradientsParams},
    train::Learner,
};

/// The sum over the batches of one step.
pub(super) struct GradientAccumulation {
    /// Loss of the step. The first batch whose loss is not finite ends the sum.
    pub(super) loss: f64,
    /// Gradients of the same loss.
    pub(super) gradients: GradientsParams,
    /// Cases of the batches; of the last one alone when its loss is not finite.
    pub(super) cases: Vec<String>,
    /// How many batches were taken.
    pub(super) n_batches: usize,
}

impl GradientAccumulation {
    /// Takes the next `n_batches` and goes through them one after the other.
    ///
    /// All are loaded before the first forward pass: what the loss is averaged over, the classes
    /// that are present and their weights, depends on all cases of the step. They wait in host
    /// memory; the device holds one batch at a time.
    ///
    /// # Errors
    /// When a case cannot be loaded, there are too few batches, or the device fails.
    pub(super) fn over(
        learner: &Learner<Segmenter>,
        batches: &mut dyn Iterator<Item = Result<CaseBatch, DatasetError>>,
        n_batches: usize,
    ) -> Result<Self> {
        let mut parts = Vec::with_capacity(n_batches);
        for _ in 0..n_batches {
            let batch = batches.next().ok_or_else(|| {
                Error::run(Fault::new("the loader stopped before the end of the epoch"))
            })?;
            parts.push(batch.map_err(|error| bad_case(&error))?);
        }
        CaseBatch::join(&mut parts);
        let (mut loss, mut cases) = (0.0, Vec::new());
        let mut gradients = GradientsAccumulator::new();
        for part in parts {
            let names = part.cases.clone();
            let output = learner.train_step(part);
            let part_loss = scalar(output.item.loss)?;
            loss += part_loss;
            if !part_loss.is_finite() {
                cases = names;
                break;
            }
            cases.extend(names);
            gradients.accumulate(&learner.model(), output.grads);
        }
        Ok(Self { loss, gradients: gradients.grads(), cases, n_batches })
    }
}
