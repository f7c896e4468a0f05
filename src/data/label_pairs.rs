//! [`LabelPair`]: a reference and a prediction of one case, from two folders of label
//! maps of any origin.
//!
//! Does not know about scores.

use crate::{
    base::{Error, ErrorCode, Fault, Result, fs},
    data::{
        geometry::Orientation,
        labels::{self, LabelRule},
        layout::{FoundFiles, stems},
        nifti::read_labels,
        same_grid::{NamedGrid, different_grids},
        volume::{Grid, LabelMap, Placed},
    },
};
use std::path::{Path, PathBuf};

/// Files of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPair {
    /// Name: the files' stem.
    pub id: String,
    /// The reference.
    pub reference: PathBuf,
    /// The prediction.
    pub prediction: PathBuf,
}

/// Pairs the label maps of two folders by name.
///
/// # Errors
/// When a folder cannot be listed or holds none, and every file without its other half: a case
/// that is left out would leave the means too.
pub fn pair_labels(reference: &Path, prediction: &Path) -> Result<Vec<LabelPair>> {
    let list = |folder: &Path| {
        let mut found = FoundFiles::default();
        let files = stems(folder, folder, &mut found)?;
        Error::unless_empty(found.faults)?;
        if files.is_empty() {
            let fault = Fault::new(format!("`{}` has no label map", folder.display()));
            let hint = "NIfTI files are `.nii`, `.nii.gz`, or `.hdr` with `.img`";
            return Err(Error::request(fault.hint(hint)));
        }
        Ok(files)
    };
    let references = list(reference)?;
    let mut predictions = list(prediction)?;
    let (mut pairs, mut unpaired_files) = (Vec::new(), Vec::new());
    for (id, path) in references {
        match predictions.remove(&id) {
            Some(prediction) => pairs.push(LabelPair { id, reference: path, prediction }),
            None => unpaired_files.push(format!("no prediction  {}", fs::within(reference, &path))),
        }
    }
    let others = predictions.values();
    unpaired_files
        .extend(others.map(|path| format!("no reference   {}", fs::within(prediction, path))));
    if unpaired_files.is_empty() {
        return Ok(pairs);
    }
    let message = format!(
        "label maps of `{}` and `{}` do not match",
        reference.display(),
        prediction.display()
    );
    let fault = unpaired_files.into_iter().fold(Fault::new(message), Fault::detail);
    Err(fault
        .hint("files are matched by name; add an empty map for a case in which nothing was found")
        .into())
}

impl LabelPair {
    /// Reads both maps, axes to the right, front and head; the prediction on the reference's grid.
    ///
    /// # Errors
    /// When a file cannot be read, the grids are not the same, or a value means no class: all of
    /// it together.
    pub fn load(&self, rule: &LabelRule) -> Result<(LabelMap, Grid<u8>)> {
        let read = |path: &Path| read_labels(path, Some(Orientation::RAS));
        let both = rayon::join(|| read(&self.reference), || read(&self.prediction));
        let (reference, prediction) = match both {
            (Ok(reference), Ok(prediction)) => (reference.placed, prediction.placed),
            (reference, prediction) => {
                let faults = [reference.err(), prediction.err()].into_iter().flatten();
                let faults: Vec<Fault> = faults.flat_map(|error| error.faults).collect();
                return Err(Error { code: ErrorCode::Request, faults });
            }
        };
        let shown = [&self.reference, &self.prediction].map(|path| path.display().to_string());
        let message =
            format!("prediction of case `{}` does not lie on its reference's grid", self.id);
        let grids = [
            NamedGrid::of("reference", &shown[0], &reference),
            NamedGrid::of("prediction", &shown[1], &prediction),
        ];
        let mut faults: Vec<Fault> = different_grids(message, &grids)
            .map(|fault| fault.hint("resample the prediction (nearest neighbour)"))
            .into_iter()
            .collect();
        let mut classes = |placed: &Placed<i32>, shown: &str| {
            let applied = rule.apply(&placed.voxels);
            if applied.is_none()
                && let Err(unknown) = rule.class_voxels(&labels::count(&placed.voxels))
            {
                let fault = rule.fault(&self.id, shown, &unknown);
                let example = unknown.first().map_or(0, |(value, _)| *value);
                faults.push(fault.hint(format!(
                    "give every value but 0 a class, for example `--label-map {example}=CLASS`, or \
                     name more `--classes`"
                )));
            }
            applied
        };
        let maps = (classes(&reference, &shown[0]), classes(&prediction, &shown[1]));
        let affine = reference.affine;
        match maps {
            (Some(reference), Some(prediction)) if faults.is_empty() => {
                Ok((LabelMap { voxels: reference, affine }, prediction))
            }
            _ => Err(Error { code: ErrorCode::Request, faults }),
        }
    }
}
