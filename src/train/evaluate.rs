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
    base::Result,
    data::{
        dataset::{Case, Dataset},
        prepare::{Prepared, ToNative, prepare, to_native},
        volume::Grid,
    },
    event::{CaseRow, Split},
    metric::{Calibration, CaseMaps, Confusion, calibration, score_case},
    spec::Experiment,
};
use burn::tensor::{TensorData, activation::softmax};
use std::time::Instant;

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
    /// Seconds from the volume in memory to the prediction on its grid.
    pub seconds: f64,
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
        let began = Instant::now();
        let prepared = prepare(&volume, &labels, &experiment.preprocess)
            .map_err(|error| error.of_case(&subject.case.id))?;
        let predicted = predict(segmenter, &prepared)?;
        let prediction = to_native(&predicted.classes, prepared.native_shape);
        let seconds = began.elapsed().as_secs_f64();
        let maps = CaseMaps {
            reference: &labels.voxels,
            prediction: &prediction,
            ct: Some(&volume.voxels),
            affine: &labels.affine,
            n_classes: experiment.data.classes.len(),
            tolerances_mm: &experiment.evaluate.surface_tolerance_mm,
        };
        let scores = score_case(&maps);
        let calibration = predicted.calibration(&maps, prepared.native_shape);
        let there_and_back = to_native(&prepared.labels, prepared.native_shape);
        let ceiling =
            Confusion::of(labels.voxels.values(), there_and_back.values(), maps.n_classes);
        let place = (subject.case.id.as_str(), subject.split, epoch);
        let mut rows = CaseRow::of_case(place, &experiment.data.classes, scores);
        for row in &mut rows {
            row.ceiling_dice = ceiling.overlap(row.class).dice();
        }
        if let Some(whole) = rows.first_mut().and_then(|row| row.whole.as_mut()) {
            whole.calibration = Some(calibration);
        }
        let window = experiment.evaluate.overlay_window;
        let overlay = overlay::cut(volume, &labels.voxels, &prediction, window);
        keep(subject, Evaluated { rows, overlay, seconds })?;
    }
    Ok(())
}

/// What the network says of a case, on the training grid.
#[derive(Debug, Clone)]
pub struct Predicted {
    /// Most probable class of every voxel.
    pub classes: Grid<u8>,
    /// Probability of each class, a whole grid a class: `[class, x, y, z]`.
    probabilities: Vec<f32>,
}

impl Predicted {
    /// How sure the network was, against the reference on the stored grid.
    fn calibration(&self, maps: &CaseMaps<'_>, native_shape: [usize; 3]) -> Calibration {
        let n_voxels = self.classes.values().len();
        let way = ToNative::new(self.classes.shape(), native_shape);
        let probability =
            |class: usize, voxel: usize| self.probabilities[class * n_voxels + way.source(voxel)];
        calibration(maps.reference, maps.prediction, maps.n_classes, probability)
    }
}

/// What the network says of every voxel of the training grid.
///
/// # Errors
/// When the device fails.
pub fn predict(segmenter: &Segmenter, prepared: &Prepared) -> Result<Predicted> {
    let shape @ [x, y, z] = prepared.image.shape();
    let image = TensorData::new(prepared.image.values().to_vec(), [1, 1, x, y, z]);
    let logits = segmenter.predict(image);
    let on_host =
        |data: std::result::Result<TensorData, _>| data.map_err(|error| device_error(&error));
    let most_probable = logits.clone().argmax(1);
    let data = on_host(most_probable.try_into_data())?;
    let values = classes(data.iter::<i64>());
    let probabilities = on_host(softmax(logits, 1).try_into_data())?.iter::<f32>().collect();
    // The network keeps the size of its input, so the values always fit.
    let classes = Grid::from_vec(shape, values).unwrap_or_else(|| Grid::filled(shape, 0));
    Ok(Predicted { classes, probabilities })
}

/// Mean Dice of the foreground classes of one case's rows; `None` when none is defined.
pub fn foreground_dice(rows: &[CaseRow]) -> Option<f64> {
    let scores: Vec<f64> = rows.iter().skip(1).filter_map(|row| row.dice).collect();
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}
