//! [`CaseRow`]: the scores of one class of one case, as they are written, and [`WholeCase`].
//!
//! Does not know how a case came to be predicted.

use super::events::Split;
use crate::metric::{Calibration, CaseScores, MaskScores};
use serde::{Deserialize, Serialize};

/// One class of one case, scored on the case's native grid. One line of `cases.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRow {
    /// The case.
    pub case: String,
    /// The part it plays.
    pub split: Split,
    /// Class index.
    pub class: usize,
    /// Class name.
    pub class_name: String,
    /// Epoch of the checkpoint that predicted.
    pub epoch: usize,
    /// Voxels of the class in both.
    pub true_positive: u64,
    /// Voxels of the class in the prediction alone.
    pub false_positive: u64,
    /// Voxels of the class in the reference alone.
    pub false_negative: u64,
    /// 2 TP / (2 TP + FP + FN); `None` when the class is in neither.
    pub dice: Option<f64>,
    /// TP / (TP + FP + FN); `None` when the class is in neither.
    pub iou: Option<f64>,
    /// TP / (TP + FP); `None` when nothing is predicted.
    pub precision: Option<f64>,
    /// TP / (TP + FN); `None` when nothing is there.
    pub recall: Option<f64>,
    /// TN / (TN + FP); `None` when the reference fills the volume, and in older logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specificity: Option<f64>,
    /// Volume of the reference in mL.
    pub reference_ml: f64,
    /// Volume of the prediction in mL.
    pub prediction_ml: f64,
    /// Dice of the reference against itself brought to the training grid and back: the most
    /// that this grid allows.
    pub ceiling_dice: Option<f64>,
    /// Voxels of this class in the reference, by predicted class: a row of the confusion matrix.
    pub predicted_as: Vec<u64>,
    /// Surfaces, lesions, kinds of error; `None` for the background, and in older logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<MaskScores>,
    /// What is said of the case as a whole: in the row of the background alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<WholeCase>,
}

/// A case as a whole, beside its classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WholeCase {
    /// Voxels of the case.
    pub n_voxels: u64,
    /// Spacing along its axes in mm.
    pub spacing_mm: [f64; 3],
    /// Diagonal of the volume in mm: as far as two voxels can lie apart.
    pub diagonal_mm: f64,
    /// Foreground voxels of whatever class in both.
    pub true_positive: u64,
    /// Foreground voxels in the prediction alone.
    pub false_positive: u64,
    /// Foreground voxels in the reference alone.
    pub false_negative: u64,
    /// Dice of the foreground, its classes merged: blind to which class a voxel is given.
    pub dice: Option<f64>,
    /// Surfaces, lesions and errors of the merged foreground.
    pub foreground: MaskScores,
    /// Whether the network is as often right as it is sure; `None` for label maps of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

impl CaseRow {
    /// The rows of a case, a class each, background first: `names` are the classes. Ceiling and
    /// calibration are for those to add who know of them.
    pub fn of_case(
        (case, split, epoch): (&str, Split, usize),
        names: &[String],
        scores: CaseScores,
    ) -> Vec<Self> {
        let CaseScores {
            n_voxels,
            spacing_mm,
            voxel_ml,
            diagonal_mm,
            confusion,
            classes,
            foreground,
        } = scores;
        let merged = confusion.foreground();
        let whole = WholeCase {
            n_voxels,
            spacing_mm,
            diagonal_mm,
            true_positive: merged.true_positive,
            false_positive: merged.false_positive,
            false_negative: merged.false_negative,
            dice: merged.dice(),
            foreground,
            calibration: None,
        };
        let spaces = std::iter::once(None).chain(classes.into_iter().map(Some));
        let wholes = std::iter::once(Some(whole)).chain(std::iter::repeat_with(|| None));
        let row = |(((class, name), space), whole): (((usize, &String), _), _)| {
            let overlap = confusion.overlap(class);
            Self {
                case: case.to_owned(),
                split,
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
                specificity: overlap.specificity(n_voxels),
                reference_ml: overlap.n_reference() as f64 * voxel_ml,
                prediction_ml: overlap.n_prediction() as f64 * voxel_ml,
                ceiling_dice: None,
                predicted_as: confusion.row(class).to_vec(),
                space,
                whole,
            }
        };
        names.iter().enumerate().zip(spaces).zip(wholes).map(row).collect()
    }
}
