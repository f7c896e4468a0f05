//! Tables `noise`, `power` and `ranks`: what can be told apart at all.
//!
//! Does not know about any one comparison.

use super::{
    Effect, Subject,
    evidence_table::EvidenceTable,
    value::{CellValue, NumberFormat},
};
use crate::{
    analysis::{FOREGROUND, Measure},
    statistics::{
        Friedman, NoiseFloor, RankRow, Scores, compare, detectable, friedman, mean, needed,
        rank_intervals,
    },
};
use std::collections::BTreeMap;

/// Differences that a researcher asks about.
const ASKED: [f64; 2] = [0.02, 0.05];

/// How far means scatter by the seed.
pub(super) fn noise(subject: &Subject<'_>, floors: &BTreeMap<String, NoiseFloor>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "noise",
            "Noise floor of repeated seeds",
            "From settings with two seeds or more, pooled. Between seeds: how far the means over cases of runs scatter that differ in nothing but the seed. Between cases: how far cases scatter, seeds averaged. By seeds alone, two means differ by less than the last columns in 95 of 100 worlds.",
        ),
        &["class"],
        &[
            ("between-seeds", "SD between seeds", NumberFormat::Score),
            ("between-cases", "SD between cases", NumberFormat::Score),
            ("settings", "settings", NumberFormat::Count),
            ("runs", "runs", NumberFormat::Count),
            ("one-seed", "floor with 1 seed", NumberFormat::Score),
            ("three-seeds", "floor with 3 seeds", NumberFormat::Score),
            ("five-seeds", "floor with 5 seeds", NumberFormat::Score),
        ],
    );
    let runs: Vec<String> =
        subject.settings.iter().flat_map(|setting| setting.run_ids.clone()).collect();
    for class in subject.classes_and_foreground() {
        let Some(floor) = floors.get(class) else { continue };
        let of = |n: usize| CellValue::from(Some(floor.of_difference([n, n])));
        table.push(
            &[class],
            &runs,
            vec![
                CellValue::Number(floor.between_seeds),
                floor.between_cases.into(),
                CellValue::count(floor.n_groups),
                CellValue::count(floor.n_runs),
                of(1),
                of(3),
                of(5),
            ],
        );
    }
    table
}

/// What these cases and seeds can find.
pub(super) fn power(
    subject: &Subject<'_>,
    spreads: &BTreeMap<String, PowerInputs>,
) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "power",
            "What could be detected",
            "The true difference of mean Dice that a comparison of two settings on these cases would find with 80 % power at the two-sided 5 % level, and the cases (with the present seeds) or seeds (with the present cases) that would find one of 0.02 or 0.05. From the SD of paired differences between cases, pooled over the comparisons there are, and the SD between seeds; of one test of one comparison, uncorrected for others: a verdict also needs the interval and the noise floor, and finds it less often.",
        ),
        &["class"],
        &[
            ("detectable", "detectable difference", NumberFormat::Score),
            ("cases", "n cases", NumberFormat::Count),
            ("seeds", "seeds", NumberFormat::Count),
            ("between-cases", "SD of differences", NumberFormat::Score),
            ("between-seeds", "SD between seeds", NumberFormat::Score),
            ("cases-for-0.02", "cases for 0.02", NumberFormat::Words),
            ("seeds-for-0.02", "seeds for 0.02", NumberFormat::Words),
            ("cases-for-0.05", "cases for 0.05", NumberFormat::Words),
            ("seeds-for-0.05", "seeds for 0.05", NumberFormat::Words),
        ],
    );
    for class in subject.classes_and_foreground() {
        let Some(spread) = spreads.get(class) else { continue };
        let PowerInputs { between_cases, between_seeds, n_cases, n_seeds } = *spread;
        let of_seeds = between_seeds.unwrap_or(f64::NAN);
        // More than 1 is no difference that Dice can have.
        let found = detectable(between_cases, of_seeds, n_cases, n_seeds).filter(|it| *it < 1.0);
        let mut values = vec![
            found.into(),
            CellValue::count(n_cases),
            CellValue::count(n_seeds),
            CellValue::Number(between_cases),
            between_seeds.into(),
        ];
        for difference in ASKED {
            let Some(of_seeds) = between_seeds else {
                values.extend([CellValue::NONE, CellValue::NONE]);
                continue;
            };
            let needed = needed(difference, between_cases, of_seeds, n_cases, n_seeds);
            let words = |n: Option<usize>| {
                CellValue::words(n.map_or("no number of".to_owned(), |n| n.to_string()))
            };
            values.extend([words(needed.cases), words(needed.seeds)]);
        }
        table.push(&[class], &[], values);
    }
    table
}

/// What power rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerInputs {
    /// SD of paired differences between cases.
    pub between_cases: f64,
    /// SD of a setting's mean between seeds; `None` when no setting has two.
    pub between_seeds: Option<f64>,
    /// Cases compared.
    pub n_cases: usize,
    /// Fewest seeds of a setting.
    pub n_seeds: usize,
}

/// The spreads of every class: of the comparisons there are, or, with one setting of several
/// seeds, of its seeds against each other.
pub(super) fn spreads(
    subject: &Subject<'_>,
    effects: &[Effect],
    floors: &BTreeMap<String, NoiseFloor>,
) -> BTreeMap<String, PowerInputs> {
    let of = |class: &str| {
        let compared = effects.iter().filter(|effect| effect.class == class);
        let compared: Vec<(f64, usize)> = compared
            .map(|effect| &effect.judged.comparison)
            .filter_map(|it| Some((it.between_cases?.powi(2), it.difference.n_cases)))
            .collect();
        let squares: Vec<f64> = compared.iter().map(|(square, _)| *square).collect();
        let fewest = compared.iter().map(|(_, n_cases)| *n_cases).min();
        let (between_cases, n_cases) = match (mean(&squares), fewest) {
            (Some(square), Some(n_cases)) => (square.sqrt(), n_cases),
            // Differences of one setting's own seeds: what two equal settings would show.
            _ => subject
                .settings
                .iter()
                .find_map(|setting| between_own_seeds(subject, class, setting))?,
        };
        let n_seeds = subject.settings.iter().map(|setting| setting.seeds.len()).min()?;
        let between_seeds = floors.get(class).map(|floor| floor.between_seeds);
        Some((class.to_owned(), PowerInputs { between_cases, between_seeds, n_cases, n_seeds }))
    };
    subject.classes_and_foreground().filter_map(of).collect()
}

/// SD over cases of the difference of two seeds of one setting, brought to that of means over as
/// many seeds as it has; and the cases.
fn between_own_seeds(
    subject: &Subject<'_>,
    class: &str,
    setting: &super::Setting,
) -> Option<(f64, usize)> {
    let of = |run: usize| subject.cases.scores(&[run], subject.split, class, Measure::Dice);
    let first = *setting.runs.first()?;
    let is_other = |run: &&usize| subject.runs[**run].seed != subject.runs[first].seed;
    let second = *setting.runs.iter().find(is_other)?;
    let compared = compare(&of(first), &of(second), None)?;
    let spread = compared.between_cases? / (setting.seeds.len() as f64).sqrt();
    Some((spread, compared.difference.n_cases))
}

/// Settings by their mean rank over cases.
pub(super) fn ranks(subject: &Subject<'_>) -> (EvidenceTable, Vec<RankRow>, Option<Friedman>) {
    let mut table = EvidenceTable::new(
        (
            "ranks",
            "Ranks of the settings",
            "In each case that all settings have, settings are ranked by mean foreground Dice (1 is best, ties share); the mean rank over cases with the middle 95 % of resamples of the cases. Friedman's test asks whether any two differ at all.",
        ),
        &["setting"],
        &[
            ("rank", "mean rank", NumberFormat::Number),
            ("interval", "95 % interval", NumberFormat::Number),
            ("settings", "of settings", NumberFormat::Count),
            ("friedman-p", "Friedman p", NumberFormat::P),
            ("iman-davenport-p", "Iman-Davenport p", NumberFormat::P),
            ("cases", "n cases", NumberFormat::Count),
        ],
    );
    let scores: Vec<Scores> =
        subject.settings.iter().map(|setting| subject.dice(setting, FOREGROUND)).collect();
    if scores.len() < 2 {
        return (table, Vec::new(), None);
    }
    let (rows, test) = (rank_intervals(&scores), friedman(&scores));
    for (setting, row) in subject.settings.iter().zip(&rows) {
        table.push(
            &[&setting.name],
            &setting.run_ids,
            vec![
                CellValue::Number(row.mean_rank),
                CellValue::Interval(row.interval),
                CellValue::count(rows.len()),
                test.as_ref().map(|test| test.p).into(),
                test.as_ref().and_then(|test| Some(test.iman_davenport.as_ref()?.p)).into(),
                test.as_ref().map_or(CellValue::NONE, |test| CellValue::count(test.n_cases)),
            ],
        );
    }
    (table, rows, test)
}
