//! A file of any bytes as an image and as a label map: voxels or an error, in bounded memory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seglab::data::nifti::{read_labels, read_volume};
use std::{fs, sync::LazyLock};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("a.nii.gz");
    fs::write(&path, bytes).expect("a file");
    let _ = read_volume(&path, None);
    let _ = read_labels(&path, None);
});
