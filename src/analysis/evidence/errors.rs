//! Tables `errors`, `associations` and `worst`: where the errors are.
//!
//! Does not know how a voxel was judged.

use super::{
    Subject,
    evidence_table::EvidenceTable,
    value::{CellValue, NumberFormat},
};
use crate::{
    analysis::FOREGROUND,
    metric::ErrorParts,
    statistics::{Scores, spearman},
};
use std::collections::BTreeMap;

/// A kind of error: its name in references, its name in words, and its part.
pub type ErrorKind = (&'static str, &'static str, fn(&ErrorParts) -> f64);

/// Kinds of error in the order in which they are shown.
pub const ERROR_KINDS: [ErrorKind; 6] = [
    ("missed-lesions", "missed lesions", |it| it.missed_lesions_ml),
    ("false-lesions", "false lesions", |it| it.false_lesions_ml),
    ("class-swaps", "class swaps", |it| it.class_swaps_ml),
    ("within-voxel", "boundary, within a voxel", |it| it.within_voxel_ml),
    ("within-3mm", "boundary, within 3 mm", |it| it.within_3mm_ml),
    ("beyond", "farther inside or outside", |it| it.beyond_ml),
];

/// Cases in the list of the worst.
const N_WORST: usize = 10;
/// Fewest cases for a correlation.
const FEWEST_PAIRS: usize = 5;

/// The volume that is wrong, by kind.
pub(super) fn errors(subject: &Subject<'_>) -> EvidenceTable {
    let mut columns = vec![("total", "wrong in all", NumberFormat::Millilitres)];
    let shares: Vec<String> = ERROR_KINDS.iter().map(|(id, ..)| format!("{id}-share")).collect();
    for ((id, head, _), share) in ERROR_KINDS.iter().zip(&shares) {
        columns.extend([
            (*id, *head, NumberFormat::Millilitres),
            (share.as_str(), "share", NumberFormat::Percent),
        ]);
    }
    columns.push(("largest", "largest kind", NumberFormat::Words));
    let mut table = EvidenceTable::new(
        (
            "errors",
            "Errors taken apart",
            "Volume of missed and invented voxels, summed over cases and averaged over seeds. In this order: another foreground class has the voxel (swap); the voxel belongs to a lesion that no prediction touches (missed), or to a predicted component that touches no lesion (false); it touches the other map's mask (within a voxel); it lies within 3 mm of it; it lies farther. A swap counts once for each of its two classes; the merged foreground has none.",
        ),
        &["setting", "class"],
        &columns,
    );
    for setting in &subject.settings {
        for class in subject.classes_and_foreground() {
            let parts: Vec<&ErrorParts> =
                subject.spaces(setting, class).map(|(_, space)| &space.errors).collect();
            if parts.is_empty() {
                continue;
            }
            let n_runs = setting.n_repeats();
            let of = |part: fn(&ErrorParts) -> f64| {
                parts.iter().map(|it| part(it)).sum::<f64>() / n_runs
            };
            let volumes: Vec<f64> = ERROR_KINDS.iter().map(|(.., part)| of(*part)).collect();
            let total: f64 = volumes.iter().sum();
            let mut values = vec![CellValue::Number(total)];
            for volume in &volumes {
                let share = (total > 0.0).then(|| volume / total);
                values.extend([CellValue::Number(*volume), share.into()]);
            }
            values.push(largest(&volumes));
            table.push(&[&setting.name, class], &setting.run_ids, values);
        }
    }
    table
}

/// The kind with the largest volume, in words; nothing when nothing is wrong.
fn largest(volumes: &[f64]) -> CellValue {
    let wrong = ERROR_KINDS.iter().zip(volumes).filter(|(_, volume)| **volume > 0.0);
    let largest = wrong.max_by(|a, b| a.1.total_cmp(b.1));
    largest.map_or(CellValue::NONE, |((_, head, _), _)| CellValue::words(*head))
}

/// What the errors go with.
pub(super) fn associations(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "associations",
            "What the errors go with",
            "Spearman's rank correlation. Of cases: Dice, averaged over seeds, with the volume of the class in the reference. Of lesions, over cases and runs: the share of the lesion that is found with its volume, its contrast to what surrounds it (mean HU inside less mean in a shell of 5 mm), its place from feet (0) to head (1), and its distance to the edge of the volume. Lesions of one case and runs of one setting are not independent, so p of lesions is too small where there are several; none is corrected for their number.",
        ),
        &["setting", "class", "what"],
        &[
            ("rho", "rho", NumberFormat::Signed),
            ("p", "p", NumberFormat::P),
            ("n", "n", NumberFormat::Count),
        ],
    );
    for setting in &subject.settings {
        for class in subject.classes_and_foreground().filter(|class| *class != FOREGROUND) {
            let mut add = |what: &str, pairs: &[(f64, f64)]| {
                let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
                let found = (pairs.len() >= FEWEST_PAIRS).then(|| spearman(&x, &y)).flatten();
                if let Some(found) = found {
                    let values = vec![
                        CellValue::Number(found.rho),
                        CellValue::Number(found.p),
                        CellValue::count(pairs.len()),
                    ];
                    table.push(&[&setting.name, class, what], &setting.run_ids, values);
                }
            };
            let dice = subject.dice(setting, class);
            add("Dice of a case, volume", &with_volume(subject, setting, class, &dice));
            let lesions: Vec<_> = subject
                .spaces(setting, class)
                .flat_map(|(_, space)| &space.lesions.reference)
                .collect();
            let of = |value: fn(&crate::metric::ReferenceLesion) -> Option<f64>| -> Vec<_> {
                lesions.iter().filter_map(|it| Some((it.found, value(it)?))).collect()
            };
            add("found share of a lesion, volume", &of(|it| Some(it.ml)));
            add("found share of a lesion, contrast", &of(|it| it.contrast_hu));
            add("found share of a lesion, place feet to head", &of(|it| Some(it.position)));
            add("found share of a lesion, distance to the edge", &of(|it| Some(it.border_mm)));
        }
    }
    table
}

/// Each case's score with the volume of the class in its reference, where it is there.
fn with_volume(
    subject: &Subject<'_>,
    setting: &super::Setting,
    class: &str,
    scores: &Scores,
) -> Vec<(f64, f64)> {
    let volumes: BTreeMap<&str, f64> = subject
        .rows(setting, subject.split, class)
        .map(|row| (row.case.as_str(), row.reference_ml))
        .collect();
    let means = scores.cases().iter().zip(scores.case_means());
    means
        .filter_map(|(case, mean)| Some((mean, *volumes.get(case.as_str())?)))
        .filter(|(_, volume)| *volume > 0.0)
        .collect()
}

/// The cases with the lowest foreground Dice of each setting.
pub(super) fn worst(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "worst",
            "Worst cases",
            "The lowest mean Dice over the foreground classes of a case, averaged over seeds. Volumes are summed over the classes, so that a voxel with the wrong class counts in both.",
        ),
        &["setting", "place"],
        &[
            ("case", "case", NumberFormat::Words),
            ("dice", "Dice", NumberFormat::Score),
            ("reference", "reference", NumberFormat::Millilitres),
            ("prediction", "prediction", NumberFormat::Millilitres),
            ("wrong", "wrong", NumberFormat::Millilitres),
            ("largest", "largest kind of error", NumberFormat::Words),
        ],
    );
    for setting in &subject.settings {
        let dice = subject.dice(setting, FOREGROUND);
        let mut order: Vec<(&String, f64)> = dice.cases().iter().zip(dice.case_means()).collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(b.0)));
        for (place, (case, mean)) in order.into_iter().take(N_WORST).enumerate() {
            let rows: Vec<_> = subject
                .rows(setting, subject.split, FOREGROUND)
                .filter(|row| row.case == *case)
                .collect();
            let n_scored = rows.iter().filter(|row| row.class == 1).count().max(1) as f64;
            let sum = |of: fn(&crate::event::CaseRow) -> f64| {
                CellValue::Number(rows.iter().map(|row| of(row)).sum::<f64>() / n_scored)
            };
            let parts: Vec<&ErrorParts> =
                rows.iter().filter_map(|row| Some(&row.space.as_ref()?.errors)).collect();
            let volumes: Vec<f64> = ERROR_KINDS
                .iter()
                .map(|(.., part)| parts.iter().map(|it| part(it)).sum::<f64>() / n_scored)
                .collect();
            let total: f64 = volumes.iter().sum();
            table.push(
                &[&setting.name, &(place + 1).to_string()],
                &setting.run_ids,
                vec![
                    CellValue::words(case.as_str()),
                    CellValue::Number(mean),
                    sum(|row| row.reference_ml),
                    sum(|row| row.prediction_ml),
                    if parts.is_empty() { CellValue::NONE } else { CellValue::Number(total) },
                    largest(&volumes),
                ],
            );
        }
    }
    table
}
