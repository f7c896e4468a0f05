//! [`Recorder`]: writes one run as it happens.
//!
//! # Call sequence
//! [`Store::begin`](super::Store::begin) makes it; then events, cases and overlays in any order;
//! [`finish`](Recorder::finish) last. Dropped without it, the run stays `running` on disk.
//!
//! Knows nothing of training, or of other runs.

use super::{
    format::{CASES, CHECKPOINTS, EVENTS, OVERLAYS, STATUS, Status, StatusFile, now},
    seal::{seal, write_sealed},
};
use crate::{
    error::{Error, Result},
    event::{CaseRow, Event, Listen},
    fs,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Writes one run as it happens: what it has heard stands on disk before it returns.
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    attempt: u32,
    events: Log,
    cases: Log,
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
        let events = Log::open(dir.join(EVENTS))?;
        let cases = Log::open(dir.join(CASES))?;
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
        self.cases.append(&lines)?;
        self.cases.sync()
    }

    /// Writes an overlay picture as `overlays/NAME.png`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn overlay(&self, name: &str, png: &[u8]) -> Result<()> {
        let path = self.dir.join(OVERLAYS).join(format!("{name}.png"));
        fs::write_atomic(&path, png).map_err(Error::of_run)
    }

    /// Replaces the run's status.
    ///
    /// # Errors
    /// When it cannot be written; the old one then still stands.
    pub fn set_status(&mut self, status: Status) -> Result<()> {
        let file = StatusFile { status, updated: now(), epoch: self.epoch, step: self.step };
        write_sealed(&self.dir.join(STATUS), &file).map_err(Error::of_run)
    }

    /// Ends the run: the logs are synced first and the status is written last, so that whoever
    /// reads `finished` reads the whole run.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn finish(&mut self, status: Status) -> Result<()> {
        self.events.sync()?;
        self.cases.sync()?;
        self.set_status(status)
    }
}

impl Listen for Recorder {
    fn hear(&mut self, event: &Event) -> Result<()> {
        let line = seal(&Line { attempt: self.attempt, time: now(), event })?;
        self.events.append(&line)?;
        match event {
            Event::Step { step, .. } => self.step = *step,
            Event::Epoch { epoch, step, .. } => {
                (self.epoch, self.step) = (*epoch, *step);
                self.set_status(Status::Running)?;
            }
            Event::Checkpoint { .. } => self.events.sync()?,
            Event::Started { .. } | Event::CaseScored { .. } | Event::Warning { .. } => {}
        }
        Ok(())
    }
}

/// A file that only grows.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: fs::File,
}

impl Log {
    fn open(path: PathBuf) -> Result<Self> {
        let file = fs::open_append(&path)?;
        Ok(Self { path, file })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        fs::append(&mut self.file, &self.path, bytes).map_err(Error::of_run)
    }

    fn sync(&self) -> Result<()> {
        fs::sync(&self.file, &self.path).map_err(Error::of_run)
    }
}
