//! NIfTI files made here, byte by byte where need be, and what the reader makes of them.

use seglab::data::{
    geometry::{Affine, Spacing},
    nifti::{Read, read_labels, read_volume, write},
    volume::{Grid, Placed},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Shape of every file here.
const SHAPE: [usize; 3] = [4, 3, 2];
/// Offset of the voxels in a file that [`write`] made.
const VOXELS: usize = 352;

/// 0, 1, 2 .. in the order of the file: x fastest.
fn counted() -> Placed<u8> {
    let voxels = Grid::from_fn(SHAPE, |[x, y, z]| u8::try_from(x + 4 * (y + 3 * z)).unwrap());
    Placed { voxels, affine: Affine::diagonal(Spacing([2.0, 3.0, 4.0])) }
}

/// A folder with one plain file, to be changed.
struct File {
    folder: TempDir,
    bytes: Vec<u8>,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.nii");
        write(&path, &counted()).unwrap();
        let bytes = fs::read(path).unwrap();
        Self { folder, bytes }
    }

    fn put(mut self, start: usize, field: &[u8]) -> Self {
        self.bytes[start..start + field.len()].copy_from_slice(field);
        self
    }

    fn voxels(mut self, code: i16, values: &[u8]) -> Self {
        let bits = i16::try_from(8 * values.len() / 24).unwrap();
        self.bytes.truncate(VOXELS);
        self.bytes.extend(values);
        self.put(70, &code.to_le_bytes()).put(72, &bits.to_le_bytes())
    }

    fn at(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, &self.bytes).unwrap();
        path
    }

    fn volume(&self) -> Read<f32> {
        read_volume(&self.at("a.nii"), None).unwrap()
    }

    /// What reading says, the folder's name left out.
    fn refused(&self, name: &str) -> String {
        let error = read_volume(&self.at(name), None).unwrap_err().to_string();
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn is_counted(placed: &Placed<f32>) {
    assert_eq!(placed.voxels, counted().voxels.map(f32::from));
    assert_eq!(placed.affine, counted().affine);
}

#[test]
fn every_scalar_type_is_read() {
    macro_rules! check {
        ($($number:ty = $code:literal),*) => {
            $({
                let values: Vec<u8> =
                    (0_u8..24).flat_map(|value| <$number>::from(value).to_le_bytes()).collect();
                is_counted(&File::new().voxels($code, &values).volume().placed);
            })*
        };
    }
    check!(
        u8 = 2,
        i16 = 4,
        i32 = 8,
        f32 = 16,
        f64 = 64,
        u16 = 512,
        u32 = 768,
        i64 = 1024,
        u64 = 1280
    );
    let negative: Vec<u8> = (0_i8..24).flat_map(|value| (-value).to_le_bytes()).collect();
    let read = File::new().voxels(256, &negative).volume();
    assert_eq!(read.placed.voxels, counted().voxels.map(|value| -f32::from(value)));
}

/// The same file with every number's bytes the other way round.
fn big_endian(bytes: &[u8]) -> Vec<u8> {
    let mut swapped = bytes.to_vec();
    // Start, width and count of the header's numbers that are not single bytes.
    let fields = [(0, 4, 1), (40, 2, 8), (56, 4, 3), (68, 2, 4), (76, 4, 11), (120, 2, 1)];
    let fields = fields.into_iter().chain([(124, 4, 6), (252, 2, 2), (256, 4, 18)]);
    for (start, width, count) in fields {
        swapped[start..start + width * count].chunks_mut(width).for_each(<[u8]>::reverse);
    }
    swapped[VOXELS..].chunks_mut(2).for_each(<[u8]>::reverse);
    swapped
}

#[test]
fn the_other_byte_order_is_read() {
    let values: Vec<u8> = (0_i16..24).flat_map(i16::to_le_bytes).collect();
    let mut file = File::new().voxels(4, &values);
    file.bytes = big_endian(&file.bytes);
    is_counted(&file.volume().placed);
}

#[test]
fn slope_and_intercept_count_unless_the_slope_says_none() {
    let scaled = |slope: f32, intercept: f32| {
        let scaling = [slope.to_le_bytes(), intercept.to_le_bytes()].concat();
        File::new().put(112, &scaling).volume().placed.voxels.at([3, 0, 0]).to_string()
    };
    assert_eq!([scaled(2.0, 10.0), scaled(1.0, -1024.0)], ["16", "-1021"]);
    assert_eq!([scaled(0.0, 7.0), scaled(f32::NAN, f32::NAN)], ["3", "3"]);
}

#[test]
fn what_is_written_is_read_back_and_has_the_same_bytes_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let (sin, cos) = 20.0_f64.to_radians().sin_cos();
    // Left-handed and oblique: both the turn and the flip must survive.
    let affine = Affine([
        [-0.5 * cos, 0.0, 3.0 * sin, -9.0],
        [0.0, 2.0, 0.0, 8.0],
        [0.5 * sin, 0.0, 3.0 * cos, 7.0],
    ]);
    let voxels =
        Grid::from_fn([5, 4, 3], |[x, y, z]| i16::try_from(x * 100 + y * 10 + z).unwrap() - 1000);
    let placed = Placed { voxels, affine };
    let paths = ["a.nii.gz", "b.nii.gz"].map(|name| folder.path().join(name));
    for path in &paths {
        write(path, &placed).unwrap();
    }
    assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());

    let read = read_volume(&paths[0], None).unwrap();
    assert_eq!(read.placed.voxels, placed.voxels.map(f32::from));
    assert!(read.warnings.is_empty());
    // A file stores the affine as f32, good to 1e-6 of its size.
    assert!(read.placed.affine.corner_distance(&affine, [5, 4, 3]) < 1e-5);

    let plain = folder.path().join("c.nii");
    write(&plain, &placed).unwrap();
    let mut bytes = fs::read(&plain).unwrap();
    bytes[254..256].copy_from_slice(&[0, 0]);
    fs::write(&plain, bytes).unwrap();
    let by_qform = read_volume(&plain, None).unwrap().placed.affine;
    assert!(by_qform.corner_distance(&affine, [5, 4, 3]) < 1e-5, "{by_qform:?}");
}

#[test]
fn a_trailing_axis_of_one_is_no_axis() {
    let file = File::new().put(40, &[4, 0]);
    is_counted(&file.volume().placed);
    assert_eq!(
        file.put(48, &[2, 0]).refused("a.nii"),
        "error: cannot read volume `a.nii`\n\
         caused by: the file is 4-D (4x3x2x2); a volume has three axes\n\
         hint: split it into one file a volume"
    );
}

#[test]
fn header_and_voxels_may_be_two_files() {
    let mut file = File::new().put(344, b"ni1\0").put(108, &0_f32.to_le_bytes());
    let voxels = file.bytes.split_off(VOXELS);
    file.bytes.truncate(348);
    let header = file.at("a.hdr");
    assert_eq!(
        file.refused("a.hdr"),
        "error: cannot read volume `a.hdr`\n\
         caused by: its voxels should lie in an `.img` file beside it, which does not exist\n\
         hint: a `.hdr` file needs its `.img` file"
    );
    fs::write(header.with_extension("img"), voxels).unwrap();
    is_counted(&read_volume(&header, None).unwrap().placed);
    is_counted(&read_volume(&header.with_extension("img"), None).unwrap().placed);
}

#[test]
fn nifti_2_is_read() {
    let mut bytes = vec![0; 544];
    let mut put =
        |start: usize, field: &[u8]| bytes[start..start + field.len()].copy_from_slice(field);
    put(0, &540_i32.to_le_bytes());
    put(4, b"n+2\0\r\n\x1a\n");
    put(12, &[2, 0, 8, 0]);
    for (axis, length) in [3_i64, 4, 3, 2].into_iter().enumerate() {
        put(16 + 8 * axis, &length.to_le_bytes());
    }
    put(168, &544_i64.to_le_bytes());
    put(348, &1_i32.to_le_bytes());
    for (axis, step) in [2.0_f64, 3.0, 4.0].into_iter().enumerate() {
        put(400 + 40 * axis, &step.to_le_bytes());
    }
    bytes.extend(0_u8..24);
    let file = File { bytes, ..File::new() };
    is_counted(&file.volume().placed);
}

#[test]
fn bytes_that_cannot_be_trusted_are_refused() {
    let huge = [0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f];
    let short = |length: usize| {
        let mut file = File::new();
        file.bytes.truncate(length);
        file
    };
    let page = File { bytes: b"<!DOCTYPE html><html>".to_vec(), ..File::new() };
    let cases = [
        (short(0), "the file is empty"),
        (short(100), "file ends after 96 of 344 header bytes"),
        (short(370), "4x3x2 voxels of Uint8 take 24 bytes, but the file has room for 18"),
        (page, "this is a web page, not a NIfTI file"),
        (File::new().put(0, &[0, 1]), "not a NIfTI file: its header size is 256, not 348 or 540"),
        (File::new().put(344, b"XXX"), "not a NIfTI file: its magic is `XXX\\x00`"),
        (File::new().put(40, &[9, 0]), "header says it has 9 axes, not 1 to 7"),
        (File::new().put(40, &[2, 0]), "the file is 2-D (4x3); a volume has three axes"),
        (File::new().put(42, &[0xfc, 0xff]), "shape -4x3x2 has an axis without voxels"),
        (
            File::new().put(42, &huge),
            "32767x32767x32767 voxels of Uint8 take 35181150961663 bytes, but the file has room for 24",
        ),
        (File::new().put(70, &[128, 0]), "its voxels are Rgb24, not one real number each"),
        (File::new().put(70, &[3, 0]), "invalid code `3` for header field datatype"),
        (
            File::new().put(252, &[0; 2]).put(280, &[0; 4]),
            "its sform is singular: its axes do not span a volume",
        ),
        (
            File::new().put(108, &1e9_f32.to_le_bytes()),
            "header says its voxels start at byte 1000000000, but the file holds 376",
        ),
    ];
    for (file, cause) in cases {
        let told = file.refused("a.nii");
        let expected = format!("error: cannot read volume `a.nii`\ncaused by: {cause}");
        assert!(told == expected || told.starts_with(&format!("{expected}\nhint: ")), "{told}");
    }
}

fn compressed(folder: &Path) -> Vec<u8> {
    let path = folder.join("whole.nii.gz");
    // Noise, so that what is compressed is long enough to be cut anywhere.
    let voxels = Grid::from_fn([16, 16, 16], |[x, y, z]| {
        i16::try_from((x * 7919 + y * 104_729 + z * 1_299_709) * 2_654_435_761 % 30_011).unwrap()
    });
    write(&path, &Placed { voxels, affine: counted().affine }).unwrap();
    fs::read(path).unwrap()
}

#[test]
fn a_damaged_gzip_is_refused() {
    let file = File::new();
    let mut bytes = compressed(file.folder.path());
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    assert_eq!(
        File { bytes, ..file }.refused("a.nii.gz"),
        "error: cannot read volume `a.nii.gz`\n\
         caused by: gzip stream is damaged: corrupt gzip stream does not have a matching checksum\n\
         hint: copy the file again from its source"
    );
}

#[test]
fn a_gzip_cut_short_is_refused_wherever_it_is_cut() {
    let file = File::new();
    let whole = compressed(file.folder.path());
    for length in (3..whole.len()).step_by(97).chain([whole.len() - 1]) {
        let told = File { bytes: whole[..length].to_vec(), ..File::new() }.refused("a.nii.gz");
        assert!(
            told.starts_with("error: cannot read volume `a.nii.gz`\ncaused by: ")
                && told.ends_with("hint: the file looks cut short; compare its size with the source and copy it again"),
            "cut to {length} bytes: {told}"
        );
    }
}

#[test]
fn labels_are_whole_numbers() {
    let labels = |shift: f32| {
        let values: Vec<u8> =
            (0_u8..24).flat_map(|value| (f32::from(value) + shift).to_le_bytes()).collect();
        let file = File::new().voxels(16, &values);
        let read = read_labels(&file.at("a.nii"), None);
        read.map_err(|error| {
            error.to_string().replace(&format!("{}/", file.folder.path().display()), "")
        })
    };
    assert_eq!(labels(-0.008).unwrap().placed.voxels, counted().voxels.map(i32::from));
    assert_eq!(
        labels(0.25).unwrap_err(),
        "error: cannot read label map `a.nii`\n\
         caused by: 24 voxels are not whole numbers, for example 0.25\n\
         hint: resample label maps with nearest neighbour, and store them as integers"
    );
}

#[test]
fn oddities_are_told_but_stop_nothing() {
    let warnings = |file: &File, name: &str| read_volume(&file.at(name), None).unwrap().warnings;
    assert!(warnings(&File::new(), "a.nii").is_empty());
    assert_eq!(warnings(&File::new(), "a.nii.gz"), ["not compressed, though named .gz"]);
    let wrong_bitpix = File::new().put(72, &[16, 0]);
    assert_eq!(
        warnings(&wrong_bitpix, "a.nii"),
        ["bitpix 16 disagrees with datatype Uint8, which counts"]
    );
    let no_forms = File::new().put(252, &[0; 4]);
    assert_eq!(
        warnings(&no_forms, "a.nii"),
        ["neither sform nor qform: spacing from pixdim, axes taken as RAS"]
    );
    // Each slice 4 mm further up lies 1 mm further to the right.
    let sheared = File::new().put(288, &1_f32.to_le_bytes());
    assert_eq!(warnings(&sheared, "a.nii"), ["axes are sheared by 14.0 degrees (gantry tilt)"]);
}
