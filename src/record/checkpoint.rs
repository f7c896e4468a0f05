//! Checkpoints: folders `checkpoints/<epoch>/` that are whole and hashed, or not there.
//!
//! [`commit`] writes one, [`point`] names the best and the last, [`resolve`] finds and verifies
//! one, [`retain`] removes those that nobody names.
//!
//! Knows nothing of what a checkpoint holds.

use super::{
    format::{FORMAT, MANIFEST, read_json, to_json},
    seal::hash_file,
};
use crate::{
    error::{Error, Fault, Place, Result},
    fs,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A checkpoint with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointer {
    /// Best monitored score.
    Best,
    /// Newest.
    Last,
}

impl Pointer {
    /// Name of the pointer's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Last => "last",
        }
    }
}

/// `MANIFEST.json`: what a checkpoint's files must be.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    epoch: usize,
    files: BTreeMap<String, FileHash>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct FileHash {
    bytes: u64,
    blake3: String,
}

/// Writes the checkpoint of an epoch: `write` fills a folder aside, every file is hashed into
/// `MANIFEST.json` and synced, and the folder is moved into place. An older checkpoint of the
/// same epoch goes only then. Returns the checkpoint's folder.
///
/// # Errors
/// When `write` fails or a file cannot be written; what stood before then still stands.
pub fn commit(
    checkpoints: &Path,
    epoch: usize,
    write: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let (place, old) = (folder(checkpoints, epoch), replaced(checkpoints, epoch));
    restore(checkpoints, epoch)?;
    let aside = checkpoints.join(format!(".{epoch}.tmp"));
    fs::remove_folder(&aside)?;
    fs::create_folder(&aside)?;
    write(&aside)?;
    let manifest = Manifest { format: FORMAT, epoch, files: hash_files(&aside)? };
    fs::write_synced(&aside.join(MANIFEST), to_json(&manifest)?.as_bytes())?;
    fs::sync_folder(&aside);
    if place.exists() {
        fs::remove_folder(&old)?;
        fs::rename(&place, &old)?;
    }
    fs::rename(&aside, &place)?;
    fs::sync_folder(checkpoints);
    fs::remove_folder(&old)?;
    Ok(place)
}

/// Names the checkpoint of `epoch` as best or last.
///
/// # Errors
/// When the pointer cannot be written; the old one then still stands.
pub fn point(checkpoints: &Path, pointer: Pointer, epoch: usize) -> Result<()> {
    fs::write_atomic(&checkpoints.join(pointer.name()), format!("{epoch}\n").as_bytes())
}

/// Folder of the best or last checkpoint, once every file in it matches its hash.
///
/// # Errors
/// * when there is no such checkpoint
/// * when a file of it is missing or altered: all are listed
pub fn resolve(checkpoints: &Path, pointer: Pointer) -> Result<PathBuf> {
    let epoch = pointed(checkpoints, pointer)?.ok_or_else(|| {
        Fault::new(format!(
            "there is no {} checkpoint in `{}`",
            pointer.name(),
            checkpoints.display()
        ))
        .hint("the run has not come to the end of an epoch; run it again")
    })?;
    restore(checkpoints, epoch)?;
    let place = folder(checkpoints, epoch);
    verify(&place)?;
    Ok(place)
}

/// Removes every checkpoint that is neither best nor last.
///
/// # Errors
/// When a pointer cannot be read or a folder not removed.
pub fn retain(checkpoints: &Path) -> Result<()> {
    let kept = [pointed(checkpoints, Pointer::Best)?, pointed(checkpoints, Pointer::Last)?];
    for path in fs::list(checkpoints)? {
        let epoch = path.file_name().and_then(|name| name.to_str()?.parse::<usize>().ok());
        if epoch.is_some() && !kept.contains(&epoch) {
            fs::remove_folder(&path)?;
        }
    }
    Ok(())
}

fn folder(checkpoints: &Path, epoch: usize) -> PathBuf {
    checkpoints.join(epoch.to_string())
}

fn replaced(checkpoints: &Path, epoch: usize) -> PathBuf {
    checkpoints.join(format!(".{epoch}.old"))
}

/// Brings a replaced checkpoint back when its replacement never arrived.
fn restore(checkpoints: &Path, epoch: usize) -> Result<()> {
    let (place, old) = (folder(checkpoints, epoch), replaced(checkpoints, epoch));
    if old.exists() && !place.exists() { fs::rename(&old, &place) } else { Ok(()) }
}

fn pointed(checkpoints: &Path, pointer: Pointer) -> Result<Option<usize>> {
    let path = checkpoints.join(pointer.name());
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_text(&path)?;
    let epoch = text.trim().parse().map_err(|error| {
        Fault::new(format!("pointer `{}` does not name an epoch", path.display())).caused_by(&error)
    })?;
    Ok(Some(epoch))
}

/// Hashes and syncs every file of a checkpoint but its manifest.
fn hash_files(place: &Path) -> Result<BTreeMap<String, FileHash>> {
    let mut files = BTreeMap::new();
    for path in fs::list(place)?.into_iter().filter(|path| !path.ends_with(MANIFEST)) {
        let file = fs::open(&path)?;
        let bytes = file
            .sync_all()
            .and_then(|()| file.metadata())
            .map_err(|error| fs::io_error("sync", &path, &error))?
            .len();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(name, FileHash { bytes, blake3: hash_file(&path)? });
    }
    Ok(files)
}

fn verify(place: &Path) -> Result<()> {
    let manifest: Manifest = read_json(&place.join(MANIFEST))?;
    let mut fault = Fault::new(format!("checkpoint `{}` is damaged", place.display()))
        .at(Place::file(&place.join(MANIFEST)));
    for (name, expected) in &manifest.files {
        match hash_file(&place.join(name)) {
            Ok(found) if found == expected.blake3 => {}
            Ok(_) => fault = fault.detail(format!("`{name}` does not match its hash")),
            Err(_) => fault = fault.detail(format!("`{name}` cannot be read")),
        }
    }
    if fault.details.is_empty() {
        return Ok(());
    }
    Err(Error::run(fault.hint("restore the folder from a copy, or use another checkpoint")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit_text(checkpoints: &Path, epoch: usize, text: &str) -> PathBuf {
        commit(checkpoints, epoch, |place| {
            fs::write_synced(&place.join("model.bpk"), text.as_bytes())
        })
        .unwrap()
    }

    #[test]
    fn altered_checkpoint_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let place = commit_text(folder.path(), 3, "weights");
        point(folder.path(), Pointer::Best, 3).unwrap();
        assert_eq!(resolve(folder.path(), Pointer::Best).unwrap(), place);
        fs::write_atomic(&place.join("model.bpk"), b"wEights").unwrap();
        let error = resolve(folder.path(), Pointer::Best).unwrap_err();
        assert_eq!(error.faults[0].details, ["`model.bpk` does not match its hash"]);
    }

    #[test]
    fn failed_writer_leaves_the_old_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let place = commit_text(folder.path(), 3, "first");
        let failed = commit(folder.path(), 3, |_| Err(Fault::new("disk full").into()));
        assert!(failed.is_err());
        assert_eq!(fs::read_text(&place.join("model.bpk")).unwrap(), "first");
        commit_text(folder.path(), 3, "second");
        assert_eq!(fs::read_text(&place.join("model.bpk")).unwrap(), "second");
        assert_eq!(fs::list(folder.path()).unwrap(), [place]);
    }

    #[test]
    fn replaced_checkpoint_comes_back_after_a_kill_between_the_moves() {
        let folder = tempfile::tempdir().unwrap();
        let place = commit_text(folder.path(), 3, "first");
        point(folder.path(), Pointer::Last, 3).unwrap();
        fs::rename(&place, &replaced(folder.path(), 3)).unwrap();
        assert_eq!(resolve(folder.path(), Pointer::Last).unwrap(), place);
    }

    #[test]
    fn only_named_checkpoints_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for epoch in 1..=4 {
            commit_text(folder.path(), epoch, "weights");
        }
        point(folder.path(), Pointer::Best, 2).unwrap();
        point(folder.path(), Pointer::Last, 4).unwrap();
        retain(folder.path()).unwrap();
        let names: Vec<_> = fs::list(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["2", "4", "best", "last"]);
    }
}
