//! How much of a disk is taken and free: [`free_bytes`], [`tree_bytes`].
//!
//! Knows nothing of what the bytes are for.

use super::files::io_error;
use crate::base::{Fault, Result};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Bytes that may still be written to the file system of `path`, which need not exist yet: the
/// nearest folder above it counts.
///
/// # Errors
/// When the file system does not say.
pub fn free_bytes(path: &Path) -> Result<u64> {
    let path = std::path::absolute(path).map_err(|error| io_error("find", path, &error))?;
    let standing = path.ancestors().find(|folder| folder.exists()).unwrap_or(&path);
    let stat = rustix::fs::statvfs(standing).map_err(|error| {
        Fault::new(format!("cannot see the free space of `{}`", standing.display()))
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

/// Entries of a folder in name order, hidden ones too.
///
/// # Errors
/// When the folder cannot be listed.
pub fn list_all(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).map_err(|error| io_error("list", path, &error))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|error| io_error("list", path, &error))?;
    paths.sort();
    Ok(paths)
}

/// A number of bytes as people read it, such as `3.2 MB`.
pub fn shown_bytes(n_bytes: u64) -> String {
    let mut size = n_bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        // Below, rounding would show a thousand of the unit.
        if size < 999.95 {
            let n_decimals = usize::from(unit != "B");
            return format!("{size:.n_decimals$} {unit}");
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::{create_folder, write_atomic};

    #[test]
    fn bytes_keep_one_decimal() {
        let numbers = [0, 999, 1000, 12_345, 999_960, 20_000_000_000, 3_000_000_000_000];
        let expected = ["0 B", "999 B", "1.0 kB", "12.3 kB", "1.0 MB", "20.0 GB", "3.0 TB"];
        assert_eq!(numbers.map(shown_bytes), expected);
    }

    #[test]
    fn a_tree_is_as_large_as_its_files_and_hidden_ones_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        create_folder(&folder.path().join("a/b")).unwrap();
        write_atomic(&folder.path().join("a/b/one"), &[0; 300]).unwrap();
        write_atomic(&folder.path().join("a/.two"), &[0; 50]).unwrap();
        assert_eq!(tree_bytes(folder.path()), 350);
        assert_eq!(tree_bytes(&folder.path().join("none")), 0);
        assert_eq!(list_all(&folder.path().join("a")).unwrap().len(), 2);
        assert!(free_bytes(&folder.path().join("not/there/yet")).unwrap() > 0);
    }
}
