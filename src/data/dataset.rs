//! [`Dataset`]: cases that were read, checked and fingerprinted once, ready to be loaded.
//!
//! Knows nothing of splits, of training grids or of runs.

use crate::{
    base::{Error, Fault, Result},
    data::{
        geometry::{Orientation, Spacing},
        labels::LabelRule,
        layout::within,
        nifti::{read_labels_as, read_volume, read_volume_as},
        scan::{Scan, scan_cases},
        volume::{LabelMap, Placed, Volume},
    },
    spec::{self, OrientationPolicy},
};
use regex::Regex;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// One CT with its label map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// Name: the files' stem.
    pub id: String,
    /// Whose it is; cases of one patient belong on one side of a split.
    pub patient: String,
    /// File of the CT.
    pub image: PathBuf,
    /// File of the label map.
    pub labels: PathBuf,
    /// Voxels along the axes, once oriented.
    pub shape: [usize; 3],
    /// Millimetres along the axes, once oriented.
    pub spacing: Spacing,
    /// Volume of one voxel in mL.
    pub voxel_ml: f64,
    /// How the CT's axes run in its file, as `RAS` or `LPS`.
    pub stored_axes: String,
    /// Lowest and highest value in HU.
    pub hu: [f32; 2],
    /// Voxels by class, background first.
    pub class_voxels: Vec<u64>,
    /// 32 hex digits of the stored bytes of both files.
    pub fingerprint: String,
}

/// Cases of one data root.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Cases in name order.
    pub cases: Vec<Case>,
    /// Class names, background first.
    pub classes: Vec<String>,
    /// 32 hex digits of all cases' names and fingerprints; where they lie does not matter.
    pub fingerprint: String,
    /// What is odd but stops nothing.
    pub warnings: Vec<String>,
    rule: LabelRule,
    orientation: OrientationPolicy,
}

impl Dataset {
    /// Finds, reads and checks every case, in parallel.
    ///
    /// # Errors
    /// Every fault of every case together:
    /// * `data.root` is missing, follows no known layout or holds no case.
    /// * An image has no label map or the reverse; `data.exclude` names no case.
    /// * A file cannot be read, or is damaged.
    /// * A label map does not lie on its image's grid, or holds values that mean no class.
    /// * An image holds NaN or infinite values.
    /// * `data.label-map` or `data.patient` cannot be used.
    pub fn open(data: &spec::Data, orientation: OrientationPolicy) -> Result<Self> {
        let scanned = scan_cases(Path::new(&data.root), &data.exclude, orientation)?;
        let (dataset, faults) = Self::judge(data, orientation, scanned)?;
        Error::unless_empty(faults)?;
        Ok(dataset)
    }

    /// The sound cases of a scan_cases, and everything that is wrong with it.
    pub(crate) fn judge(
        data: &spec::Data,
        orientation: OrientationPolicy,
        scanned: Scan,
    ) -> Result<(Self, Vec<Fault>)> {
        let root = Path::new(&data.root);
        let rule = LabelRule::new(data)?;
        let patients = Patients::new(data.patient.as_deref())?;
        let Scan { cases: scanned, mut faults, mut warnings } = scanned;
        let mut cases = Vec::with_capacity(scanned.len());
        for (pair, seen) in scanned {
            let patient = match patients.of(&pair.id) {
                Ok(patient) => patient,
                Err(error) => {
                    faults.extend(error.faults);
                    continue;
                }
            };
            let Some(seen) = seen else { continue };
            warnings.extend(seen.warnings);
            let class_voxels = match rule.class_voxels(&seen.label_voxels) {
                Ok(voxels) => voxels,
                Err(strange) => {
                    let shown = within(root, &pair.labels).to_string();
                    faults.push(rule.fault(&pair.id, &shown, &strange));
                    continue;
                }
            };
            cases.push(Case {
                id: pair.id,
                patient,
                image: pair.image,
                labels: pair.labels,
                shape: seen.shape,
                spacing: seen.affine.spacing(),
                voxel_ml: seen.affine.voxel_ml(),
                stored_axes: seen.stored.to_string(),
                hu: seen.hu,
                class_voxels,
                fingerprint: short(seen.fingerprint),
            });
        }
        warnings.extend(twins(&cases));
        let fingerprint = fingerprint(&cases);
        let classes = data.classes.clone();
        Ok((Self { cases, classes, fingerprint, warnings, rule, orientation }, faults))
    }

    /// The case of a name.
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// Reads a case: HU and classes, axes oriented, on the case's own grid.
    ///
    /// # Errors
    /// When a file can no longer be read as it was when the data set was opened.
    pub fn load(&self, case: &Case) -> Result<(Volume, LabelMap)> {
        let (image, labels) = match self.orientation {
            OrientationPolicy::Ras => {
                let to = Orientation::RAS;
                let read = || read_volume_as(&case.image, to);
                rayon::join(read, || read_labels_as(&case.labels, to))
            }
            // The labels follow the image, whose axes are known once it is read.
            OrientationPolicy::AsStored => {
                let image = read_volume(&case.image)?;
                let to = image.placed.affine.orientation();
                (Ok(image), read_labels_as(&case.labels, to))
            }
        };
        let (image, labels) = (image?.placed, labels?.placed);
        let voxels = self.rule.apply(&labels.voxels).ok_or_else(|| changed(case))?;
        let labels = Placed { voxels, affine: labels.affine };
        if image.voxels.shape() != case.shape || labels.voxels.shape() != case.shape {
            return Err(changed(case));
        }
        Ok((image, labels))
    }
}

fn changed(case: &Case) -> Error {
    Error::run(
        Fault::new(format!("files of case `{}` are not what they were", case.id))
            .hint("they changed while the program ran; start again"),
    )
}

fn short(hash: blake3::Hash) -> String {
    hash.to_hex()[..32].to_owned()
}

fn fingerprint(cases: &[Case]) -> String {
    let mut hash = blake3::Hasher::new();
    for case in cases {
        hash.update(case.id.as_bytes()).update(b"\0").update(case.fingerprint.as_bytes());
    }
    short(hash.finalize())
}

/// Whose a case is, told from its name.
struct Patients(Option<Regex>);

impl Patients {
    fn new(pattern: Option<&str>) -> Result<Self> {
        let Some(pattern) = pattern else { return Ok(Self(None)) };
        let regex = Regex::new(pattern).map_err(|error| {
            Fault::new(format!("`data.patient` is no regular expression: `{pattern}`"))
                .caused_by(&error)
        })?;
        Ok(Self(Some(regex)))
    }

    fn of(&self, id: &str) -> Result<String> {
        let Some(regex) = &self.0 else { return Ok(id.to_owned()) };
        let group = regex.captures(id).and_then(|found| found.get(1).or_else(|| found.get(0)));
        group.map(|group| group.as_str().to_owned()).ok_or_else(|| {
            Fault::new(format!("`data.patient` finds no patient in case `{id}`"))
                .detail(format!("pattern  {regex}"))
                .hint("let the pattern match every case name")
                .into()
        })
    }
}

/// A warning for every two cases of the same bytes: one may train while the other validates.
fn twins(cases: &[Case]) -> Vec<String> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut warnings = Vec::new();
    for case in cases {
        if let Some(earlier) = seen.insert(&case.fingerprint, &case.id) {
            warnings.push(format!("cases `{earlier}` and `{}` hold the same files", case.id));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_group_is_the_patient() {
        let patients = Patients::new(Some(r"^(STS_\d+)_")).unwrap();
        assert_eq!(patients.of("STS_014_b").unwrap(), "STS_014");
        assert_eq!(
            patients.of("case_1").unwrap_err().to_string(),
            "error: `data.patient` finds no patient in case `case_1`\n  \
               pattern  ^(STS_\\d+)_\n\
             hint: let the pattern match every case name"
        );
        assert!(Patients::new(Some("(")).is_err());
    }
}
