//! [`cell_statuses`]: the state of each cell of a sweep, read from the run directories.
//!
//! Does not know what a worker should do about it.

use super::{
    folder::SweepFolder,
    marks::{Derived, RetryAsked},
    plan::SweepPlan,
};
use crate::{
    base::{Error, Result, fs},
    record::{
        Failure, FailureClass, LiveStatus, Owner, RunState, RunToml, Status, StatusFile, holder,
        live_status,
        resume::{earlier, number, without_copies},
        strays::strays,
    },
    sweep::Cell,
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// A cell and its state.
#[derive(Debug, Clone, PartialEq)]
pub struct CellStatus {
    /// What was planned.
    pub cell: Cell,
    /// Its state. A run that ended early is `Finished` here, and one that was preempted or killed
    /// is `Interrupted`.
    pub state: RunState,
    /// Why it failed, was pruned or is damaged, where the reason is known.
    pub reason: Option<String>,
    /// Whether it must start beside a failed run: a retry was requested, and the failed run would
    /// fail again.
    pub starts_fresh: bool,
    /// Its newest run, or that of the run that replaces it.
    pub run: Option<PathBuf>,
    /// The status of that run.
    pub status: Option<StatusFile>,
    /// The run that replaces one that ran out of memory.
    pub derived: Option<Derived>,
    /// The process that works on it.
    pub owner: Option<Owner>,
}

/// The state of every cell. Lists the runs once, and looks only at those that were begun.
///
/// # Errors
/// When the runs cannot be listed.
pub fn cell_statuses(folder: &SweepFolder, plan: &SweepPlan) -> Result<Vec<CellStatus>> {
    let begun = Begun::list(folder, &plan.experiment)?;
    plan.cells.iter().map(|cell| begun.status(folder, cell)).collect()
}

impl CellStatus {
    /// The failure of a cell that failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self.status.as_ref().map(|file| &file.status) {
            Some(Status::Failed(failure)) if self.state == RunState::Failed => Some(failure),
            _ => None,
        }
    }

    /// The state of one cell.
    ///
    /// # Errors
    /// When the runs cannot be listed.
    pub fn of(folder: &SweepFolder, cell: &Cell) -> Result<Self> {
        let derived = Derived::of(folder, &cell.run_id)?;
        let run_id = derived.as_ref().map_or(&cell.run_id, |derived| &derived.run_id);
        let runs = earlier(folder.runs(), run_id)?.runs;
        Self::read(folder, cell, derived, &runs, true)
    }

    /// Whether a user means this cell: its number, from 1, its run id or the beginning of it, or
    /// the id of a later run (`..-2`).
    pub fn is_named(&self, name: &str) -> bool {
        let Cell { number, run_id, .. } = &self.cell;
        name == (number + 1).to_string()
            || run_id.starts_with(name)
            || name.starts_with(&format!("{run_id}-"))
    }

    fn read(
        folder: &SweepFolder,
        cell: &Cell,
        derived: Option<Derived>,
        runs: &[(u32, PathBuf)],
        may_be_claimed: bool,
    ) -> Result<Self> {
        let digest = derived.as_ref().map_or(&cell.digest, |derived| &derived.digest);
        let run = newest(runs, digest);
        let queued = Self {
            cell: cell.clone(),
            state: RunState::Queued,
            reason: None,
            starts_fresh: false,
            run: None,
            status: None,
            derived,
            owner: None,
        };
        let Some(dir) = run else {
            let owner = if may_be_claimed { claimer(folder, cell)? } else { None };
            let state = if owner.is_some() { RunState::Running } else { RunState::Queued };
            return Ok(Self { state, owner, ..queued });
        };
        let found = live_status(&dir);
        let queued = Self { run: Some(dir), ..queued };
        match found {
            Err(error) => {
                let reason = Some(messages(&error));
                Ok(Self { state: RunState::Damaged, reason, ..queued })
            }
            Ok(live) => queued.with(folder, live),
        }
    }

    /// The cell with the status of its run.
    fn with(self, folder: &SweepFolder, live: LiveStatus) -> Result<Self> {
        let LiveStatus { status, owner, alive, .. } = live;
        let mut reason = None;
        let mut starts_fresh = false;
        let state = match &status.status {
            _ if alive => RunState::Running,
            Status::Finished | Status::StoppedEarly => RunState::Finished,
            Status::Pruned { reason: why } => {
                reason = Some(why.clone()).filter(|why| !why.is_empty());
                RunState::Pruned
            }
            Status::Queued | Status::Running | Status::Preempted { .. } => RunState::Interrupted,
            Status::Failed(failure) if failure.class == FailureClass::Killed => {
                RunState::Interrupted
            }
            Status::Failed(failure) => {
                let retry = RetryAsked::of(folder, &self.cell.run_id)?;
                if retry.is_some_and(|retry| retry.asked >= status.updated) {
                    starts_fresh = !failure.class.is_passing();
                    RunState::Queued
                } else {
                    reason = Some(failure.reason.clone());
                    RunState::Failed
                }
            }
        };
        let owner = owner.filter(|_| alive);
        Ok(Self { state, reason, starts_fresh, status: Some(status), owner, ..self })
    }
}

/// The names of existing runs and claims, so that most cells of a large sweep need no file access.
struct Begun {
    runs: BTreeSet<String>,
    /// Runs by their id in folders of another name.
    strays: Vec<(String, PathBuf)>,
    claims: BTreeSet<String>,
    derived: BTreeSet<String>,
}

impl Begun {
    fn list(folder: &SweepFolder, experiment: &str) -> Result<Self> {
        let names = |path: &Path| -> Result<BTreeSet<String>> {
            if !path.is_dir() {
                return Ok(BTreeSet::new());
            }
            let paths = fs::list(path)?.into_iter();
            Ok(paths.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
        };
        let own = format!("{experiment}-f");
        let found = strays(folder.runs(), &|id| id.starts_with(&own));
        Ok(Self {
            runs: names(folder.runs())?,
            strays: found.into_iter().map(|it| (it.run_id, it.dir)).collect(),
            claims: names(&folder.claims())?,
            derived: names(&folder.stand_ins())?,
        })
    }

    fn status(&self, folder: &SweepFolder, cell: &Cell) -> Result<CellStatus> {
        let is_derived = self.derived.contains(&format!("{}.json", cell.run_id));
        let derived = if is_derived { Derived::of(folder, &cell.run_id)? } else { None };
        let run_id = derived.as_ref().map_or(&cell.run_id, |derived| &derived.run_id);
        let is_claimed = self.claims.contains(&cell.run_id);
        let runs = self.runs_of(folder, run_id);
        CellStatus::read(folder, cell, derived, &runs, is_claimed)
    }

    /// As [`earlier`] lists them, without file access where there is one run.
    fn runs_of(&self, folder: &SweepFolder, run_id: &str) -> Vec<(u32, PathBuf)> {
        let names = self.runs.range(run_id.to_owned()..);
        let own = names
            .take_while(|name| name.starts_with(run_id))
            .filter_map(|name| Some((number(name, run_id)?, folder.runs().join(name))));
        let strays = self.strays.iter();
        let strays = strays.filter_map(|(id, dir)| Some((number(id, run_id)?, dir.clone())));
        without_copies(own.chain(strays).collect())
    }
}

/// Another living worker that has claimed a cell.
fn claimer(folder: &SweepFolder, cell: &Cell) -> Result<Option<Owner>> {
    let claim = folder.claim(&cell.run_id);
    if !claim.is_dir() {
        return Ok(None);
    }
    let holder = holder(&claim)?.filter(|holder| holder.alive);
    Ok(holder.and_then(|holder| holder.owner).filter(|owner| owner != Owner::this()))
}

/// The newest run with a result, or else the newest with the same digest.
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

fn messages(error: &Error) -> String {
    error.faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
impl CellStatus {
    /// A cell in a state, for tests of what follows from it.
    pub(crate) fn example(state: RunState, failure: Option<FailureClass>) -> Self {
        let cell = Cell {
            number: 0,
            trial: None,
            what: String::new(),
            settings: crate::spec::Settings::new(),
            seed: 1,
            fold: 0,
            run_id: String::new(),
            digest: String::new(),
        };
        let reason = "it went wrong".to_owned();
        let status = failure.map(|class| StatusFile {
            status: Status::Failed(Failure {
                class,
                reason: reason.clone(),
                details: vec![],
                advice: vec![],
            }),
            updated: chrono::DateTime::UNIX_EPOCH,
            epoch: 0,
            step: 0,
            files: std::collections::BTreeMap::new(),
        });
        Self {
            cell,
            state,
            reason: Some(reason),
            starts_fresh: false,
            run: None,
            status,
            derived: None,
            owner: None,
        }
    }
}
