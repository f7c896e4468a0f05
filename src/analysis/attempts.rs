//! [`attempts`]: every attempt at a run as a row, with what it logged, also what no longer counts.
//!
//! A line is masked when a later attempt went on from before it, or when its writer had lost the
//! run by then.
//!
//! Does not know who shows the rows.

use crate::{
    base::Result,
    event::Event,
    record::{self, AttemptRecord, Failure, FailureClass, History, Status},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// One attempt at a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AttemptRow {
    /// From 1.
    pub attempt: u32,
    /// When it claimed the run.
    pub started: Option<DateTime<Utc>>,
    /// Machine of the process.
    pub host: Option<String>,
    /// Number of the process there.
    pub pid: Option<u32>,
    /// What the scheduler called the job, by the variable's name.
    pub job: BTreeMap<String, String>,
    /// Epochs and optimizer steps done where it went on; zeros when it began anew.
    pub from: [usize; 2],
    /// When it last logged something.
    pub last: Option<DateTime<Utc>>,
    /// Last optimizer step that it logged.
    pub last_step: usize,
    /// How it ended, or that it goes on.
    pub ended: String,
    /// Steps that count.
    pub steps: usize,
    /// Steps that are masked.
    pub masked_steps: usize,
    /// Epochs that count.
    pub epochs: usize,
    /// Epochs that are masked.
    pub masked_epochs: usize,
}

/// One line of a log, masked or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedLine {
    /// Attempt that wrote it.
    pub attempt: u32,
    /// When.
    pub time: DateTime<Utc>,
    /// Whether it no longer counts.
    pub masked: bool,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// The attempts at a run in order, and every line of its log.
///
/// # Errors
/// When the log, the status or the folder of attempts cannot be read.
pub fn attempts(dir: &Path) -> Result<(Vec<AttemptRow>, Vec<LoggedLine>)> {
    let history = record::history(dir)?;
    let claimed = record::attempts(dir)?;
    let status = record::live_status(dir)?.status.status;
    let rows = rows(&claimed, &history, &status);
    let lines = history.events.into_iter().map(|(entry, masked)| LoggedLine {
        attempt: entry.attempt,
        time: entry.time,
        masked,
        event: entry.event,
    });
    Ok((rows, lines.collect()))
}

fn rows(claimed: &[AttemptRecord], history: &History, status: &Status) -> Vec<AttemptRow> {
    // A claim may have been lost, and one that was made may have logged nothing.
    let logged = history.events.iter().map(|(entry, _)| entry.attempt);
    let numbers: BTreeSet<u32> = claimed.iter().map(|claim| claim.attempt).chain(logged).collect();
    let mut rows: Vec<AttemptRow> =
        numbers.iter().map(|number| row(*number, claimed, history)).collect();
    let followed: Vec<String> = rows
        .windows(2)
        .map(|pair| {
            let from =
                format!("followed by attempt {} from step {}", pair[1].attempt, pair[1].from[1]);
            end_of(pair[0].attempt, &rows, history)
                .map_or(from.clone(), |end| format!("{end}; {from}"))
        })
        .collect();
    let last = words(status).unwrap_or_else(|| status.name().to_owned());
    for (row, ended) in rows.iter_mut().zip(followed.into_iter().chain([last])) {
        row.ended = ended;
    }
    rows
}

/// How an attempt ended that was followed by another, as the next one that logged anything found
/// the run. A status is that of the last attempt that logged; a dead process that of the last claim.
fn end_of(attempt: u32, rows: &[AttemptRow], history: &History) -> Option<String> {
    let next = history.rewinds.iter().find(|rewind| rewind.attempt > attempt)?;
    let before = next.before.as_ref()?;
    let is_killed = matches!(before, Status::Failed(Failure { class: FailureClass::Killed, .. }));
    let mut earlier = rows.iter().filter(|row| row.attempt < next.attempt);
    let last = earlier.rfind(|row| is_killed || row.last.is_some())?;
    if last.attempt == attempt { words(before) } else { None }
}

fn words(status: &Status) -> Option<String> {
    match status {
        Status::Failed(failure) => Some(format!("failed ({})", failure.class.name())),
        Status::Preempted { by } => Some(format!("stopped by {}", by.name())),
        _ => None,
    }
}

fn row(attempt: u32, claimed: &[AttemptRecord], history: &History) -> AttemptRow {
    let claim = claimed.iter().find(|claim| claim.attempt == attempt);
    let owner = claim.and_then(|claim| claim.owner.as_ref());
    let rewind = history.rewinds.iter().find(|rewind| rewind.attempt == attempt);
    let mut row = AttemptRow {
        attempt,
        started: claim.and_then(|claim| claim.started),
        host: owner.map(|owner| owner.host.clone()),
        pid: owner.map(|owner| owner.pid),
        job: claim.map(|claim| claim.job.clone()).unwrap_or_default(),
        from: rewind.map_or([0, 0], |rewind| [rewind.epoch, rewind.step]),
        ..AttemptRow::default()
    };
    for (entry, is_masked) in history.events.iter().filter(|(e, _)| e.attempt == attempt) {
        row.last = Some(entry.time);
        let count = match (&entry.event, is_masked) {
            (Event::Step { step, .. }, false) => {
                row.last_step = *step;
                &mut row.steps
            }
            (Event::Step { step, .. }, true) => {
                row.last_step = *step;
                &mut row.masked_steps
            }
            (Event::Epoch { .. }, false) => &mut row.epochs,
            (Event::Epoch { .. }, true) => &mut row.masked_epochs,
            _ => continue,
        };
        *count += 1;
    }
    row
}
