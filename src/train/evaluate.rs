//! [`evaluate`]: a checkpoint on every case, scored on the case's native grid.
//!
//! Each case's rows are handed over before the next case begins. Knows nothing of where they go.

use super::{
    Segmenter,
    epochs::classes,
    failure::device_error,
    overlay::{self, Overlay},
};
use crate::{
    data::{
        dataset::{Case, Dataset},
        prepare::{Prepared, prepare, to_native},
        volume::{Grid, LabelMap},
    },
    error::Result,
    event::{CaseRow, Split},
    metric::Confusion,
    spec::Experiment,
};
use burn::tensor::TensorData;

/// A case to evaluate and the part it plays.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The case.
    pub case: &'a Case,
    /// The part it plays.
    pub split: Split,
}

/// Scores of one case.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// One row a class, background first.
    pub rows: Vec<CaseRow>,
    /// What to draw of it.
    pub overlay: Overlay,
}

/// Predicts each case with `segmenter` (in evaluation mode) and hands its scores to `keep`.
///
/// # Errors
/// When a case cannot be read, the device fails, or `keep` fails.
pub fn evaluate<'a>(
    experiment: &Experiment,
    dataset: &Dataset,
    segmenter: &Segmenter,
    subjects: &[Subject<'a>],
    epoch: usize,
    mut keep: impl FnMut(Subject<'a>, Evaluated) -> Result<()>,
) -> Result<()> {
    for &subject in subjects {
        let (volume, labels) = dataset.load(subject.case)?;
        let prepared = prepare(&volume, &labels, &experiment.preprocess)
            .map_err(|error| error.of_case(&subject.case.id))?;
        let prediction = predict(segmenter, &prepared)?;
        let prediction = to_native(&prediction, prepared.native_shape);
        let rows = score(experiment, subject, &labels, &prediction, &prepared, epoch);
        let window = experiment.evaluate.overlay_window;
        let overlay = overlay::cut(volume, &labels.voxels, &prediction, window);
        keep(subject, Evaluated { rows, overlay })?;
    }
    Ok(())
}

/// Most probable class of every voxel of the training grid.
///
/// # Errors
/// When the device fails.
pub fn predict(segmenter: &Segmenter, prepared: &Prepared) -> Result<Grid<u8>> {
    let shape @ [x, y, z] = prepared.image.shape();
    let image = TensorData::new(prepared.image.values().to_vec(), [1, 1, x, y, z]);
    let prediction = segmenter.predict(image);
    let data = prediction.try_into_data().map_err(|error| device_error(&error))?;
    let values = classes(data.iter::<i64>());
    // The network keeps the size of its input, so the values always fit.
    Ok(Grid::from_vec(shape, values).unwrap_or_else(|| Grid::filled(shape, 0)))
}

fn score(
    experiment: &Experiment,
    subject: Subject<'_>,
    labels: &LabelMap,
    prediction: &Grid<u8>,
    prepared: &Prepared,
    epoch: usize,
) -> Vec<CaseRow> {
    let names = &experiment.data.classes;
    let voxel_ml = labels.affine.voxel_ml();
    let reference = labels.voxels.values();
    let confusion = Confusion::of(reference, prediction.values(), names.len());
    let there_and_back = to_native(&prepared.labels, prepared.native_shape);
    let ceiling = Confusion::of(reference, there_and_back.values(), names.len());
    let row = |(class, name): (usize, &String)| {
        let overlap = confusion.overlap(class);
        CaseRow {
            case: subject.case.id.clone(),
            split: subject.split,
            class,
            class_name: name.clone(),
            epoch,
            true_positive: overlap.true_positive,
            false_positive: overlap.false_positive,
            false_negative: overlap.false_negative,
            dice: overlap.dice(),
            iou: overlap.iou(),
            precision: overlap.precision(),
            recall: overlap.recall(),
            reference_ml: overlap.n_reference() as f64 * voxel_ml,
            prediction_ml: overlap.n_prediction() as f64 * voxel_ml,
            ceiling_dice: ceiling.overlap(class).dice(),
            predicted_as: confusion.row(class).to_vec(),
        }
    };
    names.iter().enumerate().map(row).collect()
}

/// Mean Dice of the foreground classes of one case's rows; `None` when none is defined.
pub fn foreground_dice(rows: &[CaseRow]) -> Option<f64> {
    let scores: Vec<f64> = rows.iter().skip(1).filter_map(|row| row.dice).collect();
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}
