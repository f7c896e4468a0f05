//! [`evaluate`]: a case predicted, and scored on the grid on which it is stored.
//!
//! Does not know where the scores go.

use super::{
    Predictor,
    overlay::{self, Overlay},
};
use crate::{
    base::Result,
    data::{
        dataset::{Case, Dataset},
        prepare::through_training_grid,
    },
    event::{CaseRow, Split},
    metric::{CaseMaps, Confusion, calibration, score_case},
    spec::Experiment,
};
use std::time::Instant;

/// A case and the split it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct SplitCase<'a> {
    /// The case.
    pub case: &'a Case,
    /// Validation or test.
    pub split: Split,
}

/// Scores of one case.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// One row per class, background first.
    pub rows: Vec<CaseRow>,
    /// Three slices to draw.
    pub overlay: Overlay,
    /// Seconds from the volume in memory to the prediction on its grid.
    pub seconds: f64,
}

/// Reads a case, predicts it and scores the prediction; `epoch` is that of the weights.
///
/// # Errors
/// When the case cannot be read or prepared, or the device fails.
pub fn evaluate(
    experiment: &Experiment,
    dataset: &Dataset,
    predictor: &Predictor,
    SplitCase { case, split }: SplitCase<'_>,
    epoch: usize,
) -> Result<Evaluated> {
    let (volume, labels) = dataset.load(case)?;
    let began = Instant::now();
    let prediction = predictor.predict(&case.id, &volume)?;
    let seconds = began.elapsed().as_secs_f64();
    let maps = CaseMaps {
        reference: &labels.voxels,
        prediction: &prediction.classes,
        ct: Some(&volume.voxels),
        affine: &labels.affine,
        n_classes: experiment.data.classes.len(),
        tolerances_mm: &experiment.evaluate.surface_tolerance_mm,
    };
    let scores = score_case(&maps);
    let calibration =
        calibration(maps.reference, maps.prediction, maps.n_classes, |class, voxel| {
            prediction.probability(class, voxel)
        });
    let mut rows =
        CaseRow::of_case((case.id.as_str(), split, epoch), &experiment.data.classes, scores);
    // A perfect network loses this much to the training grid.
    let best_possible = through_training_grid(&labels.voxels, prediction.training_shape);
    let ceiling = Confusion::of(labels.voxels.values(), best_possible.values(), maps.n_classes);
    for row in &mut rows {
        row.ceiling_dice = ceiling.overlap(row.class).dice();
    }
    if let Some(whole) = rows.first_mut().and_then(|row| row.whole.as_mut()) {
        whole.calibration = Some(calibration);
    }
    let window = experiment.evaluate.overlay_window;
    let overlay = overlay::cut(volume, &labels.voxels, &prediction.classes, window);
    Ok(Evaluated { rows, overlay, seconds })
}

/// Mean Dice of the foreground classes of one case's rows; `None` when none is defined.
pub fn foreground_dice(rows: &[CaseRow]) -> Option<f64> {
    let scores: Vec<f64> = rows.iter().skip(1).filter_map(|row| row.dice).collect();
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}
