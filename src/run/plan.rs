//! [`Planned`]: an experiment with its data set, its splits and the name of its run.
//!
//! Does not know about run directories or training.

use crate::{
    base::{Error, Fault, Result},
    data::{
        cases::PreparedCases,
        dataset::{Case, Dataset},
        phantom::holds_phantom,
        prepare::training_shape,
        split::{self, Parts},
        warnings,
    },
    event::Split,
    infer::SplitCase,
    record::{CaseFacts, Freshness, RunPlan},
    spec::{self, Experiment, RunId},
    train::Cases,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Most voxels of a training grid; more would run out of memory without a clear error.
const MOST_VOXELS: usize = 1 << 30;

/// The data set and the splits of an experiment. A copy shares both.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The checked data set.
    pub dataset: Arc<Dataset>,
    /// The cases of each split.
    pub parts: Arc<Parts>,
    /// Hash of the splits.
    pub split_fingerprint: String,
    /// Folder of the phantom data set that was made for this run, if one was.
    pub made_phantom: Option<PathBuf>,
    /// Remarks about the data that do not stop the run.
    pub warnings: Vec<String>,
}

impl Planned {
    /// Splits a data set that is open; it is the one that the experiment names.
    ///
    /// # Errors
    /// Every fault of the split, or of the training grid.
    pub fn of(dataset: Arc<Dataset>, experiment: &Experiment) -> Result<Self> {
        let patients = dataset.patients();
        let parts = Arc::new(split::plan(&experiment.split, &patients, experiment.seed)?);
        check_grids(experiment, &dataset, &parts)?;
        let intensity = Some(&experiment.preprocess.intensity);
        let of_split = warnings::of_dataset(&dataset, Some(&parts), intensity);
        let mut warnings: Vec<String> =
            dataset.warnings.iter().chain(&of_split).map(ToString::to_string).collect();
        let root = Path::new(&experiment.data.root);
        if experiment.data.phantom.as_ref().is_some_and(|phantom| !holds_phantom(root, phantom)) {
            warnings.push(format!(
                "`{}` holds other data than `data.phantom` describes; it is used as it is",
                root.display()
            ));
        }
        let split_fingerprint = split::fingerprint(&parts);
        Ok(Self { dataset, parts, split_fingerprint, made_phantom: None, warnings })
    }

    /// The digest of an experiment on this data.
    pub fn digest(&self, experiment: &Experiment) -> String {
        spec::digest(experiment, &self.dataset.fingerprint, &self.split_fingerprint)
    }

    /// The name of the run of an experiment, given its digest on these splits.
    pub fn run_id(experiment: &Experiment, digest: &str) -> RunId {
        RunId::new(experiment, experiment.split.fold(), experiment.seed, digest)
    }

    /// The plan for the recorder; `spec_text` is what the user wrote. What that extends is not known
    /// here.
    pub fn run_plan(
        &self,
        experiment: &Experiment,
        spec_text: &str,
        device: &str,
        freshness: Freshness,
    ) -> RunPlan {
        let digest = self.digest(experiment);
        RunPlan {
            run_id: Self::run_id(experiment, &digest).to_string(),
            experiment: experiment.clone(),
            spec_text: spec_text.to_owned(),
            resolved: experiment.to_toml(),
            digest,
            fold: experiment.split.fold(),
            seed: experiment.seed,
            data_fingerprint: self.dataset.fingerprint.clone(),
            packed_fingerprint: Some(&self.dataset.packed_fingerprint)
                .filter(|packed| **packed != self.dataset.fingerprint)
                .cloned(),
            split_fingerprint: self.split_fingerprint.clone(),
            cases: self.case_facts(),
            device: device.to_owned(),
            parent: None,
            extends: Vec::new(),
            freshness,
        }
    }

    /// Facts of each case of a split, by split and name.
    fn case_facts(&self) -> Vec<CaseFacts> {
        let parts = [
            (Split::Train, &self.parts.train),
            (Split::Valid, &self.parts.valid),
            (Split::Test, &self.parts.test),
        ];
        let of = |case: &Case, split: Split| CaseFacts {
            case: case.id.clone(),
            split,
            shape: case.shape,
            spacing_mm: case.spacing.0,
            stored_axes: case.stored_axes.clone(),
            hu: case.hu,
            voxel_ml: case.voxel_ml,
            class_voxels: case.class_voxels.clone(),
        };
        let cases = parts.into_iter().flat_map(|(split, names)| {
            names.iter().filter_map(move |name| Some((self.dataset.case(name)?, split)))
        });
        cases.map(|(case, split)| of(case, split)).collect()
    }

    /// The cases for training.
    pub fn cases(&self, experiment: &Experiment) -> Cases {
        let prepared = |names: &[String]| {
            let dataset = Arc::clone(&self.dataset);
            Arc::new(PreparedCases::new(dataset, names, &experiment.preprocess))
        };
        Cases {
            train: prepared(&self.parts.train),
            valid: prepared(&self.parts.valid),
            n_test: self.parts.test.len(),
        }
    }

    /// The cases that are evaluated, validation first.
    pub fn evaluated(&self) -> Vec<SplitCase<'_>> {
        let splits = [(Split::Valid, &self.parts.valid), (Split::Test, &self.parts.test)];
        let cases = splits.into_iter().flat_map(|(split, names)| {
            names
                .iter()
                .filter_map(move |name| Some(SplitCase { case: self.dataset.case(name)?, split }))
        });
        cases.collect()
    }
}

/// Refuses a training grid that is too large for any machine, and batches of unequal shapes.
fn check_grids(experiment: &Experiment, dataset: &Dataset, parts: &Parts) -> Result<()> {
    let shape = |case: &Case| training_shape(case.shape, case.spacing, &experiment.preprocess);
    let mut faults: Vec<Fault> = Vec::new();
    for case in &dataset.cases {
        let [x, y, z] = shape(case);
        let n_voxels = x.saturating_mul(y).saturating_mul(z);
        if n_voxels > MOST_VOXELS {
            let fault = Fault::new(format!("case `{}` is too large on the training grid", case.id));
            faults.push(
                fault
                    .detail(format!("{x}x{y}x{z} voxels; the most is {MOST_VOXELS}"))
                    .hint("choose a coarser `preprocess.grid`"),
            );
        }
    }
    let shapes: BTreeMap<[usize; 3], &str> = parts
        .train
        .iter()
        .filter_map(|name| dataset.case(name))
        .map(|case| (shape(case), case.id.as_str()))
        .collect();
    if experiment.train.batch > 1 && shapes.len() > 1 {
        let mut fault =
            Fault::new("cases of one batch must have the same shape on the training grid");
        for ([x, y, z], name) in shapes.iter().take(4) {
            fault = fault.detail(format!("{x}x{y}x{z}  `{name}`"));
        }
        let batch = experiment.train.batch * experiment.train.accumulate;
        faults.push(fault.hint(format!(
            "set `train.batch = 1`, and `train.accumulate = {batch}` for as many cases per step"
        )));
    }
    Error::unless_empty(faults)
}
