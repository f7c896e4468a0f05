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

/// Two cases of 4x3x2 voxels: class 5 fills the first x of both, class 9 the last of the second,
/// whose CT is 2 HU brighter.
fn root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["CT", "Segmentation"] {
        fs::create_dir(root.path().join(folder)).unwrap();
    }
    for (case, last, more) in [("a", 0, 0), ("b", 9, 2)] {
        let affine = Affine::diagonal(Spacing([8.0, 8.0, 5.0]));
        let hu = |[x, y, z]: [usize; 3]| i16::try_from(6 * x + 2 * y + z + more).unwrap();
        let hu = Grid::from_fn([4, 3, 2], hu);
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
         a     4x3x2  8.00x8.00x5.00 mm  RAS          0..23  18           6            0\n\
         b     4x3x2  8.00x8.00x5.00 mm  RAS          2..25  12           6            6\n\
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
         a     4x3x2  8.00x8.00x5.00 mm  RAS          0..23  18                    6\n\
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
         hint: give them a class in `data.label-map` (`\"9\" = 0` trains these voxels as \
         background, as if nothing were there), or leave the case out with `data.exclude = \
         [\"b\"]`"
    );
}

#[test]
fn check_prints_json() {
    let root = root();
    let (out, ended) = seglab(root.path(), &["data", "check", "ROOT", "--json"]);
    assert_eq!(ended, Ok(()));
    let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(parsed["classes"], serde_json::json!(["0", "5", "9"]));
    let facts = &parsed["cases"][1]["facts"];
    assert_eq!(facts["class_voxels"], serde_json::json!([12, 6, 6]));
    assert_eq!(facts["spacing"], serde_json::json!([8.0, 8.0, 5.0]));
    // 2 to 7 under class 5, 20 to 25 under class 9; the percentiles are values of voxels.
    assert_eq!(facts["class_hu"], serde_json::json!([null, [2.0, 6.0], [20.0, 24.0]]));
    assert_eq!(parsed["cases"][1]["faults"], serde_json::json!([]));
}

#[test]
fn check_sorts_faults_and_warnings_by_case() {
    let root = root();
    let affine = Affine::diagonal(Spacing([8.0, 8.0, 5.0]));
    let empty = Grid::filled([4, 3, 2], 0_u8);
    let at = |name: &str| root.path().join(name);
    write(&at("Segmentation/a.nii.gz"), &Placed { voxels: empty, affine }).unwrap();
    fs::write(at("CT/b.nii.gz"), b"").unwrap();
    fs::write(at("CT/notes.txt"), b"").unwrap();
    let (out, ended) = seglab(root.path(), &["data", "check", "ROOT", "--json"]);
    assert_eq!(ended.unwrap_err().code.exit_code(), 2);
    let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
    let [a, b] = &parsed["cases"].as_array().unwrap()[..] else { panic!("{out}") };
    assert_eq!((&a["id"], &b["id"]), (&"a".into(), &"b".into()));
    assert_eq!((&a["facts"]["id"], &b["facts"]), (&"a".into(), &serde_json::Value::Null));
    assert_eq!(
        (a["faults"].as_array().unwrap().len(), b["faults"].as_array().unwrap().len()),
        (0, 1)
    );
    assert!(b["faults"][0].as_str().unwrap().starts_with("error: cannot read volume"), "{out}");
    let set = serde_json::json!([
        "`CT/notes.txt` is not a NIfTI file: left out",
        "no foreground class has a voxel in any case (1 case looked at): check `data.classes` and \
         `data.label-map`, or whether the label maps are the right files"
    ]);
    assert_eq!(parsed["warnings"], set);
    assert_eq!(parsed["faults"], serde_json::json!([]));
}

#[test]
fn stats_sums_the_cases_up() {
    let root = root();
    let (out, ended) = seglab(root.path(), &["data", "stats", "ROOT"]);
    assert_eq!(ended, Ok(()));
    // A voxel is 0.32 mL.
    assert_eq!(
        out,
        "class  cases   share of voxels  mL, smallest  median  largest\n\
         0      2 of 2  62.500 %         3.84          4.80    5.76\n\
         5      2 of 2  25.000 %         1.92          1.92    1.92\n\
         9      1 of 2  12.500 %         1.92          1.92    1.92\n\
         \n\
         class  HU, 5 %  50 %  95 %  AUC of HU  of a case, smallest  largest\n\
         0      7        14    21    -          -                    -\n\
         5      0        3     6     0.005      0.000                0.000\n\
         9      20       22    24    0.968      1.000                1.000\n\
         \n\
         class  components  of a case, fewest  median  most  mL, 5 %  50 %  95 %\n\
         5      2           1                  1       1     1.92     1.92  1.92\n\
         9      1           1                  1       1     1.92     1.92  1.92\n\
         \n\
         of a case          smallest  median  largest\n\
         voxels along x     4         4       4\n\
         voxels along y     3         3       3\n\
         voxels along z     2         2       2\n\
         spacing x, mm      8.00      8.00    8.00\n\
         spacing y, mm      8.00      8.00    8.00\n\
         spacing z, mm      5.00      5.00    5.00\n\
         HU, percentile 1   0         1       2\n\
         HU, percentile 50  11        12      13\n\
         HU, percentile 99  22        23      24\n"
    );
}

#[test]
fn stats_are_json_parquet_and_figures_too() {
    let root = root();
    let words = ["data", "stats", "ROOT", "--json", "--parquet", "ROOT/out.parquet", "--figures"];
    let (out, ended) = seglab(root.path(), &[&words[..], &["ROOT/figures"]].concat());
    assert_eq!(ended, Ok(()));
    let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(parsed["n_cases"], 2);
    assert_eq!(parsed["by_class"][2]["class"], "9");
    assert_eq!(parsed["by_class"][2]["hu"], serde_json::json!({"p5": 20, "p50": 22, "p95": 24}));
    // 20 to 25 against the 42 other voxels, of which four are 20 to 23: 244 of 6 x 42 pairs are
    // won, ties counted half.
    let auc = parsed["by_class"][2]["hu_auc"].as_f64().unwrap();
    assert!((auc - 244.0 / 252.0).abs() < 1e-15, "{auc}");
    assert_eq!(parsed["by_case"].as_array().unwrap().len(), 6, "two cases of three classes");
    let parquet = fs::read(root.path().join("out.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    for name in ["hu-by-class", "component-sizes"] {
        let at = |end: &str| root.path().join(format!("figures/{name}.{end}"));
        assert!(fs::read_to_string(at("svg")).unwrap().contains("<svg"));
        assert!(fs::read(at("png")).unwrap().starts_with(b"\x89PNG"));
    }
}
