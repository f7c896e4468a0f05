//! [`Planned`]: an experiment laid over its data, with the name of the run that would answer it.
//!
//! Knows nothing of run directories or of how training goes.

use crate::{
    data::{
        cases::PreparedCases,
        dataset::{Case, Dataset},
        phantom_files::write_phantom,
        split::{self, Parts},
    },
    error::Result,
    event::Split,
    record::{Freshness, RunPlan},
    spec::{self, Experiment, Loaded, RunId, SplitRule},
    train::{Cases, Subject},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// An experiment, its cases, and who plays which part.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The checked data set.
    pub dataset: Arc<Dataset>,
    /// Who trains, validates and tests.
    pub parts: Parts,
    /// Where a phantom data set was made for this run, when nothing was there.
    pub made_phantom: Option<PathBuf>,
}

impl Planned {
    /// Opens the data set, making the phantom first where the spec says so, and splits it.
    ///
    /// # Errors
    /// Every fault of the data set, or of the split.
    pub fn new(experiment: &Experiment) -> Result<Self> {
        let root = Path::new(&experiment.data.root);
        let made_phantom = match &experiment.data.phantom {
            Some(phantom) if holds_nothing(root) => {
                write_phantom(root, phantom)?;
                Some(root.to_owned())
            }
            _ => None,
        };
        let dataset = Dataset::open(&experiment.data, experiment.preprocess.orientation)?;
        let names: Vec<(String, String)> =
            dataset.cases.iter().map(|case| (case.id.clone(), case.patient.clone())).collect();
        let parts = split::plan(&experiment.split, &names, experiment.seed)?;
        Ok(Self { dataset: Arc::new(dataset), parts, made_phantom })
    }

    /// What is asked of the recorder.
    pub fn run_plan(&self, loaded: &Loaded, device: &str, freshness: Freshness) -> RunPlan {
        let experiment = &loaded.experiment;
        let fold = match experiment.split {
            SplitRule::KFold { fold, .. } => fold,
            SplitRule::Holdout { .. } | SplitRule::Explicit { .. } => 0,
        };
        let split_fingerprint = split::fingerprint(&self.parts);
        let digest = spec::digest(experiment, &self.dataset.fingerprint, &split_fingerprint);
        RunPlan {
            run_id: RunId::new(experiment, fold, experiment.seed, &digest).to_string(),
            experiment: experiment.clone(),
            spec_text: loaded.text.clone(),
            resolved: experiment.to_toml(),
            digest,
            fold,
            seed: experiment.seed,
            data_fingerprint: self.dataset.fingerprint.clone(),
            split_fingerprint,
            device: device.to_owned(),
            freshness,
        }
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
    pub fn subjects(&self) -> Vec<Subject<'_>> {
        let of = |names: &[String], split: Split| -> Vec<Subject<'_>> {
            let cases: Vec<&Case> =
                names.iter().filter_map(|name| self.dataset.case(name)).collect();
            cases.into_iter().map(|case| Subject { case, split }).collect()
        };
        [of(&self.parts.valid, Split::Valid), of(&self.parts.test, Split::Test)].concat()
    }
}

/// Whether there is no folder, or an empty one.
fn holds_nothing(root: &Path) -> bool {
    !root.exists() || crate::fs::list(root).is_ok_and(|entries| entries.is_empty())
}
