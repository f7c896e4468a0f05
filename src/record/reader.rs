//! [`read_run`]: a run directory as values.
//!
//! A torn last line, as a kill leaves it, is left out with a note while the run has not ended; any
//! other damage is an error of that run alone.
//!
//! Does not know what the numbers say.

use super::{
    CaseFacts,
    files::verify_immutable,
    format::{CASES, EVENTS, OVERLAYS, PROVENANCE, RESOLVED, RunToml, SPEC, StatusFile},
    lines::{AttemptSpan, LogFile, Rewind},
    lock::{LiveStatus, live_status},
    provenance::Provenance,
};
use crate::{
    base::{
        Result,
        codec::{not_understood, parse_toml, read_json},
        fs,
    },
    event::{CaseRow, Event, Follower},
    spec::{BaseSpec, Experiment},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Follows the event log of a run directory from its first line.
pub fn follow(dir: &Path) -> Follower {
    Follower::new(dir.join(EVENTS))
}

/// Everything a run directory says, but its checkpoints and pictures.
#[derive(Debug, Clone)]
pub struct RunFiles {
    /// The directory.
    pub dir: PathBuf,
    /// What the run is.
    pub run: RunToml,
    /// What was asked.
    pub experiment: Experiment,
    /// The specs that its spec extends, the nearest first. Of a run of an older build, which did
    /// not record them, only the nearest is known, and called after its file.
    pub extends: Vec<BaseSpec>,
    /// The same, key by key.
    pub resolved: toml::Table,
    /// Where it came from.
    pub provenance: Provenance,
    /// Its status: a run whose process exited unexpectedly is `failed`, not `running`.
    pub status: StatusFile,
    /// What happened, in order.
    pub events: Vec<Entry>,
    /// From when to when each attempt wrote events, by its number; masked ones too.
    pub spans: BTreeMap<u32, AttemptSpan>,
    /// Scores, in the order they were written.
    pub cases: Vec<CaseRow>,
    /// What was left out in reading.
    pub notes: Vec<String>,
}

/// One line of `events.jsonl`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Attempt at the run, from 1.
    pub attempt: u32,
    /// When it was written.
    pub time: DateTime<Utc>,
    /// Epoch it belongs to, from 1; 0 before training.
    pub epoch: usize,
    /// Optimizer steps done.
    pub step: usize,
    /// What happened.
    pub event: Event,
}

impl Entry {
    pub(super) fn parse(line: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            attempt: u32,
            time: DateTime<Utc>,
            epoch: usize,
            step: usize,
        }
        let Head { attempt, time, epoch, step } = serde_json::from_slice(line)?;
        Ok(Self { attempt, time, epoch, step, event: serde_json::from_slice(line)? })
    }
}

pub(super) fn row(line: &[u8]) -> serde_json::Result<CaseRow> {
    serde_json::from_slice(line)
}

/// The spec that the text of a spec extends, if it is called after its file, as most are.
fn extended(spec: &str) -> Option<BaseSpec> {
    let table: toml::Table = toml::from_str(spec).ok()?;
    let base = Path::new(table.get("extends")?.as_str()?);
    let name = base.file_stem()?.to_string_lossy().into_owned();
    Some(BaseSpec { name, setting: None })
}

/// What a run knew of its cases.
///
/// # Errors
/// When `provenance.json` cannot be read.
pub fn case_facts(dir: &Path) -> Result<Vec<CaseFacts>> {
    Ok(read_json::<Provenance>(&dir.join(PROVENANCE))?.cases)
}

/// Reads a run directory. Of the logs it gives what counts: the lines of dead attempts that a
/// later one repeated are left out, and so is a torn last line, with a note.
///
/// # Errors
/// * when the run was written in a newer format
/// * when a file is missing or cannot be understood
/// * when a file that never changes is not as it was written, or a log is damaged before its last
///   line
/// * when a log of an ended run has lost its end
pub fn read_run(dir: &Path) -> Result<RunFiles> {
    let run = RunToml::read(dir)?;
    verify_immutable(dir)?;
    let resolved_path = dir.join(RESOLVED);
    let resolved: toml::Table = parse_toml(&resolved_path, &fs::read_text(&resolved_path)?)?;
    let mut extends = run.extends.clone();
    if extends.is_empty() {
        extends.extend(extended(&fs::read_text(&dir.join(SPEC))?));
    }
    // Before the logs: what is appended meanwhile is then no part of an ended run.
    let LiveStatus { status, notes, .. } = live_status(dir)?;
    let (events, cases) = (log(dir, EVENTS, &status)?, log(dir, CASES, &status)?);
    Ok(RunFiles {
        dir: dir.to_owned(),
        run,
        experiment: resolved
            .clone()
            .try_into()
            .map_err(|error| not_understood(&resolved_path, &error))?,
        extends,
        resolved,
        provenance: read_json(&dir.join(PROVENANCE))?,
        status,
        events: events.records(|line| !line.is_masked, Entry::parse)?,
        spans: events.spans(),
        cases: cases.records(|line| !line.is_masked, row)?,
        notes: events.note().into_iter().chain(cases.note()).chain(notes).collect(),
    })
}

pub(super) fn log(dir: &Path, name: &str, status: &StatusFile) -> Result<LogFile> {
    let log = LogFile::read(&dir.join(name), status.files.get(name))?;
    log.check().map(|()| log)
}

/// Everything that the log of a run holds, masked or not.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Every event with whether it is masked: a later attempt went on from before it, or its
    /// writer had lost the run.
    pub events: Vec<(Entry, bool)>,
    /// Where each later attempt went on.
    pub rewinds: Vec<Rewind>,
}

/// Reads everything that the log of a run holds, also what [`read_run`] leaves out.
///
/// # Errors
/// When the log is missing, damaged before its last line, or has lost its end.
pub fn history(dir: &Path) -> Result<History> {
    let log = log(dir, EVENTS, &StatusFile::read(dir)?)?;
    let entries = log.records(|_| true, Entry::parse)?;
    let is_masked = log.lines.iter().map(|line| line.is_masked);
    Ok(History {
        events: entries.into_iter().zip(is_masked).collect(),
        rewinds: log.rewinds.iter().map(|(_, rewind)| rewind.clone()).collect(),
    })
}

/// Overlay pictures of a run: file name and PNG bytes, in name order.
///
/// # Errors
/// When one cannot be read.
pub fn overlays(dir: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = dir.join(OVERLAYS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let pictures = fs::list(&folder)?;
    pictures.iter().map(|path| Ok((fs::name(path), fs::read(path)?))).collect()
}
