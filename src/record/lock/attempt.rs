//! [`Attempt`]: one process's claim on a run, `attempts/NNNN.json`, made once and never changed.
//!
//! Does not know whether the process still lives.

use super::{super::format::ATTEMPTS, owner::Owner};
use crate::base::{
    Result,
    checksum::{checked_text, read_checked},
    fs,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

/// Variables by which schedulers name a job. Others are never looked at: they may hold secrets.
const JOB_VARIABLES: [&str; 6] = [
    "SLURM_JOB_ID",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_RESTART_COUNT",
    "PBS_JOBID",
    "LSB_JOBID",
];

/// One process's claim on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Attempt {
    /// From 1.
    #[serde(rename = "attempt")]
    pub(super) number: u32,
    /// When it was made.
    pub(super) started: DateTime<Utc>,
    /// By whom.
    pub(super) owner: Owner,
    /// What the scheduler calls the job, by the variable's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) job: BTreeMap<String, String>,
}

impl Attempt {
    /// The claim of `owner`, not yet made.
    pub(super) fn new(number: u32, started: DateTime<Utc>, owner: Owner) -> Self {
        let named = |name: &&str| Some(((*name).to_owned(), env::var(name).ok()?));
        Self { number, started, owner, job: JOB_VARIABLES.iter().filter_map(named).collect() }
    }

    /// Makes the claim, unless another has the number. Whether it is made.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn claim(&self, dir: &Path) -> Result<bool> {
        fs::create_folder(&dir.join(ATTEMPTS))?;
        fs::write_new(&path(dir, self.number), checked_text(self)?.as_bytes())
    }

    /// The claim of a number.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub(super) fn read(dir: &Path, number: u32) -> Result<Self> {
        read_checked(&path(dir, number))
    }
}

/// File of an attempt.
pub(super) fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join(ATTEMPTS).join(format!("{number:04}.json"))
}

/// The newest number, damaged or not; 0 when no process has claimed the run.
///
/// # Errors
/// When the folder cannot be listed.
pub(super) fn newest(dir: &Path) -> Result<u32> {
    let folder = dir.join(ATTEMPTS);
    if !folder.is_dir() {
        return Ok(0);
    }
    let number = |path: PathBuf| path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok();
    Ok(fs::list(&folder)?.into_iter().filter_map(number).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{super::environment::fake, *};

    #[test]
    fn a_number_is_given_once_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert_eq!(newest(dir).unwrap(), 0);
        let first = Attempt::new(1, "2026-03-01T12:00:00Z".parse().unwrap(), fake::owner());
        assert!(first.claim(dir).unwrap());
        let mut other = first.clone();
        other.owner.pid = 101;
        assert!(!other.claim(dir).unwrap());
        assert_eq!(Attempt::read(dir, 1).unwrap(), first);
        for number in [9_999, 10_000] {
            assert!(Attempt { number, ..first.clone() }.claim(dir).unwrap());
            assert_eq!(newest(dir).unwrap(), number, "more than four digits sort behind");
        }
    }

    #[test]
    fn a_damaged_attempt_still_counts() {
        let folder = tempfile::tempdir().unwrap();
        let first = Attempt::new(1, "2026-03-01T12:00:00Z".parse().unwrap(), fake::owner());
        first.claim(folder.path()).unwrap();
        fs::truncate(&path(folder.path(), 1), 30).unwrap();
        assert!(Attempt::read(folder.path(), 1).is_err());
        assert_eq!(newest(folder.path()).unwrap(), 1);
    }
}
