//! [`standings`]: how each cell of a sweep stands, from the run directories.
//!
//! Knows nothing of what should be done about it.

use super::{
    folder::SweepFolder,
    marks::{Derived, RetryAsked},
    plan::{PlannedCell, SweepPlan},
};
use crate::base::{Error, Result, fs};
use crate::record::{
    format::{Failure, FailureClass, RunToml, Status, StatusFile},
    lock::{Owner, Standing, holder, standing},
    resume::{earlier, number},
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// How a cell stands.
#[derive(Debug, Clone, PartialEq)]
pub enum CellState {
    /// Nothing was begun, or somebody asked for a new try.
    Queued {
        /// A run that failed before and must be left alone.
        fresh: bool,
    },
    /// A process works on it, or a worker is about to start one.
    Running,
    /// It was cut off and can go on: stopped, or its process died.
    Interrupted,
    /// It has its answer.
    Finished,
    /// It was given up in favour of better cells.
    Pruned {
        /// Why.
        reason: String,
    },
    /// It failed, and the run says why.
    Failed(Failure),
    /// Its run cannot be read.
    Damaged {
        /// Why.
        reason: String,
    },
}

impl CellState {
    /// As written in tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Finished => "finished",
            Self::Pruned { .. } => "pruned",
            Self::Failed(_) => "failed",
            Self::Damaged { .. } => "damaged",
        }
    }

    /// Whether a worker that comes by takes it up.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Queued { .. } | Self::Interrupted)
    }

    /// Whether nothing more is to be done about it.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Finished | Self::Pruned { .. })
    }
}

/// A cell and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CellStanding {
    /// What was asked.
    pub cell: PlannedCell,
    /// How it stands.
    pub state: CellState,
    /// Its newest run, or that of the one that stands in for it.
    pub run: Option<PathBuf>,
    /// What that run says of itself.
    pub status: Option<StatusFile>,
    /// The run that stands in for one that ran out of memory.
    pub derived: Option<Derived>,
    /// Who works on it.
    pub owner: Option<Owner>,
}

/// How every cell stands. One listing of the runs, and a look at those that were begun.
///
/// # Errors
/// When the runs cannot be listed.
pub fn standings(folder: &SweepFolder, plan: &SweepPlan) -> Result<Vec<CellStanding>> {
    let begun = Begun::list(folder)?;
    plan.cells.iter().map(|cell| begun.standing(folder, cell)).collect()
}

impl CellStanding {
    /// Why it failed.
    pub fn failure(&self) -> Option<Failure> {
        match &self.state {
            CellState::Failed(failure) => Some(failure.clone()),
            _ => None,
        }
    }

    /// How one cell stands.
    ///
    /// # Errors
    /// When the runs cannot be listed.
    pub fn of(folder: &SweepFolder, cell: &PlannedCell) -> Result<Self> {
        let derived = Derived::of(folder, &cell.run_id)?;
        let run_id = derived.as_ref().map_or(&cell.run_id, |derived| &derived.run_id);
        let runs = earlier(folder.runs(), run_id)?;
        standing_of(folder, cell, derived, &runs, true)
    }
}

/// Names that are there at all, so that most cells of a large sweep cost no look at the disk.
struct Begun {
    runs: BTreeSet<String>,
    claims: BTreeSet<String>,
    derived: BTreeSet<String>,
}

impl Begun {
    fn list(folder: &SweepFolder) -> Result<Self> {
        let names = |path: &Path| -> Result<BTreeSet<String>> {
            if !path.is_dir() {
                return Ok(BTreeSet::new());
            }
            let paths = fs::list(path)?.into_iter();
            Ok(paths.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
        };
        Ok(Self {
            runs: names(folder.runs())?,
            claims: names(&folder.claims())?,
            derived: names(&folder.stand_ins())?,
        })
    }

    fn standing(&self, folder: &SweepFolder, cell: &PlannedCell) -> Result<CellStanding> {
        let is_derived = self.derived.contains(&format!("{}.json", cell.run_id));
        let derived = if is_derived { Derived::of(folder, &cell.run_id)? } else { None };
        let run_id = derived.as_ref().map_or(&cell.run_id, |derived| &derived.run_id);
        let is_claimed = self.claims.contains(&cell.run_id);
        let runs = self.runs_of(folder, run_id);
        standing_of(folder, cell, derived, &runs, is_claimed)
    }

    /// As [`earlier`] has them, without another look at the disk.
    fn runs_of(&self, folder: &SweepFolder, run_id: &str) -> Vec<(u32, PathBuf)> {
        let names = self.runs.range(run_id.to_owned()..);
        let mut runs: Vec<(u32, PathBuf)> = names
            .take_while(|name| name.starts_with(run_id))
            .filter_map(|name| Some((number(name, run_id)?, folder.runs().join(name))))
            .collect();
        runs.sort();
        runs
    }
}

fn unbegun(
    folder: &SweepFolder,
    cell: &PlannedCell,
    derived: Option<Derived>,
    may_be_claimed: bool,
) -> Result<CellStanding> {
    let owner = if may_be_claimed { claimer(folder, cell)? } else { None };
    let state =
        if owner.is_some() { CellState::Running } else { CellState::Queued { fresh: false } };
    Ok(CellStanding { cell: cell.clone(), state, run: None, status: None, derived, owner })
}

/// Another worker that has taken a cell, if it lives.
fn claimer(folder: &SweepFolder, cell: &PlannedCell) -> Result<Option<Owner>> {
    let claim = folder.claim(&cell.run_id);
    if !claim.is_dir() {
        return Ok(None);
    }
    let holder = holder(&claim)?.filter(|holder| holder.alive);
    Ok(holder.and_then(|holder| holder.owner).filter(|owner| owner != Owner::this()))
}

fn standing_of(
    folder: &SweepFolder,
    cell: &PlannedCell,
    derived: Option<Derived>,
    runs: &[(u32, PathBuf)],
    may_be_claimed: bool,
) -> Result<CellStanding> {
    let digest = derived.as_ref().map_or(&cell.digest, |derived| &derived.digest);
    let Some(dir) = newest(runs, digest) else {
        return unbegun(folder, cell, derived, may_be_claimed);
    };
    let cell = cell.clone();
    let found = standing(&dir);
    let run = Some(dir);
    match found {
        Err(error) => {
            let state = CellState::Damaged { reason: words(&error) };
            Ok(CellStanding { cell, state, run, status: None, derived, owner: None })
        }
        Ok(Standing { status, owner, alive, .. }) => {
            let state = state_of(folder, &cell, &status, alive)?;
            let owner = owner.filter(|_| alive);
            Ok(CellStanding { cell, state, run, status: Some(status), derived, owner })
        }
    }
}

/// The newest run that answers, or else the newest of the same digest.
fn newest(runs: &[(u32, PathBuf)], digest: &str) -> Option<PathBuf> {
    let is_answered =
        |dir: &Path| StatusFile::read(dir).is_ok_and(|file| file.status.is_answered());
    let is_other = |dir: &Path| RunToml::read(dir).is_ok_and(|run| run.digest != digest);
    let own = || runs.iter().rev().map(|(_, dir)| dir).filter(|dir| !is_other(dir));
    match runs {
        [(_, only)] => Some(only).filter(|dir| !is_other(dir)).cloned(),
        _ => own().find(|dir| is_answered(dir)).or_else(|| own().next()).cloned(),
    }
}

fn state_of(
    folder: &SweepFolder,
    cell: &PlannedCell,
    status: &StatusFile,
    alive: bool,
) -> Result<CellState> {
    if alive {
        return Ok(CellState::Running);
    }
    Ok(match &status.status {
        Status::Finished | Status::StoppedEarly => CellState::Finished,
        Status::Pruned { reason } => CellState::Pruned { reason: reason.clone() },
        Status::Queued | Status::Running | Status::Preempted { .. } => CellState::Interrupted,
        Status::Failed(failure) => {
            let asked = RetryAsked::of(folder, &cell.run_id)?.map(|retry| retry.asked);
            let is_lasting = !failure.class.is_passing();
            match failure.class {
                FailureClass::Killed => CellState::Interrupted,
                _ if asked.is_some_and(|asked| asked >= status.updated) => {
                    CellState::Queued { fresh: is_lasting }
                }
                _ => CellState::Failed(failure.clone()),
            }
        }
    })
}

fn words(error: &Error) -> String {
    error.faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ")
}
