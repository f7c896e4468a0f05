//! How much of a disk is taken and free: [`free_bytes`], [`tree_bytes`].
//!
//! Does not know what the bytes are for.

use super::error::io_error;
use crate::base::{Fault, Result};
use std::{fs, io, path::Path, time::SystemTime};

/// Bytes that may still be written to the file system of `path`, which need not exist yet: the
/// nearest folder above it counts.
///
/// # Errors
/// When the file system does not say.
pub fn free_bytes(path: &Path) -> Result<u64> {
    let path = std::path::absolute(path).map_err(|error| io_error("find", path, &error))?;
    let existing = path.ancestors().find(|folder| folder.exists()).unwrap_or(&path);
    let stat = rustix::fs::statvfs(existing).map_err(|error| {
        Fault::new(format!("cannot see the free space of `{}`", existing.display()))
            .caused_by(&io::Error::from(error))
    })?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Bytes of a file, or of all files in a folder and below; links are not followed, and what goes
/// away meanwhile counts as nothing.
pub fn tree_bytes(path: &Path) -> u64 {
    let Ok(about) = fs::symlink_metadata(path) else { return 0 };
    if !about.is_dir() {
        return about.len();
    }
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries.flatten().map(|entry| tree_bytes(&entry.path())).sum()
}

/// When a file, or the list of names in a folder, was last changed.
///
/// # Errors
/// When it is not there.
pub fn modified(path: &Path) -> Result<SystemTime> {
    fs::symlink_metadata(path)
        .and_then(|about| about.modified())
        .map_err(|error| io_error("look at", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::{create_folder, write_atomic};

    #[test]
    fn a_tree_is_as_large_as_its_files() {
        let folder = tempfile::tempdir().unwrap();
        create_folder(&folder.path().join("a/b")).unwrap();
        write_atomic(&folder.path().join("a/b/one"), &[0; 300]).unwrap();
        write_atomic(&folder.path().join("a/.two"), &[0; 50]).unwrap();
        assert_eq!(tree_bytes(folder.path()), 350);
        assert_eq!(tree_bytes(&folder.path().join("none")), 0);
        assert!(free_bytes(&folder.path().join("not/there/yet")).unwrap() > 0);
    }
}
