//! Tables `calibration`, `confusion`, `clinical` and `gap`: how far a setting can be relied on.
//!
//! Does not know what else there is to compare.

use super::{
    Subject,
    evidence_table::EvidenceTable,
    value::{CellValue, NumberFormat},
};
use crate::{
    analysis::{EpochRow, FOREGROUND, Measure},
    metric::{Calibration, Reliability},
    statistics::{mean, quantile},
};
use std::collections::BTreeMap;

/// Below this Dice a case counts as failed.
const FAILED: f64 = 0.5;
/// Below this NSD an outline counts as in need of correction.
const NEEDS_CORRECTION: f64 = 0.9;

/// Whether the network is as often right as it is sure.
pub(super) fn calibration(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "calibration",
            "Calibration",
            "Expected calibration error over 15 equal bins of the probability of the predicted class, and the Brier score summed over classes (0 is best, 2 worst). Foreground: voxels that are foreground in the reference or the prediction; band: voxels near the boundary of the reference. Over all voxels both would be next to 0, since the background is easy. Sure less right: above 0 the network is overconfident.",
        ),
        &["setting"],
        &[
            ("ece-foreground", "ECE foreground", NumberFormat::Score),
            ("ece-band", "ECE band", NumberFormat::Score),
            ("brier-foreground", "Brier foreground", NumberFormat::Score),
            ("brier-band", "Brier band", NumberFormat::Score),
            ("confidence", "mean probability", NumberFormat::Score),
            ("right", "share right", NumberFormat::Score),
            ("excess", "sure less right", NumberFormat::Signed),
            ("voxels", "voxels", NumberFormat::Count),
        ],
    );
    for setting in &subject.settings {
        let Some(pooled) = pooled(subject, setting) else { continue };
        let Calibration { foreground, band } = &pooled;
        let (confidence, right) = (mean_confidence(foreground), share_right(foreground));
        table.push(
            &[&setting.name],
            &setting.run_ids,
            vec![
                foreground.ece().into(),
                band.ece().into(),
                foreground.brier().into(),
                band.brier().into(),
                confidence.into(),
                right.into(),
                confidence.zip(right).map(|(sure, right)| sure - right).into(),
                CellValue::Count(foreground.n()),
            ],
        );
    }
    table
}

/// The calibration of a setting over all its cases and runs.
pub(super) fn pooled(subject: &Subject<'_>, setting: &super::Setting) -> Option<Calibration> {
    let wholes = subject.wholes(setting).filter_map(|(_, whole)| whole.calibration.clone());
    let of: Vec<Calibration> = wholes.collect();
    (!of.is_empty()).then(|| Calibration::merged(&of))
}

fn mean_confidence(of: &Reliability) -> Option<f64> {
    let sum: f64 = of.bins.iter().map(|bin| bin.confidence_sum).sum();
    (of.n() > 0).then(|| sum / of.n() as f64)
}

fn share_right(of: &Reliability) -> Option<f64> {
    let right: u64 = of.bins.iter().map(|bin| bin.n_right).sum();
    (of.n() > 0).then(|| right as f64 / of.n() as f64)
}

/// Where the voxels of each class of the reference go.
pub(super) fn confusion(subject: &Subject<'_>) -> EvidenceTable {
    let names = subject.all_classes();
    let columns: Vec<(&str, &str, NumberFormat)> =
        names.iter().map(|name| (name.as_str(), name.as_str(), NumberFormat::Percent)).collect();
    let mut table = EvidenceTable::new(
        (
            "confusion",
            "Confusion of classes",
            "Share of the voxels of a class of the reference by the class they are given, over all cases and runs; rows add up to 100 %.",
        ),
        &["setting", "reference"],
        &columns,
    );
    for setting in &subject.settings {
        let own = subject.classes_of(setting);
        for class in own {
            let mut voxels = vec![0_u64; names.len()];
            for row in setting
                .runs
                .iter()
                .flat_map(|run| subject.cases.rows(*run, subject.split, Some(class)))
            {
                for (name, n) in own.iter().zip(&row.predicted_as) {
                    if let Some(place) = names.iter().position(|known| known == name) {
                        voxels[place] += n;
                    }
                }
            }
            let total: u64 = voxels.iter().sum();
            if total > 0 {
                let share = |n: &u64| CellValue::Number(*n as f64 / total as f64);
                table.push(
                    &[&setting.name, class],
                    &setting.run_ids,
                    voxels.iter().map(share).collect(),
                );
            }
        }
    }
    table
}

/// What a reader of the segmentations would find.
pub(super) fn clinical(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "clinical",
            "What a reader would meet",
            "Failed: cases with a foreground Dice below 0.5. To correct: cases whose mean surface Dice over the foreground classes, at the widest tolerance, is below 0.9. Volume within 10 % or 20 %: cases and classes of the reference whose volume is met so closely. Lesions found and false are those of each class, added up. All seeds count as cases of their own.",
        ),
        &["setting"],
        &[
            ("failed", "failed cases", NumberFormat::Percent),
            ("to-correct", "cases to correct", NumberFormat::Percent),
            ("within-10", "volume within 10 %", NumberFormat::Percent),
            ("within-20", "volume within 20 %", NumberFormat::Percent),
            ("sensitivity", "lesions found", NumberFormat::Percent),
            ("false-per-case", "false lesions a case", NumberFormat::Number),
            ("dice-10th", "10th percentile of Dice", NumberFormat::Score),
            ("latency", "time a case", NumberFormat::Seconds),
            ("n", "n runs x cases", NumberFormat::Count),
        ],
    );
    let widest = subject.tolerances_mm().last().copied();
    for setting in &subject.settings {
        let by_run = |measure: Measure, class: &str| -> Vec<f64> {
            let of = |run: &usize| subject.cases.scores(&[*run], subject.split, class, measure);
            setting.runs.iter().flat_map(|run| of(run).case_means()).collect()
        };
        let mut dice = by_run(Measure::Dice, FOREGROUND);
        dice.sort_by(f64::total_cmp);
        let nsd = widest.map_or(Vec::new(), |mm| by_run(Measure::Nsd(mm), FOREGROUND));
        let volumes: Vec<f64> = subject
            .foreground
            .iter()
            .flat_map(|class| by_run(Measure::RelativeVolumeError, class))
            .collect();
        let lesions = subject.foreground.iter().flat_map(|class| subject.spaces(setting, class));
        let counts = lesions.map(|(_, space)| &space.lesions).fold([0_usize; 3], |sum, it| {
            [sum[0] + it.n_reference, sum[1] + it.n_found, sum[2] + it.n_false]
        });
        let [n, found, n_false] = counts;
        let n_scored = subject.wholes(setting).count();
        let latencies: Vec<f64> =
            setting.runs.iter().filter_map(|run| subject.runs[*run].seconds_per_case).collect();
        table.push(
            &[&setting.name],
            &setting.run_ids,
            vec![
                share(&dice, |it| it < FAILED).into(),
                share(&nsd, |it| it < NEEDS_CORRECTION).into(),
                share(&volumes, |it| it.abs() <= 0.1).into(),
                share(&volumes, |it| it.abs() <= 0.2).into(),
                (n > 0).then(|| found as f64 / n as f64).into(),
                (n_scored > 0).then(|| n_false as f64 / n_scored as f64).into(),
                quantile(&dice, 0.1).into(),
                mean(&latencies).into(),
                CellValue::count(dice.len()),
            ],
        );
    }
    table.without_empty_columns()
}

fn share(values: &[f64], is: impl Fn(f64) -> bool) -> Option<f64> {
    let n = values.iter().filter(|value| is(**value)).count();
    (!values.is_empty()).then(|| n as f64 / values.len() as f64)
}

/// Training against validation loss at the best epoch.
pub(super) fn gap(subject: &Subject<'_>, epochs: &[EpochRow]) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "gap",
            "Training against validation",
            "The loss on the training cases and on the validation cases at the best epoch, averaged over runs. They are not the same quantity: the training loss is that of augmented cases, with dropout, and adds the deep heads where they are supervised. Losses of settings with different losses do not compare.",
        ),
        &["setting"],
        &[
            ("train-loss", "training loss", NumberFormat::Number),
            ("valid-loss", "validation loss", NumberFormat::Number),
            ("gap", "gap", NumberFormat::Number),
            ("best-epoch", "best epoch", NumberFormat::Number),
            ("epochs", "epochs", NumberFormat::Number),
        ],
    );
    let by_place: BTreeMap<(&str, usize), &EpochRow> =
        epochs.iter().map(|row| ((row.run.as_str(), row.epoch), row)).collect();
    for setting in &subject.settings {
        let best = setting.runs.iter().filter_map(|run| {
            let run = &subject.runs[*run];
            by_place.get(&(run.run.as_str(), run.best_epoch?)).copied()
        });
        let best: Vec<&EpochRow> = best.collect();
        let of = |of: &dyn Fn(&EpochRow) -> Option<f64>| {
            mean(&best.iter().filter_map(|row| of(row)).collect::<Vec<_>>())
        };
        let (train, valid) = (of(&|row| Some(row.train_loss)), of(&|row| row.valid_loss));
        let done: Vec<f64> =
            setting.runs.iter().map(|run| subject.runs[*run].epochs as f64).collect();
        if best.is_empty() {
            continue;
        }
        table.push(
            &[&setting.name],
            &setting.run_ids,
            vec![
                train.into(),
                valid.into(),
                train.zip(valid).map(|(train, valid)| valid - train).into(),
                of(&|row| Some(row.epoch as f64)).into(),
                mean(&done).into(),
            ],
        );
    }
    table
}
