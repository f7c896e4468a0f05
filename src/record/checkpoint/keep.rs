//! [`checkpoints`], [`last`] and [`best`]: which checkpoints are there, for any reader; and which of
//! them are kept.
//!
//! Does not know what a checkpoint holds.

use super::manifest::{Manifest, Position, folders, read_sound};
use crate::{
    base::{
        Fault, Result,
        checksum::{read_checked, write_checked},
        fs,
    },
    record::format::{BEST, CHECKPOINTS, LAST},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// A checkpoint on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Its folder.
    pub path: PathBuf,
    /// Its training position; `None` when its manifest cannot be read.
    pub position: Option<Position>,
    /// Bytes of its files, as the manifest has them.
    pub bytes: u64,
    /// Whether the newest checkpoint calls it the best.
    pub is_best: bool,
    /// Whether it is the newest.
    pub is_last: bool,
}

/// Checkpoints of a run directory, oldest first. No hash is looked at; those whose manifest
/// cannot be read come first.
///
/// # Errors
/// When the folder cannot be listed.
pub fn checkpoints(dir: &Path) -> Result<Vec<StoredCheckpoint>> {
    let (mut kept, newest) = (Vec::new(), newest(&dir.join(CHECKPOINTS))?);
    for path in folders(&dir.join(CHECKPOINTS))? {
        let manifest = Manifest::read(&path).ok();
        let name = Some(fs::name(&path));
        let of_newest = newest.as_ref().map(|(_, manifest)| manifest.position);
        kept.push(StoredCheckpoint {
            position: manifest.as_ref().map(|manifest| manifest.position),
            bytes: manifest.as_ref().map_or(0, Manifest::bytes),
            is_best: name == of_newest.and_then(|position| position.name_of_best()),
            is_last: name == of_newest.map(|position| position.name()),
            path,
        });
    }
    kept.sort_by_key(|kept| kept.position.map(|position| position.order()));
    Ok(kept)
}

/// The newest checkpoint of a run directory, once every file in it matches its hash.
///
/// # Errors
/// When there is none, or it is damaged: all its files that are are named.
pub fn last(dir: &Path) -> Result<(PathBuf, Position)> {
    let (path, manifest) = newest(&dir.join(CHECKPOINTS))?.ok_or_else(|| none("last", dir))?;
    manifest.verify(&path).map(|()| (path, manifest.position))
}

/// The best checkpoint of a run directory, once every file in it matches its hash: the one that
/// the newest calls so, whatever the pointer says.
///
/// # Errors
/// When there is none, or it is damaged: all its files that are are named.
pub fn best(dir: &Path) -> Result<(PathBuf, Position)> {
    let newest = newest(&dir.join(CHECKPOINTS))?;
    let name = newest.and_then(|(_, manifest)| manifest.position.name_of_best());
    let path = dir.join(CHECKPOINTS).join(name.ok_or_else(|| none("best", dir))?);
    read_sound(&path).map(|manifest| (path, manifest.position))
}

fn none(which: &str, dir: &Path) -> Fault {
    Fault::new(format!("run `{}` has no {which} checkpoint", dir.display()))
        .hint("it has not finished an epoch yet; run it again")
}

/// Readable manifests with their folders, newest first.
pub(super) fn newest_first(checkpoints: &Path) -> Result<Vec<(PathBuf, Manifest)>> {
    let read = |path: PathBuf| Manifest::read(&path).ok().map(|manifest| (path, manifest));
    let mut found: Vec<_> = folders(checkpoints)?.into_iter().filter_map(read).collect();
    found.sort_by_key(|(_, manifest)| std::cmp::Reverse(manifest.position.order()));
    Ok(found)
}

fn newest(checkpoints: &Path) -> Result<Option<(PathBuf, Manifest)>> {
    Ok(newest_first(checkpoints)?.into_iter().next())
}

/// Names of the checkpoints that stay once `last` is there: it and its best; the newest before it
/// with its best, should `last` turn out damaged; and those of every `keep_every` epochs.
pub(super) fn kept_names(
    checkpoints: &Path,
    last: Position,
    keep_every: Option<usize>,
) -> Result<BTreeSet<String>> {
    let mut kept: BTreeSet<String> = last.name_of_best().into_iter().chain([last.name()]).collect();
    let older = newest_first(checkpoints)?;
    let older = older.iter().filter(|(_, manifest)| manifest.position.order() < last.order());
    let mut before = None;
    for (path, Manifest { position, .. }) in older.clone() {
        if keep_every
            .is_some_and(|every| position.batches == 0 && position.epoch % every.max(1) == 0)
        {
            kept.insert(fs::name(path));
        }
    }
    for (path, manifest) in older {
        let best = manifest.position.name_of_best();
        let has_best = best.as_ref().is_none_or(|best| checkpoints.join(best).is_dir());
        if before.is_none() && has_best && manifest.looks_whole(path) {
            kept.extend(best);
            before = Some(fs::name(path));
        }
    }
    kept.extend(before);
    Ok(kept)
}

/// Makes the pointers beside a checkpoint name the newest of the others and its best. Anything
/// else than a checkpoint is nothing to them.
///
/// # Errors
/// When the folder cannot be listed or a pointer not be written.
pub(crate) fn point_past(place: &Path) -> Result<()> {
    let Some(folder) = place.parent().filter(|_| Manifest::read(place).is_ok()) else {
        return Ok(());
    };
    let others = newest_first(folder)?.into_iter().filter(|(path, _)| path != place);
    let newest = others.map(|(_, manifest)| manifest.position).next();
    Pointer::Last.correct(folder, newest.map(|position| position.name()))?;
    Pointer::Best.correct(folder, newest.and_then(|position| position.name_of_best()))
}

/// A file that names a checkpoint, for people and their scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pointer {
    Best,
    Last,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct PointerFile {
    checkpoint: String,
}

impl Pointer {
    fn file(self) -> &'static str {
        match self {
            Self::Best => BEST,
            Self::Last => LAST,
        }
    }

    /// Makes the pointer name a checkpoint.
    ///
    /// # Errors
    /// When it cannot be written; the old one is then still there.
    pub(super) fn write(self, checkpoints: &Path, name: &str) -> Result<()> {
        write_checked(&checkpoints.join(self.file()), &PointerFile { checkpoint: name.to_owned() })
    }

    /// Makes the pointer name a checkpoint or none, unless it does so already.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn correct(self, checkpoints: &Path, name: Option<String>) -> Result<()> {
        let path = checkpoints.join(self.file());
        match name {
            None => fs::remove_file(&path),
            Some(name) => match read_checked::<PointerFile>(&path) {
                Ok(pointed) if pointed.checkpoint == name => Ok(()),
                _ => self.write(checkpoints, &name),
            },
        }
    }
}
