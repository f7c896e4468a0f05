//! [`ErrorParts`]: the wrong voxels of a class, each under one heading.
//!
//! Does not know why a voxel is wrong.

use super::{ball::SLACK_MM, distance::distances, lesion::Lesions, mask::Mask, surface::Side};
use serde::{Deserialize, Serialize};

/// Distance in mm from the other mask up to which an error counts as one of the boundary.
const NEAR_MM: f64 = 3.0;

/// Volumes in mL that add up to all false negative and false positive voxels of a class.
///
/// A voxel goes under the first heading that fits, in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ErrorParts {
    /// The other map has another foreground class there; always 0 for merged foreground.
    pub class_swaps_ml: f64,
    /// False negatives in lesions of the reference that the prediction does not touch.
    pub missed_lesions_ml: f64,
    /// False positives in lesions of the prediction that touch nothing of the reference.
    pub false_lesions_ml: f64,
    /// Gone if the predicted boundary moved by one voxel: false negatives that share a face, an
    /// edge or a corner with a predicted voxel, false positives that do so with one of the
    /// reference.
    pub within_voxel_ml: f64,
    /// At most 3 mm, centre to centre, from the nearest voxel of the other mask.
    pub within_3mm_ml: f64,
    /// Farther away.
    pub beyond_ml: f64,
}

impl ErrorParts {
    /// All wrong voxels, in mL.
    pub fn total_ml(&self) -> f64 {
        let lesions = self.missed_lesions_ml + self.false_lesions_ml;
        let boundary = self.within_voxel_ml + self.within_3mm_ml + self.beyond_ml;
        self.class_swaps_ml + lesions + boundary
    }

    /// Sorts the errors of the two sides, whose voxels are the class's.
    pub(super) fn of(sides: [ErrorSide<'_>; 2], spacing: [f64; 3], voxel_ml: f64) -> Self {
        let [reference, prediction] = sides;
        let false_negative = Counts::of(&reference, &prediction, spacing);
        let false_positive = Counts::of(&prediction, &reference, spacing);
        let ml = |n: u64| n as f64 * voxel_ml;
        Self {
            class_swaps_ml: ml(false_negative.swapped + false_positive.swapped),
            missed_lesions_ml: ml(false_negative.untouched),
            false_lesions_ml: ml(false_positive.untouched),
            within_voxel_ml: ml(false_negative.adjacent + false_positive.adjacent),
            within_3mm_ml: ml(false_negative.near + false_positive.near),
            beyond_ml: ml(false_negative.beyond + false_positive.beyond),
        }
    }
}

/// One of the two maps: a class of it, its lesions, and all its foreground.
#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorSide<'a> {
    pub(super) side: Side<'a>,
    pub(super) lesions: &'a Lesions,
    pub(super) foreground: &'a Mask,
}

/// Voxels of one side that the other lacks.
struct Counts {
    swapped: u64,
    untouched: u64,
    adjacent: u64,
    near: u64,
    beyond: u64,
}

impl Counts {
    fn of(own: &ErrorSide<'_>, other: &ErrorSide<'_>, spacing: [f64; 3]) -> Self {
        let wrong = own.side.mask.without(other.side.mask);
        let right_class = wrong.without(other.foreground);
        let boundary = right_class.without(&own.lesions.untouched(wrong.shape()));
        let apart = boundary.without(&other.side.mask.grown());
        // Seen from outside of a mask, its nearest voxel is one of its edge.
        let limit = NEAR_MM + SLACK_MM;
        let near = distances(&apart, other.side.edge, spacing);
        let n_near = near.into_iter().filter(|&mm| mm <= limit).count() as u64;
        let [n_wrong, n_class, n_boundary, n_apart] =
            [&wrong, &right_class, &boundary, &apart].map(Mask::count);
        Self {
            swapped: n_wrong - n_class,
            untouched: n_class - n_boundary,
            adjacent: n_boundary - n_apart,
            near: n_near,
            beyond: n_apart - n_near,
        }
    }
}
