//! [`OtherFile`]: a file among the cases that is a volume, but not one that can be read here.
//!
//! A volume that is passed over in silence is a case less in every result.
//!
//! Does not know how cases are paired.

use super::nifti::{files_of, stem};
use crate::base::{Fault, fs, text::counted};
use flate2::bufread::GzDecoder;
use std::{
    io::Read,
    path::{Path, PathBuf},
};

/// Files that a fault shows.
const MOST_SHOWN: usize = 10;
/// Bytes from which a format is told: NIfTI's magic ends at byte 348.
const START: usize = 4096;

/// Endings of volumes, in lower case, and what they are.
const ENDINGS: [(&str, &str); 17] = [
    (".nii.bz2", "NIfTI, packed by bzip2"),
    (".nii.xz", "NIfTI, packed by xz"),
    (".nii.zst", "NIfTI, packed by Zstandard"),
    (".nii.zip", "NIfTI, packed by zip"),
    (".nrrd", "NRRD"),
    (".nhdr", "NRRD"),
    (".mha", "MetaImage"),
    (".mhd", "MetaImage"),
    (".mgz", "FreeSurfer"),
    (".mgh", "FreeSurfer"),
    (".mnc", "MINC"),
    (".dcm", "DICOM"),
    (".ima", "DICOM"),
    (".npy", "NumPy"),
    (".npz", "NumPy"),
    (".b2nd", "Blosc2"),
    (".h5", "HDF5"),
];

/// A volume that cannot be read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OtherFile {
    path: PathBuf,
    format: &'static str,
}

impl OtherFile {
    /// The name of the volume and what it is; `None` when the file is no volume. `is_voxels` says
    /// that it is named like the voxel file of a header.
    pub(super) fn look(path: &Path, is_voxels: bool) -> Option<(String, Self)> {
        let name = fs::name(path);
        let of = |name: &str, format| (name.to_owned(), Self { path: path.to_owned(), format });
        let lower = name.to_ascii_lowercase();
        if let Some((ending, format)) = ENDINGS.iter().find(|(it, _)| lower.ends_with(it)) {
            return Some(of(&name[..name.len() - ending.len()], format));
        }
        let bare = path.file_stem().unwrap_or_default().to_string_lossy();
        if is_voxels {
            return Some(of(&bare, "voxels without their `.hdr` file"));
        }
        if path.is_dir() {
            let inner: Vec<String> =
                fs::list(path).unwrap_or_default().iter().map(|path| fs::name(path)).collect();
            let is_slice = |name: &String| name.to_ascii_lowercase().ends_with(".dcm");
            let format = if inner.iter().any(is_slice) {
                "a folder of DICOM slices"
            } else if inner.iter().any(|name| stem(name).is_some()) {
                "a folder with NIfTI files in it: folders of cases are not searched"
            } else {
                return None;
            };
            return Some(of(&name, format));
        }
        if !path.is_file() {
            // To open a pipe would wait for a writer.
            return None;
        }
        // What cannot be read is no volume that anybody could tell.
        let start = fs::read_start(path, START).ok()?;
        Some(of(&bare, format_of(&start)?))
    }

    /// The fault of all of them together.
    pub(super) fn fault(files: &[Self], root: &Path, names: &[String]) -> Option<Fault> {
        if files.is_empty() {
            return None;
        }
        let mut fault =
            Fault::new(format!("{} cannot be read here", counted(files.len(), "volume")));
        for Self { path, format } in files.iter().take(MOST_SHOWN) {
            fault = fault.detail(format!("{}: {format}", fs::within(root, path)));
        }
        if files.len() > MOST_SHOWN {
            fault = fault.detail(format!("and {} more", files.len() - MOST_SHOWN));
        }
        let mut names: Vec<String> =
            names.iter().take(MOST_SHOWN).map(|name| format!("\"{name}\"")).collect();
        if files.len() > MOST_SHOWN {
            names.push("..".to_owned());
        }
        Some(fault.hint(format!(
            "convert them to NIfTI (`.nii` or `.nii.gz`), move them elsewhere, or leave them out \
             with `data.exclude = [{}]`",
            names.join(", ")
        )))
    }
}

/// Whether a voxel file has its header beside it.
pub(super) fn has_header(voxels: &Path) -> bool {
    files_of(voxels).first().is_some_and(|header| header != voxels)
}

/// What the first bytes of a file say that it is.
fn format_of(start: &[u8]) -> Option<&'static str> {
    let has = |start: &[u8], at: usize, magic: &[u8]| {
        start.get(at..).is_some_and(|rest| rest.starts_with(magic))
    };
    let is_nifti = |start: &[u8]| {
        has(start, 344, b"n+1\0") || has(start, 344, b"ni1\0") || has(start, 4, b"n+2\0")
    };
    if is_nifti(start) {
        return Some("NIfTI by its content: its name should end in `.nii`");
    }
    if start.starts_with(b"\x1f\x8b") {
        let mut unpacked = Vec::new();
        // The start of a stream ends in the middle of it.
        let _ = GzDecoder::new(start).take(START as u64).read_to_end(&mut unpacked);
        return is_nifti(&unpacked)
            .then_some("NIfTI by its content: its name should end in `.nii.gz`");
    }
    if start.starts_with(b"NRRD") {
        Some("NRRD")
    } else if has(start, 128, b"DICM") {
        Some("DICOM")
    } else if start.starts_with(b"ObjectType") {
        Some("MetaImage")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_known_by_their_endings_or_their_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let look = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write_plain(&path, bytes).unwrap();
            OtherFile::look(&path, false).map(|(name, file)| (name, file.format))
        };
        let mut nifti = vec![0; 352];
        nifti[344..348].copy_from_slice(b"n+1\0");
        let found = |name: &str, format| Some((name.to_owned(), format));
        assert_eq!(look("a.NRRD", b""), found("a", "NRRD"));
        assert_eq!(look("b.nii.xz", b""), found("b", "NIfTI, packed by xz"));
        let renamed = "NIfTI by its content: its name should end in `.nii`";
        assert_eq!(look("c.nii.part", &nifti), found("c.nii", renamed));
        assert_eq!(look("d", b"NRRD0004\n"), found("d", "NRRD"));
        assert_eq!(look("notes.txt", b"a note"), None);
        assert_eq!(look("short", b""), None);
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM");
        assert_eq!(look("IM0001", &dicom), found("IM0001", "DICOM"));
    }
}
