//! [`Recorder`]: writes one run as it happens.
//!
//! # Call sequence
//! [`Store::begin`](super::Store::begin) makes it; then events, cases and overlays in any order;
//! [`finish`](Recorder::finish) last. Dropped without it, the run stays `running` on disk.
//!
//! Knows nothing of training, or of other runs.

use super::{
    format::{CASES, CHECKPOINTS, EVENTS, OVERLAYS, STATUS, Status, StatusFile, now, to_json},
    seal::seal,
};
use crate::{
    error::{Error, Kind, Result},
    event::{CaseRow, Event, Listen},
    fs,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

/// Writes one run as it happens: what it has heard stands on disk before it returns.
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    attempt: u32,
    events: File,
    cases: File,
    epoch: usize,
    step: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    attempt: u32,
    time: DateTime<Utc>,
    #[serde(flatten)]
    event: &'a Event,
}

impl Recorder {
    /// Opens the logs of a run directory that is complete.
    pub(super) fn open(dir: PathBuf, attempt: u32) -> Result<Self> {
        let events = fs::open_append(&dir.join(EVENTS))?;
        let cases = fs::open_append(&dir.join(CASES))?;
        Ok(Self { dir, attempt, events, cases, epoch: 0, step: 0 })
    }

    /// The run directory.
    pub fn run_dir(&self) -> &Path {
        &self.dir
    }

    /// Folder of the run's checkpoints, for [`checkpoint`](super::checkpoint).
    pub fn checkpoints(&self) -> PathBuf {
        self.dir.join(CHECKPOINTS)
    }

    /// Writes the rows of one case, or of several, and syncs them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn cases(&mut self, rows: &[CaseRow]) -> Result<()> {
        let mut lines = Vec::new();
        for row in rows {
            lines.extend(seal(row)?);
        }
        let path = self.dir.join(CASES);
        append(&mut self.cases, &path, &lines)?;
        sync(&self.cases, &path)
    }

    /// Writes an overlay picture as `overlays/NAME.png`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn overlay(&self, name: &str, png: &[u8]) -> Result<()> {
        let path = self.dir.join(OVERLAYS).join(format!("{name}.png"));
        fs::write_atomic(&path, png).map_err(of_run)
    }

    /// Replaces the run's status.
    ///
    /// # Errors
    /// When it cannot be written; the old one then still stands.
    pub fn set_status(&mut self, status: Status) -> Result<()> {
        let file = StatusFile { status, updated: now(), epoch: self.epoch, step: self.step };
        fs::write_atomic(&self.dir.join(STATUS), to_json(&file)?.as_bytes()).map_err(of_run)
    }

    /// Ends the run: the logs are synced first and the status is written last, so that whoever
    /// reads `finished` reads the whole run. Returns the run directory.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn finish(mut self, status: Status) -> Result<PathBuf> {
        sync(&self.events, &self.dir.join(EVENTS))?;
        sync(&self.cases, &self.dir.join(CASES))?;
        self.set_status(status)?;
        Ok(self.dir)
    }
}

impl Listen for Recorder {
    fn hear(&mut self, event: &Event) -> Result<()> {
        let line = seal(&Line { attempt: self.attempt, time: now(), event })?;
        let path = self.dir.join(EVENTS);
        append(&mut self.events, &path, &line)?;
        match event {
            Event::Step { step, .. } => self.step = *step,
            Event::Epoch { epoch, step, .. } => {
                (self.epoch, self.step) = (*epoch, *step);
                self.set_status(Status::Running)?;
            }
            Event::Checkpoint { .. } => sync(&self.events, &path)?,
            Event::Started { .. } | Event::CaseScored { .. } | Event::Warning { .. } => {}
        }
        Ok(())
    }
}

/// Appends with one `write`, so that a kill leaves whole lines or one torn tail.
fn append(file: &mut File, path: &Path, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes).map_err(|error| of_run(fs::io_error("append to", path, &error)))
}

fn sync(file: &File, path: &Path) -> Result<()> {
    file.sync_data().map_err(|error| of_run(fs::io_error("sync", path, &error)))
}

/// The request was fine; it is the run that cannot go on.
fn of_run(error: Error) -> Error {
    Error { kind: Kind::Run, ..error }
}
