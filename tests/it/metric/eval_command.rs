//! `seglab eval`: scores of anybody's label maps.

use crate::support::sandbox::Sandbox;
use seglab::data::{
    geometry::{Affine, Spacing},
    nifti::write,
    volume::{Grid, Placed},
};
use std::fs;

/// Two cases, in one of which the prediction is shifted by a voxel and in the other empty.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for folder in ["reference", "prediction"] {
        fs::create_dir(sandbox.path(folder)).unwrap();
    }
    let cube = |from: usize| {
        Grid::from_fn([10, 10, 6], move |[x, y, z]| {
            u8::from((from..from + 4).contains(&x) && (2..6).contains(&y) && (1..4).contains(&z))
        })
    };
    let affine = Affine::diagonal(Spacing([2.0, 1.0, 3.0]));
    let keep = |name: &str, voxels: Grid<u8>| {
        write(&sandbox.path(name), &Placed { voxels, affine }).unwrap();
    };
    keep("reference/a.nii.gz", cube(2));
    keep("prediction/a.nii.gz", cube(3));
    keep("reference/b.nii.gz", cube(2));
    keep("prediction/b.nii.gz", Grid::filled([10, 10, 6], 0));
    sandbox
}

const EVAL: [&str; 7] = [
    "eval",
    "--reference",
    "reference",
    "--prediction",
    "prediction",
    "--classes",
    "background,lesion",
];

#[test]
fn every_score_of_every_case_is_there() {
    let sandbox = sandbox();
    let ended = sandbox.run(&[&EVAL[..], &["--json", "--surface-tolerance-mm", "1,2"]].concat());
    let rows: serde_json::Value = serde_json::from_str(&ended.succeeds().stdout).unwrap();
    let row = |case: &str, class: u64| {
        let is = |row: &&serde_json::Value| row["case"] == case && row["class"] == class;
        rows.as_array().unwrap().iter().find(is).unwrap().clone()
    };
    let shifted = row("a", 1);
    assert_eq!(shifted["dice"], 0.75);
    // One step along x is 2 mm.
    assert_eq!(shifted["space"]["surface"]["hd95_mm"], 2.0);
    assert_eq!(shifted["space"]["surface"]["nsd"][1]["share"], 1.0);
    assert_eq!(shifted["space"]["lesions"]["n_found"], 1);
    let missed = row("b", 1);
    assert_eq!((&missed["dice"], &missed["precision"]), (&0.0.into(), &serde_json::Value::Null));
    assert_eq!(missed["space"]["surface"]["nsd"][0]["share"], 0.0);
    assert_eq!(missed["space"]["surface"]["hd95_mm"], serde_json::Value::Null);
    let ml = missed["space"]["errors"]["missed_lesions_ml"].as_f64().unwrap();
    // 4 * 4 * 3 voxels of 6 mm3.
    assert!((ml - 0.288).abs() < 1e-12);
    assert_eq!(row("a", 0)["whole"]["n_voxels"], 600);

    let shown = sandbox.run(&EVAL).succeeds().stdout;
    for part in ["Scores", "surfaces", "Lesions", "Errors", "lesion", "foreground", "0.375"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[test]
fn blanks_around_a_class_belong_to_no_name_and_nobody_chose_a_checkpoint() {
    let sandbox = sandbox();
    let spaced = [&EVAL[..6], &[" background , lesion "]].concat();
    let (spaced, plain) = (sandbox.run(&spaced).succeeds(), sandbox.run(&EVAL).succeeds());
    assert_eq!(spaced.stdout, plain.stdout);
    for word in ["checkpoint", "alidation", "optimistic"] {
        assert!(!plain.stdout.contains(word), "{word}\n{}", plain.stdout);
    }
    let empty = [&EVAL[..6], &["background, "]].concat();
    let ended = sandbox.run(&empty);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(
        ended.stderr.starts_with("error: `--classes` cannot name class 1 ``\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_does_not_pair_up_or_fit_is_told_together() {
    let sandbox = sandbox();
    fs::rename(sandbox.path("prediction/b.nii.gz"), sandbox.path("prediction/c.nii.gz")).unwrap();
    let ended = sandbox.run(&EVAL);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    for part in ["do not match", "no prediction  b.nii.gz", "no reference   c.nii.gz"] {
        assert!(ended.stderr.contains(part), "{part}\n{}", ended.stderr);
    }
    fs::remove_file(sandbox.path("prediction/c.nii.gz")).unwrap();
    let affine = Affine::diagonal(Spacing([2.0, 1.0, 3.0]));
    let strange = Placed { voxels: Grid::filled([10, 10, 5], 4_u8), affine };
    write(&sandbox.path("prediction/b.nii.gz"), &strange).unwrap();
    let ended = sandbox.run(&EVAL);
    for part in ["does not lie on its reference's grid", "10x10x5", "4 (500 voxels)"] {
        assert!(ended.stderr.contains(part), "{part}\n{}", ended.stderr);
    }
}

#[test]
fn the_benches_of_scores_and_evidence_say_what_they_did() {
    let sandbox = Sandbox::new();
    let scores =
        sandbox.run(&["bench", "scores", "--shape", "32,32,16", "--repeat", "1"]).succeeds();
    assert!(scores.stdout.starts_with("all scores of a case of 32x32x16"), "{}", scores.stdout);
    assert_eq!(scores.stdout.lines().count(), 4);
    let evidence = ["bench", "evidence", "--runs", "4", "--cases", "7", "--seeds", "2"];
    let said = sandbox.run(&[&evidence[..], &["--out", "page"]].concat()).succeeds().stdout;
    assert!(said.starts_with("4 runs x 7 cases, 2 settings, 3 comparisons"), "{said}");
    assert!(sandbox.path("page/bench-evidence/index.html").is_file());
}
