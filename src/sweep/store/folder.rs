//! [`SweepFolder`]: where a sweep keeps what; the only one who knows the names.
//!
//! Does not know what the files say.

use std::path::{Path, PathBuf};

/// Name of the folder beside the runs; hidden, so that no list of runs shows it.
const NAME: &str = ".sweep";

/// The folder of one sweep, which need not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepFolder {
    runs: PathBuf,
    root: PathBuf,
}

impl SweepFolder {
    /// That of an experiment's sweep in a folder of runs.
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

    /// What a worker holds while it works on a cell.
    pub fn claim(&self, run_id: &str) -> PathBuf {
        self.claims().join(run_id)
    }

    /// What the processes of a cell printed.
    pub fn log(&self, run_id: &str) -> PathBuf {
        self.logs().join(format!("{run_id}.log"))
    }

    /// What whoever draws the report holds meanwhile.
    pub fn report(&self) -> PathBuf {
        self.root.join("report")
    }

    /// What a calibration measured.
    pub fn costs(&self) -> PathBuf {
        self.root.join("costs")
    }

    pub(super) fn claims(&self) -> PathBuf {
        self.root.join("claims")
    }

    /// What workers and the tasks of a scheduler printed, besides the cells.
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
