//! Data sets that are wrong, and some that only look it: what is said, in full.

use super::data_root::{Root, SHAPE, affine, image, labels};
use seglab::{
    data::{
        dataset::{Dataset, Reading},
        geometry::Orientation,
        nifti::Stored,
        orient::reorient,
        volume::Placed,
    },
    spec::{self, OrientationPolicy},
};
use std::fs;

const SAME_IMAGE: &str = "cases `a` and `b` hold the same image: leave one out with \
                          `data.exclude`, or make them one patient with `data.patient`";

#[test]
fn a_sound_data_set_is_told_case_by_case() {
    let root = Root::with_cases(&["b", "a"]);
    let dataset = root.open();
    // One may train while the other validates.
    assert_eq!(dataset.warnings, [SAME_IMAGE]);
    let case = &dataset.cases[0];
    assert_eq!((case.id.as_str(), case.patient.as_str()), ("a", "a"));
    assert_eq!(case.shape, SHAPE);
    assert_eq!(case.spacing.to_string(), "4.95x4.95x7.27 mm");
    assert_eq!(case.class_voxels, [36, 12, 12]);
    assert_eq!(case.hu.map(|hu| hu.to_string()), ["-200", "232"]);
    // Same files under another root: the same data set. Other voxels: another.
    let again = Root::with_cases(&["a", "b"]);
    assert_eq!(again.open().fingerprint, dataset.fingerprint);
    let mut other = image(SHAPE);
    other.voxels.set([0, 0, 0], 7);
    again.put("CT/b.nii.gz", &other);
    assert_ne!(again.open().fingerprint, dataset.fingerprint);
}

#[test]
fn the_data_root_is_missing() {
    let root = Root::new(["CT", "Segmentation"]);
    let data = spec::Data { root: root.data().root + "/nowhere", ..root.data() };
    assert_eq!(
        root.refused_as(&data),
        "error: data root `ROOT/nowhere` does not exist\n\
         hint: put `CT/` and `Segmentation/` (or nnU-Net's `imagesTr/` and `labelsTr/`) there, or \
         set `data.root`"
    );
}

#[test]
fn the_data_root_follows_no_layout() {
    let root = Root::new(["CT", "segmentations"]);
    assert_eq!(
        root.refused(),
        "error: data root `ROOT` has no known layout\n  \
           expected  CT and Segmentation, or imagesTr and labelsTr\n  \
           found     CT, segmentations\n\
         hint: put `CT/` and `Segmentation/` (or nnU-Net's `imagesTr/` and `labelsTr/`) there, or \
         set `data.root`"
    );
}

#[test]
fn a_label_map_has_another_shape() {
    let root = Root::with_cases(&["STS_014"]);
    root.put("Segmentation/STS_014.nii.gz", &labels([5, 4, 2]));
    assert_eq!(
        root.refused(),
        "error: label map of case `STS_014` does not lie on its image's grid\n  \
           image      CT/STS_014.nii.gz            5x4x3, spacing 4.95x4.95x7.27 mm\n  \
           label map  Segmentation/STS_014.nii.gz  5x4x2, spacing 4.95x4.95x7.27 mm\n\
         hint: resample the label map (nearest neighbour), or leave the case out with \
         `data.exclude = [\"STS_014\"]`"
    );
}

#[test]
fn a_label_map_lies_elsewhere() {
    let root = Root::with_cases(&["a"]);
    let mut moved = labels(SHAPE);
    moved.affine.0[2][3] += 30.0;
    root.put("Segmentation/a.nii.gz", &moved);
    assert_eq!(
        root.refused(),
        "error: label map of case `a` does not lie on its image's grid\n  \
           image      CT/a.nii.gz            5x4x3, spacing 4.95x4.95x7.27 mm, origin (-100.00, \
         0.00, 0.00)\n  \
           label map  Segmentation/a.nii.gz  5x4x3, spacing 4.95x4.95x7.27 mm, origin (-100.00, \
         0.00, 30.00)\n  \
           their corners lie up to 30.00 mm apart\n\
         hint: resample the label map (nearest neighbour), or leave the case out with \
         `data.exclude = [\"a\"]`"
    );
}

#[test]
fn counts_of_images_and_label_maps_differ() {
    let root = Root::with_cases(&["a", "b", "c"]);
    root.remove("Segmentation/b.nii.gz");
    root.put("Segmentation/d.nii", &labels(SHAPE));
    root.remove("Segmentation/c.nii.gz");
    assert_eq!(
        root.refused(),
        "error: images and label maps of `ROOT` do not match\n  \
           CT            3 files\n  \
           Segmentation  2 files\n  \
           no label map  CT/b.nii.gz\n  \
           no label map  CT/c.nii.gz\n  \
           no image      Segmentation/d.nii\n\
         hint: files are matched by name: add what is missing, or leave the cases out with \
         `data.exclude = [\"b\", \"c\", \"d\"]`"
    );
    let exclude = ["b", "c", "d"].map(str::to_owned).to_vec();
    let data = spec::Data { exclude, ..root.data() };
    let dataset = Dataset::open(&data, OrientationPolicy::Ras, &Reading::default()).unwrap();
    assert_eq!(dataset.cases.len(), 1);
}

#[test]
fn a_file_is_cut_short() {
    let root = Root::with_cases(&["a"]);
    let path = root.path().join("CT/a.nii.gz");
    let whole = fs::read(&path).unwrap();
    // All but the checksum and half of the last voxels.
    fs::write(&path, &whole[..whole.len() - 40]).unwrap();
    let told = root.refused();
    let held = told.split_whitespace().nth(11).unwrap();
    assert!(held.parse::<usize>().unwrap() < 120, "{told}");
    assert_eq!(
        told,
        format!(
            "error: cannot read volume `ROOT/CT/a.nii.gz`\n\
             caused by: gzip stream ends after {held} of 120 voxel bytes\n\
             hint: the file looks cut short; compare its size with the source and copy it again"
        )
    );
}

#[test]
fn a_label_means_no_class() {
    let root = Root::with_cases(&["case_003"]);
    let mut strange = labels(SHAPE);
    strange.voxels.set([1, 0, 0], 3);
    strange.voxels.set([1, 0, 1], 3);
    root.put("Segmentation/case_003.nii.gz", &strange);
    assert_eq!(
        root.refused(),
        "error: label map of case `case_003` holds values without a class\n  \
           label map  Segmentation/case_003.nii.gz\n  \
           expected   0 background, 1 primary, 2 metastasis\n  \
           found      3 (2 voxels)\n\
         hint: give them a class in `data.label-map` (`\"3\" = 0` trains these voxels as \
         background, as if nothing were there), or leave the case out with `data.exclude = \
         [\"case_003\"]`"
    );
    let label_map = [("1", 1), ("2", 2), ("3", 2)].map(|(key, class)| (key.to_owned(), class));
    let data = spec::Data { label_map: label_map.into(), ..root.data() };
    let dataset = Dataset::open(&data, OrientationPolicy::Ras, &Reading::default()).unwrap();
    assert_eq!(dataset.cases[0].class_voxels, [34, 12, 14]);
    let (_, mapped) = dataset.load(&dataset.cases[0]).unwrap();
    assert_eq!(mapped.voxels.at([1, 0, 1]), 2);
}

#[test]
fn an_image_holds_values_that_are_not_finite() {
    let root = Root::with_cases(&["a"]);
    let mut voxels = image(SHAPE).voxels.map(f32::from);
    voxels.set([0, 0, 0], f32::NAN);
    voxels.set([0, 0, 1], f32::INFINITY);
    root.put("CT/a.nii.gz", &Placed { voxels, affine: affine() });
    assert_eq!(
        root.refused(),
        "error: image of case `a` holds values that are not finite\n  \
           image  CT/a.nii.gz\n  \
           found  2 voxels that are NaN or infinite\n\
         hint: repair the file, or leave the case out with `data.exclude = [\"a\"]`"
    );
}

#[test]
fn padding_of_a_scanner_is_told_but_stops_nothing() {
    let root = Root::with_cases(&["a"]);
    let mut padded = image(SHAPE);
    for y in 0..2 {
        for z in 0..3 {
            padded.voxels.set([0, y, z], -3024);
        }
    }
    root.put("CT/a.nii.gz", &padded);
    assert_eq!(
        root.open().warnings,
        ["`CT/a.nii.gz`: 6 voxels hold -3024 HU, below air: padding of the scanner"]
    );
}

#[test]
fn all_faults_of_all_cases_are_told_together() {
    let root = Root::with_cases(&["a", "b", "c"]);
    fs::write(root.path().join("CT/a.nii.gz"), b"").unwrap();
    let mut strange = labels(SHAPE);
    strange.voxels.set([1, 0, 0], 9);
    root.put("Segmentation/b.nii.gz", &strange);
    root.put("Segmentation/c.nii.gz", &labels([5, 4, 2]));
    let exclude = vec!["d".to_owned(), "nothing".to_owned()];
    let told = root.refused_as(&spec::Data { exclude, ..root.data() });
    let errors: Vec<&str> = told.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        errors,
        [
            "error: `data.exclude` names `d`, which is not a case",
            "error: `data.exclude` names `nothing`, which is not a case",
            "error: cannot read volume `ROOT/CT/a.nii.gz`",
            "error: label map of case `c` does not lie on its image's grid",
            "error: label map of case `b` holds values without a class",
        ]
    );
    assert!(told.ends_with("\n5 faults"), "{told}");
}

#[test]
fn a_misspelt_exclusion_is_corrected() {
    let root = Root::with_cases(&["case_001", "case_002"]);
    let data = spec::Data { exclude: vec!["case_02".to_owned()], ..root.data() };
    assert_eq!(
        root.refused_as(&data),
        "error: `data.exclude` names `case_02`, which is not a case\nhint: did you mean `case_002`?"
    );
}

#[test]
fn one_slice_is_a_volume() {
    let root = Root::new(["CT", "Segmentation"]);
    root.put("CT/a.nii.gz", &image([5, 4, 1]));
    root.put("Segmentation/a.nii.gz", &labels([5, 4, 1]));
    let dataset = root.open();
    let (volume, labels) = dataset.load(&dataset.cases[0]).unwrap();
    assert_eq!((volume.voxels.shape(), labels.voxels.shape()), ([5, 4, 1], [5, 4, 1]));
}

/// Stored with the first axis backwards (LAS).
fn mirrored<T: Stored>(placed: &Placed<T>) -> Placed<T> {
    let to = {
        let mut to = Orientation::RAS;
        to.0[0] = seglab::data::geometry::Direction::Left;
        to
    };
    reorient(placed.clone(), to)
}

#[test]
fn axes_may_run_differently_on_one_grid() {
    let root = Root::with_cases(&["a"]);
    root.put("Segmentation/a.nii.gz", &mirrored(&labels(SHAPE)));
    let dataset = root.open();
    let (volume, own) = dataset.load(&dataset.cases[0]).unwrap();
    assert_eq!(volume.voxels, image(SHAPE).voxels.map(f32::from));
    assert_eq!(own.voxels, labels(SHAPE).voxels);

    // As stored, the image keeps its axes and the label map follows it.
    root.put("CT/a.nii.gz", &mirrored(&image(SHAPE)));
    root.put("Segmentation/a.nii.gz", &labels(SHAPE));
    let dataset =
        Dataset::open(&root.data(), OrientationPolicy::AsStored, &Reading::default()).unwrap();
    assert_eq!(dataset.cases[0].stored_axes, "LAS");
    let (volume, own) = dataset.load(&dataset.cases[0]).unwrap();
    assert_eq!(volume.voxels, mirrored(&image(SHAPE)).voxels.map(f32::from));
    assert_eq!(own.voxels, mirrored(&labels(SHAPE)).voxels);
}

#[test]
fn nnu_net_folders_are_read_and_hold_one_channel() {
    let root = Root::new(["imagesTr", "labelsTr"]);
    root.put("imagesTr/hip_001_0000.nii.gz", &image(SHAPE));
    root.put("labelsTr/hip_001.nii.gz", &labels(SHAPE));
    // An older data set's name, without the channel.
    root.put("imagesTr/hip_0002.nii.gz", &image(SHAPE));
    root.put("labelsTr/hip_0002.nii.gz", &labels(SHAPE));
    fs::write(root.path().join("dataset.json"), r#"{"channel_names": {"0": "CT"}}"#).unwrap();
    let ids: Vec<String> = root.open().cases.into_iter().map(|case| case.id).collect();
    assert_eq!(ids, ["hip_0002", "hip_001"]);

    root.put("imagesTr/hip_001_0001.nii.gz", &image(SHAPE));
    let both = r#"{"channel_names": {"0": "CT", "1": "PET"}}"#;
    fs::write(root.path().join("dataset.json"), both).unwrap();
    assert_eq!(
        root.refused(),
        "error: data set `ROOT` has more than one channel\n  \
           dataset.json  0 CT, 1 PET\n  \
           imagesTr/hip_001_0001.nii.gz\n\
         hint: seglab reads one channel: keep the `_0000` files and the first entry of \
         `channel_names`"
    );
}
