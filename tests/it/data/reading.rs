//! How often files are read: a case once for its fingerprint and its preparation.

use seglab::{
    data::{
        cases::PreparedCases,
        dataset::{Dataset, Reading},
        geometry::{Affine, Spacing},
        nifti::write,
        scan::FileCache,
        volume::{Grid, Placed},
    },
    spec::{Data, OrientationPolicy, Preprocess, TrainingGrid},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

const CASES: [&str; 3] = ["a", "b", "c"];

/// A data root with three cases.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        for folder in ["CT", "Segmentation"] {
            fs::create_dir(root.0.path().join(folder)).unwrap();
        }
        for (idx, case) in CASES.into_iter().enumerate() {
            root.put(case, i16::try_from(idx).unwrap());
        }
        root
    }

    fn put(&self, case: &str, shift: i16) {
        let affine = Affine::diagonal(Spacing([1.0 / 3.0, 0.7, 5.1]));
        let hu = Grid::from_fn([4, 3, 2], |[x, y, z]| {
            i16::try_from(10 * x + 3 * y + z).unwrap() + shift
        });
        let labels = Grid::from_fn([4, 3, 2], |[x, ..]| u8::from(x > 2));
        write(&self.image(case), &Placed { voxels: hu, affine }).unwrap();
        write(&self.labels(case), &Placed { voxels: labels, affine }).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn image(&self, case: &str) -> PathBuf {
        self.path().join(format!("CT/{case}.nii"))
    }

    fn labels(&self, case: &str) -> PathBuf {
        self.path().join(format!("Segmentation/{case}.nii"))
    }

    fn open(&self, reading: &Reading) -> Dataset {
        let data = Data {
            root: self.path().display().to_string(),
            classes: vec!["background".to_owned(), "tumour".to_owned()],
            label_map: BTreeMap::new(),
            exclude: Vec::new(),
            patient: None,
            phantom: None,
        };
        Dataset::open(&data, OrientationPolicy::Ras, reading).unwrap()
    }
}

#[test]
fn a_case_is_read_once_for_its_fingerprint_and_its_preparation() {
    let root = Root::new();
    let rules = Preprocess { grid: TrainingGrid::XySize { size: 8 }, ..Preprocess::default() };
    let reading = Reading { cache: FileCache::Off, prepare: Some(rules.clone()) };
    let dataset = Arc::new(root.open(&reading));
    let again = Arc::new(root.open(&Reading::default()));
    let names = CASES.map(str::to_owned);
    let read_twice = PreparedCases::new(Arc::clone(&again), &names, &rules);
    let expected: Vec<_> = (0..3).map(|idx| read_twice.get(idx).unwrap()).collect();

    for case in CASES {
        fs::remove_file(root.image(case)).unwrap();
        fs::remove_file(root.labels(case)).unwrap();
    }
    let cases = PreparedCases::new(Arc::clone(&dataset), &names, &rules);
    for (idx, expected) in expected.iter().enumerate() {
        assert_eq!(cases.get(idx).unwrap(), *expected);
    }
    // They are handed out once; whoever comes later reads.
    let later = PreparedCases::new(Arc::clone(&dataset), &names, &rules);
    assert!(later.get(0).is_err());
}

#[test]
fn other_rules_than_those_of_the_first_reading_read_again() {
    let root = Root::new();
    let reading = Reading { cache: FileCache::Off, prepare: Some(Preprocess::default()) };
    let dataset = Arc::new(root.open(&reading));
    let rules = Preprocess { grid: TrainingGrid::Native {}, ..Preprocess::default() };
    let cases = PreparedCases::new(dataset, &["b".to_owned()], &rules);
    assert_eq!(cases.get(0).unwrap().image.shape(), [4, 3, 2]);
}

#[test]
fn a_case_that_changed_after_it_was_fingerprinted_is_not_used() {
    let root = Root::new();
    let dataset = root.open(&Reading::default());
    root.put("b", 500);
    let error = dataset.load(&dataset.cases[1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "error: files of case `b` have changed\n  \
           their fingerprint is not the one from when the data set was opened\n\
         hint: do not change data during a run; start again with `--rehash`"
    );
}
