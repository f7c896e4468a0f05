//! Tables `lesions` and `lesions-by-size`: what is found, missed and invented, component by
//! component.
//!
//! Does not know about voxels.

use super::{
    Subject,
    evidence_table::EvidenceTable,
    value::{CellValue, NumberFormat},
};
use crate::{analysis::FOREGROUND, metric::LesionScores};

/// Upper ends of the size bins in mL, and what they are called.
pub const SIZE_BINS: [(f64, &str); 4] =
    [(1.0, "< 1 mL"), (10.0, "1-10 mL"), (100.0, "10-100 mL"), (f64::INFINITY, ">= 100 mL")];

/// The size bin of a volume in mL.
pub fn size_bin(ml: f64) -> usize {
    SIZE_BINS.iter().position(|(end, _)| ml < *end).unwrap_or(SIZE_BINS.len() - 1)
}

/// Lesions by setting and class.
pub(super) fn lesions(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "lesions",
            "Lesions",
            "Lesions are 26-connected components of a class; foreground merges the classes first. A lesion of the reference is found when one voxel of the prediction touches it; a component of the prediction that touches none is false. Counts are summed over cases and runs, and so are the rates.",
        ),
        &["setting", "class"],
        &[
            ("n", "in the reference", NumberFormat::Count),
            ("found", "found", NumberFormat::Count),
            ("missed", "missed", NumberFormat::Count),
            ("false", "false", NumberFormat::Count),
            ("false-per-case", "false a case", NumberFormat::Number),
            ("sensitivity", "sensitivity", NumberFormat::Score),
            ("precision", "precision", NumberFormat::Score),
            ("f1", "F1", NumberFormat::Score),
        ],
    );
    for setting in &subject.settings {
        for class in subject.classes_and_foreground() {
            let scored: Vec<&LesionScores> =
                subject.spaces(setting, class).map(|(_, space)| &space.lesions).collect();
            if scored.is_empty() {
                continue;
            }
            let sum =
                |of: fn(&LesionScores) -> usize| scored.iter().map(|it| of(it)).sum::<usize>();
            let (n, found) = (sum(|it| it.n_reference), sum(|it| it.n_found));
            let (predicted, false_) = (sum(|it| it.n_prediction), sum(|it| it.n_false));
            let ratio = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
            let (sensitivity, precision) = (ratio(found, n), ratio(predicted - false_, predicted));
            let harmonic = sensitivity.zip(precision).filter(|(s, p)| s + p > 0.0);
            let f1 = harmonic.map_or(0.0, |(s, p)| 2.0 * s * p / (s + p));
            table.push(
                &[&setting.name, class],
                &setting.run_ids,
                vec![
                    CellValue::count(n),
                    CellValue::count(found),
                    CellValue::count(n - found),
                    CellValue::count(false_),
                    ratio(false_, scored.len()).into(),
                    sensitivity.into(),
                    precision.into(),
                    (n + predicted > 0).then_some(f1).into(),
                ],
            );
        }
    }
    table
}

/// Found and missed by volume of the lesion in the reference.
pub(super) fn by_size(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "lesions-by-size",
            "Lesions by size",
            "Lesions of the reference by their volume; of a case with more than 200 lesions the largest 200. Counts are summed over cases and runs.",
        ),
        &["setting", "class", "size"],
        &[
            ("n", "in the reference", NumberFormat::Count),
            ("found", "found", NumberFormat::Count),
            ("missed", "missed", NumberFormat::Count),
            ("sensitivity", "sensitivity", NumberFormat::Score),
        ],
    );
    for setting in &subject.settings {
        for class in subject.classes_and_foreground().filter(|class| *class != FOREGROUND) {
            let mut bins = [(0_usize, 0_usize); SIZE_BINS.len()];
            for (_, space) in subject.spaces(setting, class) {
                for lesion in &space.lesions.reference {
                    let bin = &mut bins[size_bin(lesion.ml)];
                    (bin.0, bin.1) = (bin.0 + 1, bin.1 + usize::from(lesion.found > 0.0));
                }
            }
            for ((_, size), (n, found)) in SIZE_BINS.iter().zip(bins).filter(|(_, (n, _))| *n > 0) {
                table.push(
                    &[&setting.name, class, size],
                    &setting.run_ids,
                    vec![
                        CellValue::count(n),
                        CellValue::count(found),
                        CellValue::count(n - found),
                        CellValue::Number(found as f64 / n as f64),
                    ],
                );
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_at_an_edge_belongs_to_the_larger_bin() {
        assert_eq!([0.5, 1.0, 9.9, 10.0, 1e4].map(size_bin), [0, 1, 1, 2, 3]);
    }
}
