//! [`ClassDetail`]: case by case what a setting reached in a class, for those who draw.
//!
//! Does not know about drawing.

use super::{Subject, errors::ERROR_KINDS, lesions::size_bin};
use crate::{analysis::FOREGROUND, metric::N_PROFILE_BINS, statistics::spearman};
use serde::Serialize;
use std::collections::BTreeMap;

/// A setting in a class.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ClassDetail {
    /// Position of the setting.
    pub setting: usize,
    /// The class.
    pub class: String,
    /// Its cases in the order of their names.
    pub cases: Vec<CaseDetail>,
    /// Mean Dice of each seed, in the order of the seeds.
    pub seed_means: Vec<f64>,
    /// Spearman's correlation of Dice and volume in the reference.
    pub rho: Option<f64>,
    /// True positive, false positive and false negative mL of the mean run, summed over cases, by
    /// equal parts of the volume from feet to head.
    pub profile_ml: Vec<[f64; 3]>,
    /// Wrong mL of the mean run, summed over cases, in the order of [`ERROR_KINDS`].
    pub errors_ml: [f64; 6],
    /// Lesions of the reference and those found in the mean run, in the order of
    /// [`SIZE_BINS`](super::SIZE_BINS).
    pub lesions: [[f64; 2]; 4],
}

/// A case, averaged over the runs of the setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseDetail {
    /// The case.
    pub case: String,
    /// Dice, where it is defined.
    pub dice: Option<f64>,
    /// Volume of the reference in mL.
    pub reference_ml: f64,
    /// Volume of the prediction in mL.
    pub prediction_ml: f64,
}

/// Every setting in every foreground class, and in the foreground as far as it has scores of its own.
pub(super) fn details(subject: &Subject<'_>) -> Vec<ClassDetail> {
    let of = |setting_idx: usize| {
        subject.classes_and_foreground().map(move |class| detail(subject, setting_idx, class))
    };
    (0..subject.settings.len()).flat_map(of).collect()
}

fn detail(subject: &Subject<'_>, setting_idx: usize, class: &str) -> ClassDetail {
    let setting = &subject.settings[setting_idx];
    let n_runs = setting.n_repeats();
    let dice = subject.dice(setting, class);
    let scored: BTreeMap<&String, f64> = dice.cases().iter().zip(dice.case_means()).collect();
    let mut volumes: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    for row in subject.rows(setting, subject.split, class) {
        let [n, reference, prediction] = volumes.entry(row.case.clone()).or_default();
        *n += if class == FOREGROUND && row.class > 1 { 0.0 } else { 1.0 };
        *reference += row.reference_ml;
        *prediction += row.prediction_ml;
    }
    let cases: Vec<CaseDetail> = volumes
        .into_iter()
        .map(|(case, [n, reference, prediction])| CaseDetail {
            dice: scored.get(&case).copied(),
            case,
            reference_ml: reference / n.max(1.0),
            prediction_ml: prediction / n.max(1.0),
        })
        .collect();
    let pairs = cases.iter().filter(|case| case.reference_ml > 0.0);
    let (scores, sizes): (Vec<f64>, Vec<f64>) =
        pairs.filter_map(|case| Some((case.dice?, case.reference_ml))).unzip();
    let mut found = ClassDetail {
        setting: setting_idx,
        class: class.to_owned(),
        cases,
        seed_means: dice.seed_means(),
        rho: spearman(&scores, &sizes).map(|it| it.rho),
        ..ClassDetail::default()
    };
    found.profile_ml = vec![[0.0; 3]; N_PROFILE_BINS];
    let voxel_ml: BTreeMap<&str, f64> = subject
        .wholes(setting)
        .map(|(row, whole)| (row.case.as_str(), whole.spacing_mm.iter().product::<f64>() / 1000.0))
        .collect();
    for (row, space) in subject.spaces(setting, class) {
        let ml = voxel_ml.get(row.case.as_str()).copied().unwrap_or_default() / n_runs;
        for (sum, bin) in found.profile_ml.iter_mut().zip(&space.profile.bins) {
            for (sum, voxels) in sum.iter_mut().zip(bin) {
                *sum += *voxels as f64 * ml;
            }
        }
        for (sum, (.., part)) in found.errors_ml.iter_mut().zip(ERROR_KINDS) {
            *sum += part(&space.errors) / n_runs;
        }
        for lesion in &space.lesions.reference {
            let [n, n_found] = &mut found.lesions[size_bin(lesion.ml)];
            *n += 1.0 / n_runs;
            *n_found += f64::from(u8::from(lesion.found > 0.0)) / n_runs;
        }
    }
    found
}
