//! Data sets that can be read and would still spoil a training: what `seglab data check` says.

use clap::Parser;
use seglab::{
    base::Result,
    cli::Arguments,
    data::{
        geometry::{Affine, Spacing},
        nifti::{Stored, write},
        volume::{Grid, Placed},
    },
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Enough voxels to tell a CT from a label map.
const SHAPE: [usize; 3] = [12, 10, 10];

/// Trains on all but `d`, with an abdominal window.
const SPEC: &str = "[data]\nroot = \"elsewhere\"\nclasses = [\"background\", \"primary\", \
                    \"metastasis\"]\n[split]\nkind = \"explicit\"\nvalid = [\"d\"]\n\
                    [preprocess]\nintensity = { kind = \"window\", lower = -160.0, upper = 240.0 }\n";

struct Root(TempDir);

impl Root {
    /// Four sound cases, `a` to `d`, and [`SPEC`].
    fn new() -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        for folder in ["CT", "Segmentation"] {
            fs::create_dir(root.0.path().join(folder)).unwrap();
        }
        for (case, shift) in [("a", 0), ("b", 3), ("c", 5), ("d", 7)] {
            root.put(&format!("CT/{case}"), ct(shift));
            root.put(&format!("Segmentation/{case}"), labels());
        }
        root.text("spec.toml", SPEC);
        root
    }

    fn put<T: Stored>(&self, name: &str, voxels: Grid<T>) {
        let affine = Affine::diagonal(Spacing([2.0, 2.0, 5.0]));
        let path = self.0.path().join(format!("{name}.nii.gz"));
        write(&path, &Placed { voxels, affine }).unwrap();
    }

    fn text(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn check(&self, words: &[&str]) -> (String, Result<()>) {
        let shown = self.0.path().display().to_string();
        let words = ["seglab", "data", "check", "ROOT"].iter().chain(words);
        let words = words.map(|word| word.replace("ROOT", &shown));
        let mut out = Vec::new();
        let ended = Arguments::try_parse_from(words).unwrap().run(&mut out);
        (String::from_utf8(out).unwrap(), ended)
    }

    /// The warnings of a check that finds no fault.
    fn warnings(&self) -> Vec<String> {
        let (out, ended) = self.check(&["--spec", "ROOT/spec.toml"]);
        assert_eq!(ended, Ok(()));
        let lines = out.lines().filter_map(|line| line.strip_prefix("warning: "));
        lines.map(str::to_owned).collect()
    }
}

/// Air at one end, then tissue from 0 HU on.
fn ct(shift: i16) -> Grid<i16> {
    Grid::from_fn(SHAPE, |[x, y, z]| {
        let tissue = i16::try_from((x * 31 + y * 7 + z * 3) % 90).unwrap() + shift;
        if x < 3 { tissue - 1000 } else { tissue }
    })
}

/// Class 1 at the other end, class 2 beside it.
fn labels() -> Grid<u8> {
    Grid::from_fn(SHAPE, |[x, ..]| match x {
        10.. => 1,
        8 | 9 => 2,
        _ => 0,
    })
}

#[test]
fn a_sound_set_is_not_warned_of() {
    assert_eq!(Root::new().warnings(), [""; 0]);
}

#[test]
fn a_class_in_no_training_case_and_a_case_without_foreground_are_told() {
    let root = Root::new();
    for case in ["a", "b"] {
        root.put(&format!("Segmentation/{case}"), labels().map(|class| class % 2));
    }
    root.put("Segmentation/c", Grid::filled(SHAPE, 0_u8));
    assert_eq!(
        root.warnings(),
        [
            "no foreground: `c`; right where nothing was to be found; if not, look at the label \
             maps",
            "class `metastasis` is in no training case, so that it cannot be learned, but in \
             others: `d`; change `[split]` so that one of them trains",
        ]
    );
}

#[test]
fn a_ct_without_its_offset_is_told_with_the_classes_that_it_hides() {
    let root = Root::new();
    root.put("CT/c", ct(5).map(|hu| hu + 1024));
    assert_eq!(
        root.warnings(),
        [
            "CT without a value below 0 HU, while 3 of 4 CTs hold air: `c`; they may be stored as \
             0..4095 without their offset of -1024: check the intercept",
            "class `primary` is one grey value to the network, since at least 90 % of its voxels \
             lie above the end of the window -160 to 240 HU (240): `c`; widen \
             `preprocess.intensity`, and check that these CTs are in HU",
            "class `metastasis` is one grey value to the network, since at least 90 % of its \
             voxels lie above the end of the window -160 to 240 HU (240): `c`; widen \
             `preprocess.intensity`, and check that these CTs are in HU",
        ]
    );
}

#[test]
fn a_constant_ct_and_values_that_are_no_hu_are_told() {
    let root = Root::new();
    root.put("CT/a", Grid::filled(SHAPE, 40_i16));
    let mut strange = ct(3);
    strange.set([6, 5, 5], -8192);
    root.put("CT/b", strange);
    assert_eq!(
        root.warnings(),
        [
            "CT with one value in every voxel: `a`; there is nothing to be learned from it: look \
             at the file, or leave the case out with `data.exclude`",
            "CT with values down to -8192, which are no HU and no padding: `b`; check slope and \
             intercept of the files",
        ]
    );
}

#[test]
fn padding_is_told_where_a_percentile_meets_it() {
    let root = Root::new();
    // A corner of 12 x 5 x 2 voxels of 1200, which is more than the first percentile.
    root.put(
        "CT/b",
        Grid::from_fn(SHAPE, |at| if at[1] < 5 && at[2] < 2 { -3024 } else { ct(3).at(at) }),
    );
    let told = "`CT/b.nii.gz`: 120 voxels hold -3024 HU, below air: padding of the scanner";
    assert_eq!(root.warnings(), [told]);
    root.text("spec.toml", SPEC.split("[preprocess]").next().unwrap());
    assert_eq!(
        root.warnings(),
        [
            told,
            "padding fills more of a CT than percentile 1 of `preprocess.intensity`: `b`; the \
             padding becomes 0 of the input there and all tissue moves up: set a window (`kind = \
             \"window\"`), or replace the padding by -1024 in the files",
        ]
    );
}

#[test]
fn equal_cases_across_the_split_are_told() {
    let root = Root::new();
    root.put("CT/d", ct(0));
    let warnings = root.warnings();
    let across = "cases with the same image are on different sides of the split (train `a`, \
                  validate `d`), so that a score rewards remembering: keep one of them and leave \
                  the others out with `data.exclude`, or make them one patient with `data.patient`";
    assert!(warnings.iter().any(|warning| warning == across), "{warnings:?}");
}

#[test]
fn a_split_that_does_not_suit_is_told_and_the_rest_is_looked_at() {
    let root = Root::new();
    root.text("spec.toml", &SPEC.replace("\"d\"", "\"e\""));
    assert_eq!(
        root.warnings(),
        ["the spec's split does not suit these cases, so that what depends on it was not looked \
          at: `split.valid` names case `e`, which does not exist"]
    );
}

#[test]
fn swapped_folders_are_one_fault_with_and_without_a_spec() {
    let root = Root::new();
    let at = |name: &str| root.0.path().join(name);
    fs::rename(at("CT"), at("between")).unwrap();
    fs::rename(at("Segmentation"), at("CT")).unwrap();
    fs::rename(at("between"), at("Segmentation")).unwrap();
    let expected = "error: image and label map of cases `a`, `b`, `c`, `d` look swapped\n  \
                    image      CT/a.nii.gz            3 values: 0, 1, 2\n  \
                    label map  Segmentation/a.nii.gz  180 values from -1000 to 89\n\
                    hint: exchange the files, or the names of the two folders; or leave the cases \
                    out with `data.exclude`";
    for words in [&[][..], &["--spec", "ROOT/spec.toml"]] {
        let (_, ended) = root.check(words);
        let error = ended.unwrap_err();
        assert_eq!(error.code.exit_code(), 2);
        assert_eq!(error.to_string(), expected);
    }
    let (out, _) = root.check(&["--json"]);
    let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(parsed["cases"].as_array().unwrap().len(), 4);
    assert_eq!(parsed["cases"][3]["faults"][0], expected);
}

#[test]
fn one_file_in_the_wrong_place_is_told() {
    let root = Root::new();
    root.put("Segmentation/b", ct(3));
    root.put("CT/c", labels());
    let error = root.check(&[]).1.unwrap_err().to_string();
    assert_eq!(
        error,
        "error: label map of case `b` looks like a CT\n  \
           image      CT/b.nii.gz            values from -997 to 92\n  \
           label map  Segmentation/b.nii.gz  180 values from -997 to 92\n\
         hint: put the label map there; or leave the case out with `data.exclude`"
    );
    assert!(
        root.check(&[]).0.contains(
            "warning: image with few and small whole values, as a label map has them: `c`; check \
             that these are the CTs"
        ),
        "there are binary images"
    );
}

/// The same set in nnU-Net's layout, with an `ignore` label.
fn nnu_net(root: &Path) {
    fs::rename(root.join("CT"), root.join("imagesTr")).unwrap();
    fs::rename(root.join("Segmentation"), root.join("labelsTr")).unwrap();
    let labels = r#"{"background": 0, "primary": 1, "metastasis": 2, "ignore": 3}"#;
    let text = format!("{{\"channel_names\": {{\"0\": \"CT\"}}, \"labels\": {labels}}}");
    fs::write(root.join("dataset.json"), text).unwrap();
}

#[test]
fn voxels_to_ignore_are_never_offered_as_background() {
    let root = Root::new();
    let mut open = labels();
    open.set([0, 0, 0], 3);
    root.put("Segmentation/b", open);
    nnu_net(root.0.path());
    let told = |root: &Root| root.check(&["--spec", "ROOT/spec.toml"]).1.unwrap_err().to_string();
    assert_eq!(
        told(&root),
        "error: label map of case `b` holds values without a class\n  \
           label map  labelsTr/b.nii.gz\n  \
           expected   0 background, 1 primary, 2 metastasis\n  \
           found      3 (1 voxels)\n\
         hint: 3 is the `ignore` label of `dataset.json`: ignore labels are not supported yet, and \
         as background these voxels would be learned as holding nothing; leave the case out with \
         `data.exclude = [\"b\"]`"
    );
    // 255 is such a value by custom.
    let mut open = labels();
    open.set([0, 0, 0], 255);
    let path = root.0.path().join("labelsTr/b.nii.gz");
    let affine = Affine::diagonal(Spacing([2.0, 2.0, 5.0]));
    write(&path, &Placed { voxels: open, affine }).unwrap();
    let told = told(&root);
    assert!(told.contains("255 usually marks voxels that nobody has labelled"), "{told}");
    assert!(!told.contains("= 0`"), "{told}");
}
