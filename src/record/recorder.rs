//! [`Recorder`]: writes one run as it happens.
//!
//! # Call sequence
//! [`Store::begin`](super::Store::begin) makes it; then events, checkpoints, cases and overlays in
//! any order; [`finish`](Recorder::finish) last. Dropped without it, the run stays `running` on
//! disk, and readers find out that its process is gone.
//!
//! Before each write it asks whether the run is still this process's to write to; before lines that
//! follow each other within a millisecond, once.
//!
//! Does not know about training, or of other runs.

use super::{
    checkpoint::{self, Commit, LogLengths, Position},
    format::{CASES, CHECKPOINTS, EVENTS, OVERLAYS, RESERVE, STATUS, Status, StatusFile, now},
    lock::RunLock,
    log::Log,
};
use crate::{
    base::{
        Error, ErrorCode, Fault, Result,
        checksum::{FileHash, write_checked},
        fs,
    },
    event::{CaseRow, Event, Listen},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Bytes kept free for the final status on a full disk; a file system may want some blocks for it.
const RESERVED: usize = 64 << 10;

/// Writes one run as it happens: what it has heard is on disk before it returns.
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    lock: Option<RunLock>,
    events: Log,
    cases: Log,
    /// Epoch and step of the last thing heard, for the lines that name none.
    place: (usize, usize),
    epochs_done: usize,
    position: Option<Position>,
    has_advanced: bool,
    notes: Vec<String>,
}

impl Recorder {
    /// Opens the logs of a run directory that is locked, where training is at `position`.
    pub(super) fn open(dir: PathBuf, lock: RunLock, position: Option<Position>) -> Result<Self> {
        let events = Log::open(dir.join(EVENTS), lock.attempt())?;
        let cases = Log::open(dir.join(CASES), lock.attempt())?;
        let recorder = Self {
            dir,
            lock: Some(lock),
            events,
            cases,
            place: position.map_or((0, 0), |position| {
                (position.epoch + position.batches.min(1), position.step)
            }),
            epochs_done: position.map_or(0, |position| position.epoch),
            position,
            has_advanced: false,
            notes: Vec::new(),
        };
        recorder.reserve();
        Ok(recorder)
    }

    /// The run directory.
    pub fn run_dir(&self) -> &Path {
        &self.dir
    }

    /// Training position of the newest checkpoint, if there is one.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Whether this attempt did anything that the next one need not do again, after its last
    /// checkpoint: a step, an epoch, or the scores of a case.
    pub fn has_advanced(&self) -> bool {
        self.has_advanced
    }

    /// What was passed over when the run was begun, in words; empty when asked again.
    pub fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    pub(super) fn note(&mut self, notes: Vec<String>) {
        self.notes.extend(notes);
    }

    /// Folder of the newest checkpoint, verified, and its training position.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn last(&self) -> Result<(PathBuf, Position)> {
        checkpoint::last(&self.dir).map_err(Error::of_run)
    }

    /// Folder of the best checkpoint, verified.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn best(&self) -> Result<PathBuf> {
        checkpoint::best(&self.dir).map(|(path, _)| path).map_err(Error::of_run)
    }

    /// Commits a checkpoint: `write` fills a folder aside, whose files are hashed and synced and
    /// which is then moved into place. Kept besides are the best one, the one before, and those
    /// of every `keep_every` epochs. A sound checkpoint of the same position stays as it is, and
    /// `write` is not called.
    ///
    /// # Errors
    /// * when `write` fails or a file cannot be written; what was there before is still there
    /// * when another process has taken the run over
    pub fn commit(
        &mut self,
        position: Position,
        keep_every: Option<usize>,
        write: &mut dyn FnMut(&Path) -> Result<()>,
    ) -> Result<()> {
        let lock = self.checked_lock()?;
        // What led here must outlast a power cut that the checkpoint outlasts.
        let logs = LogLengths { events: self.events.sync()? };
        let commit = Commit {
            checkpoints: &self.dir.join(CHECKPOINTS),
            position,
            attempt: lock.attempt(),
            logs,
            keep_every,
        };
        checkpoint::commit(&commit, &|| lock.check_place(), write).map_err(Error::of_run)?;
        self.position = Some(position);
        Ok(())
    }

    /// Writes the rows of one case, or of several, with one `write`, and syncs them.
    ///
    /// # Errors
    /// * when they cannot be written
    /// * when another process has taken the run over
    pub fn cases(&mut self, rows: &[CaseRow]) -> Result<()> {
        self.checked_lock()?;
        for row in rows {
            self.cases.add(format_args!(",\"step\":{}", self.place.1), row)?;
        }
        self.cases.flush()?;
        self.has_advanced = true;
        self.cases.sync().map(drop)
    }

    /// Masks every row of cases and removes the pictures: training continues, and they are those of
    /// an older checkpoint.
    ///
    /// # Errors
    /// * when that cannot be written
    /// * when another process has taken the run over
    pub fn forget_cases(&mut self) -> Result<()> {
        self.checked_lock()?;
        self.cases.rewind(0, self.place, None)?;
        // The pictures are of those scores.
        let overlays = self.dir.join(OVERLAYS);
        fs::remove_folder(&overlays)
            .and_then(|()| fs::create_folder(&overlays))
            .map_err(Error::of_run)
    }

    /// Masks everything that was logged before the attempt, and from there on goes on at `position`.
    /// The log keeps the status `before`.
    pub(super) fn rewind(&mut self, events: u64, cases: u64, before: &Status) -> Result<()> {
        self.checked_lock()?;
        let place = (self.epochs_done, self.place.1);
        self.events.rewind(events, place, Some(before))?;
        self.cases.rewind(cases, place, None)
    }

    /// Writes an overlay picture as `overlays/NAME.png`.
    ///
    /// # Errors
    /// * when it cannot be written
    /// * when another process has taken the run over
    pub fn overlay(&self, name: &str, png: &[u8]) -> Result<()> {
        self.checked_lock()?;
        let path = self.dir.join(OVERLAYS).join(format!("{name}.png"));
        fs::write_atomic(&path, png).map_err(Error::of_run)
    }

    /// Replaces the run's status.
    ///
    /// # Errors
    /// * when it cannot be written; the old one is then still there
    /// * when another process has taken the run over
    pub fn set_status(&mut self, status: Status) -> Result<()> {
        self.write_status(status, BTreeMap::new())
    }

    /// Ends the run: the logs are synced and hashed first and the status is written last, so that
    /// a reader of `finished` reads the whole run. The lock is released, and nothing more may be
    /// written.
    ///
    /// # Errors
    /// * when something cannot be written
    /// * when another process has taken the run over; its status is then left alone
    pub fn finish(&mut self, status: Status) -> Result<()> {
        let ended = self.hash_files().or_else(|error| {
            // A failed run is recorded even without hashes; a finished one must be whole.
            if status.is_answered() { Err(error) } else { Ok(BTreeMap::new()) }
        });
        let ended = ended.and_then(|files| self.write_status(status, files));
        if let Some(lock) = self.lock.take() {
            lock.release();
        }
        ended
    }

    fn hash_files(&self) -> Result<BTreeMap<String, FileHash>> {
        self.checked_lock()?;
        self.events.settle()?;
        self.cases.settle()?;
        let mut paths = vec![self.dir.join(EVENTS), self.dir.join(CASES)];
        paths.extend(fs::list(&self.dir.join(OVERLAYS))?);
        let hash = |path: PathBuf| {
            let name = path.strip_prefix(&self.dir).unwrap_or(&path).to_string_lossy().into_owned();
            Ok((name, FileHash::of_file(&path)?))
        };
        paths.into_iter().map(hash).collect::<Result<_>>().map_err(Error::of_run)
    }

    fn write_status(&mut self, status: Status, files: BTreeMap<String, FileHash>) -> Result<()> {
        self.checked_lock()?.check_place()?;
        let (epoch, step) = (self.epochs_done, self.place.1);
        let file = StatusFile { status, updated: now(), epoch, step, files };
        let path = self.dir.join(STATUS);
        let is_final_status = !matches!(file.status, Status::Running);
        let written = match write_checked(&path, &file) {
            Err(Error { code: ErrorCode::DiskFull, .. }) if is_final_status => {
                // The bytes were kept for this.
                fs::remove_file(&self.dir.join(RESERVE)).and_then(|()| write_checked(&path, &file))
            }
            written => written,
        };
        written.map_err(Error::of_run)
    }

    /// Keeps some bytes for the final status. On a disk that is full already there are none to keep.
    fn reserve(&self) {
        let path = self.dir.join(RESERVE);
        let is_there = path.metadata().is_ok_and(|found| found.len() == RESERVED as u64);
        if !is_there && fs::write_synced(&path, &vec![0; RESERVED]).is_err() {
            let _ = fs::remove_file(&path);
        }
    }

    /// The right to write.
    fn checked_lock(&self) -> Result<&RunLock> {
        let lock = self.lock()?;
        lock.check().map(|()| lock)
    }

    fn lock(&self) -> Result<&RunLock> {
        self.lock.as_ref().ok_or_else(|| {
            let run = self.dir.display();
            Error::run(Fault::new(format!("run `{run}` has ended; nothing more can be written")))
        })
    }
}

impl Listen for Recorder {
    fn hear(&mut self, event: &Event) -> Result<()> {
        self.lock()?.check_line()?;
        match event {
            Event::Step { epoch, step, .. }
            | Event::Epoch { epoch, step, .. }
            | Event::Checkpoint { epoch, step, .. } => {
                self.place = (*epoch, *step);
                self.events.add(format_args!(""), event)?;
            }
            _ => {
                let (epoch, step) = self.place;
                self.events.add(format_args!(",\"epoch\":{epoch},\"step\":{step}"), event)?;
            }
        }
        self.events.flush()?;
        self.has_advanced |= matches!(event, Event::Step { .. } | Event::Epoch { .. });
        if let Event::Epoch { epoch, .. } = event {
            self.epochs_done = *epoch;
            self.set_status(Status::Running)?;
        }
        Ok(())
    }
}
