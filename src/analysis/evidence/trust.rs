//! Tables `calibration`, `confusion`, `clinical` and `gap`: how far an arm can be relied on.
//!
//! Knows nothing of what else there is to compare.

use super::{
    Subject,
    evidence_table::EvidenceTable,
    measure::{FOREGROUND, Measure},
    value::{Form, Value},
};
use crate::{
    analysis::EpochRow,
    metric::{Calibration, Reliability},
    statistics::{mean, quantile},
};
use std::collections::BTreeMap;

/// Below this Dice a case is told to have failed.
const FAILED: f64 = 0.5;
/// Below this NSD an outline is told to need correction.
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
            ("ece-foreground", "ECE foreground", Form::Score),
            ("ece-band", "ECE band", Form::Score),
            ("brier-foreground", "Brier foreground", Form::Score),
            ("brier-band", "Brier band", Form::Score),
            ("confidence", "mean probability", Form::Score),
            ("right", "share right", Form::Score),
            ("excess", "sure less right", Form::Signed),
            ("voxels", "voxels", Form::Count),
        ],
    );
    for arm in &subject.arms {
        let Some(pooled) = pooled(subject, arm) else { continue };
        let Calibration { foreground, band } = &pooled;
        let (confidence, right) = (mean_confidence(foreground), share_right(foreground));
        table.push(
            &[&arm.name],
            &arm.run_ids,
            vec![
                foreground.ece().into(),
                band.ece().into(),
                foreground.brier().into(),
                band.brier().into(),
                confidence.into(),
                right.into(),
                confidence.zip(right).map(|(sure, right)| sure - right).into(),
                Value::Count(foreground.n()),
            ],
        );
    }
    table
}

/// The calibration of an arm over all its cases and runs.
pub(super) fn pooled(subject: &Subject<'_>, arm: &super::Setting) -> Option<Calibration> {
    let wholes = subject.wholes(arm).filter_map(|(_, whole)| whole.calibration.clone());
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
    let columns: Vec<(&str, &str, Form)> =
        names.iter().map(|name| (name.as_str(), name.as_str(), Form::Percent)).collect();
    let mut table = EvidenceTable::new(
        (
            "confusion",
            "Confusion of classes",
            "Share of the voxels of a class of the reference by the class they are given, over all cases and runs; rows add up to 100 %.",
        ),
        &["setting", "reference"],
        &columns,
    );
    for arm in &subject.arms {
        let own = subject.classes_of(arm);
        for class in own {
            let mut voxels = vec![0_u64; names.len()];
            for row in
                arm.runs.iter().flat_map(|run| subject.cases.rows(*run, subject.split, Some(class)))
            {
                for (name, n) in own.iter().zip(&row.predicted_as) {
                    if let Some(place) = names.iter().position(|known| known == name) {
                        voxels[place] += n;
                    }
                }
            }
            let total: u64 = voxels.iter().sum();
            if total > 0 {
                let share = |n: &u64| Value::Number(*n as f64 / total as f64);
                table.push(&[&arm.name, class], &arm.run_ids, voxels.iter().map(share).collect());
            }
        }
    }
    table
}

/// What a reader of the segmentations would meet.
pub(super) fn clinical(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "clinical",
            "What a reader would meet",
            "Failed: cases with a foreground Dice below 0.5. To correct: cases whose mean surface Dice over the foreground classes, at the widest tolerance, is below 0.9. Volume within 10 % or 20 %: cases and classes of the reference whose volume is met so closely. Lesions found and false are those of each class, added up. All seeds count as cases of their own.",
        ),
        &["setting"],
        &[
            ("failed", "failed cases", Form::Percent),
            ("to-correct", "cases to correct", Form::Percent),
            ("within-10", "volume within 10 %", Form::Percent),
            ("within-20", "volume within 20 %", Form::Percent),
            ("sensitivity", "lesions found", Form::Percent),
            ("false-per-case", "false lesions a case", Form::Number),
            ("dice-10th", "10th percentile of Dice", Form::Score),
            ("latency", "time a case", Form::Seconds),
            ("n", "n runs x cases", Form::Count),
        ],
    );
    let widest = subject.tolerances_mm().last().copied();
    for arm in &subject.arms {
        let by_run = |measure: Measure, class: &str| -> Vec<f64> {
            let of = |run: &usize| subject.cases.scores(&[*run], subject.split, class, measure);
            arm.runs.iter().flat_map(|run| of(run).case_means()).collect()
        };
        let mut dice = by_run(Measure::Dice, FOREGROUND);
        dice.sort_by(f64::total_cmp);
        let nsd = widest.map_or(Vec::new(), |mm| by_run(Measure::Nsd(mm), FOREGROUND));
        let volumes: Vec<f64> = subject
            .foreground
            .iter()
            .flat_map(|class| by_run(Measure::RelativeVolumeError, class))
            .collect();
        let lesions = subject.foreground.iter().flat_map(|class| subject.spaces(arm, class));
        let counts = lesions.map(|(_, space)| &space.lesions).fold([0_usize; 3], |sum, it| {
            [sum[0] + it.n_reference, sum[1] + it.n_found, sum[2] + it.n_false]
        });
        let [n, found, n_false] = counts;
        let n_scored = subject.wholes(arm).count();
        let latencies: Vec<f64> =
            arm.runs.iter().filter_map(|run| subject.runs[*run].seconds_per_case).collect();
        table.push(
            &[&arm.name],
            &arm.run_ids,
            vec![
                share(&dice, |it| it < FAILED).into(),
                share(&nsd, |it| it < NEEDS_CORRECTION).into(),
                share(&volumes, |it| it.abs() <= 0.1).into(),
                share(&volumes, |it| it.abs() <= 0.2).into(),
                (n > 0).then(|| found as f64 / n as f64).into(),
                (n_scored > 0).then(|| n_false as f64 / n_scored as f64).into(),
                quantile(&dice, 0.1).into(),
                mean(&latencies).into(),
                Value::count(dice.len()),
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
            ("train-loss", "training loss", Form::Number),
            ("valid-loss", "validation loss", Form::Number),
            ("gap", "gap", Form::Number),
            ("best-epoch", "best epoch", Form::Number),
            ("epochs", "epochs", Form::Number),
        ],
    );
    let by_place: BTreeMap<(&str, usize), &EpochRow> =
        epochs.iter().map(|row| ((row.run.as_str(), row.epoch), row)).collect();
    for arm in &subject.arms {
        let best = arm.runs.iter().filter_map(|run| {
            let run = &subject.runs[*run];
            by_place.get(&(run.run.as_str(), run.best_epoch?)).copied()
        });
        let best: Vec<&EpochRow> = best.collect();
        let of = |of: &dyn Fn(&EpochRow) -> Option<f64>| {
            mean(&best.iter().filter_map(|row| of(row)).collect::<Vec<_>>())
        };
        let (train, valid) = (of(&|row| Some(row.train_loss)), of(&|row| row.valid_loss));
        let done: Vec<f64> = arm.runs.iter().map(|run| subject.runs[*run].epochs as f64).collect();
        if best.is_empty() {
            continue;
        }
        table.push(
            &[&arm.name],
            &arm.run_ids,
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
