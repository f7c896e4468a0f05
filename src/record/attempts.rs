//! [`attempts`]: who claimed a run, one [`AttemptRecord`] an attempt.
//!
//! Does not know what the attempts did, or of whether their processes live.

use super::{format::ATTEMPTS, lock::Owner};
use crate::base::{Result, checksum::read_checked, fs};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// One attempt's claim on a run, as `attempts/NNNN.json` has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AttemptRecord {
    /// From 1.
    pub attempt: u32,
    /// When it was made; `None` when the file is damaged.
    pub started: Option<DateTime<Utc>>,
    /// The process; `None` when the file is damaged.
    pub owner: Option<Owner>,
    /// What the scheduler called the job, by the variable's name.
    #[serde(default)]
    pub job: BTreeMap<String, String>,
}

/// Who claimed a run, in order of the attempts. A damaged claim is there with its number alone.
///
/// # Errors
/// When the folder of attempts cannot be listed.
pub fn attempts(dir: &Path) -> Result<Vec<AttemptRecord>> {
    let folder = dir.join(ATTEMPTS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let numbered = |path: PathBuf| {
        let attempt = path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()?;
        let claimed = read_checked::<AttemptRecord>(&path).ok();
        let known = claimed.filter(|claimed| claimed.attempt == attempt);
        Some(known.unwrap_or(AttemptRecord { attempt, ..AttemptRecord::default() }))
    };
    let mut claimed: Vec<AttemptRecord> =
        fs::list(&folder)?.into_iter().filter_map(numbered).collect();
    claimed.sort_by_key(|claimed| claimed.attempt);
    Ok(claimed)
}

#[cfg(test)]
mod tests {
    use super::{super::RunLock, *};

    #[test]
    fn claims_are_read_in_order_and_a_damaged_one_keeps_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert_eq!(attempts(dir).unwrap(), []);
        for _ in 0..2 {
            RunLock::take(dir).unwrap().release();
        }
        fs::truncate(&dir.join(ATTEMPTS).join("0001.json"), 40).unwrap();
        let found = attempts(dir).unwrap();
        assert_eq!(found[0], AttemptRecord { attempt: 1, ..AttemptRecord::default() });
        assert_eq!(found[1].attempt, 2);
        assert_eq!(found[1].owner.as_ref().unwrap().pid, std::process::id());
        assert!(found[1].started.is_some());
    }
}
