//! [`Measure`]: what is read from the scores of a case, and what becomes of it where the class is
//! empty.
//!
//! | class is in | Dice, IoU | precision | recall | NSD | HD95, ASSD |
//! |---|---|---|---|---|---|
//! | neither | undefined | undefined | undefined | undefined | undefined |
//! | prediction alone | 0 | 0 | undefined | 0 | diagonal of the volume |
//! | reference alone | 0 | undefined | 0 | 0 | diagonal of the volume |
//!
//! What is undefined is in no mean and is counted. A missed structure has the worst value there is:
//! otherwise a mean would rise as more are missed.
//!
//! Does not know about settings or means.

use crate::event::CaseRow;

/// The name for all foreground classes together.
pub const FOREGROUND: &str = "foreground";

/// One number of a case and class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    Dice,
    Iou,
    Precision,
    Recall,
    Specificity,
    /// Normalised surface Dice at this tolerance in mm.
    Nsd(f64),
    Hd,
    Hd95,
    Assd,
    BoundaryIou,
    /// Prediction less reference in mL.
    VolumeError,
    /// The same over the reference; undefined without one.
    RelativeVolumeError,
}

impl Measure {
    /// Its value in a row; `diagonal_mm` is that of the case.
    pub(super) fn of(self, row: &CaseRow, diagonal_mm: Option<f64>) -> Option<f64> {
        let surface = row.space.as_ref().map(|space| &space.surface);
        let is_one_sided = (row.true_positive + row.false_negative == 0)
            != (row.true_positive + row.false_positive == 0);
        let distance = |mm: Option<f64>| if is_one_sided { diagonal_mm } else { mm };
        match self {
            Self::Dice => row.dice,
            Self::Iou => row.iou,
            Self::Precision => row.precision,
            Self::Recall => row.recall,
            Self::Specificity => row.specificity,
            Self::Nsd(mm) => {
                surface?.nsd.iter().find(|nsd| nsd.tolerance_mm.total_cmp(&mm).is_eq())?.share
            }
            Self::Hd => distance(surface?.hd_mm),
            Self::Hd95 => distance(surface?.hd95_mm),
            Self::Assd => distance(surface?.assd_mm),
            Self::BoundaryIou => surface?.boundary_iou,
            Self::VolumeError => Some(row.prediction_ml - row.reference_ml),
            Self::RelativeVolumeError => (row.reference_ml > 0.0)
                .then(|| (row.prediction_ml - row.reference_ml) / row.reference_ml),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::made_up::case_row,
        metric::{ErrorParts, LesionScores, MaskScores, SliceProfile, SurfaceScores},
    };

    #[test]
    fn a_missed_structure_has_the_worst_value_and_an_absent_one_none() {
        let surface = SurfaceScores {
            hd_mm: None,
            hd95_mm: None,
            assd_mm: None,
            nsd: vec![],
            boundary_iou: None,
        };
        let space = MaskScores {
            surface,
            lesions: LesionScores::default(),
            errors: ErrorParts::default(),
            profile: SliceProfile { bins: vec![] },
        };
        let of = |counts: [u64; 3], measure: Measure| {
            let row = CaseRow { space: Some(space.clone()), ..case_row("a", 1, counts) };
            measure.of(&row, Some(300.0))
        };
        assert_eq!(of([0, 0, 5], Measure::Hd95), Some(300.0));
        assert_eq!(of([0, 5, 0], Measure::Hd95), Some(300.0));
        assert_eq!(of([0, 0, 0], Measure::Hd95), None);
        assert_eq!((of([0, 0, 5], Measure::Dice), of([0, 0, 0], Measure::Dice)), (Some(0.0), None));
        assert_eq!(of([0, 5, 0], Measure::RelativeVolumeError), None);
        assert_eq!(of([2, 2, 0], Measure::RelativeVolumeError), Some(1.0));
    }
}
