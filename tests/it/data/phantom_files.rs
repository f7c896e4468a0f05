//! A made-up data set on disk: whole or not there, the same each time, and read back as made.

use clap::Parser;
use seglab::{
    cli::Arguments,
    data::{
        dataset::{Dataset, Reading},
        phantom::generate,
        phantom::write_phantom,
    },
    spec::{Data, OrientationPolicy, Phantom},
};
use std::{collections::BTreeMap, fs};

const PHANTOM: Phantom = Phantom { cases: 2, shape: [24, 20, 8], seed: 3 };

fn data(root: &std::path::Path) -> Data {
    Data {
        root: root.display().to_string(),
        classes: ["background", "primary", "metastasis"].map(str::to_owned).to_vec(),
        label_map: BTreeMap::new(),
        exclude: Vec::new(),
        patient: None,
        phantom: None,
    }
}

#[test]
fn cases_come_back_as_they_were_made() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("a/phantom");
    write_phantom(&root, &PHANTOM).unwrap();
    let dataset = Dataset::open(&data(&root), OrientationPolicy::Ras, &Reading::default()).unwrap();
    assert_eq!(dataset.cases.len(), 2);
    for (case_idx, case) in dataset.cases.iter().enumerate() {
        assert_eq!(case.id, format!("case_{case_idx:03}"));
        let (volume, labels) = dataset.load(case).unwrap();
        let (made_volume, made_labels) = generate(&PHANTOM, case_idx);
        assert_eq!(volume.voxels, made_volume.voxels);
        assert_eq!(labels.voxels, made_labels.voxels);
        // A file stores the affine as f32: 1e-7 of coordinates below 1000 mm.
        let apart = volume.affine.corner_distance(&made_volume.affine, PHANTOM.shape);
        assert!(apart < 1e-3, "{apart} mm");
    }

    let again = folder.path().join("b");
    write_phantom(&again, &PHANTOM).unwrap();
    let again = Dataset::open(&data(&again), OrientationPolicy::Ras, &Reading::default()).unwrap();
    assert_eq!(again.fingerprint, dataset.fingerprint);
    let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 2, "nothing is left beside the data sets");
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let error = write_phantom(folder.path(), &PHANTOM).unwrap_err().to_string();
    assert_eq!(
        error.replace(&folder.path().display().to_string(), "ROOT"),
        "error: cannot make a phantom in `ROOT`: the folder is not empty\n\
         hint: choose another folder, or empty this one"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_command_makes_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("phantom");
    let words = ["seglab", "data", "phantom", "--cases", "2", "--shape", "24,20,8", "--seed", "3"];
    let parse = |words: &[&str]| {
        Arguments::try_parse_from(words.iter().copied().chain([root.to_str().unwrap()]))
    };
    let mut out = Vec::new();
    parse(&words).unwrap().run(&mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), format!("made 2 cases in {}\n", root.display()));
    let made = Dataset::open(&data(&root), OrientationPolicy::Ras, &Reading::default()).unwrap();
    assert_eq!(made.cases[1].shape, PHANTOM.shape);

    let refused =
        parse(&["seglab", "data", "phantom", "--shape", "24,20"]).unwrap_err().to_string();
    assert!(refused.contains("expected three numbers from 8 to 1024, as 64,64,24"), "{refused}");
}
