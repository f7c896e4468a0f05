//! [`DataProfile`]: what the labels of a data set look like in its CTs: components and their sizes,
//! HU by class, and how far HU alone tells a class from the rest.
//!
//! [`ProfileCollector`] takes one case after another and keeps no voxels.
//!
//! Does not know about files.

use super::{
    component::Components,
    hu_histogram::{HuHistogram, HuQuantiles},
    mask::Mask,
};
use crate::data::{
    audit::{Quantiles, Spread},
    volume::{LabelMap, Volume},
};
use rayon::prelude::*;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Percentiles of all voxels of a CT.
const PERCENTILES: [u64; 3] = [1, 50, 99];

/// One class of one case.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ClassInCase {
    /// Name of the case.
    pub case: String,
    /// Name of the class.
    pub class: String,
    /// Its voxels.
    pub voxels: u64,
    /// Its volume in mL.
    pub ml: f64,
    /// HU of its voxels.
    pub hu: Option<HuQuantiles>,
    /// How well HU tells its voxels from all others of the case, see [`HuHistogram::auc`]; `None` for
    /// the background.
    pub hu_auc: Option<f64>,
    /// Volume in mL of its 26-connected components, largest first; none for the background.
    pub component_ml: Vec<f64>,
}

/// One class over all cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassProfile {
    /// Name of the class.
    pub class: String,
    /// HU of its voxels in all cases together.
    pub hu: Option<HuQuantiles>,
    /// How well HU tells its voxels from all others of all cases; `None` for the background.
    pub hu_auc: Option<f64>,
    /// The same within each case that has the class: what is left when CTs differ in HU.
    pub case_hu_auc: Option<Spread>,
    /// Components of all cases.
    pub n_components: usize,
    /// Components of a case that has the class.
    pub components_per_case: Option<Spread>,
    /// Volume of a component in mL.
    pub component_ml: Option<Quantiles>,
    /// All its HU.
    #[serde(skip)]
    pub histogram: HuHistogram,
}

/// The labels of a data set in its CTs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataProfile {
    /// Percentile of all voxels of a CT, and its spread over cases in HU.
    pub hu_percentiles: Vec<(u64, Option<Spread>)>,
    /// By class, background first.
    pub by_class: Vec<ClassProfile>,
    /// By case in name order, and within a case by class.
    pub by_case: Vec<ClassInCase>,
}

/// Profiles of cases that come one after another, or some at a time from several threads.
#[derive(Debug, Default)]
pub struct ProfileCollector(Mutex<Collected>);

#[derive(Debug, Default)]
struct Collected {
    /// By case.
    cases: BTreeMap<String, ProfiledCase>,
    /// By class.
    histograms: BTreeMap<String, HuHistogram>,
}

#[derive(Debug)]
struct ProfiledCase {
    percentiles: [Option<i32>; 3],
    classes: Vec<ClassInCase>,
}

impl ProfileCollector {
    /// Takes the voxels of a case in; both grids are the same, and `classes` are the names of the
    /// labels from 0 on. The order of cases does not matter.
    pub fn add(&self, case: &str, hu: &Volume, labels: &LabelMap, classes: &[String]) {
        let (profiled, histograms) = profile(case, hu, labels, classes);
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        collected.cases.insert(case.to_owned(), profiled);
        for (class, own) in classes.iter().zip(histograms) {
            let sum = collected.histograms.entry(class.clone()).or_default();
            *sum = sum.and(&own);
        }
    }

    /// The profile of all cases; `classes` are those of the data set, in order. A class that a case
    /// lacks has an empty row.
    pub fn finish(self, classes: &[String]) -> DataProfile {
        let Collected { cases, histograms } =
            self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let percentile = |nth: usize| {
            let of_cases = cases.values().filter_map(|case| case.percentiles[nth]);
            (PERCENTILES[nth], Spread::of(of_cases.map(f64::from)))
        };
        let hu_percentiles = [0, 1, 2].map(percentile).to_vec();
        let by_case: Vec<ClassInCase> =
            cases.iter().flat_map(|(case, profiled)| rows(case, profiled, classes)).collect();
        let all = histograms.values().fold(HuHistogram::default(), |sum, own| sum.and(own));
        let by_class = classes
            .iter()
            .enumerate()
            .map(|(idx, class)| {
                let own = histograms.get(class).cloned().unwrap_or_default();
                let hu_auc = (idx > 0).then(|| own.auc(&all.without(&own))).flatten();
                of_class(class, &by_case, hu_auc, own)
            })
            .collect();
        DataProfile { hu_percentiles, by_class, by_case }
    }
}

/// A row for every class of the data set.
fn rows(case: &str, profiled: &ProfiledCase, classes: &[String]) -> Vec<ClassInCase> {
    let row = |class: &String| {
        let found = profiled.classes.iter().find(|row| row.class == *class).cloned();
        found.unwrap_or_else(|| ClassInCase {
            case: case.to_owned(),
            class: class.clone(),
            ..ClassInCase::default()
        })
    };
    classes.iter().map(row).collect()
}

fn of_class(
    class: &str,
    by_case: &[ClassInCase],
    hu_auc: Option<f64>,
    histogram: HuHistogram,
) -> ClassProfile {
    let own = || by_case.iter().filter(|row| row.class == class && row.voxels > 0);
    let counts = own().map(|row| row.component_ml.len());
    let with_components = own().filter(|row| !row.component_ml.is_empty());
    ClassProfile {
        class: class.to_owned(),
        hu: histogram.quantiles(),
        hu_auc,
        case_hu_auc: Spread::of(own().filter_map(|row| row.hu_auc)),
        n_components: counts.sum(),
        components_per_case: Spread::of(with_components.map(|row| row.component_ml.len() as f64)),
        component_ml: Quantiles::of(own().flat_map(|row| row.component_ml.iter().copied())),
        histogram,
    }
}

fn profile(
    case: &str,
    hu: &Volume,
    labels: &LabelMap,
    classes: &[String],
) -> (ProfiledCase, Vec<HuHistogram>) {
    let histograms =
        HuHistogram::by_class(hu.voxels.values(), labels.voxels.values(), classes.len());
    let all = histograms.iter().fold(HuHistogram::default(), |sum, own| sum.and(own));
    let voxel_ml = labels.affine.voxel_ml();
    let row = |(idx, class): (usize, &String)| {
        let own = &histograms[idx];
        let label = u8::try_from(idx).ok().filter(|label| *label > 0 && own.n() > 0);
        ClassInCase {
            case: case.to_owned(),
            class: class.clone(),
            voxels: own.n(),
            ml: own.n() as f64 * voxel_ml,
            hu: own.quantiles(),
            hu_auc: label.and_then(|_| own.auc(&all.without(own))),
            component_ml: label
                .map_or_else(Vec::new, |label| component_ml(labels, label, voxel_ml)),
        }
    };
    let rows = classes.par_iter().enumerate().map(row).collect();
    let percentiles = PERCENTILES.map(|percent| all.percentile(percent));
    (ProfiledCase { percentiles, classes: rows }, histograms)
}

/// Volumes in mL, largest first.
fn component_ml(labels: &LabelMap, label: u8, voxel_ml: f64) -> Vec<f64> {
    let mut sizes = Components::of(&Mask::of(&labels.voxels, &(label..=label))).sizes();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.into_iter().map(|n| n as f64 * voxel_ml).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{
        geometry::{Affine, Spacing},
        volume::{Grid, Placed},
    };

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    /// 8 voxels in a line, each 1 mL.
    fn line<T: Copy>(values: [T; 8]) -> Placed<T> {
        let voxels = Grid::from_vec([1, 1, 8], values.to_vec()).unwrap();
        Placed { voxels, affine: Affine::diagonal(Spacing([10.0, 10.0, 10.0])) }
    }

    fn collected() -> DataProfile {
        let collector = ProfileCollector::default();
        let hu = line([0.0, 40.0, 50.0, 0.0, 60.0, 0.0, 0.0, 90.0]);
        let labels = line([0, 1, 1, 0, 1, 0, 0, 2]);
        let classes = names(&["background", "tumour", "cyst"]);
        collector.add("b", &hu, &labels, &classes);
        let hu = line([-1000.0, -1000.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0]);
        collector.add("a", &hu, &line([0, 0, 0, 0, 1, 1, 1, 0]), &classes);
        collector.finish(&classes)
    }

    #[test]
    fn components_are_counted_by_case_and_measured_by_class() {
        let profile = collected();
        let shown: Vec<(&str, &str, u64, &[f64])> = profile
            .by_case
            .iter()
            .map(|row| (&*row.case, &*row.class, row.voxels, &*row.component_ml))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", "background", 5, &[][..]),
                ("a", "tumour", 3, &[3.0]),
                ("a", "cyst", 0, &[]),
                ("b", "background", 4, &[]),
                ("b", "tumour", 3, &[2.0, 1.0]),
                ("b", "cyst", 1, &[1.0]),
            ]
        );
        let tumour = &profile.by_class[1];
        assert_eq!(tumour.n_components, 3);
        let per_case = Spread { min: 1.0, median: 1.5, max: 2.0 };
        assert_eq!(tumour.components_per_case, Some(per_case));
        let sizes = tumour.component_ml.unwrap();
        assert!(
            (sizes.min - 1.0).abs() + (sizes.median - 2.0).abs() + (sizes.max - 3.0).abs() < 1e-12
        );
        // The case without a cyst does not count.
        assert_eq!(profile.by_class[2].components_per_case.unwrap().min.to_string(), "1");
        assert_eq!(profile.by_class[0].n_components, 0);
    }

    #[test]
    fn hu_is_told_by_class_and_against_the_rest() {
        let profile = collected();
        let [background, tumour, cyst] = &profile.by_class[..] else { panic!("three classes") };
        assert_eq!(tumour.hu, Some(HuQuantiles { p5: 30, p50: 30, p95: 50 }));
        assert_eq!((cyst.hu_auc, background.hu_auc), (Some(1.0), None));
        // Case a: 3 voxels of 30 against -1000 twice and 30 three times: (2 + 1.5) of 5.
        // Case b: above all four zeros, below the cyst: 4 of 5.
        let by_case: Vec<f64> = profile
            .by_case
            .iter()
            .filter(|row| row.class == "tumour")
            .filter_map(|row| row.hu_auc)
            .collect();
        assert!(
            (by_case[0] - 0.7).abs() < 1e-15 && (by_case[1] - 0.8).abs() < 1e-15,
            "{by_case:?}"
        );
        // Together: 30 three times against -1000 twice, 0 four times, 30 three times and 90:
        // 3 (6 + 1.5); 40, 50 and 60 are above all 9 but 90: 3 x 9. Of 6 x 10 pairs.
        assert!((tumour.hu_auc.unwrap() - 49.5 / 60.0).abs() < 1e-15, "{:?}", tumour.hu_auc);
        let (percent, spread) = profile.hu_percentiles[1];
        assert_eq!((percent, spread), (50, Some(Spread { min: 0.0, median: 15.0, max: 30.0 })));
    }

    #[test]
    fn nothing_has_no_numbers() {
        let profile = ProfileCollector::default().finish(&names(&["background", "tumour"]));
        assert_eq!(profile.by_case, []);
        assert_eq!((profile.by_class[1].hu, profile.by_class[1].hu_auc), (None, None));
        assert_eq!(profile.by_class[1].component_ml, None);
    }
}
