//! [`rows`]: every setting of a sweep with its scores, ranked.
//!
//! Does not know about axes.

use super::{SettingRow, load::Sources, ranking::rank};
use crate::{
    analysis::{
        FOREGROUND, Mean, Measure, RunRow,
        case_table::{ByCase, by_seed},
        setting_in_words,
    },
    event::Split,
    record::RunState,
    statistics::{Required, Scores, interval, mean},
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The settings in order, and each cell's place among them.
pub(super) struct RankedSettings {
    pub(super) settings: Vec<SettingRow>,
    pub(super) place_of: Vec<usize>,
    /// What it would take to tell the first two apart.
    pub(super) enough: Option<Required>,
}

/// A seed and a fold.
pub(super) type SeedAndFold = (u64, usize);

/// A setting with the scores that its row is worked out from.
pub(super) struct ScoredSetting<'a> {
    pub(super) row: SettingRow,
    /// Validation scores of its finished cells.
    pub(super) parts: BTreeMap<SeedAndFold, ByCase<'a>>,
}

/// Every setting of the plan.
pub(super) fn rows(sources: &Sources<'_>) -> RankedSettings {
    let (groups, group_of) = groups(sources);
    let mut scored: Vec<ScoredSetting<'_>> =
        groups.par_iter().map(|cells| ScoredSetting::of(sources, cells)).collect();
    let enough = rank(&mut scored);
    let mut order: Vec<usize> = (0..scored.len()).collect();
    let mean = |idx: &usize| scored[*idx].row.score.mean.unwrap_or(f64::NEG_INFINITY);
    let rank = |idx: &usize| scored[*idx].row.rank.unwrap_or(usize::MAX);
    // Sorted stably: what nothing tells apart stays in the order of the plan.
    order.sort_by(|a, b| rank(a).cmp(&rank(b)).then(mean(b).total_cmp(&mean(a))));
    let mut place = vec![0; order.len()];
    for (place_idx, group_idx) in order.iter().enumerate() {
        place[*group_idx] = place_idx;
    }
    let place_of = group_of.into_iter().map(|group_idx| place[group_idx]).collect();
    let mut rows: Vec<Option<SettingRow>> = scored.into_iter().map(|it| Some(it.row)).collect();
    let settings = order.into_iter().filter_map(|idx| rows[idx].take()).collect();
    RankedSettings { settings, place_of, enough }
}

/// Indices of the cells of each setting, and each cell's setting, in the order of the plan.
fn groups(sources: &Sources<'_>) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of = Vec::with_capacity(sources.plan.cells.len());
    for (cell_idx, cell) in sources.plan.cells.iter().enumerate() {
        let name = serde_json::to_string(&cell.settings).unwrap_or_default();
        let group_idx = *known.entry(name).or_insert(groups.len());
        if group_idx == groups.len() {
            groups.push(Vec::new());
        }
        groups[group_idx].push(cell_idx);
        group_of.push(group_idx);
    }
    (groups, group_of)
}

impl<'a> ScoredSetting<'a> {
    fn of(sources: &Sources<'a>, cells: &[usize]) -> Self {
        let keys = &sources.plan.differing;
        let settings = &sources.plan.cells[cells[0]].settings;
        let values: Vec<String> =
            keys.iter().map(|key| sources.base.value_of(settings, key)).collect();
        let mut states = BTreeMap::new();
        for cell in cells {
            *states.entry(sources.statuses[*cell].state).or_default() += 1;
        }
        let is_finished = |cell: &&usize| sources.statuses[**cell].state == RunState::Finished;
        let finished: Vec<(SeedAndFold, usize)> = cells
            .iter()
            .filter(is_finished)
            .filter_map(|cell| {
                let of = &sources.plan.cells[*cell];
                Some(((of.seed, of.fold), sources.run_of[*cell]?))
            })
            .collect();
        let dice = |split| {
            let scored = finished.iter().filter(|(_, run)| sources.cases.is_scored(*run));
            scored.map(move |(part, run)| {
                (*part, sources.cases.of_run(*run, split, FOREGROUND, Measure::Dice))
            })
        };
        let parts: BTreeMap<SeedAndFold, ByCase<'_>> = dice(Split::Valid).collect();
        let valid = on(&parts, |_| true);
        let test = by_seed(dice(Split::Test).map(|((seed, _), cases)| (seed, cases)));
        let pairs = || {
            let rows =
                finished.iter().flat_map(|(_, run)| sources.cases.rows(*run, Split::Valid, None));
            rows.filter(|row| row.class > 0)
        };
        let rows = |runs: &mut dyn Iterator<Item = usize>, of: fn(&RunRow) -> Option<f64>| {
            mean(&runs.filter_map(|run| of(&sources.tables.runs[run])).collect::<Vec<_>>())
        };
        let mut of_finished = finished.iter().map(|(_, run)| *run);
        let mut of_all = cells.iter().filter_map(|cell| sources.run_of[*cell]);
        let row = SettingRow {
            name: match keys.as_slice() {
                [] => "as the spec says".to_owned(),
                keys => setting_in_words(keys, values.iter().cloned()),
            },
            values: keys.iter().cloned().zip(values).collect(),
            rank: None,
            states,
            n_seeds: valid.n_seeds(),
            score: mean_of(&valid),
            interval: interval(&valid),
            seed_means: valid.seed_means(),
            n_undefined: pairs().filter(|row| row.dice.is_none()).count(),
            n_pairs: pairs().count(),
            to_best: None,
            test: mean_of(&test),
            test_interval: interval(&test),
            monitored: rows(&mut of_all, |run| run.best_monitored),
            seconds: rows(&mut of_finished, |run| Some(run.seconds)),
            runs: finished.iter().map(|(_, run)| sources.tables.runs[*run].run.clone()).collect(),
        };
        Self { row, parts }
    }

    /// Its scores of some seeds and folds.
    pub(super) fn on(&self, which: &BTreeSet<SeedAndFold>) -> Scores {
        on(&self.parts, |part| which.contains(part))
    }
}

fn on(
    parts: &BTreeMap<SeedAndFold, ByCase<'_>>,
    is_chosen: impl Fn(&SeedAndFold) -> bool,
) -> Scores {
    let chosen = parts.iter().filter(|(part, _)| is_chosen(part));
    by_seed(chosen.map(|((seed, _), cases)| (*seed, cases.clone())))
}

pub(super) fn mean_of(scores: &Scores) -> Mean {
    Mean { mean: scores.mean(), n: scores.cases().len() }
}
