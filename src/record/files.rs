//! `files.json`: what the files of a run that never change must be.
//!
//! Does not know what they say.

use super::format::{FILES, FORMAT};
use crate::base::{
    Fault, Place, Result,
    checksum::{FileHash, checked_text, read_checked},
    fs,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

#[derive(Debug, Serialize, Deserialize)]
struct Files {
    format: u32,
    files: BTreeMap<String, FileHash>,
}

/// Writes files into a folder that has no readers yet, and `files.json` beside them.
///
/// # Errors
/// When one cannot be written.
pub(super) fn write_immutable(dir: &Path, contents: &[(&str, Vec<u8>)]) -> Result<()> {
    let mut files = BTreeMap::new();
    for (name, bytes) in contents {
        fs::write_synced(&dir.join(name), bytes)?;
        files.insert((*name).to_owned(), FileHash::of_bytes(bytes));
    }
    let text = checked_text(&Files { format: FORMAT, files })?;
    fs::write_synced(&dir.join(FILES), text.as_bytes())
}

/// What the files that never change must be, by name.
///
/// # Errors
/// When `files.json` is missing, altered or cannot be understood.
pub(super) fn immutable(dir: &Path) -> Result<BTreeMap<String, FileHash>> {
    read_checked::<Files>(&dir.join(FILES)).map(|files| files.files)
}

/// Whether the files that never change are what they were.
///
/// # Errors
/// When one is missing or altered: it is named, and all of them are.
pub(super) fn verify_immutable(dir: &Path) -> Result<()> {
    let mut faults = Vec::new();
    for (name, expected) in &immutable(dir)? {
        faults.extend(fault(&dir.join(name), expected));
    }
    crate::base::Error::unless_empty(faults)
}

/// What is wrong with a file whose bytes are known.
pub(super) fn fault(path: &Path, expected: &FileHash) -> Option<Fault> {
    let found = match FileHash::of_file(path) {
        Ok(found) => found,
        Err(error) => return error.faults.into_iter().next(),
    };
    let reason = expected.differs(&found)?;
    let fault = Fault::new(format!("`{}` is not as it was written", path.display()));
    Some(
        fault
            .at(Place::file(path))
            .detail(reason)
            .hint("restore the file from a copy, or see what `seglab doctor` says"),
    )
}
