//! `seglab data`: what is printed, and when the answer is an error.

use clap::Parser;
use seglab::{
    base::Result,
    cli::Arguments,
    data::{
        geometry::{Affine, Spacing},
        nifti::write,
        volume::{Grid, Placed},
    },
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Two cases of 4x3x2 voxels: class 5 fills the first x of both, class 9 the last of the second.
fn root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["CT", "Segmentation"] {
        fs::create_dir(root.path().join(folder)).unwrap();
    }
    for (case, last) in [("a", 0), ("b", 9)] {
        let affine = Affine::diagonal(Spacing([2.0, 2.0, 5.0]));
        let hu = Grid::from_fn([4, 3, 2], |[x, y, z]| i16::try_from(6 * x + 2 * y + z).unwrap());
        let class = Grid::from_fn([4, 3, 2], |[x, ..]| [5_u8, 0, 0, last][x]);
        let files = |folder: &str| root.path().join(folder).join(format!("{case}.nii.gz"));
        write(&files("CT"), &Placed { voxels: hu, affine }).unwrap();
        write(&files("Segmentation"), &Placed { voxels: class, affine }).unwrap();
    }
    root
}

/// What a command prints, and how it ends; the root stands as ROOT.
fn seglab(root: &Path, words: &[&str]) -> (String, Result<()>) {
    let shown = root.display().to_string();
    let words = words.iter().map(|word| word.replace("ROOT", &shown));
    let arguments = Arguments::try_parse_from(["seglab".to_owned()].into_iter().chain(words));
    let mut out = Vec::new();
    let ended = arguments.unwrap().run(&mut out);
    (String::from_utf8(out).unwrap().replace(&shown, "ROOT"), ended)
}

#[test]
fn check_says_what_each_case_holds() {
    let root = root();
    let (out, ended) = seglab(root.path(), &["data", "check", "ROOT"]);
    assert_eq!(ended, Ok(()));
    assert_eq!(
        out,
        "case  shape  spacing            stored axes  HU     voxels of 0  voxels of 5  voxels of 9\n\
         a     4x3x2  2.00x2.00x5.00 mm  RAS          0..23  18           6            0\n\
         b     4x3x2  2.00x2.00x5.00 mm  RAS          0..23  12           6            6\n\
         sound cases: 2, warnings: 0, faults: 0\n"
    );
}

#[test]
fn check_names_classes_by_the_spec_and_fails_on_faults() {
    let root = root();
    let spec = root.path().join("spec.toml");
    let text = "[data]\nroot = \"elsewhere\"\nclasses = [\"background\", \"tumour\"]\n\
                label-map = { 5 = 1 }\n";
    fs::write(&spec, text).unwrap();
    let (out, ended) = seglab(root.path(), &["data", "check", "ROOT", "--spec", "ROOT/spec.toml"]);
    assert_eq!(
        out,
        "case  shape  spacing            stored axes  HU     voxels of background  voxels of tumour\n\
         a     4x3x2  2.00x2.00x5.00 mm  RAS          0..23  18                    6\n\
         sound cases: 1, warnings: 0, faults: 1\n"
    );
    let error = ended.unwrap_err();
    assert_eq!(error.code.exit_code(), 2);
    assert_eq!(
        error.to_string(),
        "error: label map of case `b` holds values without a class\n  \
           label map  Segmentation/b.nii.gz\n  \
           expected   0 background, 5 tumour\n  \
           found      9 (6 voxels)\n\
         hint: give them a class in `data.label-map` (`\"9\" = 0` makes it background), or leave \
         the case out with `data.exclude = [\"b\"]`"
    );
}

#[test]
fn check_prints_json() {
    let root = root();
    let (out, ended) = seglab(root.path(), &["data", "check", "ROOT", "--json"]);
    assert_eq!(ended, Ok(()));
    let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(parsed["classes"], serde_json::json!(["0", "5", "9"]));
    assert_eq!(parsed["cases"][1]["class_voxels"], serde_json::json!([12, 6, 6]));
    assert_eq!(parsed["cases"][1]["spacing"], serde_json::json!([2.0, 2.0, 5.0]));
}

#[test]
fn stats_sums_the_cases_up() {
    let root = root();
    let (out, ended) = seglab(root.path(), &["data", "stats", "ROOT"]);
    assert_eq!(ended, Ok(()));
    // A voxel is 0.02 mL.
    assert_eq!(
        out,
        "class  cases   share of voxels  mL, smallest  median  largest\n\
         0      2 of 2  62.500 %         0.24          0.30    0.36\n\
         5      2 of 2  25.000 %         0.12          0.12    0.12\n\
         9      1 of 2  12.500 %         0.12          0.12    0.12\n\
         \n\
         of a case          smallest  median  largest\n\
         voxels along x     4         4       4\n\
         voxels along y     3         3       3\n\
         voxels along z     2         2       2\n\
         spacing x, mm      2.00      2.00    2.00\n\
         spacing y, mm      2.00      2.00    2.00\n\
         spacing z, mm      5.00      5.00    5.00\n\
         HU, percentile 1   0         0       0\n\
         HU, percentile 50  11        11      11\n\
         HU, percentile 99  22        22      22\n"
    );
}
