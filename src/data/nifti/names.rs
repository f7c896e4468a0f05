//! Names of NIfTI files: [`stem`] of a case, and which files belong together.
//!
//! Endings count in any case: `.NII.GZ` is what some scanners and file systems make of `.nii.gz`.
//!
//! Does not know what the files hold.

use super::error::{FileError, ParseResult};
use crate::base::fs;
use std::path::{Path, PathBuf};

/// A file by its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum FileRole {
    /// `.nii` or `.hdr`: names a volume.
    Volume,
    /// `.img`: the voxels of a `.hdr` file.
    Voxels,
}

/// The name without its ending, and what the ending says; `None` for other files.
pub(in crate::data) fn stem(name: &str) -> Option<(&str, FileRole)> {
    let bare = strip_ending(name, ".gz").unwrap_or(name);
    let endings =
        [(".nii", FileRole::Volume), (".hdr", FileRole::Volume), (".img", FileRole::Voxels)];
    endings.into_iter().find_map(|(ending, role)| Some((strip_ending(bare, ending)?, role)))
}

/// The files that `path` is read from: itself, or the header and the voxel file beside it.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    let header = header_path(path);
    let voxels = sibling(&header, ".hdr", ".img");
    [header].into_iter().chain(voxels).collect()
}

/// The `.hdr` beside an `.img`; any other path is its own header.
pub(super) fn header_path(path: &Path) -> PathBuf {
    sibling(path, ".img", ".hdr").unwrap_or_else(|| path.to_path_buf())
}

/// The `.img` beside a `.hdr`.
pub(super) fn voxel_path(path: &Path) -> ParseResult<PathBuf> {
    sibling(path, ".hdr", ".img").ok_or_else(|| {
        FileError::new("its voxels should lie in an `.img` file beside it, which does not exist")
            .hint("a `.hdr` file needs its `.img` file")
    })
}

/// The file whose name has `other` in place of `ending`, when it is there, compressed or not.
fn sibling(path: &Path, ending: &str, other: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy();
    let bare = strip_ending(&name, ".gz").unwrap_or(&name);
    let stem = strip_ending(bare, ending)?;
    let endings = [other.to_owned(), format!("{other}.gz")];
    let as_written = endings.iter().map(|ending| path.with_file_name(format!("{stem}{ending}")));
    as_written.into_iter().find(|path| path.is_file()).or_else(|| {
        let is_it = |name: &str| {
            endings.iter().any(|ending| strip_ending(name, ending).is_some_and(|it| it == stem))
        };
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let beside = fs::list(folder.unwrap_or(Path::new("."))).ok()?;
        beside.into_iter().find(|path| is_it(&fs::name(path)) && path.is_file())
    })
}

/// The name without an ending in any case.
fn strip_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (stem, end) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    end.eq_ignore_ascii_case(ending).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_voxels_find_each_other_in_any_case() {
        let folder = tempfile::tempdir().unwrap();
        let [header, voxels] = ["a.Hdr", "a.Img.gz"].map(|name| folder.path().join(name));
        for path in [&header, &voxels] {
            fs::write_plain(path, b"").unwrap();
        }
        assert_eq!(header_path(&voxels), header);
        assert_eq!(voxel_path(&header).unwrap(), voxels);
    }

    #[test]
    fn endings_count_in_any_case() {
        let volume = |stem| Some((stem, FileRole::Volume));
        assert_eq!(stem("a.b.nii.gz"), volume("a.b"));
        assert_eq!(stem("A.NII.GZ"), volume("A"));
        assert_eq!(stem("é.Hdr"), volume("é"));
        assert_eq!(stem("a.IMG.gz"), Some(("a", FileRole::Voxels)));
        assert_eq!(["a.gz", "nii", "é", "a.nii.bz2", ""].map(stem), [None; 5]);
    }
}
