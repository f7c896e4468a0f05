//! [`record_failure`]: the final status of a run whose process could not write it.
//!
//! Does not know how anybody found out.

use super::{
    format::{Failure, STATUS, Status, StatusFile, now},
    lock::RunLock,
};
use crate::base::{Result, checksum::write_checked};
use std::path::Path;

/// Writes why a run ended, when its process is gone and did not write it. A run that has ended in
/// good order meanwhile is left alone. Whether it was written.
///
/// # Errors
/// * when a living process works on the run: it is named
/// * when the status cannot be read or written
pub fn record_failure(dir: &Path, failure: Failure) -> Result<bool> {
    let lock = RunLock::take(dir)?;
    let before = StatusFile::read(dir)?;
    let is_open = matches!(before.status, Status::Queued | Status::Running);
    if is_open {
        lock.check_place()?;
        let status = Status::Failed(failure);
        write_checked(&dir.join(STATUS), &StatusFile { status, updated: now(), ..before })?;
    }
    lock.release();
    Ok(is_open)
}
