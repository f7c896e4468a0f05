//! [`SurfaceScores`]: how far the surfaces of two masks lie apart.
//!
//! A surface is the mask's edge voxels: the mask less its 6-connected erosion, where outside of
//! the volume is background. Distances run centre to centre, from each edge voxel to the nearest
//! one of the other mask.
//!
//! Does not know about classes or lesions.

use super::{
    ball::{Ball, SLACK_MM},
    distance::distances,
    mask::Mask,
};
use serde::{Deserialize, Serialize};

/// Thickness in mm of the rim that [`SurfaceScores::boundary_iou`] looks at.
///
/// Cheng et al. take 2 % of the image diagonal. The diagonal of a CT tells how much of the
/// patient was scanned, and 2 % of it is about 13 mm, thicker than most deposits, for which the
/// score would be plain IoU. So the thickness is fixed in mm: about one slice, the scale on which
/// two readers differ, and the limit up to which [`ErrorParts`](super::ErrorParts) calls an error
/// near. Where it is thinner than a voxel the rim is the edge voxels.
pub const RIM_MM: f64 = 3.0;

/// Distances between the surfaces of a reference and a prediction.
///
/// Distances are `None` when either mask is empty: a mean of them leaves a missed structure out,
/// so it has to be shown beside the number of those.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurfaceScores {
    /// Hausdorff distance: the largest distance of both directions.
    pub hd_mm: Option<f64>,
    /// The larger of the two directed 95th percentiles, with linear interpolation.
    ///
    /// # Source
    /// As MONAI's `HausdorffDistanceMetric(percentile=95)`.
    pub hd95_mm: Option<f64>,
    /// Mean of all distances of both directions together.
    pub assd_mm: Option<f64>,
    /// Normalised surface Dice at each tolerance asked for, in that order.
    pub nsd: Vec<Nsd>,
    /// Intersection over union of the rims of both masks: their voxels within [`RIM_MM`] of an
    /// edge voxel. 0 when exactly one mask is empty, `None` when both are.
    ///
    /// # Source
    /// Cheng et al., Boundary IoU, 2021 (arXiv 2103.16562), but for the thickness.
    pub boundary_iou: Option<f64>,
}

/// Normalised surface Dice at one tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Nsd {
    /// The tolerance.
    pub tolerance_mm: f64,
    /// Share of the edge voxels of both masks at most the tolerance away from the other's edge;
    /// 0 when exactly one mask is empty, `None` when both are.
    ///
    /// # Source
    /// Nikolov et al. 2018 (arXiv 1809.04430), counted in edge voxels and not in surface area.
    pub share: Option<f64>,
}

impl SurfaceScores {
    /// Compares two masks whose edges are known.
    pub(super) fn of(sides: [Side<'_>; 2], spacing: [f64; 3], tolerances_mm: &[f64]) -> Self {
        let [reference, prediction] = sides;
        let both = !reference.mask.is_empty() && !prediction.mask.is_empty();
        let neither = reference.mask.is_empty() && prediction.mask.is_empty();
        let mut directed = [Vec::new(), Vec::new()];
        if both {
            directed = [
                distances(reference.edge, prediction.edge, spacing),
                distances(prediction.edge, reference.edge, spacing),
            ];
            for values in &mut directed {
                values.sort_unstable_by(f64::total_cmp);
            }
        }
        let n = directed.iter().map(Vec::len).sum::<usize>() as f64;
        let larger = |of: fn(&[f64]) -> Option<f64>| {
            let values = directed.iter().filter_map(|values| of(values));
            values.reduce(f64::max).filter(|value| value.is_finite())
        };
        let total: f64 = directed.iter().flatten().sum();
        let nsd = tolerances_mm.iter().map(|&tolerance_mm| {
            let limit = tolerance_mm + SLACK_MM;
            let within = |values: &Vec<f64>| values.partition_point(|&mm| mm <= limit);
            let n_within = directed.iter().map(within).sum::<usize>() as f64;
            let share = if both { Some(n_within / n) } else { (!neither).then_some(0.0) };
            Nsd { tolerance_mm, share }
        });
        Self {
            hd_mm: larger(|values| values.last().copied()),
            hd95_mm: larger(|values| percentile(values, 0.95)),
            assd_mm: both.then_some(total / n).filter(|mean| mean.is_finite()),
            nsd: nsd.collect(),
            boundary_iou: boundary_iou([reference, prediction], spacing),
        }
    }
}

/// A mask and its edge voxels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) mask: &'a Mask,
    pub(super) edge: &'a Mask,
}

fn boundary_iou(sides: [Side<'_>; 2], spacing: [f64; 3]) -> Option<f64> {
    let ball = Ball::new(RIM_MM, spacing);
    let [reference, prediction] = sides.map(|side| ball.grow(side.edge).and(side.mask));
    let n_either = reference.or(&prediction).count();
    (n_either > 0).then(|| reference.and(&prediction).count() as f64 / n_either as f64)
}

/// The `share` quantile of ascending values, linear between neighbours as numpy's default.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let (low, high) = (sorted[below], sorted[above]);
    Some(low + (high - low) * (place - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_linear_between_neighbours() {
        assert_eq!(percentile(&[], 0.95), None);
        assert_eq!(percentile(&[2.0], 0.95), Some(2.0));
        let found = percentile(&[0.0, 1.0, 2.0, 4.0], 0.95).unwrap();
        assert!((found - 3.7).abs() < 1e-12, "{found}: 2.85 of 3 steps along");
    }
}
