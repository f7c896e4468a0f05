//! [`choose`]: the newest checkpoint that an attempt can go on from.
//!
//! It is whole, the logs still have what was in them when it was made, and its best epoch's
//! checkpoint is whole too. What is newer is set aside with a note, never removed.
//!
//! Does not know what a checkpoint holds.

use super::{
    commit::set_aside,
    keep::{Pointer, newest_first},
    manifest::{Manifest, folders, read_sound},
};
use crate::{
    base::{Error, Result, fs},
    record::lines::LogFile,
};
use std::path::{Path, PathBuf};

/// A sound checkpoint, if there is one.
pub(crate) type Chosen = Option<(PathBuf, Manifest)>;

/// The checkpoint to go on from, if there is one, and notes on those that were set aside. The
/// pointers are corrected to it.
///
/// # Errors
/// When a folder cannot be listed or moved.
pub(crate) fn choose(checkpoints: &Path, events: &LogFile) -> Result<(Chosen, Vec<String>)> {
    let mut notes = Vec::new();
    for path in folders(checkpoints)? {
        if let Err(error) = Manifest::read(&path) {
            notes.push(put_away(&path, &reasons(&error))?);
        }
    }
    let mut chosen = None;
    for (path, manifest) in newest_first(checkpoints)? {
        if !path.exists() {
            // It was set aside as the damaged best of a newer one.
            continue;
        }
        let Some(reason) = unusable(checkpoints, &path, &manifest, events, &mut notes)? else {
            chosen = Some((path, manifest));
            break;
        };
        notes.push(put_away(&path, &reason)?);
    }
    let position = chosen.as_ref().map(|(_, manifest)| manifest.position);
    Pointer::Last.correct(checkpoints, position.map(|position| position.name()))?;
    Pointer::Best.correct(checkpoints, position.and_then(|position| position.name_of_best()))?;
    Ok((chosen, notes))
}

/// Why nothing can go on from a checkpoint.
fn unusable(
    checkpoints: &Path,
    path: &Path,
    manifest: &Manifest,
    events: &LogFile,
    notes: &mut Vec<String>,
) -> Result<Option<String>> {
    if !events.holds(manifest.logs.events) {
        return Ok(Some("the log no longer has the lines from before it".to_owned()));
    }
    if let Err(error) = manifest.verify(path) {
        return Ok(Some(reasons(&error)));
    }
    let Some(best) = manifest.position.name_of_best().filter(|best| *best != fs::name(path)) else {
        return Ok(None);
    };
    let best = checkpoints.join(best);
    let Err(error) = read_sound(&best) else { return Ok(None) };
    if best.exists() {
        notes.push(put_away(&best, &reasons(&error))?);
    }
    Ok(Some(format!("its best epoch's checkpoint `{}` cannot be used", fs::name(&best))))
}

fn put_away(path: &Path, reason: &str) -> Result<String> {
    let aside = set_aside(path)?;
    Ok(format!("checkpoint `{}` is renamed to `{}`: {reason}", path.display(), fs::name(&aside)))
}

fn reasons(error: &Error) -> String {
    let reason = error.faults.iter().map(|fault| {
        let parts = if fault.details.is_empty() { &fault.causes } else { &fault.details };
        if parts.is_empty() { fault.message.clone() } else { parts.join(", ") }
    });
    reason.collect::<Vec<_>>().join("; ")
}
