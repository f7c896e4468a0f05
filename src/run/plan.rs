//! [`Planned`]: an experiment laid over its data, with the name of the run that would answer it.
//!
//! Does not know about run directories or of how training goes.

use super::DataSets;
use crate::{
    base::{Error, Fault, Result},
    data::{
        cases::PreparedCases,
        dataset::{Case, Dataset, Reading},
        phantom::holds_phantom,
        prepare::training_shape,
        scan::FileCache,
        split::{self, Parts},
    },
    event::Split,
    infer::SplitCase,
    record::{CaseFacts, Freshness, RunPlan},
    spec::{self, Experiment, Loaded, RunId},
    train::Cases,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// More voxels than any training grid has; beyond, memory runs out without a word.
const MOST_VOXELS: usize = 1 << 30;

/// An experiment, its cases, and who plays which part. A copy shares the data set and the parts.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The checked data set.
    pub dataset: Arc<Dataset>,
    /// Who trains, validates and tests.
    pub parts: Arc<Parts>,
    /// Names the parts: equal for equal ones.
    pub split_fingerprint: String,
    /// Where a phantom data set was made for this run, when nothing was there.
    pub made_phantom: Option<PathBuf>,
    /// What is odd about the data, and stops nothing.
    pub warnings: Vec<String>,
}

impl Planned {
    /// Opens the data set of a run that is about to begin, making the phantom first where the spec
    /// says so, and splits it. Cases that must be read are prepared in the same reading when
    /// `preprocess.cache` keeps them.
    ///
    /// # Errors
    /// Every fault of the data set, or of the split.
    pub fn new(loaded: &Loaded, cache: FileCache) -> Result<Self> {
        let rules = &loaded.experiment.preprocess;
        let reading = Reading { cache, prepare: rules.cache.then(|| rules.clone()) };
        DataSets::of(loaded, reading).plan(&loaded.experiment)
    }

    /// Splits a data set that is open; it is the one that the experiment names.
    ///
    /// # Errors
    /// Every fault of the split, or of the training grid.
    pub fn of(dataset: Arc<Dataset>, experiment: &Experiment) -> Result<Self> {
        let names: Vec<(String, String)> =
            dataset.cases.iter().map(|case| (case.id.clone(), case.patient.clone())).collect();
        let parts = Arc::new(split::plan(&experiment.split, &names, experiment.seed)?);
        check_grids(experiment, &dataset, &parts)?;
        let mut warnings = dataset.warnings.clone();
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

    /// The digest of an experiment on these parts.
    pub fn digest(&self, experiment: &Experiment) -> String {
        spec::digest(experiment, &self.dataset.fingerprint, &self.split_fingerprint)
    }

    /// The name of the run that would answer an experiment, given its digest on these parts.
    pub fn run_id(experiment: &Experiment, digest: &str) -> RunId {
        RunId::new(experiment, experiment.split.fold(), experiment.seed, digest)
    }

    /// What is asked of the recorder; `spec_text` is what the user wrote.
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
            split_fingerprint: self.split_fingerprint.clone(),
            cases: self.case_facts(),
            device: device.to_owned(),
            parent: None,
            freshness,
        }
    }

    /// What is known of each case that plays a part, by part and name.
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

    /// The cases as training wants them.
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

/// Refuses a training grid that is too large for any machine, and batches of unequal cases.
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
            Fault::new("a batch of several cases wants them of one shape on the training grid");
        for ([x, y, z], name) in shapes.iter().take(4) {
            fault = fault.detail(format!("{x}x{y}x{z}  `{name}`"));
        }
        let batch = experiment.train.batch * experiment.train.accumulate;
        faults.push(fault.hint(format!(
            "set `train.batch = 1`, and `train.accumulate = {batch}` for steps of as many cases"
        )));
    }
    Error::unless_empty(faults)
}
