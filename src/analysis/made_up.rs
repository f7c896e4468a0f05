//! Score rows for unit tests: [`case_row`].

use crate::event::{CaseRow, Split};

/// A row of a validation case with these voxel counts (true positive, false positive, false
/// negative) and no more than follows from them; a voxel is 1 mL.
pub(super) fn case_row(case: &str, class: usize, counts: [u64; 3]) -> CaseRow {
    let [both, extra, missed] = counts;
    let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    CaseRow {
        case: case.into(),
        split: Split::Valid,
        class,
        class_name: format!("class {class}"),
        epoch: 1,
        true_positive: both,
        false_positive: extra,
        false_negative: missed,
        dice: ratio(2 * both, 2 * both + extra + missed),
        iou: ratio(both, both + extra + missed),
        precision: ratio(both, both + extra),
        recall: ratio(both, both + missed),
        specificity: None,
        reference_ml: (both + missed) as f64,
        prediction_ml: (both + extra) as f64,
        ceiling_dice: None,
        predicted_as: vec![],
        space: None,
        whole: None,
    }
}
