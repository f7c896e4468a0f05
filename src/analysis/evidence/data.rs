//! Tables `data`, `classes` and `cases`: what the runs were given.
//!
//! Does not know about scores, but the Dice that the training grid allows.

use super::{
    Subject,
    evidence_table::EvidenceTable,
    lesions::{SIZE_BINS, size_bin},
    value::{CellValue, NumberFormat},
};
use crate::{
    event::Split,
    record::CaseFacts,
    statistics::{Interval, mean, quantile},
};
use std::collections::BTreeSet;

const SPLITS: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

/// The data set in figures.
pub(super) fn data(facts: &[CaseFacts]) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "data",
            "The data set",
            "What is known of every case that plays a part, as its files say. Anisotropy: the largest spacing over the smallest.",
        ),
        &["what"],
        &[
            ("median", "median", NumberFormat::Number),
            ("range", "lowest to highest", NumberFormat::Number),
            ("different", "different values", NumberFormat::Count),
            ("n", "n cases", NumberFormat::Count),
        ],
    );
    if facts.is_empty() {
        return table;
    }
    let mut add = |what: &str, of: &dyn Fn(&CaseFacts) -> f64| {
        let mut values: Vec<f64> = facts.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let different: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
        let ends = values.first().zip(values.last());
        let range = ends.map(|(low, high)| Interval { low: *low, high: *high });
        let cells = vec![
            quantile(&values, 0.5).into(),
            range.into(),
            CellValue::count(different.len()),
            CellValue::count(values.len()),
        ];
        table.push(&[what], &[], cells);
    };
    add("slices", &|it| it.shape[2] as f64);
    add("voxels in a row", &|it| it.shape[0] as f64);
    add("in-plane spacing in mm", &|it| it.spacing_mm[0]);
    add("slice spacing in mm", &|it| it.spacing_mm[2]);
    add("anisotropy", &|it| {
        let ends = it
            .spacing_mm
            .iter()
            .fold((f64::MAX, 0.0_f64), |(low, high), mm| (low.min(*mm), high.max(*mm)));
        ends.1 / ends.0
    });
    add("lowest HU", &|it| f64::from(it.hu[0]));
    add("highest HU", &|it| f64::from(it.hu[1]));
    add("volume in L", &|it| it.voxel_ml * it.shape.iter().product::<usize>() as f64 / 1000.0);
    table
}

/// How rare each class is, by split.
pub(super) fn classes(subject: &Subject<'_>, facts: &[CaseFacts]) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "classes",
            "Classes and their imbalance",
            "Share of all voxels of the split's cases; cases that hold the class; its volume in a case that holds it. The split is that of the first run.",
        ),
        &["class", "split"],
        &[
            ("share", "share of voxels", NumberFormat::Percent),
            ("background-ratio", "background voxels to one", NumberFormat::Number),
            ("cases", "cases with it", NumberFormat::Count),
            ("of", "of cases", NumberFormat::Count),
            ("volume", "median volume", NumberFormat::Millilitres),
            ("volume-range", "lowest to highest", NumberFormat::Millilitres),
        ],
    );
    for (class_idx, class) in subject.all_classes().iter().enumerate() {
        for split in SPLITS {
            let of: Vec<&CaseFacts> = facts.iter().filter(|it| it.split == split).collect();
            let n = |facts: &CaseFacts, class: usize| {
                facts.class_voxels.get(class).copied().unwrap_or_default()
            };
            let total: u64 = of.iter().flat_map(|it| &it.class_voxels).sum();
            let sum: u64 = of.iter().map(|it| n(it, class_idx)).sum();
            let background: u64 = of.iter().map(|it| n(it, 0)).sum();
            let with: Vec<&&CaseFacts> = of.iter().filter(|it| n(it, class_idx) > 0).collect();
            let mut volumes: Vec<f64> =
                with.iter().map(|it| n(it, class_idx) as f64 * it.voxel_ml).collect();
            volumes.sort_by(f64::total_cmp);
            if total == 0 {
                continue;
            }
            let range = volumes.first().zip(volumes.last());
            let ratio = (sum > 0 && class_idx > 0).then(|| background as f64 / sum as f64);
            table.push(
                &[class, split.name()],
                &[],
                vec![
                    CellValue::Number(sum as f64 / total as f64),
                    ratio.into(),
                    CellValue::count(with.len()),
                    CellValue::count(of.len()),
                    quantile(&volumes, 0.5).into(),
                    range.map(|(low, high)| Interval { low: *low, high: *high }).into(),
                ],
            );
        }
    }
    table
}

/// What the training grid costs before any training: the reference brought to it and back.
pub(super) fn ceilings(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "ceilings",
            "What the training grid allows",
            "Dice of the reference against itself brought to the training grid and back: no prediction made on that grid can be expected to score higher. Small structures lose most.",
        ),
        &["setting", "class"],
        &[
            ("mean", "mean", NumberFormat::Score),
            ("lowest", "lowest", NumberFormat::Score),
            ("lost", "lost structures", NumberFormat::Count),
            ("n", "n cases", NumberFormat::Count),
            ("sizes", "lesions by size", NumberFormat::Words),
        ],
    );
    for setting in &subject.settings {
        for class in &subject.foreground {
            // The reference is the same with every seed: once is enough, in all folds.
            let first = setting.seeds.first();
            let of_first =
                setting.runs.iter().filter(|run| Some(&subject.runs[**run].seed) == first);
            let rows: Vec<_> = of_first
                .flat_map(|run| subject.cases.rows(*run, subject.split, Some(class)))
                .collect();
            let mut values: Vec<f64> = rows.iter().filter_map(|row| row.ceiling_dice).collect();
            values.sort_by(f64::total_cmp);
            if values.is_empty() {
                continue;
            }
            let mut sizes = [0_usize; SIZE_BINS.len()];
            for lesion in rows
                .iter()
                .filter_map(|row| row.space.as_ref())
                .flat_map(|it| &it.lesions.reference)
            {
                sizes[size_bin(lesion.ml)] += 1;
            }
            let words: Vec<String> = SIZE_BINS
                .iter()
                .zip(sizes)
                .filter(|(_, n)| *n > 0)
                .map(|((_, name), n)| format!("{n} of {name}"))
                .collect();
            table.push(
                &[&setting.name, class],
                &setting.run_ids,
                vec![
                    mean(&values).into(),
                    values.first().copied().into(),
                    CellValue::count(values.iter().filter(|value| **value <= 0.0).count()),
                    CellValue::count(values.len()),
                    CellValue::joined(&words, ", "),
                ],
            );
        }
    }
    table
}
