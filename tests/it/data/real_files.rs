//! What files, names and headers from elsewhere look like, and that each gives the right cases.

use super::data_root::{Root, SHAPE, image, labels};
use seglab::{
    data::{
        dataset::{Dataset, Reading},
        geometry::{Affine, Direction, Orientation, Spacing},
        nifti::read_volume,
        orient::reorient,
        volume::Placed,
    },
    spec::{self, OrientationPolicy},
};
use std::{fs, io::Write, os::unix::fs::symlink};

/// Offsets in a NIfTI-1 header.
const XYZT_UNITS: usize = 123;
const QFORM_X: usize = 268;

const LPS: Orientation = Orientation([Direction::Left, Direction::Posterior, Direction::Superior]);

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Root {
    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    fn put_bytes(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    /// Changes bytes of a plain file.
    fn patch(&self, name: &str, start: usize, field: &[u8]) {
        let mut bytes = self.read(name);
        bytes[start..start + field.len()].copy_from_slice(field);
        self.put_bytes(name, &bytes);
    }
}

fn open_with(data: &spec::Data) -> Dataset {
    Dataset::open(data, OrientationPolicy::Ras, &Reading::default()).unwrap()
}

#[test]
fn what_follows_a_gzip_stream_is_padding_a_warning_or_a_cut() {
    let root = Root::with_cases(&["a"]);
    let (name, path) = ("CT/a.nii.gz", root.path().join("CT/a.nii.gz"));
    let whole = root.read(name);
    let sound = read_volume(&path, None).unwrap();
    let after = |tail: &[u8]| {
        root.put_bytes(name, &[&whole, tail].concat());
        let read = read_volume(&path, None).unwrap();
        assert_eq!(read.placed, sound.placed);
        read.warnings
    };
    assert_eq!(after(&[0; 512]), Vec::<String>::new());
    assert_eq!(after(b"garbage"), ["7 bytes behind its gzip stream, left out"]);
    // Members one after another are one stream: the second of them goes on with the voxels.
    let plain = {
        root.put("CT/plain.nii", &image(SHAPE));
        root.read("CT/plain.nii")
    };
    root.put_bytes(name, &[packed(&plain[..400]), packed(&plain[400..])].concat());
    assert_eq!(read_volume(&path, None).unwrap().placed, sound.placed);
    root.put_bytes(name, &[packed(&plain), packed(b"more")].concat());
    assert_eq!(read_volume(&path, None).unwrap().placed, sound.placed);
    for cut in [whole.len() - 1, whole.len() - 8, whole.len() / 2, 30, 5] {
        root.put_bytes(name, &whole[..cut]);
        let error = read_volume(&path, None).unwrap_err().to_string();
        assert!(error.contains("the file looks cut short"), "{cut}: {error}");
    }
    let mut flipped = whole.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    root.put_bytes(name, &flipped);
    let error = read_volume(&path, None).unwrap_err().to_string();
    assert!(error.contains("gzip stream is damaged"), "{error}");
}

#[test]
fn hostile_sizes_are_refused_in_bounded_memory() {
    let root = Root::with_cases(&[]);
    root.put("CT/a.nii", &image(SHAPE));
    let path = root.path().join("CT/a.nii");
    // 32767 voxels along each axis, 8 bytes each: 281 TB.
    root.patch("CT/a.nii", 42, &[0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f]);
    root.patch("CT/a.nii", 70, &[64, 0, 64, 0]);
    let error = read_volume(&path, None).unwrap_err().to_string();
    assert!(error.contains("but the file has room for"), "{error}");
    // A stream that unpacks to 300 MB behind the voxels.
    root.put("CT/b.nii", &image(SHAPE));
    let zeros = packed(&vec![0; 1 << 20]);
    root.put_bytes("CT/b.nii", &[packed(&root.read("CT/b.nii")), zeros.repeat(300)].concat());
    let error = read_volume(&root.path().join("CT/b.nii"), None).unwrap_err().to_string();
    assert!(error.contains("its gzip stream goes on for long after the voxels"), "{error}");
}

#[test]
fn endings_in_capitals_and_two_forms_of_one_name_are_paired() {
    let root = Root::with_cases(&["a"]);
    let rename = |from: &str, to: &str| {
        fs::rename(root.path().join(from), root.path().join(to)).unwrap();
    };
    rename("CT/a.nii.gz", "CT/UPPER.NII.GZ");
    rename("Segmentation/a.nii.gz", "Segmentation/UPPER.Nii.gz");
    // The second letter composed, and as a letter with a mark.
    root.put("CT/M\u{fc}ller.nii", &image(SHAPE));
    root.put("Segmentation/Mu\u{308}ller.nii", &labels(SHAPE));
    let names: Vec<String> = root.open().cases.into_iter().map(|case| case.id).collect();
    assert_eq!(names, ["M\u{fc}ller", "UPPER"]);
    // `exclude` may be written in either form.
    let exclude = vec!["Mu\u{308}ller".to_owned()];
    assert_eq!(open_with(&spec::Data { exclude, ..root.data() }).cases.len(), 1);
}

#[test]
fn a_volume_in_another_format_is_a_fault_unless_it_is_left_out() {
    let root = Root::with_cases(&["a"]);
    root.put_bytes("CT/b.nrrd", b"NRRD0004\n");
    root.put_bytes("CT/c.nii.gz.part", &root.read("CT/a.nii.gz"));
    root.put_bytes("CT/Thumbs.db", b"no volume");
    root.put_bytes("CT/._a.nii.gz", b"what macOS leaves");
    assert_eq!(
        root.refused(),
        "error: 2 volumes cannot be read here\n  \
           CT/b.nrrd: NRRD\n  \
           CT/c.nii.gz.part: NIfTI by its content: its name should end in `.nii.gz`\n\
         hint: convert them to NIfTI (`.nii` or `.nii.gz`), move them elsewhere, or leave them out \
         with `data.exclude = [\"b\", \"c.nii.gz\"]`"
    );
    fs::create_dir_all(root.path().join("CT/sub")).unwrap();
    root.put("CT/sub/d.nii", &image(SHAPE));
    let exclude = vec!["b".to_owned(), "c.nii.gz".to_owned()];
    let data = spec::Data { exclude: exclude.clone(), ..root.data() };
    let said = root.refused_as(&data);
    assert!(said.contains("CT/sub: a folder with NIfTI files in it"), "{said}");
    let exclude = [exclude, vec!["sub".to_owned()]].concat();
    let data = spec::Data { exclude, ..root.data() };
    assert_eq!(open_with(&data).warnings, ["`CT/Thumbs.db` is not a NIfTI file: left out"]);
    for idx in 0..100 {
        root.put_bytes(&format!("CT/note_{idx:03}.txt"), b"a note");
    }
    let warnings = open_with(&data).warnings;
    assert_eq!(warnings.len(), 6);
    assert_eq!(warnings[5], "96 more files in `CT` that are not NIfTI files: left out");
}

#[test]
fn what_stands_in_place_of_a_file_is_named() {
    let root = Root::with_cases(&["a"]);
    let path = root.path().join("CT/a.nii.gz");
    let said = |what: &str| {
        let error = read_volume(&path, None).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    root.put_bytes("CT/a.nii.gz", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    said(
        "it is a pointer of Git LFS, not the file itself\nhint: fetch the content with `git lfs pull`",
    );
    root.put_bytes("CT/a.nii.gz", b"/annex/objects/MD5E-s1--0.nii.gz\n");
    said("it is a pointer of git-annex");
    root.put_bytes("CT/a.nii.gz", b"../.git/annex/objects/aa/bb/MD5E-s1--0.nii.gz");
    said("it is a pointer of git-annex");
    root.remove("CT/a.nii.gz");
    symlink("../.git/annex/objects/x/y.nii.gz", &path).unwrap();
    said("it is a link to `../.git/annex/objects/x/y.nii.gz`, which is not there\nhint: git-annex");
    root.remove("CT/a.nii.gz");
    fs::create_dir(&path).unwrap();
    said("it is a folder, not a file");
}

#[test]
fn lengths_in_micrometres_become_millimetres() {
    let root = Root::with_cases(&[]);
    let (ct, segmentation) = (image(SHAPE), labels(SHAPE));
    root.put("CT/a.nii", &Placed { affine: ct.affine.scaled(1000.0), ..ct });
    let affine = segmentation.affine.scaled(1000.0);
    root.put("Segmentation/a.nii", &Placed { affine, ..segmentation });
    let units = |code: u8| {
        root.patch("CT/a.nii", XYZT_UNITS, &[code]);
        root.patch("Segmentation/a.nii", XYZT_UNITS, &[code]);
        root.open()
    };
    let right = units(3);
    assert_eq!(right.cases[0].spacing.to_string(), "4.95x4.95x7.27 mm");
    assert!((right.cases[0].voxel_ml - 4.95 * 4.95 * 7.27 / 1000.0).abs() < 1e-6);
    assert_eq!(
        right.warnings[0],
        "`CT/a.nii`: its unit of length is the micrometre: multiplied by 0.001"
    );
    // The same numbers without a unit cannot be a patient.
    let unknown = units(0);
    assert_eq!(
        unknown.warnings,
        [
            "`CT/a.nii`: spacing 4950.00x4950.00x7270.00 mm, extent 24750x19800x21810 mm: hardly a \
             patient; is its unit of length right?",
            "2 files name no unit of length: millimetres are assumed"
        ]
    );
}

#[test]
fn forms_that_disagree_are_warned_of() {
    let root = Root::with_cases(&[]);
    root.put("CT/a.nii", &image(SHAPE));
    root.put("Segmentation/a.nii", &labels(SHAPE));
    root.patch("CT/a.nii", QFORM_X, &100_f32.to_le_bytes());
    assert_eq!(
        root.open().warnings,
        ["`CT/a.nii`: sform and qform disagree (corners up to 200.00 apart): the sform is used"]
    );
}

#[test]
fn a_label_map_without_its_header_is_named_as_that() {
    let root = Root::with_cases(&["a"]);
    let lost = Affine::diagonal(Spacing([1.0; 3]));
    root.put("Segmentation/a.nii.gz", &Placed { affine: lost, ..labels(SHAPE) });
    assert_eq!(
        root.refused(),
        "error: label map of case `a` has lost its header\n  \
           label map  Segmentation/a.nii.gz\n  \
           found  the place that an empty header says: voxels of 1 mm at the origin\n  \
           its shape is that of the image\n\
         hint: copy the affine of the image to it if both were saved with the same axes (resampling \
         would move it out of the image); or leave the case out with `data.exclude = [\"a\"]`"
    );
    // A twentieth of a voxel is rounding.
    let mut close = labels(SHAPE);
    close.affine.0[0][3] += 0.2;
    root.put("Segmentation/a.nii.gz", &close);
    assert_eq!(root.open().warnings, [""; 0]);
}

#[test]
fn data_are_what_the_files_hold_and_not_how_they_are_packed() {
    let root = Root::with_cases(&["a"]);
    let before = root.open();
    root.remove("CT/a.nii.gz");
    root.put("CT/a.nii", &image(SHAPE));
    let turned = reorient(labels(SHAPE), LPS);
    root.put("Segmentation/a.nii.gz", &turned);
    let after = root.open();
    assert_eq!(after.fingerprint, before.fingerprint);
    assert_ne!(after.packed_fingerprint, before.packed_fingerprint);
    // The same image under a second name, mirrored and packed otherwise.
    let mut mirrored = image(SHAPE);
    mirrored.affine.0[0][0] = -mirrored.affine.0[0][0];
    root.put("CT/b.nii.gz", &mirrored);
    let mut labels = labels(SHAPE);
    labels.affine = mirrored.affine;
    root.put("Segmentation/b.nii.gz", &labels);
    let warnings = root.open().warnings;
    assert!(warnings[0].text.starts_with("cases `a` and `b` hold the same image"), "{warnings:?}");
    let one = spec::Data { patient: Some("^()".into()), ..root.data() };
    assert_eq!(open_with(&one).warnings, ["cases `a` and `b` hold the same image"]);
}

#[test]
fn names_of_labels_are_compared_with_those_of_the_data_set() {
    let root = Root::with_cases(&["a"]);
    // With the mark that some editors write, and in an older encoding.
    let swapped = b"\xef\xbb\xbf{\"labels\": {\"background\": 0, \"metastasis\": 1, \
                    \"primary\": 2}, \"name\": \"Gef\xe4\xdf\"}";
    root.put_bytes("dataset.json", swapped);
    assert_eq!(
        root.open().warnings,
        [
            "the spec names labels otherwise than `dataset.json` does: spec 0 background, 1 primary, \
          2 metastasis; dataset.json 0 background, 1 metastasis, 2 primary"
        ]
    );
    let ignored = br#"{"labels": {"background": 0, "primary": 1, "ignore": 2}}"#;
    root.put_bytes("dataset.json", ignored);
    assert_eq!(
        root.refused(),
        "error: the spec makes the ignore label 2 a class\n  \
           dataset.json  2 is `ignore`: nobody has labelled these voxels\n  \
           spec          2 is `metastasis`\n\
         hint: ignore labels are not supported yet: leave out the cases that hold it with \
         `data.exclude`"
    );
}
