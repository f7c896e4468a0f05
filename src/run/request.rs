//! [`Request`]: what a run is asked to be, and [`RunOutcome`], what it came to.
//!
//! Does not know how a run is found or made.

use super::Pruner;
use crate::{record::Freshness, spec::Loaded, train::device::ComputeDevice};
use std::{
    path::{Path, PathBuf},
    rc::Rc,
    time::Instant,
};

/// What is asked for.
#[derive(Debug)]
pub struct Request<'a> {
    /// The checked spec.
    pub loaded: &'a Loaded,
    /// Where to compute.
    pub device: &'a ComputeDevice,
    /// Folder of all runs.
    pub runs: &'a Path,
    /// Folder of the reports; changes in it are not changes of the code.
    pub reports: &'a Path,
    /// What to do when there are earlier runs of the same plan.
    pub freshness: Freshness,
    /// The finished run that this one extends.
    pub extends: Option<PathBuf>,
    /// Optimizer step at which to stop with a checkpoint.
    pub step_limit: Option<usize>,
    /// May prune the run between two epochs.
    pub pruner: Option<Rc<dyn Pruner>>,
    /// When the program started: the wall time counts from there.
    pub began: Instant,
}

/// What a request came to, with the run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// Trained and evaluated just now.
    New(PathBuf),
    /// Finished before; nothing was done.
    Known(PathBuf),
    /// Pruned in favour of better runs, now or before: it has no evaluation.
    Pruned {
        /// The run directory.
        dir: PathBuf,
        /// Why.
        reason: String,
    },
}

impl RunOutcome {
    /// The run directory.
    pub fn run_dir(&self) -> &Path {
        match self {
            Self::New(dir) | Self::Known(dir) | Self::Pruned { dir, .. } => dir,
        }
    }
}
