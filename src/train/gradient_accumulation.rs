//! [`GradientAccumulation`]: loss and gradients of the batches of one optimizer step, each by its share.
//!
//! Knows nothing of what is done with them.

use super::{Segmenter, epochs::scalar, failure::bad_case, gradients::scaled};
use crate::{
    base::{Error, Fault, Result},
    data::batch::CaseBatch,
};
use burn::{
    data::dataset::DatasetError,
    optim::{GradientsAccumulator, GradientsParams},
    train::Learner,
};

/// What the batches of one step come to.
pub(super) struct GradientAccumulation {
    /// The batches' losses, each by its share. The first that is not finite ends the sum.
    pub(super) loss: f64,
    /// Their gradients, likewise.
    pub(super) gradients: GradientsParams,
    /// Cases of the batches; of the last one alone when its loss is not finite.
    pub(super) cases: Vec<String>,
    /// How many batches there were.
    pub(super) n_batches: usize,
}

impl GradientAccumulation {
    /// Takes a batch for each of `shares`. One batch alone comes out as it is, to the bit.
    ///
    /// # Errors
    /// When a case cannot be loaded, there are too few batches, or the device fails.
    pub(super) fn over(
        learner: &Learner<Segmenter>,
        batches: &mut dyn Iterator<Item = Result<CaseBatch, DatasetError>>,
        shares: &[f64],
    ) -> Result<Self> {
        let mut gradients = GradientsAccumulator::new();
        let mut summed =
            Self { loss: 0.0, gradients: GradientsParams::new(), cases: Vec::new(), n_batches: 0 };
        for share in shares {
            let batch = batches
                .next()
                .ok_or_else(|| Error::run(Fault::new("the loader left before the epoch ended")))?
                .map_err(|error| bad_case(&error))?;
            let cases = batch.cases.clone();
            let output = learner.train_step(batch);
            let loss = scalar(output.item.loss)?;
            summed.loss += share * loss;
            summed.n_batches += 1;
            if !loss.is_finite() {
                summed.cases = cases;
                break;
            }
            summed.cases.extend(cases);
            let model = learner.model();
            let is_alone = shares.len() == 1;
            let own = if is_alone { output.grads } else { scaled(&model, output.grads, *share) };
            gradients.accumulate(&model, own);
        }
        summed.gradients = gradients.grads();
        Ok(summed)
    }
}
