//! [`examine`] and [`Statistics`]: a look at a data set before training.
//!
//! Does not know about the terminal.

use crate::{
    base::{Fault, Result},
    data::{
        dataset::{Case, Dataset},
        nifti::read_volume,
        scan::{FileCache, scan_cases},
    },
    spec::{self, OrientationPolicy},
    statistics::median,
};
use rayon::prelude::*;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Percentiles of a CT that [`Statistics`] gives.
const PERCENTILES: [usize; 3] = [1, 50, 99];

/// The sound cases under `root` and every fault; `data` says what labels mean, and without it
/// every value found is a class.
///
/// # Errors
/// When `root` has no known layout, or `data` cannot be used.
pub fn examine(
    root: &str,
    data: Option<&spec::Data>,
    orientation: OrientationPolicy,
) -> Result<(Dataset, Vec<Fault>)> {
    let exclude = data.map_or(&[][..], |data| &data.exclude);
    // A check of the data must read them.
    let scan = scan_cases(Path::new(root), exclude, orientation, &FileCache::Off, &|_, _, _| {})?;
    let data = if let Some(data) = data {
        spec::Data { root: root.to_owned(), ..data.clone() }
    } else {
        let cases = scan.cases.iter().filter_map(|(_, case)| case.as_ref());
        found_classes(root, cases.flat_map(|case| case.label_voxels.keys().copied()))
    };
    Dataset::of_scan(&data, orientation, scan)
}

/// Every value a class of its own name; 0 is there even when no file holds it.
fn found_classes(root: &str, values: impl Iterator<Item = i32>) -> spec::Data {
    let values: BTreeSet<i32> = values.chain([0]).collect();
    // The background first, though a value may be negative.
    let values: Vec<i32> = [0].into_iter().chain(values.into_iter().filter(|&v| v != 0)).collect();
    // Values beyond the 256th have no class and so become faults.
    let label_map: BTreeMap<String, u8> =
        values.iter().zip(0..=u8::MAX).map(|(value, class)| (value.to_string(), class)).collect();
    spec::Data {
        root: root.to_owned(),
        classes: values.iter().map(i32::to_string).collect(),
        label_map,
        exclude: Vec::new(),
        patient: None,
        phantom: None,
    }
}

/// Spread of a number over cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Smallest.
    pub min: f64,
    /// Middle one; the mean of the two middle ones when their number is even.
    pub median: f64,
    /// Largest.
    pub max: f64,
}

impl Spread {
    /// `None` when there is no value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        Some(Self { min, median: median(&values), max })
    }
}

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
    pub ml: Option<Spread>,
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
    /// Percentile of the CT's values and its spread in HU.
    pub hu_percentiles: Vec<(usize, Option<Spread>)>,
}

impl Statistics {
    /// Numbers of a data set; reads every CT once more.
    ///
    /// # Errors
    /// When a CT can no longer be read.
    pub fn of(dataset: &Dataset) -> Result<Self> {
        let cases = &dataset.cases;
        let hu: Vec<[f64; 3]> = cases.par_iter().map(percentiles).collect::<Result<_>>()?;
        let axes = [0, 1, 2];
        Ok(Self {
            n_cases: cases.len(),
            classes: dataset
                .classes
                .iter()
                .enumerate()
                .map(|(class, name)| class_statistics(cases, class, name))
                .collect(),
            shape: axes.map(|axis| Spread::of(cases.iter().map(|case| case.shape[axis] as f64))),
            spacing_mm: axes.map(|axis| Spread::of(cases.iter().map(|case| case.spacing.0[axis]))),
            hu_percentiles: axes
                .map(|nth| (PERCENTILES[nth], Spread::of(hu.iter().map(|own| own[nth]))))
                .to_vec(),
        })
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
        ml: Spread::of(with().map(|case| case.class_voxels[class] as f64 * case.voxel_ml)),
    }
}

/// Nearest-rank percentiles of a CT: values that it does hold.
fn percentiles(case: &Case) -> Result<[f64; 3]> {
    let mut values = read_volume(&case.image, None)?.placed.voxels.into_values();
    let last = values.len().saturating_sub(1);
    Ok(PERCENTILES.map(|percent| {
        let (_, value, _) = values.select_nth_unstable_by(last * percent / 100, f32::total_cmp);
        f64::from(*value)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_an_even_number_of_values() {
        let spread = Spread::of([4.0, 1.0, 2.0, 3.0]);
        assert_eq!(spread, Some(Spread { min: 1.0, median: 2.5, max: 4.0 }));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn the_background_comes_first_among_found_classes() {
        let data = found_classes("here", [7, -3, 7].into_iter());
        assert_eq!(data.classes, ["0", "-3", "7"]);
        assert_eq!(data.label_map["7"], 2);
    }
}
