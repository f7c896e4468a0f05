//! [`SweepFolder`]: the paths of a sweep's files. No other file knows their names.
//!
//! Does not know what is in the files.

use std::path::{Path, PathBuf};

/// Name of the folder beside the runs; hidden, so that no list of runs shows it.
const NAME: &str = ".sweep";

/// The folder of one sweep. It need not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepFolder {
    runs: PathBuf,
    root: PathBuf,
}

impl SweepFolder {
    /// The folder of an experiment's sweep, in a folder of runs.
    pub fn new(runs: &Path, experiment: &str) -> Self {
        let runs = runs.join(experiment);
        Self { root: runs.join(NAME), runs }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Folder of the experiment's runs.
    pub fn runs(&self) -> &Path {
        &self.runs
    }

    /// Whether a sweep was ever applied here.
    pub fn exists(&self) -> bool {
        self.plan().exists()
    }

    /// The plan.
    pub fn plan(&self) -> PathBuf {
        self.root.join("plan.json")
    }

    /// A cell's frozen spec.
    pub fn cell(&self, run_id: &str) -> PathBuf {
        self.root.join("cells").join(format!("{run_id}.toml"))
    }

    /// The lock of a cell, held by the worker that runs it.
    pub fn claim(&self, run_id: &str) -> PathBuf {
        self.claims().join(run_id)
    }

    /// The output of a cell's processes.
    pub fn log(&self, run_id: &str) -> PathBuf {
        self.logs().join(format!("{run_id}.log"))
    }

    /// The lock of the report, held by the process that draws it.
    pub fn report(&self) -> PathBuf {
        self.root.join("report")
    }

    /// Results of calibrations.
    pub fn costs(&self) -> PathBuf {
        self.root.join("costs")
    }

    pub(super) fn claims(&self) -> PathBuf {
        self.root.join("claims")
    }

    /// The output of workers, jobs and cells.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    pub(super) fn jobs(&self) -> PathBuf {
        self.root.join("jobs")
    }

    pub(super) fn workers(&self) -> PathBuf {
        self.root.join("workers")
    }

    pub(super) fn trials(&self) -> PathBuf {
        self.root.join("trials")
    }

    pub(super) fn trial(&self, number: usize) -> PathBuf {
        self.trials().join(format!("{number:05}.json"))
    }

    pub(super) fn stand_ins(&self) -> PathBuf {
        self.root.join("derived")
    }

    pub(super) fn derived(&self, run_id: &str) -> PathBuf {
        self.stand_ins().join(format!("{run_id}.json"))
    }

    pub(super) fn retry(&self, run_id: &str) -> PathBuf {
        self.root.join("retries").join(format!("{run_id}.json"))
    }

    pub(super) fn stop(&self) -> PathBuf {
        self.root.join("stop.json")
    }
}
