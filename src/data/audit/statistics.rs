//! [`Statistics`]: cases, classes, shapes and spacings of a data set in numbers.
//!
//! Does not know about the terminal, or what needs voxels.

use super::spread::{Quantiles, Spread};
use crate::data::dataset::{Case, Dataset};
use serde::Serialize;

/// One class over a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassStatistics {
    /// Its name.
    pub class: String,
    /// Cases that have a voxel of it.
    pub n_cases: usize,
    /// Its voxels over those of all cases.
    pub share: f64,
    /// Volume in mL, over the cases that have it.
    pub ml: Option<Quantiles>,
}

/// A data set in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// Cases.
    pub n_cases: usize,
    /// By class, background first.
    pub classes: Vec<ClassStatistics>,
    /// Voxels along x, y and z.
    pub shape: [Option<Spread>; 3],
    /// Millimetres along x, y and z.
    pub spacing_mm: [Option<Spread>; 3],
}

impl Statistics {
    /// Numbers of a data set, from what is known of its cases.
    pub fn of(dataset: &Dataset) -> Self {
        let cases = &dataset.cases;
        let axes = [0, 1, 2];
        Self {
            n_cases: cases.len(),
            classes: dataset
                .classes
                .iter()
                .enumerate()
                .map(|(class, name)| class_statistics(cases, class, name))
                .collect(),
            shape: axes.map(|axis| Spread::of(cases.iter().map(|case| case.shape[axis] as f64))),
            spacing_mm: axes.map(|axis| Spread::of(cases.iter().map(|case| case.spacing.0[axis]))),
        }
    }
}

fn class_statistics(cases: &[Case], class: usize, name: &str) -> ClassStatistics {
    let all: u64 = cases.iter().flat_map(|case| &case.class_voxels).sum();
    let own: u64 = cases.iter().map(|case| case.class_voxels[class]).sum();
    let with = || cases.iter().filter(|case| case.class_voxels[class] > 0);
    ClassStatistics {
        class: name.to_owned(),
        n_cases: with().count(),
        share: own as f64 / all.max(1) as f64,
        ml: Quantiles::of(with().map(|case| case.class_voxels[class] as f64 * case.voxel_ml)),
    }
}
