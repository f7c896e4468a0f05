//! [`score_case`]: all that the label maps of one case say in space.
//!
//! Does not know about runs, files or means over cases.

use super::{
    Confusion,
    axial_axis::AxialAxis,
    contrast::Surroundings,
    error_parts::{ErrorParts, ErrorSide},
    lesion::{LesionScores, Lesions, Place},
    mask::Mask,
    slice_profile::SliceProfile,
    surface::{Side, SurfaceScores},
};
use crate::{
    base::{Fault, Result},
    data::{geometry::Affine, volume::Grid},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The label maps of a case on its native grid.
#[derive(Debug, Clone, Copy)]
pub struct CaseMaps<'a> {
    /// Classes as they are, axes `[x, y, z]`.
    pub reference: &'a Grid<u8>,
    /// Classes as predicted, of the same shape.
    pub prediction: &'a Grid<u8>,
    /// HU of the same shape, for the contrast of lesions.
    pub ct: Option<&'a Grid<f32>>,
    /// Where the voxels lie; distances take its axes as perpendicular.
    pub affine: &'a Affine,
    /// Classes, background included; labels beyond count as the last one.
    pub n_classes: usize,
    /// Tolerances of the normalised surface Dice.
    pub tolerances_mm: &'a [f64],
}

/// What the label maps of one case say in space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseScores {
    /// Voxels of the volume.
    pub n_voxels: u64,
    /// Millimetres per voxel along x, y and z of the array.
    pub spacing_mm: [f64; 3],
    /// Volume of one voxel in mL.
    pub voxel_ml: f64,
    /// Length of the volume's diagonal: what stands for the distances of a missed structure where
    /// a table says so.
    pub diagonal_mm: f64,
    /// Voxels by reference and predicted class.
    pub confusion: Confusion,
    /// Classes from 1 on.
    pub classes: Vec<MaskScores>,
    /// All foreground as one class.
    pub foreground: MaskScores,
}

/// What is said of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaskScores {
    /// Distances between the surfaces.
    pub surface: SurfaceScores,
    /// Lesions found, missed and made up.
    pub lesions: LesionScores,
    /// Wrong voxels by kind.
    pub errors: ErrorParts,
    /// Right and wrong voxels along the body.
    pub profile: SliceProfile,
}

impl CaseMaps<'_> {
    /// Refuses maps that do not fit one another.
    ///
    /// # Errors
    /// When shapes differ, or there is no class beside the background.
    pub fn check(&self) -> Result<()> {
        let [x, y, z] = self.reference.shape();
        let ct = self.ct.map(|ct| ("the CT", ct.shape()));
        let prediction = ("the prediction", self.prediction.shape());
        for (name, shape) in [prediction].into_iter().chain(ct) {
            if shape != [x, y, z] {
                let [a, b, c] = shape;
                let fault = Fault::new(format!("{name} and the reference differ in shape"));
                return Err(fault
                    .detail(format!("expected {x}x{y}x{z} voxels, as the reference has"))
                    .detail(format!("found {a}x{b}x{c}"))
                    .into());
            }
        }
        if !(2..=256).contains(&self.n_classes) {
            let fault = Fault::new("a label map has 2 to 256 classes, background included");
            return Err(fault.detail(format!("found {}", self.n_classes)).into());
        }
        Ok(())
    }
}

/// Scores one case, on one core.
///
/// Maps that [`CaseMaps::check`] refuses are scored as far as they go: what a prediction of
/// another shape lacks is background, and a CT of another shape is left out.
pub fn score_case(maps: &CaseMaps<'_>) -> CaseScores {
    let shape = maps.reference.shape();
    let prediction = fitted(maps.prediction, shape);
    let n_classes = maps.n_classes.clamp(2, 256);
    let spacing = maps.affine.spacing().0;
    let ct = maps.ct.filter(|ct| ct.shape() == shape);
    let place = Place {
        spacing,
        voxel_ml: maps.affine.voxel_ml(),
        feet_head: AxialAxis::of(maps.affine, shape),
        surroundings: ct.map(|ct| Surroundings { ct, reference: maps.reference }),
    };
    let pair = |classes| [maps.reference, &*prediction].map(|labels| Mask::of(labels, &classes));
    let all = pair(1..=u8::MAX);
    let foreground = MaskScores::of(&all, &all, &place, maps.tolerances_mm);
    let last = u8::try_from(n_classes - 1).unwrap_or(u8::MAX);
    let classes = if last == 1 {
        vec![foreground.clone()]
    } else {
        let classes = (1..=last).map(|class| {
            let end = if class == last { u8::MAX } else { class };
            MaskScores::of(&pair(class..=end), &all, &place, maps.tolerances_mm)
        });
        classes.collect()
    };
    let lengths = shape.iter().zip(spacing).map(|(&n, mm)| (n as f64 * mm).powi(2));
    CaseScores {
        n_voxels: shape.iter().product::<usize>() as u64,
        spacing_mm: spacing,
        voxel_ml: place.voxel_ml,
        diagonal_mm: lengths.sum::<f64>().sqrt(),
        confusion: Confusion::of(maps.reference.values(), prediction.values(), n_classes),
        classes,
        foreground,
    }
}

impl MaskScores {
    /// Of the two masks of a class, given all foreground; reference first.
    fn of(
        masks: &[Mask; 2],
        foregrounds: &[Mask; 2],
        place: &Place<'_>,
        tolerances_mm: &[f64],
    ) -> Self {
        let [reference, prediction] = masks;
        let edges = [reference.edge(), prediction.edge()];
        let sides = [0, 1].map(|side: usize| Side { mask: &masks[side], edge: &edges[side] });
        let lesions = [Lesions::of(reference, prediction), Lesions::of(prediction, reference)];
        let error_sides = [0, 1].map(|side: usize| ErrorSide {
            side: sides[side],
            lesions: &lesions[side],
            foreground: &foregrounds[side],
        });
        let counted = [
            &reference.and(prediction),
            &prediction.without(reference),
            &reference.without(prediction),
        ];
        Self {
            surface: SurfaceScores::of(sides, place.spacing, tolerances_mm),
            lesions: LesionScores::of(&lesions[0], &lesions[1], place),
            errors: ErrorParts::of(error_sides, place.spacing, place.voxel_ml),
            profile: SliceProfile::of(counted, &place.feet_head),
        }
    }
}

/// Labels on another box from the same corner: what is not there is background.
fn fitted(labels: &Grid<u8>, shape: [usize; 3]) -> Cow<'_, Grid<u8>> {
    if labels.shape() == shape {
        return Cow::Borrowed(labels);
    }
    let is_inside = |voxel: [usize; 3]| voxel.iter().zip(labels.shape()).all(|(&at, n)| at < n);
    Cow::Owned(Grid::from_fn(shape, |voxel| if is_inside(voxel) { labels.at(voxel) } else { 0 }))
}
