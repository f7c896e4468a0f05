//! [`Stamp`]: what the file system says of a file, by which a later change of it is seen.
//!
//! Does not know what the file holds.

use super::{error::io_error, fault::now};
use crate::base::Result;
use serde::{Deserialize, Serialize};
use std::{fs, os::unix::fs::MetadataExt, path::Path, time::UNIX_EPOCH};

/// Two changes within this time can have equal times on a coarse file system.
const TICK_S: i64 = 2;

/// Size and times of a file.
///
/// A program can set the time of modification back after a change, but not that of the last change
/// of the file's entry (`ctime`), so both are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
    /// As `modified`.
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of the file that `path` leads to, through links.
    ///
    /// # Errors
    /// When it is not there.
    pub fn of(path: &Path) -> Result<Self> {
        let about = fs::metadata(path).map_err(|error| io_error("look at", path, &error))?;
        Ok(Self {
            size: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    }

    /// Whether the last change lies so far back that the next one will have another time.
    pub fn is_settled(&self) -> bool {
        let now = now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let newest = self.modified.0.max(self.changed.0);
        i64::try_from(now).is_ok_and(|now| newest.saturating_add(TICK_S) < now)
    }
}
