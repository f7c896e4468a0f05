//! [`ScoredSetting`]: one setting of a sweep with what its finished runs scored.
//!
//! Does not know the other settings.

use super::{SettingRow, sources::Sources};
use crate::{
    analysis::{
        FOREGROUND, Mean, Measure, RunRow,
        case_table::{ByCase, by_seed},
        setting_in_words,
    },
    event::Split,
    record::RunState,
    statistics::{Scores, interval, mean},
};
use std::collections::{BTreeMap, BTreeSet};

/// A seed and a fold.
pub(super) type SeedAndFold = (u64, usize);

/// A setting with the scores that its row is worked out from.
pub(super) struct ScoredSetting<'a> {
    pub(super) row: SettingRow,
    /// Validation scores of its finished cells.
    pub(super) parts: BTreeMap<SeedAndFold, ByCase<'a>>,
}

impl<'a> ScoredSetting<'a> {
    pub(super) fn of(sources: &Sources<'a>, cells: &[usize]) -> Self {
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
