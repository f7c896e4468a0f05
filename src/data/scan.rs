//! [`scan_cases`]: every file under a data root read once, before anyone says what labels mean.
//!
//! Voxels are looked at and let go; what stays is a few numbers a case and all that is wrong.
//!
//! Knows nothing of classes or of what the cases are for.

use crate::{
    base::{Fault, Result},
    data::{
        geometry::{Affine, Orientation},
        labels,
        layout::{self, Pair, within},
        nifti::{read_labels, read_volume},
        same_grid::apart,
    },
    spec::OrientationPolicy,
};
use rayon::prelude::*;
use std::{collections::BTreeMap, path::Path};

/// What a data root holds.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Every pair, with what its files hold when both can be read and lie on one grid.
    pub(crate) cases: Vec<(Pair, Option<ScannedCase>)>,
    /// Everything that is wrong with names and files.
    pub(crate) faults: Vec<Fault>,
    /// What is odd about the names.
    pub(crate) warnings: Vec<String>,
}

/// What the files of a case hold.
#[derive(Debug)]
pub(crate) struct ScannedCase {
    /// Shape once oriented.
    pub(crate) shape: [usize; 3],
    /// Affine once oriented.
    pub(crate) affine: Affine,
    /// How the image's axes run in its file.
    pub(crate) stored: Orientation,
    /// Lowest and highest HU.
    pub(crate) hu: [f32; 2],
    /// Voxels by stored label value.
    pub(crate) label_voxels: BTreeMap<i32, u64>,
    /// BLAKE3 of the stored bytes of both files.
    pub(crate) fingerprint: blake3::Hash,
    /// What is odd about either file.
    pub(crate) warnings: Vec<String>,
}

/// Cases in memory at once: a large CT takes a gigabyte, and reading one is parallel in itself.
const AT_ONCE: usize = 4;

/// Reads all cases under `root`, some at a time.
///
/// # Errors
/// When `root` cannot be listed or follows no known layout.
pub(crate) fn scan_cases(
    root: &Path,
    exclude: &[String],
    policy: OrientationPolicy,
) -> Result<Scan> {
    let found = layout::find(root, exclude)?;
    let mut faults = found.faults;
    let look_at = |pair| look(root, pair, policy);
    let few = found.pairs.chunks(AT_ONCE);
    let looked: Vec<_> =
        few.flat_map(|pairs| pairs.par_iter().map(look_at).collect::<Vec<_>>()).collect();
    let mut cases = Vec::with_capacity(looked.len());
    for (pair, (seen, own_faults)) in found.pairs.into_iter().zip(looked) {
        cases.push((pair, seen));
        faults.extend(own_faults);
    }
    Ok(Scan { cases, faults, warnings: found.warnings })
}

/// The orientation in which a case is used.
fn target(policy: OrientationPolicy, image: &Affine) -> Orientation {
    match policy {
        OrientationPolicy::Ras => Orientation::RAS,
        OrientationPolicy::AsStored => image.orientation(),
    }
}

fn look(root: &Path, pair: &Pair, policy: OrientationPolicy) -> (Option<ScannedCase>, Vec<Fault>) {
    let mut faults = Vec::new();
    let image = read_volume(&pair.image).map(|read| {
        let values = read.placed.voxels.values();
        let finite = || values.par_iter().copied().filter(|value| value.is_finite());
        let n_wrong = values.len() - finite().count();
        if n_wrong > 0 {
            faults.push(not_finite(root, pair, n_wrong));
        }
        let hu = [
            finite().reduce(|| f32::INFINITY, f32::min),
            finite().reduce(|| f32::NEG_INFINITY, f32::max),
        ];
        (read.placed.voxels.shape(), read.placed.affine, hu, read.digest, read.warnings)
    });
    let labels = read_labels(&pair.labels).map(|read| {
        let voxels = labels::count(&read.placed.voxels);
        (read.placed.voxels.shape(), read.placed.affine, voxels, read.digest, read.warnings)
    });
    let ((shape, affine, hu, image_digest, warnings), labels) = match (image, labels) {
        (Ok(image), Ok(labels)) => (image, labels),
        (image, labels) => {
            faults.extend(image.err().into_iter().flat_map(|error| error.faults));
            faults.extend(labels.err().into_iter().flat_map(|error| error.faults));
            return (None, faults);
        }
    };
    let (labels_shape, labels_affine, label_voxels, labels_digest, labels_warnings) = labels;

    let to = target(policy, &affine);
    let image_grid = affine.reoriented(shape, to);
    let labels_grid = labels_affine.reoriented(labels_shape, to);
    let shown = [&pair.image, &pair.labels].map(|path| within(root, path).to_string());
    if let Some(fault) = apart(
        format!("label map of case `{}` does not lie on its image's grid", pair.id),
        [("image", &shown[0], &image_grid), ("label map", &shown[1], &labels_grid)],
    ) {
        faults.push(fault.hint(format!(
            "resample the label map (nearest neighbour), or leave the case out with \
             `data.exclude = [\"{}\"]`",
            pair.id
        )));
        return (None, faults);
    }
    let mut fingerprint = blake3::Hasher::new();
    fingerprint.update(image_digest.as_bytes()).update(labels_digest.as_bytes());
    let named = |file: &Path, warnings: Vec<String>| {
        let shown = within(root, file).to_string();
        warnings.into_iter().map(move |warning| format!("`{shown}`: {warning}"))
    };
    let warnings =
        named(&pair.image, warnings).chain(named(&pair.labels, labels_warnings)).collect();
    let seen = ScannedCase {
        shape: image_grid.0,
        affine: image_grid.1,
        stored: affine.orientation(),
        hu,
        label_voxels,
        fingerprint: fingerprint.finalize(),
        warnings,
    };
    (Some(seen), faults)
}

fn not_finite(root: &Path, pair: &Pair, n_wrong: usize) -> Fault {
    Fault::new(format!("image of case `{}` holds values that are not finite", pair.id))
        .detail(format!("image  {}", within(root, &pair.image)))
        .detail(format!("found  {n_wrong} voxels that are NaN or infinite"))
        .hint(format!(
            "repair the file, or leave the case out with `data.exclude = [\"{}\"]`",
            pair.id
        ))
}
