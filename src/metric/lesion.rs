//! [`LesionScores`]: which lesions were found, which were missed, which were made up.
//!
//! A lesion is a 26-connected component of a class. It is found when one voxel or more of it is
//! predicted.
//!
//! Does not know about distances between surfaces.

use super::{
    axial_axis::AxialAxis,
    component::{Components, Extent},
    contrast::Surroundings,
    mask::Mask,
};
use serde::{Deserialize, Serialize};

/// Most reference lesions listed for a mask; the counts stay whole.
pub const MOST_LESIONS: usize = 200;
/// Most false lesions listed for a mask; the counts stay whole.
pub const MOST_FALSE_LESIONS: usize = 100;

/// Lesions of one class of one case.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LesionScores {
    /// Lesions of the reference.
    pub n_reference: usize,
    /// Lesions of the prediction.
    pub n_prediction: usize,
    /// Lesions of the reference that the prediction touches.
    pub n_found: usize,
    /// Lesions of the prediction that touch nothing of the reference.
    pub n_false: usize,
    /// Lesions of the reference, largest first, at most [`MOST_LESIONS`].
    pub reference: Vec<ReferenceLesion>,
    /// Volumes in mL of the false lesions, largest first, at most [`MOST_FALSE_LESIONS`].
    pub false_ml: Vec<f64>,
}

/// A lesion of the reference, and what might tell whether it is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceLesion {
    /// Volume in mL.
    pub ml: f64,
    /// Share of its voxels that the prediction covers.
    pub found: f64,
    /// Mean HU inside less the mean HU of a shell of 5 mm around it, without what is foreground
    /// in the reference; `None` without a CT or where no such shell is left.
    pub contrast_hu: Option<f64>,
    /// Its centre along the patient's feet-head axis: 0 at the lower end of the volume, 1 at the
    /// upper.
    pub position: f64,
    /// Least distance in mm from a voxel centre of it to the volume's outer face: half a voxel
    /// when it touches the border, where it may be cut off.
    pub border_mm: f64,
}

impl LesionScores {
    /// Lesions of the reference that the prediction does not touch.
    pub fn n_missed(&self) -> usize {
        self.n_reference.saturating_sub(self.n_found)
    }

    /// Share of the reference's lesions that are found; `None` when there is none.
    pub fn sensitivity(&self) -> Option<f64> {
        ratio(self.n_found, self.n_reference)
    }

    /// Share of the predicted lesions that touch one of the reference; `None` when none is
    /// predicted.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.n_prediction.saturating_sub(self.n_false), self.n_prediction)
    }

    /// Harmonic mean of sensitivity and precision; 0 when only one of them is defined, for then
    /// every lesion is missed or every one false; `None` when there is no lesion at all.
    pub fn f1(&self) -> Option<f64> {
        match (self.sensitivity(), self.precision()) {
            (None, None) => None,
            (Some(sensitivity), Some(precision)) if sensitivity + precision > 0.0 => {
                Some(2.0 * sensitivity * precision / (sensitivity + precision))
            }
            _ => Some(0.0),
        }
    }

    /// Scores the components of both masks.
    pub(super) fn of(reference: &Lesions, prediction: &Lesions, place: &Place<'_>) -> Self {
        let missed = reference.extents.iter().filter(|extent| extent.n_shared == 0).count();
        let untouched = prediction.extents.iter().filter(|extent| extent.n_shared == 0);
        let mut false_sizes: Vec<u64> = untouched.map(|extent| extent.n).collect();
        false_sizes.sort_unstable_by(|a, b| b.cmp(a));
        let n_false = false_sizes.len();
        let false_sizes = false_sizes.into_iter().take(MOST_FALSE_LESIONS);
        Self {
            n_reference: reference.extents.len(),
            n_prediction: prediction.extents.len(),
            n_found: reference.extents.len() - missed,
            n_false,
            reference: reference_lesions(reference, place),
            false_ml: false_sizes.map(|n| n as f64 * place.voxel_ml).collect(),
        }
    }
}

/// Where a case's masks lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) spacing: [f64; 3],
    pub(super) voxel_ml: f64,
    pub(super) feet_head: AxialAxis,
    pub(super) surroundings: Option<Surroundings<'a>>,
}

/// The components of one mask, and what they share with another.
#[derive(Debug)]
pub(super) struct Lesions {
    components: Components,
    extents: Vec<Extent>,
}

impl Lesions {
    /// Of `mask`, looked for in `other`.
    pub(super) fn of(mask: &Mask, other: &Mask) -> Self {
        let components = Components::of(mask);
        let extents = components.extents(other);
        Self { components, extents }
    }

    /// The voxels of all lesions that share none with the other mask.
    pub(super) fn untouched(&self, shape: [usize; 3]) -> Mask {
        let mut mask = Mask::empty(shape);
        for (_, run) in self.components.runs(|idx| self.extents[idx].n_shared == 0) {
            mask.fill(run.column, run.start, run.end);
        }
        mask
    }
}

fn reference_lesions(lesions: &Lesions, place: &Place<'_>) -> Vec<ReferenceLesion> {
    let mut order: Vec<usize> = (0..lesions.extents.len()).collect();
    // Ties stay in the order of the array, so that a case always gives the same list.
    order.sort_by_key(|&idx| std::cmp::Reverse(lesions.extents[idx].n));
    order.truncate(MOST_LESIONS);
    let mut contrasts = vec![None; order.len()];
    if let Some(surroundings) = &place.surroundings {
        let mut ranks = vec![usize::MAX; lesions.extents.len()];
        order.iter().enumerate().for_each(|(rank, &idx)| ranks[idx] = rank);
        let mut runs = vec![Vec::new(); order.len()];
        for (idx, run) in lesions.components.runs(|idx| ranks[idx] != usize::MAX) {
            runs[ranks[idx]].push(run);
        }
        for ((contrast, runs), &idx) in contrasts.iter_mut().zip(&runs).zip(&order) {
            *contrast = surroundings.contrast(runs, &lesions.extents[idx], place.spacing);
        }
    }
    let lesion = |(contrast_hu, idx): (Option<f64>, usize)| {
        let extent = &lesions.extents[idx];
        ReferenceLesion {
            ml: extent.n as f64 * place.voxel_ml,
            found: extent.n_shared as f64 / extent.n as f64,
            contrast_hu,
            position: place.feet_head.position(extent.centre),
            border_mm: border_mm(extent, lesions.components.shape(), place.spacing),
        }
    };
    contrasts.into_iter().zip(order).map(lesion).collect()
}

fn border_mm(extent: &Extent, shape: [usize; 3], spacing: [f64; 3]) -> f64 {
    let gaps = (0..3).map(|axis: usize| {
        let n_steps = extent.low[axis].min(shape[axis] - 1 - extent.high[axis]);
        (n_steps as f64 + 0.5) * spacing[axis]
    });
    gaps.fold(f64::INFINITY, f64::min)
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
