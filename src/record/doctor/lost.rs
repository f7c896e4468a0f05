//! [`status`]: what is known of a run whose `status.json` is lost.
//!
//! Does not know how it is written.

use super::super::{
    checkpoint::Position,
    format::{
        CASES, EVENTS, Failure, FailureClass, OVERLAYS, RESOLVED, RunToml, Status, StatusFile,
    },
    lines::LogFile,
    reader::{Entry, row},
};
use crate::{
    base::{Result, checksum::FileHash, fs},
    event::{CaseRow, Event, Split},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The status as the rest of the run tells it: that of an answer when the logs show one, whole to
/// the last picture, and else that of a run whose end nobody knows. Run again, that one goes on
/// from its last checkpoint, which is at `position`.
///
/// # Errors
/// When `run.toml` cannot be read.
pub(super) fn status(dir: &Path, position: Option<Position>) -> Result<StatusFile> {
    let logs = Logs::read(dir);
    if let Some(ended) = logs.as_ref().and_then(|logs| logs.answer(dir)) {
        return Ok(ended);
    }
    let failure = Failure {
        class: FailureClass::Killed,
        reason: "how it ended is not known: its `status.json` was lost".to_owned(),
        details: Vec::new(),
        advice: vec!["the same `seglab run SPEC` continues from its last checkpoint".to_owned()],
    };
    let last = logs.and_then(|logs| Some(logs.events.last()?.time));
    Ok(StatusFile {
        status: Status::Failed(failure),
        updated: last.map_or_else(|| RunToml::read(dir).map(|run| run.created), Ok)?,
        epoch: position.map_or(0, |position| position.epoch),
        step: position.map_or(0, |position| position.step),
        files: BTreeMap::new(),
    })
}

/// What counts of the logs of a run, both whole.
struct Logs {
    events: Vec<Entry>,
    cases: Vec<CaseRow>,
}

impl Logs {
    fn read(dir: &Path) -> Option<Self> {
        let whole = |name| LogFile::read(&dir.join(name), None).ok().filter(LogFile::is_whole);
        let (events, cases) = (whole(EVENTS)?, whole(CASES)?);
        Some(Self {
            events: events.records(|line| !line.is_masked, Entry::parse).ok()?,
            cases: cases.records(|line| !line.is_masked, row).ok()?,
        })
    }

    /// The status of an answer, if they are those of one: training is evaluated once it has ended.
    fn answer(&self, dir: &Path) -> Option<StatusFile> {
        let started = self.events.iter().rev().find_map(|entry| match entry.event {
            Event::Started { n_cases, epochs, .. } => Some((n_cases, epochs)),
            _ => None,
        });
        let epochs_done = self.events.iter().rev().find_map(|entry| match entry.event {
            Event::Epoch { epoch, step, .. } => Some((epoch, step)),
            _ => None,
        });
        let (([_, n_valid, n_test], asked), (epoch, step)) = (started?, epochs_done?);
        let n_scored = |split| {
            let rows = self.cases.iter().filter(|row| row.split == split);
            rows.map(|row| &row.case).collect::<BTreeSet<_>>().len()
        };
        let is_scored = n_scored(Split::Valid) == n_valid && n_scored(Split::Test) == n_test;
        // A case without any tumour that is there or predicted is not drawn.
        let is_drawable =
            |row: &&CaseRow| row.split == Split::Valid && row.class > 0 && row.dice.is_some();
        let drawable = self.cases.iter().filter(is_drawable).map(|row| &row.case);
        let n_drawable = drawable.collect::<BTreeSet<_>>().len();
        let pictures = fs::list(&dir.join(OVERLAYS)).ok()?;
        if !is_scored || pictures.len() < pictures_asked(dir)?.min(n_drawable) {
            return None;
        }
        let mut files = BTreeMap::new();
        for path in [dir.join(EVENTS), dir.join(CASES)].into_iter().chain(pictures) {
            let name = path.strip_prefix(dir).ok()?.to_string_lossy().into_owned();
            files.insert(name, FileHash::of_file(&path).ok()?);
        }
        let status = if epoch >= asked { Status::Finished } else { Status::StoppedEarly };
        Some(StatusFile { status, updated: self.events.last()?.time, epoch, step, files })
    }
}

/// How many pictures the run's spec asks for.
fn pictures_asked(dir: &Path) -> Option<usize> {
    let resolved: toml::Table = fs::read_text(&dir.join(RESOLVED)).ok()?.parse().ok()?;
    let asked = resolved.get("evaluate")?.get("overlays")?.as_integer()?;
    usize::try_from(asked).ok()
}
