//! [`effects`]: the levels of an axis compared, within blocks where there are any.
//!
//! A block is one choice of everything else, the seed too, with a finished run for every level:
//! what its levels have in common is what the axis alone changed. Where most runs lie in no whole
//! block, each level is averaged by itself, and no difference between them is tested.
//!
//! Knows nothing of what an axis or a level is called.

use super::{
    Design, LevelRow,
    scores::by_seed,
    settings::{mean_of, words},
};
use crate::statistics::{self, Scores};
use std::collections::{BTreeMap, BTreeSet};

/// What a setting scored with one seed, all its folds together.
pub(super) struct Entry {
    pub(super) setting: usize,
    pub(super) seed: u64,
    pub(super) cases: BTreeMap<String, f64>,
    pub(super) n_runs: usize,
}

/// An entry as one axis sees it.
pub(super) struct Seen<'a> {
    pub(super) entry: &'a Entry,
    pub(super) level: usize,
    /// The values of all other axes; `None` where blocks make no sense.
    pub(super) others: Option<Vec<&'a str>>,
}

/// What counts of an entry.
struct Used {
    setting: usize,
    seed: u64,
    cases: BTreeMap<String, f64>,
    n_runs: usize,
}

/// What counts for each level, and the number of blocks.
type Compared = (Vec<Vec<Used>>, usize);

/// The levels of an axis, names, settings and curves left open.
pub(super) struct Effects {
    pub(super) levels: Vec<LevelRow>,
    pub(super) design: Design,
    /// Setting and seed of what was compared.
    pub(super) compared: BTreeSet<(usize, u64)>,
}

/// Scores of every level, and how they are compared.
pub(super) fn effects(seen: &[Seen<'_>], n_levels: usize) -> Effects {
    let (by_level, design) = match paired(seen, n_levels) {
        Some((by_level, n_blocks)) => (by_level, Design::Paired { n_blocks }),
        None => (marginal(seen, n_levels), Design::Marginal),
    };
    let scores: Vec<Scores> = by_level
        .iter()
        .map(|used| by_seed(used.iter().map(|used| (used.seed, &used.cases))))
        .collect();
    let means: Vec<Option<f64>> = scores.iter().map(Scores::mean).collect();
    let best = (0..n_levels).filter(|idx| means[*idx].is_some()).max_by(|a, b| {
        means[*a].unwrap_or(0.0).total_cmp(&means[*b].unwrap_or(0.0)).then(b.cmp(a))
    });
    let row = |level: usize| {
        let mut row = LevelRow {
            n_runs: by_level[level].iter().map(|used| used.n_runs).sum(),
            score: mean_of(&scores[level]),
            interval: statistics::interval(&scores[level]),
            ..LevelRow::default()
        };
        if let (Design::Paired { .. }, Some(best)) = (design, best.filter(|best| *best != level)) {
            row.to_best = statistics::difference(&scores[level], &scores[best]);
            let is_one_seed = scores[level].n_seeds() < 2;
            row.verdict = row.to_best.map(|it| words(it.verdict(), is_one_seed));
        }
        row
    };
    let compared = by_level.iter().flatten().map(|used| (used.setting, used.seed)).collect();
    Effects { levels: (0..n_levels).map(row).collect(), design, compared }
}

/// The levels within whole blocks; `None` when fewer than half of the runs lie in one.
fn paired(seen: &[Seen<'_>], n_levels: usize) -> Option<Compared> {
    let mut blocks: BTreeMap<(&[&str], u64), Vec<Option<&Entry>>> = BTreeMap::new();
    let mut is_present = vec![false; n_levels];
    for Seen { entry, level, others } in seen {
        let key = (others.as_deref()?, entry.seed);
        blocks.entry(key).or_insert_with(|| vec![None; n_levels])[*level] = Some(entry);
        is_present[*level] = true;
    }
    // A level that has no run yet must not break every block.
    let is_whole = |block: &&Vec<Option<&Entry>>| {
        block.iter().zip(&is_present).all(|(entry, is_present)| entry.is_some() == *is_present)
    };
    let whole: Vec<&Vec<Option<&Entry>>> = blocks.values().filter(is_whole).collect();
    let n_present = is_present.iter().filter(|is_present| **is_present).count();
    if n_present < 2 || 2 * whole.len() * n_present < seen.len() {
        return None;
    }
    let mut by_level: Vec<Vec<Used>> = (0..n_levels).map(|_| Vec::new()).collect();
    for block in &whole {
        let entries = || block.iter().flatten();
        let is_common = |case: &String| entries().all(|entry| entry.cases.contains_key(case));
        for (used, entry) in by_level.iter_mut().zip(block.iter()) {
            used.extend(entry.map(|entry| Used::of(entry, is_common)));
        }
    }
    Some((by_level, whole.len()))
}

fn marginal(seen: &[Seen<'_>], n_levels: usize) -> Vec<Vec<Used>> {
    let mut by_level: Vec<Vec<Used>> = (0..n_levels).map(|_| Vec::new()).collect();
    for Seen { entry, level, .. } in seen {
        by_level[*level].push(Used::of(entry, |_| true));
    }
    by_level
}

impl Used {
    fn of(entry: &Entry, counts: impl Fn(&String) -> bool) -> Self {
        let &Entry { setting, seed, n_runs, .. } = entry;
        let cases = entry.cases.iter().filter(|(case, _)| counts(case));
        let cases = cases.map(|(case, score)| (case.clone(), *score)).collect();
        Self { setting, seed, cases, n_runs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(setting: usize, seed: u64, base: f64) -> Entry {
        let case = |idx: u32| (format!("{idx}"), base + 0.02 * f64::from(idx));
        Entry { setting, seed, cases: (0..8).map(case).collect(), n_runs: 1 }
    }

    fn seen<'a>(entry: &'a Entry, level: usize, other: &'a str) -> Seen<'a> {
        Seen { entry, level, others: Some(vec![other]) }
    }

    /// Two levels 0.1 apart in two blocks; a third block, far above, has the lower one alone.
    fn entries() -> Vec<Entry> {
        let bases = [(0, 0.30), (1, 0.40), (2, 0.50), (3, 0.60), (4, 0.80)];
        bases.map(|(setting, base)| entry(setting, 1, base)).into()
    }

    #[test]
    fn a_block_that_is_not_whole_says_nothing_of_the_axis() {
        let entries = entries();
        let others = ["a", "a", "b", "b", "c"];
        let seen: Vec<Seen<'_>> =
            entries.iter().zip(others).map(|(it, other)| seen(it, it.setting % 2, other)).collect();
        let Effects { levels: rows, design, compared } = effects(&seen, 2);
        assert_eq!(compared.len(), 4, "the fifth lies in no whole block");
        assert_eq!(design, Design::Paired { n_blocks: 2 });
        assert_eq!([rows[0].n_runs, rows[1].n_runs], [2, 2]);
        let difference = rows[0].to_best.unwrap();
        assert!((difference.mean + 0.1).abs() < 1e-12, "{difference:?}");
        assert_eq!(rows[0].verdict.as_deref(), Some("worse, one seed"));
        assert_eq!(rows[1].to_best, None, "the best one is compared with no other");
    }

    #[test]
    fn without_blocks_nothing_is_tested() {
        let entries = entries();
        let others = ["a", "b", "c", "d", "e"];
        let seen: Vec<Seen<'_>> =
            entries.iter().zip(others).map(|(it, other)| seen(it, it.setting % 2, other)).collect();
        let Effects { levels: rows, design, .. } = effects(&seen, 3);
        assert_eq!(design, Design::Marginal);
        assert_eq!([rows[0].n_runs, rows[1].n_runs, rows[2].n_runs], [3, 2, 0]);
        assert!(rows.iter().all(|row| row.to_best.is_none() && row.verdict.is_none()));
        assert_eq!(rows[2].score.mean, None);
    }
}
