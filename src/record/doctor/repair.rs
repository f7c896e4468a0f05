//! [`repair`]: does what [`diagnose`](super::diagnose()) advises, on a run that no process works on.
//!
//! Does not know why a remedy is the right one.

use super::{
    super::{
        format::{STATUS, StatusFile, experiment_of, id_of, now},
        lock::{RunLock, live_status},
    },
    checkpoints::free,
    diagnose::{diagnose_among, examine},
    finding::{Finding, Remedy, Severity},
    surroundings::Surroundings,
};
use crate::base::{Fault, Result, checksum::write_checked, fs};
use std::path::{Path, PathBuf};

/// Folder under `runs` for runs that cannot be saved, and for copies of runs.
pub const QUARANTINE: &str = ".quarantine";

/// The result of a repair.
#[derive(Debug)]
pub struct Repaired {
    /// What was done.
    pub done: Vec<Finding>,
    /// What is still wrong.
    pub left: Vec<Finding>,
    /// Where the run lies now, when it could not be saved.
    pub quarantine: Option<PathBuf>,
}

/// Does what is safe about everything that [`diagnose`](super::diagnose()) finds, and moves a run
/// that cannot be saved, or is a copy of another, to `runs/.quarantine/<experiment>/<run-id>-<time>`.
///
/// # Errors
/// * when a living process works on the run: it is named
/// * when something cannot be written or moved
pub fn repair(dir: &Path) -> Result<Repaired> {
    repair_among(dir, &Surroundings::beside(dir))
}

/// As [`repair`], where it is known what lies beside the run. Of a link, the run that it leads to
/// is repaired.
///
/// # Errors
/// As [`repair`].
pub fn repair_among(dir: &Path, around: &Surroundings) -> Result<Repaired> {
    let dir = around.linked(dir).unwrap_or(dir);
    let before = live_status(dir);
    let is_alive = before.as_ref().is_ok_and(|status| status.alive);
    let found = diagnose_among(dir, around);
    if is_alive || found.iter().all(|finding| finding.remedy.is_none()) {
        return Ok(Repaired { done: Vec::new(), left: found, quarantine: None });
    }
    // Locked while it is repaired, and looked at again: something may have changed meanwhile.
    let lock = RunLock::take(dir)?;
    let found = examine(dir, before, around);
    if found.iter().any(|finding| finding.remedy == Some(Remedy::Quarantine)) {
        // Locked until it is moved, so that no process starts to write to it.
        let place = quarantine(dir)?;
        lock.release();
        let is_reason = |finding: &Finding| {
            finding.severity == Severity::Trouble || finding.remedy == Some(Remedy::Quarantine)
        };
        let done = found.into_iter().filter(is_reason).collect();
        return Ok(Repaired { done, left: Vec::new(), quarantine: Some(place) });
    }
    let mut done = Vec::new();
    for finding in found {
        if let Some(remedy) = &finding.remedy {
            lock.check()?;
            apply(dir, &dir.join(&finding.file), remedy)?;
            done.push(finding);
        }
    }
    lock.release();
    Ok(Repaired { done, left: diagnose_among(dir, around), quarantine: None })
}

fn apply(dir: &Path, path: &Path, remedy: &Remedy) -> Result<()> {
    let keep = |aside: &Option<String>| match aside {
        Some(name) => fs::write_atomic(&path.with_file_name(name), &fs::read(path)?),
        None => Ok(()),
    };
    match remedy {
        Remedy::Remove if path.is_dir() => fs::remove_folder(path),
        Remedy::Remove => fs::remove_file(path),
        Remedy::SetAside { name } => fs::rename(path, &path.with_file_name(name)),
        Remedy::Cut { bytes, aside } => {
            keep(aside)?;
            forget_end(dir, path)?;
            fs::truncate(path, *bytes)
        }
        Remedy::Rewrite { text, aside } => {
            keep(aside)?;
            fs::write_atomic(path, text.as_bytes())
        }
        // The whole run goes, or nothing does: see above.
        Remedy::Quarantine => Ok(()),
    }
}

/// A log that is cut no longer has the bytes that the status of a stopped run names.
fn forget_end(dir: &Path, log: &Path) -> Result<()> {
    let mut status = StatusFile::read(dir)?;
    let name = log.file_name().unwrap_or_default().to_string_lossy();
    if status.files.remove(name.as_ref()).is_none() {
        return Ok(());
    }
    write_checked(&dir.join(STATUS), &status)
}

/// Moves a run out of the way, whole.
fn quarantine(dir: &Path) -> Result<PathBuf> {
    let runs = dir.parent().and_then(Path::parent).ok_or_else(|| {
        Fault::new(format!("`{}` does not lie in a folder of runs", dir.display()))
    })?;
    let folder = runs.join(QUARANTINE).join(experiment_of(dir));
    fs::create_folder(&folder)?;
    let name = format!("{}-{}", id_of(dir), now().format("%Y%m%d-%H%M%S"));
    let place = folder.join(free(&folder.join(&name), &name));
    fs::rename(dir, &place)?;
    Ok(place)
}
