//! [`Dataset`]: cases that were read, checked and fingerprinted once, ready to be loaded.
//!
//! Does not know about splits, training grids or runs.

use crate::{
    base::{Error, Fault, Result, text::counted},
    data::{
        dataset_labels,
        geometry::Spacing,
        labels::LabelRule,
        nifti::{read_labels, read_meanings},
        prepare::Prepared,
        read_ahead::ReadAhead,
        scan::{
            FileCache, HuFacts, Padding, Scan, fingerprint as case_fingerprint, packed, read_case,
            scan_cases,
        },
        swapped::{images_of_few_values, is_swapped, swapped},
        unknown_values::unknown_values,
        volume::{LabelMap, Placed, Volume},
        warnings::Warning,
    },
    spec::{self, OrientationPolicy, Preprocess},
};
use regex::Regex;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

/// One CT with its label map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// Name: the files' stem.
    pub id: String,
    /// The patient; cases of one patient are in the same part of a split.
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
    /// 32 hex digits of shape, place and voxels of both files, however they are packed.
    pub fingerprint: String,
    /// 32 hex digits of the stored bytes of both files.
    #[serde(skip)]
    pub packed: String,
    /// Equal for two images that are the same but for how they are turned, placed or packed.
    #[serde(skip)]
    pub twin: String,
    /// What the scanner filled the CT up with, if it did.
    pub padding: Option<Padding>,
    /// The 5th and the 95th percentile of the HU of each class; `None` for the background and for a
    /// class without a voxel. Of a class with several label values the outermost of theirs.
    pub class_hu: Vec<Option<[f32; 2]>>,
}

/// Cases of one data root.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Cases in name order.
    pub cases: Vec<Case>,
    /// Class names, background first.
    pub classes: Vec<String>,
    /// 32 hex digits of all cases' names and fingerprints; where they lie and how they are packed
    /// does not matter.
    pub fingerprint: String,
    /// What the fingerprint was before it was of the voxels: of the files' stored bytes.
    pub packed_fingerprint: String,
    /// What is unusual but does not stop the use.
    pub warnings: Vec<Warning>,
    rule: LabelRule,
    orientation: OrientationPolicy,
    read_ahead: Arc<ReadAhead>,
}

/// How the files of a data set are read when it is opened.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Whether files that did not change since an earlier process are read again.
    pub cache: FileCache,
    /// Prepares each case that is read by these rules while its voxels are in memory, so that
    /// [`PreparedCases`](super::cases::PreparedCases) need not read it again.
    pub prepare: Option<Preprocess>,
}

impl Dataset {
    /// Finds, reads and checks every case, in parallel.
    ///
    /// # Errors
    /// Every fault of every case together:
    /// * `data.root` is missing, has no known layout or holds no case.
    /// * An image has no label map or the reverse; `data.exclude` names no case.
    /// * A file cannot be read, or is damaged.
    /// * A label map does not lie on its image's grid, or holds values without a class.
    /// * An image holds NaN or infinite values.
    /// * `data.label-map` or `data.patient` cannot be used.
    pub fn open(
        data: &spec::Data,
        orientation: OrientationPolicy,
        reading: &Reading,
    ) -> Result<Self> {
        let rule = LabelRule::new(data)?;
        let read_ahead = ReadAhead::new(reading.prepare.as_ref());
        let prepare = |id: &str, image: Volume, labels: Placed<i32>| {
            read_ahead.prepare(id, &image, &rule, &labels);
        };
        let scan = scan_cases(
            Path::new(&data.root),
            &data.exclude,
            orientation,
            &reading.cache,
            &prepare,
        )?;
        let (mut dataset, faults) = Self::of_scan(data, orientation, scan)?;
        Error::unless_empty(faults)?;
        dataset.read_ahead = Arc::new(read_ahead);
        Ok(dataset)
    }

    /// The sound cases of a scan, and everything that is wrong with it.
    pub(super) fn of_scan(
        data: &spec::Data,
        orientation: OrientationPolicy,
        scan: Scan,
    ) -> Result<(Self, Vec<Fault>)> {
        let root = Path::new(&data.root);
        let rule = LabelRule::new(data)?;
        let patients = Patients::new(data.patient.as_deref())?;
        let Scan { cases: scanned, dataset_json, mut faults, warnings } = scan;
        let mut warnings: Vec<Warning> = warnings.into_iter().map(Warning::of_set).collect();
        faults.extend(swapped(root, &scanned));
        warnings.extend(images_of_few_values(&scanned));
        let ignore = dataset_json.as_ref().and_then(|json| json.ignore);
        let mut cases = Vec::with_capacity(scanned.len());
        let mut n_without_unit = 0;
        let mut values = BTreeSet::new();
        for (files, found) in scanned {
            let patient = match patients.of(&files.id) {
                Ok(patient) => patient,
                Err(error) => {
                    faults.extend(error.faults.into_iter().map(|fault| fault.about(&files.id)));
                    continue;
                }
            };
            let Some(found) = found else { continue };
            warnings.extend(found.warnings.iter().map(|text| Warning::of_case(&files.id, text)));
            n_without_unit += found.n_without_unit;
            if is_swapped(&found) {
                continue;
            }
            values.extend(found.label_voxels.keys().copied());
            let class_voxels = match rule.class_voxels(&found.label_voxels) {
                Ok(voxels) => voxels,
                Err(unknown) => {
                    faults.push(unknown_values(&rule, root, &files, &unknown, ignore));
                    continue;
                }
            };
            cases.push(Case {
                id: files.id,
                patient,
                image: files.image,
                labels: files.labels,
                shape: found.shape,
                spacing: found.affine.spacing(),
                voxel_ml: found.affine.voxel_ml(),
                stored_axes: found.stored_axes,
                hu: found.hu,
                class_voxels,
                fingerprint: found.fingerprint,
                packed: found.packed,
                twin: found.twin,
                padding: found.hu_facts.padding,
                class_hu: class_hu(&rule, data.classes.len(), &found.hu_facts),
            });
        }
        warnings.extend(twins(&cases));
        if let Some(json) = dataset_json {
            let (of_labels, wrong) =
                dataset_labels::compare(&json, &rule, |value| values.contains(&value));
            warnings.extend(of_labels.into_iter().map(Warning::of_set));
            faults.extend(wrong);
        }
        if n_without_unit > 0 {
            let files = counted(n_without_unit, "file");
            let text = format!("{files} name no unit of length: millimetres are assumed");
            warnings.push(Warning::of_set(text));
        }
        let fingerprint = fingerprint(&cases, |case| &case.fingerprint);
        let packed_fingerprint = self::fingerprint(&cases, |case| &case.packed);
        let classes = data.classes.clone();
        let read_ahead = Arc::default();
        let dataset = Self {
            cases,
            classes,
            fingerprint,
            packed_fingerprint,
            warnings,
            rule,
            orientation,
            read_ahead,
        };
        Ok((dataset, faults))
    }

    /// Name and patient of every case, as a split needs them.
    pub fn patients(&self) -> Vec<(String, String)> {
        self.cases.iter().map(|case| (case.id.clone(), case.patient.clone())).collect()
    }

    /// The case of a name.
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// Reads a case: HU and classes, axes oriented, on the case's own grid.
    ///
    /// # Errors
    /// When a file cannot be read, or does not hold what it held when the data set was opened.
    pub fn load(&self, case: &Case) -> Result<(Volume, LabelMap)> {
        let class_of = |value| self.rule.class_of(value);
        let (image, classes) = read_case(&case.image, self.orientation, |to| {
            read_meanings(&case.labels, to, class_of)
        });
        let (image, classes) = (image?, classes?);
        // Bytes that did not change need no look at the voxels.
        if let Some(classes) = classes.filter(|classes| packed(&image, classes) == case.packed) {
            return Ok((image.placed, classes.placed));
        }
        drop(image);
        let (image, labels) =
            read_case(&case.image, self.orientation, |to| read_labels(&case.labels, to));
        let (image, labels) = (image?, labels?);
        if packed(&image, &labels) != case.packed
            && case_fingerprint(&image, &labels) != case.fingerprint
        {
            return Err(changed(case));
        }
        let labels = labels.placed;
        let voxels = self.rule.apply(&labels.voxels).ok_or_else(|| changed(case))?;
        Ok((image.placed, Placed { voxels, affine: labels.affine }))
    }

    /// The case as it was prepared by `rules` when the data set was opened; it is handed out once.
    pub(super) fn take_prepared(&self, case: &Case, rules: &Preprocess) -> Option<Arc<Prepared>> {
        self.read_ahead.take(&case.id, rules)
    }
}

/// The HU of each class but the background, from those of the label values that mean it.
fn class_hu(rule: &LabelRule, n_classes: usize, facts: &HuFacts) -> Vec<Option<[f32; 2]>> {
    let mut by_class: Vec<Option<[f32; 2]>> = vec![None; n_classes];
    for (value, own) in &facts.by_label {
        let Some(class @ 1..) = rule.class_of(*value) else { continue };
        let known = by_class[usize::from(class)].get_or_insert(*own);
        *known = [known[0].min(own[0]), known[1].max(own[1])];
    }
    by_class
}

fn changed(case: &Case) -> Error {
    Error::run(
        Fault::new(format!("files of case `{}` have changed", case.id))
            .detail("their fingerprint is not the one from when the data set was opened")
            .hint("do not change data during a run; start again with `--rehash`"),
    )
}

fn short(hash: blake3::Hash) -> String {
    hash.to_hex()[..32].to_owned()
}

fn fingerprint(cases: &[Case], of: impl Fn(&Case) -> &str) -> String {
    let mut hash = blake3::Hasher::new();
    for case in cases {
        hash.update(case.id.as_bytes()).update(b"\0").update(of(case).as_bytes());
    }
    short(hash.finalize())
}

/// The patient of a case, by its name.
struct Patients(Option<Regex>);

impl Patients {
    fn new(pattern: Option<&str>) -> Result<Self> {
        let Some(pattern) = pattern else { return Ok(Self(None)) };
        let regex = Regex::new(pattern).map_err(|error| {
            Fault::new(format!("`data.patient` is not a valid regular expression: `{pattern}`"))
                .caused_by(&error)
        })?;
        Ok(Self(Some(regex)))
    }

    fn of(&self, id: &str) -> Result<String> {
        let Some(regex) = &self.0 else { return Ok(id.to_owned()) };
        let group = regex.captures(id).and_then(|found| found.get(1).or_else(|| found.get(0)));
        group.map(|group| group.as_str().to_owned()).ok_or_else(|| {
            Fault::new(format!("`data.patient` does not match case `{id}`"))
                .detail(format!("pattern  {regex}"))
                .hint("change the pattern so that it matches every case name")
                .into()
        })
    }
}

/// A warning for every two cases with the same image: one may train while the other validates.
fn twins(cases: &[Case]) -> Vec<Warning> {
    let mut seen: BTreeMap<&str, &Case> = BTreeMap::new();
    let mut warnings = Vec::new();
    for case in cases {
        let Some(earlier) = seen.insert(&case.twin, case) else { continue };
        let mut warning = format!("cases `{}` and `{}` hold the same image", earlier.id, case.id);
        if earlier.patient != case.patient {
            warning += ": leave one out with `data.exclude`, or make them one patient with \
                        `data.patient`";
        }
        let cases = vec![earlier.id.clone(), case.id.clone()];
        warnings.push(Warning { cases, text: warning });
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
            "error: `data.patient` does not match case `case_1`\n  \
               pattern  ^(STS_\\d+)_\n\
             hint: change the pattern so that it matches every case name"
        );
        assert!(Patients::new(Some("(")).is_err());
    }
}
