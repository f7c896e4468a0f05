//! [`check_writable`]: whether files can be made in a folder, found out by making one.
//!
//! Does not know what the folder is for.

use super::{error::io_error, files::aside, primitive};
use crate::base::Result;
use std::{io, path::Path};

/// Tries whether files can be made, filled and removed in `folder`, which need not exist: then the
/// nearest folder above it is tried, with a folder in it. Nothing is left behind.
///
/// # Errors
/// When any of these fails.
pub fn check_writable(folder: &Path) -> Result<()> {
    try_in(folder).map_err(|error| io_error("write in", folder, &error))
}

fn try_in(folder: &Path) -> io::Result<()> {
    let folder = std::path::absolute(folder)?;
    if folder.exists() {
        let file = aside(&folder.join("probe"));
        let made = make(&file);
        return remove_whatever(made, || primitive::remove_file(&file));
    }
    // A link to nowhere is there for whoever makes a folder of its name.
    let is_there = |folder: &&Path| folder.symlink_metadata().is_ok();
    let above = folder.ancestors().find(is_there).unwrap_or(&folder);
    let made_folder = aside(&above.join("probe"));
    let made =
        primitive::create_dir_all(&made_folder).and_then(|()| make(&made_folder.join("file")));
    remove_whatever(made, || primitive::remove_dir_all(&made_folder))
}

fn make(path: &Path) -> io::Result<()> {
    let mut file = primitive::create(path)?;
    primitive::write(&mut file, path, b"probe")?;
    primitive::sync_all(&file, path)
}

/// Cleans up; of two errors the first counts.
fn remove_whatever(made: io::Result<()>, remove: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let removed = remove();
    made.and(removed)
}

#[cfg(test)]
mod tests {
    use super::super::{list_all, write_plain};
    use super::*;

    #[test]
    fn a_folder_is_tried_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        check_writable(folder.path()).unwrap();
        check_writable(&folder.path().join("not/there/yet")).unwrap();
        assert!(list_all(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn a_file_where_a_folder_should_be_is_told_as_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        write_plain(&file, b"").unwrap();
        for place in [file.clone(), file.join("reports"), file.join("a/b")] {
            let error = check_writable(&place).unwrap_err();
            let expected = format!(
                "error: cannot write in `{}`\ncaused by: Not a directory (os error 20)",
                place.display()
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}
