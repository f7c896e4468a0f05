//! [`commit`]: a checkpoint is written aside, hashed, synced, moved into place, named, and only
//! then do older ones go.
//!
//! Does not know what a checkpoint holds.

use super::{
    keep::{Pointer, kept_names},
    manifest::{LogLengths, Manifest, Position, folders, read_sound},
};
use crate::base::{Result, fs};
use std::path::{Path, PathBuf};

/// What is to be committed.
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    /// Folder of the checkpoints.
    pub(crate) checkpoints: &'a Path,
    pub(crate) position: Position,
    pub(crate) attempt: u32,
    /// Lengths of the logs, which are synced.
    pub(crate) logs: LogLengths,
    /// Keep the checkpoint of every so many epochs.
    pub(crate) keep_every: Option<usize>,
}

/// Writes a checkpoint: `write` fills a folder aside. `fence` is asked before each step that
/// others see. A sound checkpoint of the same position is left as it is.
///
/// # Errors
/// * when `write` fails or a file cannot be written; what was there before is still there
/// * when `fence` says that the run is another's
pub(crate) fn commit(
    request: &Commit<'_>,
    fence: &dyn Fn() -> Result<()>,
    write: &mut dyn FnMut(&Path) -> Result<()>,
) -> Result<()> {
    let Commit { checkpoints, position, .. } = *request;
    let place = checkpoints.join(position.name());
    if read_sound(&place).is_err() {
        let aside = aside(checkpoints, request.attempt);
        fs::remove_folder(&aside)?;
        fs::create_folder(&aside)?;
        let moved = write(&aside)
            .and_then(|()| Manifest::write(&aside, request.attempt, position, request.logs))
            .and_then(|_| {
                fs::sync_folder(&aside)?;
                fence()?;
                if place.exists() {
                    set_aside(&place)?;
                }
                fs::rename(&aside, &place)
            });
        if moved.is_err() {
            // Half a checkpoint only takes space; failing to remove it changes nothing.
            let _ = fs::remove_folder(&aside);
        }
        moved?;
    }
    // Also when it was there already: the process that moved it may have been killed before this.
    fs::sync_folder(checkpoints)?;
    fence()?;
    Pointer::Last.write(checkpoints, &position.name())?;
    if position.is_best() {
        fence()?;
        Pointer::Best.write(checkpoints, &position.name())?;
    }
    retain(request, fence)
}

/// Removes every checkpoint that nothing wants any more, and that is not another attempt's later
/// one: this process may have lost the run and not know it yet.
fn retain(request: &Commit<'_>, fence: &dyn Fn() -> Result<()>) -> Result<()> {
    let Commit { checkpoints, position, keep_every, attempt, .. } = *request;
    let kept = kept_names(checkpoints, position, keep_every)?;
    let is_older = |path: &PathBuf| {
        Manifest::read(path).is_ok_and(|found| {
            found.attempt <= attempt && found.position.order() < position.order()
        })
    };
    let is_free = |path: &PathBuf| !kept.contains(&fs::name(path)) && is_older(path);
    for path in folders(checkpoints)?.into_iter().filter(is_free) {
        // Out of sight first: a kill in the middle must not leave what looks like damage.
        let gone = gone(checkpoints, attempt);
        fs::remove_folder(&gone)?;
        fence()?;
        fs::rename(&path, &gone)?;
        fs::remove_folder(&gone)?;
    }
    Ok(())
}

/// Moves a checkpoint that must not be believed out of the way, to `damaged-NAME`.
///
/// # Errors
/// When it cannot be moved.
pub(super) fn set_aside(place: &Path) -> Result<PathBuf> {
    let damaged = format!("damaged-{}", fs::name(place));
    let mut names = std::iter::once(damaged.clone())
        .chain((2..).map(|number: usize| format!("{damaged}-{number}")));
    let free = names.find(|name| !place.with_file_name(name).exists()).unwrap_or(damaged);
    let aside = place.with_file_name(free);
    fs::rename(place, &aside)?;
    Ok(aside)
}

/// Removes what attempts before `attempt` left half written or half removed, as far as it can be.
pub(crate) fn remove_leftovers(checkpoints: &Path, attempt: u32) {
    for earlier in 1..attempt {
        // They only take space; a shared folder may hold on to files of a process still dying.
        let _ = fs::remove_folder(&aside(checkpoints, earlier));
        let _ = fs::remove_folder(&gone(checkpoints, earlier));
    }
}

// One name an attempt: an owner that lost the run and does not know it yet writes elsewhere.
fn aside(checkpoints: &Path, attempt: u32) -> PathBuf {
    checkpoints.join(format!(".attempt-{attempt}.tmp"))
}

fn gone(checkpoints: &Path, attempt: u32) -> PathBuf {
    checkpoints.join(format!(".attempt-{attempt}-gone.tmp"))
}
