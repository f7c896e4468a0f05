//! [`RunStart`]: what starting a run found or made; [`Resumed`], a run that continues.
//!
//! Does not know how it was found.

#[cfg(doc)]
use super::Freshness;
use super::{checkpoint::Position, format::Failure, recorder::Recorder};
use crate::event::CaseRow;
use std::path::PathBuf;

/// What is there of a plan before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingRun {
    /// No run, or none that counts.
    None,
    /// A run that has no result yet; its files are there already.
    Unfinished,
    /// A run with its result, so that starting it does nothing.
    Answered,
}

/// What [`Store::begin`](super::Store::begin) found or made.
#[derive(Debug)]
pub enum RunStart {
    /// A new run, to be recorded.
    Fresh(Box<Recorder>),
    /// The run in this directory has the result already.
    Finished(PathBuf),
    /// The run was pruned earlier; nothing was changed. [`Freshness::Promote`] continues it.
    Pruned {
        /// The run directory.
        dir: PathBuf,
        /// Why.
        reason: String,
    },
    /// The run was started earlier and has no result: this process continues it.
    Resumed(Box<Resumed>),
    /// The run failed earlier and would fail again for the same reason; nothing was changed.
    /// [`Freshness::Fresh`] starts a new run beside it.
    Failed {
        /// The run directory.
        dir: PathBuf,
        /// Why.
        failure: Failure,
    },
}

/// A run that this process continues.
#[derive(Debug)]
pub struct Resumed {
    /// Writes the run.
    pub recorder: Recorder,
    /// The checkpoint to continue from, verified; `None` when there is none.
    pub from: Option<PathBuf>,
    /// Training position of that checkpoint.
    pub position: Option<Position>,
    /// Rows of cases on disk, scored with the best epoch of `position`. They are valid as long as
    /// training does not continue; when it does: [`Recorder::forget_cases`].
    pub cases: Vec<CaseRow>,
    /// What was torn, damaged or unreadable, in words.
    pub notes: Vec<String>,
}
