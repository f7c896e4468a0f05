//! Small files of a sweep, each written once: [`TrialFile`], [`Derived`], [`RetryAsked`],
//! [`StopAsked`].
//!
//! Does not know who reads them.

use super::folder::SweepFolder;
use crate::{
    base::{
        Result,
        checksum::{checked_text, read_checked, write_checked},
        fs,
    },
    record::{
        format::{Failure, now},
        lock::Owner,
    },
    spec::Settings,
    sweep::Cell,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::Path;

/// A trial that a sampler proposed. With more results, after a crash, it might propose something
/// else, so the first proposal is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TrialFile {
    /// Its number, from 0.
    pub trial: usize,
    /// The values of the axes; `None` when every setting has been tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// A cell for each seed and fold; empty when the spec does not allow the settings together.
    pub cells: Vec<Cell>,
}

impl TrialFile {
    /// Writes it, unless another worker was faster. Returns what is on disk then.
    ///
    /// # Errors
    /// When it cannot be written or read.
    pub fn propose(self, folder: &SweepFolder) -> Result<Self> {
        fs::create_folder(&folder.trials())?;
        let path = folder.trial(self.trial);
        if fs::write_new(&path, checked_text(&self)?.as_bytes())? {
            return Ok(self);
        }
        read_checked(&path)
    }

    /// Moves every proposal away, for a search that starts again.
    ///
    /// # Errors
    /// When they cannot be moved.
    pub fn set_aside(folder: &SweepFolder) -> Result<()> {
        let trials = folder.trials();
        if !trials.is_dir() {
            return Ok(());
        }
        let time = now().format("%Y%m%d-%H%M%S%3f");
        fs::rename(&trials, &folder.root().join(format!("trials-before-{time}")))
    }

    /// Every proposal, in order.
    ///
    /// # Errors
    /// When one cannot be read or does not match its checksum.
    pub fn all(folder: &SweepFolder) -> Result<Vec<Self>> {
        if !folder.trials().is_dir() {
            return Ok(Vec::new());
        }
        fs::list(&folder.trials())?.iter().map(|path| read_checked(path)).collect()
    }
}

/// The run that replaces one that ran out of memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Derived {
    /// The run that failed.
    pub from: String,
    /// The run that replaces it.
    pub run_id: String,
    /// Digest of that run.
    pub digest: String,
    /// Changed keys.
    pub changes: Settings,
    /// Why.
    pub because: Failure,
}

impl Derived {
    /// Writes it, unless there is one. Returns what is on disk then.
    ///
    /// # Errors
    /// When it cannot be written or read.
    pub fn keep(self, folder: &SweepFolder) -> Result<Self> {
        let path = folder.derived(&self.from);
        fs::create_folder(path.parent().unwrap_or(folder.root()))?;
        if fs::write_new(&path, checked_text(&self)?.as_bytes())? {
            return Ok(self);
        }
        read_checked(&path)
    }

    /// The replacement of a run, if it has one.
    ///
    /// # Errors
    /// When the file cannot be read or does not match its checksum.
    pub fn of(folder: &SweepFolder, run_id: &str) -> Result<Option<Self>> {
        read_if_there(&folder.derived(run_id))
    }
}

/// A request to try a failed cell again: failures before it do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RetryAsked {
    /// When.
    pub asked: DateTime<Utc>,
}

impl RetryAsked {
    /// Requests it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn ask(folder: &SweepFolder, run_id: &str) -> Result<()> {
        let path = folder.retry(run_id);
        fs::create_folder(path.parent().unwrap_or(folder.root()))?;
        write_checked(&path, &Self { asked: now() })
    }

    /// The request, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read or does not match its checksum.
    pub fn of(folder: &SweepFolder, run_id: &str) -> Result<Option<Self>> {
        read_if_there(&folder.retry(run_id))
    }
}

/// A request that the workers stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StopAsked {
    /// When.
    pub asked: DateTime<Utc>,
    /// By whom.
    pub by: Owner,
}

impl StopAsked {
    /// Asks every worker to stop.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn ask(folder: &SweepFolder) -> Result<()> {
        write_checked(&folder.stop(), &Self { asked: now(), by: Owner::this().clone() })
    }

    /// Whether there is a request. A file that cannot be read counts too.
    pub fn is_asked(folder: &SweepFolder) -> bool {
        folder.stop().exists()
    }

    /// Removes the request, for workers that start again.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn withdraw(folder: &SweepFolder) -> Result<()> {
        fs::remove_file(&folder.stop())
    }
}

fn read_if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if path.exists() { read_checked(path).map(Some) } else { Ok(None) }
}
