//! [`validate`]: loss and Dice of the validation split, case by case on the training grid.
//!
//! Does not know which score chooses the best checkpoint.

use super::{
    ScoredBatch, Segmenter,
    failure::{bad_case, not_finite},
};
use crate::{
    base::Result,
    data::batch::CaseBatch,
    event::Stop,
    metric::Confusion,
    model::read_back::{class_bytes, classes, scalar},
};
use burn::{data::dataloader::DataLoader, train::InferenceStep};

/// How validation ended.
pub(super) enum Validated {
    /// All cases are scored.
    Done(Validation),
    /// Stopped before the last case; the scores so far are dropped.
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
    /// In the order of the cases' names.
    pub(super) cases: Vec<ValidatedCase>,
}

/// Scores of one validation case.
pub(super) struct ValidatedCase {
    pub(super) loss: f64,
    /// Its Dice by class; `None` where the class is in neither.
    pub(super) dice: Vec<Option<f64>>,
}

impl ValidatedCase {
    /// Mean of its foreground classes that are defined.
    pub(super) fn foreground(&self) -> Option<f64> {
        foreground(&self.dice)
    }
}

/// Scores every case of `valid` with `model`, which is in evaluation mode. `stop` is asked before
/// each case.
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
    let mut cases: Vec<ValidatedCase> = Vec::with_capacity(valid.num_items());
    for batch in valid.iter() {
        let batch = batch.map_err(|error| bad_case(&error))?;
        // Validation of large volumes takes longer than schedulers wait after a signal.
        if let Some(stop) = stop() {
            return Ok(Validated::Stopped(stop));
        }
        let (reference, names) = (batch.labels.clone(), batch.cases.clone());
        let ScoredBatch { loss, prediction } = InferenceStep::step(model, batch);
        let loss = scalar(loss)?;
        if !loss.is_finite() {
            let last = cases.last().map(|case| &case.loss);
            return Err(not_finite("validation loss", epoch, None, &names, last));
        }
        let (reference, prediction) = (class_bytes(&reference), classes(prediction)?);
        let confusion = Confusion::of(&reference, &prediction, n_classes);
        let dice = (0..n_classes).map(|class| confusion.overlap(class).dice()).collect();
        cases.push(ValidatedCase { loss, dice });
    }
    let losses: Vec<f64> = cases.iter().map(|case| case.loss).collect();
    let of_class = |class: usize| cases.iter().filter_map(move |case| case.dice[class]).collect();
    let by_class: Vec<Vec<f64>> = (0..n_classes).map(of_class).collect();
    let dice: Vec<Option<f64>> = by_class.iter().map(|scores| mean(scores)).collect();
    Ok(Validated::Done(Validation {
        loss: mean(&losses),
        n_dice: by_class.iter().map(Vec::len).collect(),
        foreground: foreground(&dice),
        dice,
        cases,
    }))
}

/// Mean of all classes but the background, where they are defined.
fn foreground(dice: &[Option<f64>]) -> Option<f64> {
    let defined: Vec<f64> = dice.iter().skip(1).flatten().copied().collect();
    mean(&defined)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_foreground_of_a_case_is_the_mean_of_what_is_there() {
        let of = |dice: &[Option<f64>]| ValidatedCase { loss: 1.0, dice: dice.into() }.foreground();
        assert_eq!(of(&[Some(1.0), Some(0.5), None, Some(0.25)]), Some(0.375));
        assert_eq!(of(&[Some(1.0), None, None]), None);
    }
}
