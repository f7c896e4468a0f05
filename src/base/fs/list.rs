//! [`list`], [`list_all`], [`list_folders`]: what is in a folder, in name order; [`link_target`].
//!
//! Does not know what the names mean.

use super::error::io_error;
use crate::base::Result;
use std::{
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

/// Entries of a folder in name order; hidden ones (a leading dot) are left out.
///
/// # Errors
/// When the folder cannot be listed.
pub fn list(path: &Path) -> Result<Vec<PathBuf>> {
    entries(path, |entry| !is_hidden(entry))
}

/// Entries of a folder in name order, hidden ones too.
///
/// # Errors
/// When the folder cannot be listed.
pub fn list_all(path: &Path) -> Result<Vec<PathBuf>> {
    entries(path, |_| true)
}

/// The folders among the entries of [`list`], without a look at the disk for each of them.
///
/// # Errors
/// As [`list`].
pub fn list_folders(path: &Path) -> Result<Vec<PathBuf>> {
    let is_folder = |entry: &DirEntry| match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind.is_dir(),
        _ => entry.path().is_dir(),
    };
    entries(path, |entry| !is_hidden(entry) && is_folder(entry))
}

/// Where a symbolic link leads to, there or not; `None` for anything else.
pub fn link_target(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn entries(path: &Path, is_wanted: impl Fn(&DirEntry) -> bool) -> Result<Vec<PathBuf>> {
    let unlisted = |error: io::Error| io_error("list", path, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unlisted)? {
        let entry = entry.map_err(unlisted)?;
        if is_wanted(&entry) {
            names.push(entry.file_name());
        }
    }
    // As bytes: comparing paths takes them apart each time.
    names.sort();
    Ok(names.into_iter().map(|name| path.join(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::{create_folder, write_atomic};

    #[test]
    fn folders_are_listed_in_name_order_and_links_to_them_too() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for name in ["b", "a-2", "a", ".hidden"] {
            create_folder(&place(name)).unwrap();
        }
        write_atomic(&place("file"), b"").unwrap();
        std::os::unix::fs::symlink(place("b"), place("link")).unwrap();
        std::os::unix::fs::symlink(place("file"), place("other")).unwrap();
        let expected = ["a", "a-2", "b", "link"].map(place);
        assert_eq!(list_folders(folder.path()).unwrap(), expected);
        assert_eq!(list(folder.path()).unwrap().len(), 6);
        assert_eq!(list_all(folder.path()).unwrap().len(), 7);
    }
}
