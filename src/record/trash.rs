//! [`discard`]: runs that are thrown away lie in `runs/.trash/<time>/<experiment>/<run-id>` until
//! the trash is emptied.
//!
//! Does not know what could go of a run that stays.

use super::{
    format::{experiment_of, id_of},
    gc::{Item, is_older, item},
    lock::{RunLock, live_status},
};
use crate::base::{Error, ErrorCode, Fault, Result, fs};
use chrono::{DateTime, Utc};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Folder of what was thrown away; hidden, so that no list of experiments shows it.
pub const TRASH: &str = ".trash";

/// Moves a run directory into the trash of `runs`, from where moving it back restores it. Returns
/// where it lies now.
///
/// # Errors
/// * when a process is working on the run
/// * when it cannot be moved; it then stays where it was
pub fn discard(runs: &Path, dir: &Path) -> Result<PathBuf> {
    // Locked while it is moved. On a full disk it cannot be locked; then its status must do.
    let lock = match RunLock::take(dir) {
        Err(Error { code: ErrorCode::InUse, faults }) => {
            return Err(Error { code: ErrorCode::Request, faults });
        }
        lock => lock.ok(),
    };
    // A run that cannot be read may be thrown away like any other.
    if lock.is_none()
        && let Some(standing) = live_status(dir).ok().filter(|standing| standing.alive)
    {
        let owner =
            standing.owner.map_or_else(String::new, |owner| format!(" by {}", owner.name()));
        let fault = Fault::new(format!("run `{}` is being worked on{owner}", id_of(dir)));
        return Err(fault.hint("stop it first").into());
    }
    let time = DateTime::<Utc>::from(fs::now()).format("%Y-%m-%dT%H-%M-%S");
    let trash = runs.join(TRASH);
    let mut folders = std::iter::once(trash.join(time.to_string()))
        .chain((2..).map(|number: usize| trash.join(format!("{time}-{number}"))))
        .map(|folder| folder.join(experiment_of(dir)));
    let free = folders.find(|folder| !folder.join(id_of(dir)).exists());
    let folder = free.unwrap_or_else(|| trash.clone());
    fs::create_folder(&folder)?;
    let place = folder.join(id_of(dir));
    fs::rename(dir, &place)?;
    drop(lock);
    Ok(place)
}

/// What lies in the trash of `runs`, one item a time of throwing away; `older_than` leaves out
/// what was thrown away since.
///
/// # Errors
/// When the trash cannot be listed.
pub fn discarded(runs: &Path, older_than: Option<Duration>) -> Result<Vec<Item>> {
    let trash = runs.join(TRASH);
    if !trash.is_dir() {
        return Ok(Vec::new());
    }
    let mut items = Vec::new();
    for path in fs::list(&trash)? {
        let modified = fs::modified(&path)?;
        if older_than.is_none_or(|age| is_older(modified, age)) {
            items.push(item(path, "thrown away"));
        }
    }
    Ok(items)
}
