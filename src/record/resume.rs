//! [`resume`]: the newest earlier run of a plan, with its result or to be continued.
//!
//! Does not know what a run does.

use super::{
    checkpoint::{self, Manifest},
    format::{ATTEMPTS, CASES, CHECKPOINTS, EVENTS, Failure, RunToml, Status, StatusFile, id_of},
    inventory::{RunPlace, sorted_out},
    lines::LogFile,
    lock::{self, RunLock},
    plan::{Freshness, RunPlan},
    reader::row,
    recorder::Recorder,
    run_start::{Resumed, RunStart},
    strays::strays,
};
use crate::{
    base::{Error, ErrorCode, Fault, Result, fs},
    event::{CaseRow, Event},
};
use std::path::{Path, PathBuf};

/// Which run of a plan a name is: the first has the plan's own, the second ends in `-2`.
pub(crate) fn number(name: &str, run_id: &str) -> Option<u32> {
    match name.strip_prefix(run_id)? {
        "" => Some(1),
        suffix => suffix.strip_prefix('-')?.parse().ok(),
    }
}

/// Existing runs of one plan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// The runs with their numbers, oldest first, without copies.
    pub(crate) runs: Vec<(u32, PathBuf)>,
    /// The number of a further run: no folder and no run has it yet.
    pub(crate) next: u32,
}

/// Existing runs of one plan. `folder` is that of its experiment; runs that lie elsewhere are found
/// by the id in their `run.toml`.
///
/// # Errors
/// When the folder cannot be listed.
pub(crate) fn earlier(folder: &Path, run_id: &str) -> Result<Earlier> {
    let mut runs: Vec<(u32, PathBuf)> = Vec::new();
    if folder.is_dir() {
        let numbered = |path: PathBuf| Some((number(path.file_name()?.to_str()?, run_id)?, path));
        runs.extend(fs::list(folder)?.into_iter().filter_map(numbered));
    }
    let found = strays(folder, &|id| number(id, run_id).is_some());
    runs.extend(found.into_iter().filter_map(|it| Some((number(&it.run_id, run_id)?, it.dir))));
    let next = runs.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
    Ok(Earlier { runs: without_copies(runs), next })
}

/// Runs of one plan with their numbers, oldest first, each once.
pub(crate) fn without_copies(mut runs: Vec<(u32, PathBuf)>) -> Vec<(u32, PathBuf)> {
    if runs.len() > 1 {
        let counted = sorted_out(runs.iter().map(|(_, dir)| RunPlace::of(dir)).collect()).runs;
        runs.retain(|(_, dir)| counted.iter().any(|place| place.dir == *dir));
    }
    runs.sort();
    runs
}

/// The status of an earlier run; `None`, with a note, when it belongs to another plan.
fn standing(dir: &Path, digest: &str, notes: &mut Vec<String>) -> Result<Option<Status>> {
    if RunToml::read(dir)?.digest == digest {
        return StatusFile::read(dir).map(|file| Some(file.status));
    }
    let dir = dir.display();
    notes.push(format!("`{dir}` belongs to another spec; it is ignored"));
    Ok(None)
}

/// A run that can perhaps be repaired is not silently started a second time.
fn damaged(dir: &Path, error: Error) -> Error {
    let id = id_of(dir);
    let mut fault = Fault::new(format!("run `{id}` exists already and cannot be continued"))
        .detail(format!("it lies in `{}`", dir.display()));
    for Fault { message, mut details, mut causes, .. } in error.faults {
        fault.causes.push(message);
        fault.causes.append(&mut details);
        fault.causes.append(&mut causes);
    }
    let fault = fault
        .hint(format!("`seglab doctor {id}` says what is wrong; `--repair` repairs it"))
        .hint("`--fresh` starts a new run beside it");
    Error::run(fault)
}

/// The newest run with a result, or else the newest of the plan, continued unless it was pruned or
/// would fail again; `None` when there is none, with notes on those that were ignored.
///
/// # Errors
/// * when a living process works on the run: it is named
/// * when no run has answered and one cannot be read: `seglab doctor` is named
/// * when the run cannot be written to
pub(crate) fn resume(
    earlier: &[(u32, PathBuf)],
    plan: &RunPlan,
    notes: &mut Vec<String>,
) -> Result<Option<RunStart>> {
    let mut existing = Vec::new();
    for (_, dir) in earlier.iter().rev() {
        match standing(dir, &plan.digest, notes) {
            Ok(None) => {}
            Ok(Some(status)) => existing.push((dir, Ok(status))),
            Err(error) => existing.push((dir, Err(error))),
        }
    }
    let is_answered = |status: &Result<Status>| status.as_ref().is_ok_and(Status::is_answered);
    if let Some((dir, _)) = existing.iter().find(|(_, status)| is_answered(status)) {
        return Ok(Some(RunStart::Finished((*dir).clone())));
    }
    let Some((dir, status)) = existing.into_iter().next() else { return Ok(None) };
    match status {
        Ok(status) => take_up(dir, status, plan.freshness, std::mem::take(notes)).map(Some),
        Err(error) => Err(damaged(dir, error)),
    }
}

/// Whether a run has its result, or was pruned and is not to be promoted.
pub(crate) fn stays_ended(status: &Status, freshness: Freshness) -> bool {
    let is_given_up = matches!(status, Status::Pruned { .. });
    status.is_answered() || is_given_up && freshness != Freshness::Promote
}

/// The result for a run that is not continued: it has its result, was pruned, or would fail again.
fn left_alone(dir: &Path, status: Status, freshness: Freshness) -> Option<RunStart> {
    let is_left_alone = stays_ended(&status, freshness);
    let dir = dir.to_owned();
    match status {
        Status::Pruned { reason } if is_left_alone => Some(RunStart::Pruned { dir, reason }),
        _ if is_left_alone => Some(RunStart::Finished(dir)),
        Status::Failed(failure) if !failure.class.is_passing() => {
            Some(RunStart::Failed { dir, failure })
        }
        _ => None,
    }
}

/// A status without details, which may be pages of backtrace.
fn brief(status: Status) -> Status {
    match status {
        Status::Failed(Failure { class, reason, .. }) => {
            Status::Failed(Failure { class, reason, details: Vec::new(), advice: Vec::new() })
        }
        status => status,
    }
}

/// The run in `dir`, continued unless it is left alone.
fn take_up(
    dir: &Path,
    status: Status,
    freshness: Freshness,
    notes: Vec<String>,
) -> Result<RunStart> {
    if let Some(begun) = left_alone(dir, status, freshness) {
        return Ok(begun);
    }
    // Why it ended: once it is locked, it has a living owner again.
    let before = brief(lock::live_status(dir)?.status.status);
    let lock = RunLock::take(dir)?;
    // Another process may have come and gone between the look and the lock.
    if let Some(begun) = left_alone(dir, StatusFile::read(dir)?.status, freshness) {
        lock.release();
        return Ok(begun);
    }
    let (left, lock) = PriorState::read_above(dir, lock).map_err(|error| match error.code {
        // Nothing is wrong with the run: there is no room to go on with it, or somebody does.
        ErrorCode::DiskFull | ErrorCode::Run | ErrorCode::InUse => error,
        _ => damaged(dir, error),
    })?;
    let mut resumed = left.take_up(dir, lock, &before)?;
    resumed.notes.splice(0..0, notes);
    Ok(RunStart::Resumed(Box::new(resumed)))
}

/// What an earlier attempt left.
struct PriorState {
    events: LogFile,
    cases: LogFile,
    rows: Vec<CaseRow>,
    from: Option<(PathBuf, Manifest)>,
    notes: Vec<String>,
}

impl PriorState {
    /// Reads what is there, and locks the run with a number above all that logged anything.
    fn read_above(dir: &Path, lock: RunLock) -> Result<(Self, RunLock)> {
        let left = Self::read(dir, lock.attempt())?;
        let known = left.events.highest.max(left.cases.highest);
        if known < lock.attempt() {
            return Ok((left, lock));
        }
        lock.release();
        let lock = RunLock::take_above(dir, known)?;
        let mut left = Self::read(dir, lock.attempt())?;
        left.notes.push(format!(
            "attempts 1 to {known} are in the logs, but not all of them in `{ATTEMPTS}`: it continues as \
             attempt {}",
            lock.attempt()
        ));
        Ok((left, lock))
    }

    fn read(dir: &Path, attempt: u32) -> Result<Self> {
        super::files::verify_immutable(dir)?;
        let events = LogFile::read(&dir.join(EVENTS), None)?;
        let cases = LogFile::read(&dir.join(CASES), None)?;
        events.check()?;
        cases.check()?;
        let rows = cases.records(|line| !line.is_masked, row)?;
        let checkpoints = dir.join(CHECKPOINTS);
        checkpoint::remove_leftovers(&checkpoints, attempt);
        let (from, damaged) = checkpoint::choose(&checkpoints, &events)?;
        let notes = events.note().into_iter().chain(cases.note()).chain(damaged).collect();
        Ok(Self { events, cases, rows, from, notes })
    }

    /// Cuts what is torn, masks what is repeated, and says that the run is under way.
    fn take_up(self, dir: &Path, lock: RunLock, before: &Status) -> Result<Resumed> {
        let Self { events, cases, rows, from, notes } = self;
        for log in [&events, &cases].into_iter().filter(|log| log.torn.is_some()) {
            lock.check()?;
            fs::truncate(&log.path, log.sound)?;
        }
        let position = from.as_ref().map(|(_, manifest)| manifest.position);
        let mut recorder = Recorder::open(dir.to_owned(), lock, position)?;
        let events_stand =
            from.as_ref().map_or(0, |(_, manifest)| events_to_keep(&events, manifest));
        let is_scored =
            |row: &CaseRow| position.is_some_and(|position| position.best_epoch == row.epoch);
        let rows = if rows.iter().all(is_scored) { rows } else { Vec::new() };
        let cases_stand = if rows.is_empty() { 0 } else { cases.sound };
        recorder.rewind(events_stand, cases_stand, before)?;
        recorder.set_status(Status::Running)?;
        let from = from.map(|(path, _)| path);
        Ok(Resumed { recorder, from, position, cases: rows, notes })
    }
}

/// Bytes of the log up to a checkpoint, with the line that tells of it where it follows.
fn events_to_keep(events: &LogFile, manifest: &Manifest) -> u64 {
    let watermark = manifest.logs.events;
    let told = events.line_from(watermark).filter(|(_, bytes)| {
        matches!(
            serde_json::from_slice(bytes),
            Ok(Event::Checkpoint { step, .. }) if step == manifest.position.step
        )
    });
    told.map_or(watermark, |(line, _)| line.bytes.end as u64)
}
