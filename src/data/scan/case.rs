//! [`ScannedCase`]: what the two files of a case hold, and all that is wrong with them.
//!
//! Does not know about classes or what the cases are for.

use super::hu_facts::{HuFacts, Padding, count, few_values};
use crate::{
    base::{Fault, Result, fs, text::significant},
    data::{
        content::{digest, twin_key},
        geometry::{Affine, Orientation, Spacing},
        labels,
        layout::CaseFiles,
        nifti::{Read, read_labels, read_volume},
        range::range,
        same_grid::{NamedGrid, different_grids},
        volume::{Placed, Volume},
    },
    spec::OrientationPolicy,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::RangeInclusive, path::Path};

/// Edges of a voxel of any CT in mm: 50 um is a micro-CT of a tooth, 20 mm a scout.
const SPACING_MM: RangeInclusive<f64> = 0.05..=20.0;
/// Longest side of any CT in mm, from a tooth to more than a body.
const EXTENT_MM: RangeInclusive<f64> = 20.0..=3000.0;

/// What the files of a case hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScannedCase {
    /// Shape once oriented.
    pub(crate) shape: [usize; 3],
    /// Affine once oriented.
    pub(crate) affine: Affine,
    /// How the image's axes run in its file, as `RAS` or `LPS`.
    pub(crate) stored_axes: String,
    /// Lowest and highest HU.
    pub(crate) hu: [f32; 2],
    /// Voxels by stored label value.
    pub(crate) label_voxels: BTreeMap<i32, u64>,
    /// 32 hex digits of what both files hold, however they are packed.
    pub(crate) fingerprint: String,
    /// 32 hex digits of the stored bytes of both files: what the fingerprint was before it was of
    /// the voxels.
    pub(crate) packed: String,
    /// Equal for two images that are the same but for how they are turned, placed or packed.
    pub(crate) twin: String,
    /// How many of the files do not name their unit of length.
    pub(crate) n_without_unit: usize,
    /// What is unusual about either file.
    pub(crate) warnings: Vec<String>,
    /// What the CT's values say about how it was stored.
    pub(crate) hu_facts: HuFacts,
}

/// Called with each case that was read and is sound, while its voxels are in memory.
pub(crate) type OnRead<'a> = &'a (dyn Fn(&str, Volume, Placed<i32>) + Sync);

/// Both files of a case: the image with its axes as `policy` says, and what `read` makes of the label
/// map when it is told how that one's axes should run.
pub(in crate::data) fn read_case<L: Send>(
    image: &Path,
    policy: OrientationPolicy,
    read: impl FnOnce(Option<Orientation>) -> Result<L> + Send,
) -> (Result<Read<f32>>, Result<L>) {
    match policy {
        OrientationPolicy::Ras => {
            let to = Some(Orientation::RAS);
            rayon::join(|| read_volume(image, to), || read(to))
        }
        // The labels follow the image, whose axes are known once it is read.
        OrientationPolicy::AsStored => {
            let image = read_volume(image, None);
            let to = image.as_ref().ok().map(|image| image.stored);
            (image, read(to))
        }
    }
}

/// 32 hex digits of what both files of a case hold.
pub(in crate::data) fn fingerprint(image: &Read<f32>, labels: &Read<i32>) -> String {
    let (image, labels) = rayon::join(|| digest(&image.placed), || digest(&labels.placed));
    both(image, labels)
}

/// 32 hex digits of the stored bytes of both files of a case.
pub(in crate::data) fn packed<L>(image: &Read<f32>, labels: &Read<L>) -> String {
    both(image.packed, labels.packed)
}

fn both(image: blake3::Hash, labels: blake3::Hash) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(image.as_bytes()).update(labels.as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Reads and checks a case. A case with faults has numbers too where its grid is known.
pub(super) fn scan_case(
    root: &Path,
    files: &CaseFiles,
    policy: OrientationPolicy,
    on_read: OnRead<'_>,
) -> (Option<ScannedCase>, Vec<Fault>) {
    let mut faults = Vec::new();
    let (image, labels) = read_case(&files.image, policy, |to| read_labels(&files.labels, to));
    if let Ok(image) = &image {
        let values = image.placed.voxels.values();
        let n_wrong = count(values, |value| !value.is_finite());
        if n_wrong > 0 {
            faults.push(not_finite(root, files, n_wrong));
        }
    }
    let (image, labels) = match (image, labels) {
        (Ok(image), Ok(labels)) => (image, labels),
        (image, labels) => {
            let of_image = image.as_ref().ok().map(|image| image.placed.voxels.values());
            let is_swapped = of_image.is_some_and(|values| few_values(values).is_some());
            faults.extend(image.err().into_iter().flat_map(|error| error.faults));
            let of_labels = labels.err().into_iter().flat_map(|error| error.faults);
            faults.extend(of_labels.map(|fault| if is_swapped { swapped(fault) } else { fault }));
            return (None, faults);
        }
    };
    let shown = [&files.image, &files.labels].map(|path| fs::within(root, path).to_string());
    let grids = [
        NamedGrid::of("image", &shown[0], &image.placed),
        NamedGrid::of("label map", &shown[1], &labels.placed),
    ];
    let message = format!("label map of case `{}` does not lie on its image's grid", files.id);
    if let Some(fault) = different_grids(message, &grids) {
        if let Some(fault) = lost_header(&image, &labels, files, &shown) {
            faults.push(fault);
            return (None, faults);
        }
        faults.push(fault.hint(format!(
            "resample the label map (nearest neighbour), or leave the case out with \
             `data.exclude = [\"{}\"]`",
            files.id
        )));
        return (None, faults);
    }
    let case = facts(&image, &labels, &shown);
    if faults.is_empty() {
        on_read(&files.id, image.placed, labels.placed);
    }
    (Some(case), faults)
}

/// What is kept of a case; `shown` are the names of its files.
fn facts(image: &Read<f32>, labels: &Read<i32>, shown: &[String; 2]) -> ScannedCase {
    let values = image.placed.voxels.values();
    let hu = range(values, f32::is_finite);
    let hu_facts = HuFacts::of(&image.placed.voxels, hu[0], &labels.placed.voxels);
    let named = |shown: &str, warning: &str| format!("`{shown}`: {warning}");
    let of_image = image.warnings.iter().cloned().chain(hu_facts.padding.map(padded));
    let of_image = of_image.chain(no_patient(&image.placed));
    ScannedCase {
        shape: image.placed.voxels.shape(),
        affine: image.placed.affine,
        stored_axes: image.stored.to_string(),
        hu,
        label_voxels: labels::count(&labels.placed.voxels),
        fingerprint: fingerprint(image, labels),
        packed: packed(image, labels),
        twin: twin_key(&image.placed.voxels),
        n_without_unit: usize::from(!image.has_unit) + usize::from(!labels.has_unit),
        warnings: of_image
            .map(|warning| named(&shown[0], &warning))
            .chain(labels.warnings.iter().map(|warning| named(&shown[1], warning)))
            .collect(),
        hu_facts,
    }
}

fn padded(Padding { hu, voxels }: Padding) -> String {
    format!("{voxels} voxels hold {hu} HU, below air: padding of the scanner")
}

fn swapped(fault: Fault) -> Fault {
    fault.hint("the case's image holds the values of a label map: are the two files swapped?")
}

/// A warning when spacing or extent are not those of a part of a patient.
fn no_patient(image: &Volume) -> Option<String> {
    let Spacing(spacing) = image.affine.spacing();
    let shape = image.voxels.shape();
    let extent = [0, 1, 2].map(|axis| spacing[axis] * shape[axis] as f64);
    // A few slices may be thin, but no CT is small along every axis.
    let longest = extent.into_iter().fold(0.0, f64::max);
    let is_sound =
        spacing.iter().all(|edge| SPACING_MM.contains(edge)) && EXTENT_MM.contains(&longest);
    let [x, y, z] = extent.map(significant);
    (!is_sound).then(|| {
        format!(
            "spacing {}, extent {x}x{y}x{z} mm: hardly a patient; is its unit of length right?",
            Spacing(spacing)
        )
    })
}

/// The fault when one of two headers says nothing of the place, and the voxels would fit.
fn lost_header(
    image: &Read<f32>,
    labels: &Read<i32>,
    files: &CaseFiles,
    shown: &[String; 2],
) -> Option<Fault> {
    let sorted = |mut shape: [usize; 3]| {
        shape.sort_unstable();
        shape
    };
    let shapes = [image.placed.voxels.shape(), labels.placed.voxels.shape()].map(sorted);
    let (lost, other, file) = match (image.has_empty_place, labels.has_empty_place) {
        (false, true) => ("label map", "image", &shown[1]),
        (true, false) => ("image", "label map", &shown[0]),
        _ => return None,
    };
    (shapes[0] == shapes[1]).then(|| {
        Fault::new(format!("{lost} of case `{}` has lost its header", files.id))
            .detail(format!("{lost}  {file}"))
            .detail("found  the place that an empty header says: voxels of 1 mm at the origin")
            .detail(format!("its shape is that of the {other}"))
            .hint(format!(
                "copy the affine of the {other} to it if both were saved with the same axes \
                 (resampling would move it out of the image); or leave the case out with \
                 `data.exclude = [\"{}\"]`",
                files.id
            ))
    })
}

fn not_finite(root: &Path, files: &CaseFiles, n_wrong: usize) -> Fault {
    Fault::new(format!("image of case `{}` holds values that are not finite", files.id))
        .detail(format!("image  {}", fs::within(root, &files.image)))
        .detail(format!("found  {n_wrong} voxels that are NaN or infinite"))
        .hint(format!(
            "repair the file, or leave the case out with `data.exclude = [\"{}\"]`",
            files.id
        ))
}
