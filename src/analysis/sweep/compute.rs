//! [`of`]: where the time of a sweep's processes went.
//!
//! Counted is the time of whole processes, from the start of each to its end, as the workers
//! wrote it down: loading, training, evaluation and all. A process serves the run that answers
//! its cell, unless it ended before that run was begun: then it served one that failed.
//!
//! Does not know what the runs scored.

use super::{Compute, sources::Sources};
use crate::{
    base::Result,
    event::Event,
    record::{RunState, RunToml, history},
    sweep::store::{CellStatus, LoggedEvent, WorkerEvent},
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A process that has ended.
struct Process<'a> {
    time: DateTime<Utc>,
    device: &'a str,
    seconds: f64,
}

/// Where the time went.
pub(super) fn of(sources: &Sources<'_>) -> Compute {
    let mut compute = Compute::default();
    let mut devices: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    let processes = processes(&sources.worker_events, &mut compute);
    for process in processes.values().flatten() {
        let (seconds, n) = devices.entry(process.device).or_default();
        *seconds += process.seconds;
        *n += 1;
        compute.spent += process.seconds;
        compute.n_ended += 1;
    }
    compute.by_device =
        devices.into_iter().map(|(name, (seconds, n))| (name.to_owned(), seconds, n)).collect();
    let mut asked = BTreeSet::new();
    for cell_status in &sources.statuses {
        let run = cell_status.cell.run_id.as_str();
        asked.insert(run);
        if let Some(processes) = processes.get(run) {
            add(&mut compute, cell_status, processes);
        }
    }
    let dropped = processes.iter().filter(|(run, _)| !asked.contains(*run));
    compute.dropped = dropped.flat_map(|(_, it)| it).map(|process| process.seconds).sum();
    compute
}

/// Processes by the run that they were started for.
fn processes<'a>(
    worker_events: &'a [LoggedEvent],
    compute: &mut Compute,
) -> BTreeMap<&'a str, Vec<Process<'a>>> {
    let mut processes: BTreeMap<&str, Vec<Process<'_>>> = BTreeMap::new();
    let mut n_started = 0_usize;
    for LoggedEvent { time, event } in worker_events {
        match event {
            WorkerEvent::Started { .. } => n_started += 1,
            WorkerEvent::Ended { run, device, seconds, .. } => {
                let process = Process { time: *time, device, seconds: *seconds };
                processes.entry(run).or_default().push(process);
            }
            _ => {}
        }
    }
    let n_ended: usize = processes.values().map(Vec::len).sum();
    compute.n_without_end = n_started.saturating_sub(n_ended);
    processes
}

/// Adds the time that went into one cell.
fn add(compute: &mut Compute, cell_status: &CellStatus, processes: &[Process<'_>]) {
    let total: f64 = processes.iter().map(|process| process.seconds).sum();
    let dir = cell_status
        .run
        .as_deref()
        .filter(|_| !matches!(cell_status.state, RunState::Failed | RunState::Damaged));
    let Some(dir) = dir else {
        match cell_status.state {
            RunState::Failed | RunState::Damaged => compute.failed += total,
            _ => compute.open += total,
        }
        return;
    };
    // One process and no replaced run: nothing can have come before or been repeated.
    let (mut before, mut again) = (0.0, 0.0);
    if processes.len() > 1 || cell_status.derived.is_some() {
        // A run that cannot be read any more hides nothing but its own repetitions.
        if let Ok(RunToml { created, .. }) = RunToml::read(dir) {
            let earlier = processes.iter().filter(|process| process.time < created);
            before = earlier.map(|process| process.seconds).sum();
        }
        let (seconds, n_resumed) = repeated(dir).unwrap_or_default();
        again = seconds.min(total - before);
        compute.n_resumed += n_resumed;
    }
    compute.failed += before;
    compute.repeated += again;
    let rest = total - before - again;
    match cell_status.state {
        RunState::Finished => compute.finished += rest,
        RunState::Pruned => compute.pruned += rest,
        _ => compute.open += rest,
    }
}

/// Seconds of steps and validations that a later attempt did again, and how often one went on.
fn repeated(dir: &Path) -> Result<(f64, usize)> {
    let history = history(dir)?;
    let seconds = history.events.iter().filter(|(_, is_masked)| *is_masked).map(|(entry, _)| {
        match &entry.event {
            Event::Step { seconds, .. } => *seconds,
            Event::Epoch { seconds: [_, valid], .. } => *valid,
            _ => 0.0,
        }
    });
    Ok((seconds.sum(), history.rewinds.len()))
}
