//! [`WorkerLog`]: one worker of a sweep on disk: its heartbeat, and what it did.
//!
//! A worker's folder is locked as a run is, so that every reader can tell whether the worker lives.
//! Its events are a log of lines with checksums, with one writer.
//!
//! Does not know how a worker decides.

use super::folder::SweepFolder;
use crate::base::{Result, fs};
use crate::record::{
    RunState,
    format::{FailureClass, Status, now},
    lines::LogFile,
    lock::{Owner, RunLock, holder},
    log::Log,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What a worker did: one line of `deeds.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum WorkerEvent {
    /// It started.
    Began {
        /// The device of each slot.
        slots: Vec<String>,
        /// Its time limit, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
    },
    /// It started a process for a cell.
    Started {
        /// The cell's number in the plan.
        cell: usize,
        /// Its run.
        run: String,
        /// Device of the slot.
        device: String,
        /// Seconds for which the slot was free.
        idle: f64,
    },
    /// A process of a cell ended.
    Ended {
        /// The cell's number in the plan.
        cell: usize,
        /// Its run.
        run: String,
        /// Device of the slot.
        device: String,
        /// Seconds from its start to its end.
        seconds: f64,
        /// How it ended.
        outcome: Outcome,
        /// What the worker does next and why, unless the cell is done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// It does not start a cell, because there is not enough time.
    LeftOut {
        /// The cell's number in the plan.
        cell: usize,
        /// Its run.
        run: String,
        /// Why.
        reason: String,
    },
    /// It stopped working.
    Over {
        /// Why.
        reason: String,
    },
}

/// How a process of a cell ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// The state of the run; `None` when the process ended before it had one.
    #[serde(rename = "status", with = "state_or_refused")]
    pub state: Option<RunState>,
    /// Kind of failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Epochs done.
    pub epoch: usize,
    /// The best monitored score that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

impl Outcome {
    /// The end of a process before it had a run.
    pub fn refused(reason: String) -> Self {
        Self { state: None, class: None, reason: Some(reason), epoch: 0, score: None }
    }

    /// Whether the process failed, or could not begin.
    pub fn is_failure(&self) -> bool {
        matches!(self.state, None | Some(RunState::Failed))
    }

    /// The end of a process with a run.
    pub fn of(status: &Status, epoch: usize, score: Option<f64>) -> Self {
        let (class, reason) = match status {
            Status::Failed(failure) => (Some(failure.class), Some(failure.reason.clone())),
            _ => (None, None),
        };
        Self { state: Some(status.state()), class, reason, epoch, score }
    }

    /// The name of its state.
    pub fn name(&self) -> &'static str {
        self.state.map_or(REFUSED, RunState::name)
    }
}

/// An event with its time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LoggedEvent {
    /// When.
    pub time: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub event: WorkerEvent,
}

/// The log of this process as a worker of a sweep.
#[derive(Debug)]
pub struct WorkerLog {
    log: Log,
    /// Released when dropped, so that readers see that the worker has ended.
    _hold: RunLock,
}

const WORKER_EVENTS: &str = "deeds.jsonl";

impl WorkerLog {
    /// Registers this process as a worker.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn enter(folder: &SweepFolder) -> Result<Self> {
        let Owner { host, pid, .. } = Owner::this();
        let begun = now().format("%Y%m%d-%H%M%S%3f");
        let dir = folder.workers().join(format!("{host}-{pid}-{begun}"));
        fs::create_folder(&dir)?;
        let hold = RunLock::take(&dir)?;
        let log = Log::open(dir.join(WORKER_EVENTS), hold.attempt())?;
        Ok(Self { log, _hold: hold })
    }

    /// Writes an event.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, event: &WorkerEvent) -> Result<()> {
        self.log.add(format_args!(""), event)?;
        self.log.flush()
    }
}

/// A worker as other processes see it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerInfo {
    /// Name of its folder.
    pub name: String,
    /// Its process.
    pub owner: Option<Owner>,
    /// Whether it lives.
    pub alive: bool,
    /// Its job in a scheduler, as `NAME=value`.
    pub job: Option<String>,
    dir: PathBuf,
}

impl WorkerInfo {
    /// Its events, as far as they can be read.
    pub fn worker_events(&self) -> Vec<LoggedEvent> {
        read_events(&self.dir).unwrap_or_default()
    }
}

/// Every worker that the sweep ever had, by name.
///
/// # Errors
/// When the folder cannot be listed.
pub fn workers(folder: &SweepFolder) -> Result<Vec<WorkerInfo>> {
    let parent = folder.workers();
    if !parent.is_dir() {
        return Ok(Vec::new());
    }
    let seen = |dir: PathBuf| {
        let holder = holder(&dir)?;
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let alive = holder.as_ref().is_some_and(|holder| holder.alive);
        let job = holder.as_ref().and_then(|holder| holder.job.clone());
        Ok(WorkerInfo { name, owner: holder.and_then(|holder| holder.owner), alive, job, dir })
    };
    fs::list(&parent)?.into_iter().map(seen).collect()
}

/// The events of all workers, in order of time. A log that cannot be read is left out: the runs hold
/// their own states.
///
/// # Errors
/// When the folder of workers cannot be listed.
pub fn worker_events(folder: &SweepFolder) -> Result<Vec<LoggedEvent>> {
    let mut all: Vec<LoggedEvent> =
        workers(folder)?.iter().flat_map(WorkerInfo::worker_events).collect();
    all.sort_by_key(|logged| logged.time);
    Ok(all)
}

/// Why processes of cells ended before they had a run, by run id. Cells that were tried again since
/// are left out.
pub fn refusals(worker_events: &[LoggedEvent]) -> BTreeMap<&str, &str> {
    let mut refusals = BTreeMap::new();
    for logged in worker_events {
        match &logged.event {
            WorkerEvent::Ended { run, outcome, .. } if outcome.state.is_none() => {
                refusals.insert(run.as_str(), outcome.reason.as_deref().unwrap_or_default());
            }
            WorkerEvent::Started { run, .. } => drop(refusals.remove(run.as_str())),
            _ => {}
        }
    }
    refusals
}

/// The name of the state of a process that ended before it had a run.
const REFUSED: &str = "refused";

mod state_or_refused {
    use super::{REFUSED, RunState};
    use serde::{Deserialize, Deserializer, Serializer, de::IntoDeserializer};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde gives a reference to the field"
    )]
    pub(super) fn serialize<S: Serializer>(
        state: &Option<RunState>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(state.map_or(REFUSED, RunState::name))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<RunState>, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = (name != REFUSED).then(|| RunState::deserialize(name.into_deserializer()));
        known.transpose()
    }
}

fn read_events(dir: &Path) -> Result<Vec<LoggedEvent>> {
    let log = LogFile::read(&dir.join(WORKER_EVENTS), None)?;
    log.records(|line| !line.is_masked, |line| serde_json::from_slice(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_run_and_its_absence_are_written_by_name() {
        let finished = Outcome::of(&Status::Finished, 3, Some(0.5));
        let refused = Outcome::refused("no space".to_owned());
        for (outcome, expected) in [
            (finished, r#"{"status":"finished","epoch":3,"score":0.5}"#),
            (refused, r#"{"status":"refused","reason":"no space","epoch":0}"#),
        ] {
            assert_eq!(serde_json::to_string(&outcome).unwrap(), expected);
            assert_eq!(serde_json::from_str::<Outcome>(expected).unwrap(), outcome);
        }
        assert!(serde_json::from_str::<Outcome>(r#"{"status":"odd","epoch":0}"#).is_err());
    }
}
