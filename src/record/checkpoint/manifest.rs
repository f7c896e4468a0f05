//! [`Manifest`]: what the files of a checkpoint must be; [`Position`]: how far training came.
//!
//! Does not know about other checkpoints.

use crate::{
    base::{
        Error, Fault, Place, Result,
        checksum::{FileHash, checked_text, read_checked},
        fs,
    },
    record::format::{FORMAT, MANIFEST},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// How far training came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs done.
    pub epoch: usize,
    /// Optimizer steps done, over all epochs.
    pub step: usize,
    /// Batches done of the epoch under way; 0 between two epochs.
    pub batches: usize,
    /// Epoch of the best score so far, 0 before there is one.
    pub best_epoch: usize,
}

impl Position {
    /// Name of the checkpoint's folder.
    pub fn name(&self) -> String {
        match self.batches {
            0 => self.epoch.to_string(),
            _ => format!("{}-step{}", self.epoch, self.step),
        }
    }

    /// Whether this is the end of the best epoch so far.
    pub fn is_best(&self) -> bool {
        self.batches == 0 && self.epoch > 0 && self.epoch == self.best_epoch
    }

    /// Name of the checkpoint of the best epoch so far.
    pub(super) fn name_of_best(&self) -> Option<String> {
        (self.best_epoch > 0).then(|| self.best_epoch.to_string())
    }

    /// Later is greater.
    pub(super) fn order(&self) -> (usize, usize, usize) {
        (self.step, self.epoch, self.batches)
    }
}

/// Length of the log when a checkpoint was made, in bytes. Rows of cases are synced as they are
/// written, and no checkpoint rests on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogLengths {
    pub(crate) events: u64,
}

/// `MANIFEST.json`: what a checkpoint's files must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    pub(crate) attempt: u32,
    #[serde(flatten)]
    pub(crate) position: Position,
    pub(crate) logs: LogLengths,
    pub(crate) files: BTreeMap<String, FileHash>,
}

impl Manifest {
    /// Hashes and syncs every file of a folder aside and writes its manifest. What is hashed is
    /// what reads back.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(super) fn write(
        aside: &Path,
        attempt: u32,
        position: Position,
        logs: LogLengths,
    ) -> Result<Self> {
        let mut files = BTreeMap::new();
        for path in fs::list(aside)? {
            fs::sync(&fs::open(&path)?, &path)?;
            files.insert(fs::name(&path), FileHash::of_file(&path)?);
        }
        let manifest = Self { format: FORMAT, attempt, position, logs, files };
        fs::write_synced(&aside.join(MANIFEST), checked_text(&manifest)?.as_bytes())?;
        Ok(manifest)
    }

    /// Reads the manifest of a checkpoint's folder.
    ///
    /// # Errors
    /// When it is missing, altered, or speaks of another checkpoint.
    pub(crate) fn read(place: &Path) -> Result<Self> {
        let manifest: Self = read_checked(&place.join(MANIFEST))?;
        if manifest.position.name() == fs::name(place) {
            return Ok(manifest);
        }
        let fault = Fault::new(format!("`{}` is the checkpoint of another step", place.display()));
        Err(fault.detail(format!("its manifest says `{}`", manifest.position.name())).into())
    }

    /// Whether every file is what it was.
    ///
    /// # Errors
    /// Names all that are missing or altered.
    pub(crate) fn verify(&self, place: &Path) -> Result<()> {
        let mut fault = Fault::new(format!("checkpoint `{}` is damaged", place.display()))
            .at(Place::file(&place.join(MANIFEST)));
        for (name, expected) in &self.files {
            match FileHash::of_file(&place.join(name)).map(|found| expected.differs(&found)) {
                Ok(None) => {}
                Ok(Some(reason)) => fault = fault.detail(format!("`{name}`: {reason}")),
                Err(_) => fault = fault.detail(format!("`{name}` cannot be read")),
            }
        }
        if fault.details.is_empty() {
            return Ok(());
        }
        Err(Error::run(fault.hint("restore the folder from a copy, or use another checkpoint")))
    }

    /// Whether every file is there in its length; says nothing of what it holds.
    pub(super) fn looks_whole(&self, place: &Path) -> bool {
        self.files.iter().all(|(name, expected)| {
            place.join(name).metadata().is_ok_and(|found| found.len() == expected.bytes)
        })
    }

    /// Bytes of the files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }
}

/// Reads a manifest and verifies every file.
///
/// # Errors
/// When anything is missing or altered.
pub(super) fn read_sound(place: &Path) -> Result<Manifest> {
    let manifest = Manifest::read(place)?;
    manifest.verify(place).map(|()| manifest)
}

/// Folders that are checkpoints by their names, in name order.
///
/// # Errors
/// When the folder cannot be listed.
pub(super) fn folders(checkpoints: &Path) -> Result<Vec<PathBuf>> {
    if !checkpoints.is_dir() {
        return Ok(Vec::new());
    }
    let is_one = |path: &PathBuf| fs::name(path).starts_with(|c: char| c.is_ascii_digit());
    Ok(fs::list(checkpoints)?.into_iter().filter(is_one).collect())
}
