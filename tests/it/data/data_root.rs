//! A small data set under construction, for tests of what is read.

use seglab::{
    data::{
        dataset::{Dataset, Reading},
        geometry::{Affine, Spacing},
        nifti::{Stored, write},
        volume::{Grid, Placed},
    },
    spec::{self, OrientationPolicy},
};
use std::{collections::BTreeMap, fs, path::Path};
use tempfile::TempDir;

pub(super) const SHAPE: [usize; 3] = [5, 4, 3];

/// A data root under construction.
pub(super) struct Root(TempDir);

impl Root {
    /// Empty folders of a layout.
    pub(super) fn new(folders: [&str; 2]) -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        for folder in folders {
            fs::create_dir(root.0.path().join(folder)).unwrap();
        }
        root
    }

    /// The notebook's layout with whole cases.
    pub(super) fn with_cases(ids: &[&str]) -> Self {
        let root = Self::new(["CT", "Segmentation"]);
        for id in ids {
            root.put(&format!("CT/{id}.nii.gz"), &image(SHAPE));
            root.put(&format!("Segmentation/{id}.nii.gz"), &labels(SHAPE));
        }
        root
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn put<T: Stored>(&self, name: &str, placed: &Placed<T>) {
        write(&self.path().join(name), placed).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    pub(super) fn data(&self) -> spec::Data {
        spec::Data {
            root: self.path().display().to_string(),
            classes: ["background", "primary", "metastasis"].map(str::to_owned).to_vec(),
            label_map: BTreeMap::new(),
            exclude: Vec::new(),
            patient: None,
            phantom: None,
        }
    }

    pub(super) fn open(&self) -> Dataset {
        Dataset::open(&self.data(), OrientationPolicy::Ras, &Reading::default()).unwrap()
    }

    pub(super) fn refused(&self) -> String {
        self.refused_as(&self.data())
    }

    /// What opening says, with ROOT for this folder.
    pub(super) fn refused_as(&self, data: &spec::Data) -> String {
        let error = Dataset::open(data, OrientationPolicy::Ras, &Reading::default()).unwrap_err();
        assert_eq!(error.code.exit_code(), 2);
        error.to_string().replace(&self.path().display().to_string(), "ROOT")
    }
}

pub(super) fn affine() -> Affine {
    let mut affine = Affine::diagonal(Spacing([4.95, 4.95, 7.27]));
    affine.0[0][3] = -100.0;
    affine
}

pub(super) fn image(shape: [usize; 3]) -> Placed<i16> {
    let voxels =
        Grid::from_fn(shape, |[x, y, z]| i16::try_from(100 * x + 10 * y + z).unwrap() - 200);
    Placed { voxels, affine: affine() }
}

/// Class 1 at one end, class 2 at the other.
pub(super) fn labels(shape: [usize; 3]) -> Placed<u8> {
    let class = |x: usize| match x {
        0 => 1,
        4 => 2,
        _ => 0,
    };
    Placed { voxels: Grid::from_fn(shape, |[x, ..]| class(x)), affine: affine() }
}
