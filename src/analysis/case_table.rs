//! [`CaseTable`]: the scores of cases, by run; [`by_seed`]: what several runs have in common.
//!
//! Every comparison, of a sweep or of experiments, reads its numbers here.
//!
//! Does not know about settings or verdicts.

use super::{FOREGROUND, Measure, RunRow, ScoreRow};
use crate::{
    event::{CaseRow, Split},
    statistics::Scores,
};
use std::collections::BTreeMap;

/// A value of each case that has one.
pub(super) type ByCase<'a> = BTreeMap<&'a str, f64>;

/// Rows of scores by run, found fast.
pub(super) struct CaseTable<'a> {
    runs: &'a [RunRow],
    by_run: BTreeMap<&'a str, Vec<&'a CaseRow>>,
}

impl<'a> CaseTable<'a> {
    pub(super) fn new(runs: &'a [RunRow], scores: &'a [ScoreRow]) -> Self {
        let mut by_run: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
        for row in scores {
            by_run.entry(&row.run).or_default().push(&row.score);
        }
        // A sum of floats depends on its order, and results must not.
        for rows in by_run.values_mut() {
            rows.sort_by_key(|row| (row.split, &row.case, row.class));
        }
        Self { runs, by_run }
    }

    /// Rows of a run in a split, of one class, or of all.
    pub(super) fn rows<'c>(
        &'c self,
        run_idx: usize,
        split: Split,
        class: Option<&'c str>,
    ) -> impl Iterator<Item = &'a CaseRow> + use<'a, 'c> {
        let rows = self.by_run.get(self.runs[run_idx].run.as_str()).into_iter().flatten().copied();
        rows.filter(move |row| {
            row.split == split && class.is_none_or(|class| row.class_name == class)
        })
    }

    /// Whether a run has any scores.
    pub(super) fn is_scored(&self, run_idx: usize) -> bool {
        self.by_run.contains_key(self.runs[run_idx].run.as_str())
    }

    /// A measure of each case of a run. Of [`FOREGROUND`] it is the mean over the classes in which
    /// it is defined; a case without any is left out.
    pub(super) fn of_run(
        &self,
        run_idx: usize,
        split: Split,
        class: &str,
        measure: Measure,
    ) -> ByCase<'a> {
        let wholes = self.rows(run_idx, split, None);
        let diagonals: ByCase<'_> = wholes
            .filter_map(|row| Some((row.case.as_str(), row.whole.as_ref()?.diagonal_mm)))
            .collect();
        let one = (class != FOREGROUND).then_some(class);
        let rows = self.rows(run_idx, split, one);
        mean_by_key(rows.filter(|row| one.is_some() || row.class > 0).filter_map(|row| {
            let diagonal = diagonals.get(row.case.as_str()).copied();
            Some((row.case.as_str(), measure.of(row, diagonal)?))
        }))
    }

    /// A measure of some runs by seed and case.
    pub(super) fn scores(
        &self,
        runs: &[usize],
        split: Split,
        class: &str,
        measure: Measure,
    ) -> Scores {
        let of = |run: &usize| (self.runs[*run].seed, self.of_run(*run, split, class, measure));
        by_seed(runs.iter().map(of))
    }
}

/// Scores by seed. Runs of one seed are of different folds, or of different settings: what they
/// have in common is averaged.
pub(super) fn by_seed<'a>(runs: impl Iterator<Item = (u64, ByCase<'a>)>) -> Scores {
    let mut seeds: BTreeMap<u64, Vec<(&str, f64)>> = BTreeMap::new();
    for (seed, cases) in runs {
        seeds.entry(seed).or_default().extend(cases);
    }
    Scores::new(&seeds.into_iter().map(|(seed, rows)| (seed, mean_by_key(rows))).collect())
}

/// The mean of the finite values of each key.
fn mean_by_key<K: Ord>(rows: impl IntoIterator<Item = (K, f64)>) -> BTreeMap<K, f64> {
    let mut sums: BTreeMap<K, (f64, usize)> = BTreeMap::new();
    for (key, value) in rows.into_iter().filter(|(_, value)| value.is_finite()) {
        let (sum, n) = sums.entry(key).or_default();
        (*sum, *n) = (*sum + value, *n + 1);
    }
    sums.into_iter().map(|(key, (sum, n))| (key, sum / n as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::made_up::case_row;

    #[test]
    fn the_foreground_of_a_case_is_the_mean_of_its_classes_and_seeds_stay_apart() {
        let runs = [1, 2].map(|seed| RunRow { run: format!("r{seed}"), seed, ..RunRow::default() });
        let score = |run: &str, score: CaseRow| ScoreRow { run: run.into(), score };
        let scores = [
            score("r1", case_row("a", 0, [9, 0, 0])),
            score("r1", case_row("a", 1, [1, 1, 1])),
            score("r1", case_row("a", 2, [1, 0, 0])),
            score("r1", case_row("b", 1, [0, 0, 1])),
            score("r1", case_row("b", 2, [0, 0, 0])),
            score("r1", case_row("c", 1, [0, 0, 0])),
            score("r2", case_row("a", 1, [1, 0, 0])),
        ];
        let cases = CaseTable::new(&runs, &scores);
        let of = |class: &str| cases.scores(&[0, 1], Split::Valid, class, Measure::Dice);
        let foreground = of(FOREGROUND);
        assert_eq!((foreground.cases(), foreground.n_seeds()), (&["a".into(), "b".into()][..], 2));
        // Case a: (0.5 + 1) / 2 with one seed and 1 with the other; case b: 0.
        assert_eq!(foreground.case_means(), [0.875, 0.0]);
        assert_eq!(of("class 2").case_means(), [1.0]);
    }

    #[test]
    fn folds_of_a_seed_are_put_together_and_a_case_of_both_is_averaged() {
        let [first, second] =
            [[("p", 0.2), ("r", 0.1)], [("q", 0.4), ("r", 0.3)]].map(ByCase::from);
        let scores = by_seed([(1, first.clone()), (1, second), (2, first)].into_iter());
        assert_eq!((scores.cases().len(), scores.n_seeds()), (3, 2));
        // p: 0.2 with both seeds; q: 0.4 with one; r: 0.2 with one and 0.1 with the other.
        assert!((scores.mean().unwrap() - (0.2 + 0.4 + 0.15) / 3.0).abs() < 1e-12);
    }
}
