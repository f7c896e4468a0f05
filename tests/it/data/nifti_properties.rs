//! Any bytes as a NIfTI file: a volume or a clear error, never a panic or a huge allocation.

use proptest::prelude::*;
use seglab::data::{
    geometry::{Affine, Spacing},
    nifti::{read_labels, read_volume, write},
    volume::{Grid, Placed},
};
use std::{fs, path::Path};

/// Reads bytes as a file of this name; what it says must be of the one form.
fn read(name: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    match read_volume(&path, None) {
        Ok(read) => {
            let n_voxels: usize = read.placed.voxels.shape().iter().product();
            assert_eq!(n_voxels, read.placed.voxels.values().len());
            // What a file of this size can hold, unpacked at the best rate of deflate.
            assert!(n_voxels <= bytes.len() * 1032);
        }
        Err(error) => is_clear(&error.to_string(), "volume", &path),
    }
    if let Err(error) = read_labels(&path, None) {
        is_clear(&error.to_string(), "label map", &path);
    }
}

fn is_clear(text: &str, what: &str, path: &Path) {
    let expected = format!("error: cannot read {what} `{}`\ncaused by: ", path.display());
    assert!(text.starts_with(&expected), "{text}");
}

/// A sound file of 4x3x2 voxels.
fn sound() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    let voxels = Grid::from_fn([4, 3, 2], |[x, y, z]| i16::try_from(x + y * z).unwrap());
    let affine = Affine::diagonal(Spacing([1.0, 2.0, 3.0]));
    write(&path, &Placed { voxels, affine }).unwrap();
    fs::read(path).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        read("a.nii", &bytes);
        read("a.nii.gz", &bytes);
    }

    #[test]
    fn a_header_with_any_fields_is_read_or_refused(
        changes in prop::collection::vec((0_usize..352, any::<u8>()), 1..12),
        length in 0_usize..500,
    ) {
        let mut bytes = sound();
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.truncate(length.max(1));
        read("a.nii", &bytes);
    }

    #[test]
    fn a_second_version_header_with_any_fields_is_read_or_refused(
        body in prop::collection::vec(any::<u8>(), 532),
        n_axes in 0_i64..9,
        length in 0_i64..70_000,
    ) {
        let mut bytes = [&540_i32.to_le_bytes()[..], b"n+2\0\r\n\x1a\n", &body].concat();
        bytes[12..14].copy_from_slice(&4_i16.to_le_bytes());
        bytes[16..24].copy_from_slice(&n_axes.to_le_bytes());
        for axis in 0..3 {
            bytes[24 + 8 * axis..32 + 8 * axis].copy_from_slice(&length.to_le_bytes());
        }
        read("a.nii", &bytes);
    }
}
