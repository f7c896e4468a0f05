//! [`validate`]: loss and Dice of the validation split, case by case on the training grid.
//!
//! Knows nothing of which score is watched.

use super::{
    ScoredBatch, Segmenter,
    epochs::{classes, scalar},
    failure::{bad_case, device_error, not_finite},
};
use crate::{data::batch::CaseBatch, error::Result, event::Stop, metric::Confusion};
use burn::{data::dataloader::DataLoader, train::InferenceStep};

/// What a pass over the validation split came to.
pub(super) enum Validated {
    /// All cases are scored.
    Whole(Validation),
    /// Left before the end; nothing of it is kept.
    Stopped(Stop),
}

/// Scores of the validation split.
pub(super) struct Validation {
    /// Mean loss over cases.
    pub(super) loss: Option<f64>,
    /// Mean Dice by class over the cases where it is defined.
    pub(super) dice: Vec<Option<f64>>,
    /// Cases behind each of `dice`.
    pub(super) n_dice: Vec<usize>,
    /// Mean of the foreground classes that are defined.
    pub(super) foreground: Option<f64>,
}

/// Scores every case of `valid` with `model`, which is in evaluation mode; `stop` is asked before
/// each.
///
/// # Errors
/// When a case cannot be loaded, a loss is not finite or the device fails.
pub(super) fn validate(
    model: &Segmenter,
    valid: &dyn DataLoader<CaseBatch>,
    epoch: usize,
    n_classes: usize,
    stop: &mut dyn FnMut() -> Option<Stop>,
) -> Result<Validated> {
    let mut losses = Vec::new();
    let mut dice: Vec<Vec<f64>> = vec![Vec::new(); n_classes];
    for batch in valid.iter() {
        let batch = batch.map_err(|error| bad_case(&error))?;
        // Validation of large volumes outlasts the grace that schedulers give.
        if let Some(stop) = stop() {
            return Ok(Validated::Stopped(stop));
        }
        let (reference, cases) = (batch.labels.clone(), batch.cases.clone());
        let ScoredBatch { loss, prediction } = InferenceStep::step(model, batch);
        let loss = scalar(loss)?;
        if !loss.is_finite() {
            return Err(not_finite("validation loss", epoch, None, &cases, losses.last()));
        }
        losses.push(loss);
        let reference = classes(reference.iter::<i64>());
        let data = prediction.try_into_data().map_err(|error| device_error(&error))?;
        let confusion = Confusion::of(&reference, &classes(data.iter::<i64>()), n_classes);
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

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
