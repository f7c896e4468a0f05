//! [`ScanCache`]: what was found in the files of one data root, kept in a file, so that the next
//! process does not read files that did not change.
//!
//! A file counts as unchanged when its path, size, modification time and change time (`ctime`) are
//! those of the scan. A wrong entry cannot reach a result: a case that is loaded is compared with its
//! fingerprint.
//!
//! Does not know where cache files lie, or what labels mean.

use super::case::ScannedCase;
use crate::{
    base::fs::{self, Stamp},
    data::{layout::CaseFiles, nifti::files_of},
    spec::OrientationPolicy,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Raised whenever what is kept of a case changes or is worked out in another way.
const FORMAT: u32 = 3;

/// Whether files that did not change since an earlier process read them are read again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FileCache {
    /// Every file is read, and nothing is kept.
    #[default]
    Off,
    /// What this folder says of unchanged files is believed, and new files are added.
    Trusted(PathBuf),
    /// Every file is read, and the folder is written anew.
    Renewed(PathBuf),
}

/// What is known of the cases of one data root.
#[derive(Debug)]
pub(super) struct ScanCache {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    files: Vec<StampedFile>,
    case: ScannedCase,
}

/// A file of a case and its stamp.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StampedFile {
    /// Path from the data root.
    path: PathBuf,
    stamp: Stamp,
}

impl StampedFile {
    /// The files of a case; `None` when one cannot be looked at.
    pub(super) fn all_of(root: &Path, files: &CaseFiles) -> Option<Vec<Self>> {
        let paths = files_of(&files.image).into_iter().chain(files_of(&files.labels));
        paths
            .map(|path| {
                let stamp = Stamp::of(&path).ok()?;
                let path = path.strip_prefix(root).unwrap_or(&path).to_owned();
                Some(Self { path, stamp })
            })
            .collect()
    }
}

impl ScanCache {
    /// The cache of a data root; `None` when `cache` wants none. One that cannot be read, or is
    /// damaged, is empty.
    pub(super) fn open(cache: &FileCache, root: &Path, policy: OrientationPolicy) -> Option<Self> {
        let (folder, is_trusted) = match cache {
            FileCache::Off => return None,
            FileCache::Trusted(folder) => (folder, true),
            FileCache::Renewed(folder) => (folder, false),
        };
        let root = fs::canonical(root).ok()?;
        let name = format!("{}\0{policy:?}", root.display());
        let name = format!("data-{}.json", &blake3::hash(name.as_bytes()).to_hex()[..16]);
        let path = folder.join(name);
        let entries = if is_trusted { read(&path).unwrap_or_default() } else { BTreeMap::new() };
        Some(Self { path, entries })
    }

    /// What is known of a case whose files have these stamps.
    pub(super) fn get(&self, files: &CaseFiles, stamped: &[StampedFile]) -> Option<&ScannedCase> {
        let entry = self.entries.get(&files.id)?;
        (entry.files == stamped).then_some(&entry.case)
    }

    /// Adds cases that were just read, but for files that changed a moment ago: these may change
    /// again without another stamp.
    pub(super) fn keep(&mut self, cases: Vec<(String, Vec<StampedFile>, ScannedCase)>) {
        let mut is_changed = false;
        for (id, files, case) in cases {
            if files.iter().all(|file| file.stamp.is_settled()) {
                self.entries.insert(id, Entry { files, case });
                is_changed = true;
            }
        }
        if is_changed {
            // Without the file the next process reads the data again; nothing else is lost.
            let _ = self.write();
        }
    }

    fn write(&self) -> Option<()> {
        let json = serde_json::to_string(&self.entries).ok()?;
        fs::create_folder(self.path.parent()?).ok()?;
        fs::write_cache(&self.path, format!("{}\n{json}", checksum(&json)).as_bytes()).ok()
    }
}

fn read(path: &Path) -> Option<BTreeMap<String, Entry>> {
    let text = fs::read_text(path).ok()?;
    let (first, json) = text.split_once('\n')?;
    if first != checksum(json) {
        return None;
    }
    serde_json::from_str(json).ok()
}

/// Of the format and the text: what an older seglab wrote is not read.
fn checksum(json: &str) -> String {
    let program = env!("CARGO_PKG_VERSION");
    blake3::hash(format!("{FORMAT} {program}\n{json}").as_bytes()).to_hex().to_string()
}
