//! [`effects`]: the levels of an axis compared, within blocks where there are any.
//!
//! A block is one choice of everything else, the seed too, with a finished run for every level:
//! what its levels have in common is what the axis alone changed. Where most runs lie in no whole
//! block, each level is averaged alone, and no difference between them is tested.
//!
//! Does not know what an axis or a level is called.

use super::{Design, LevelRow, ToBest, scored_setting::mean_of};
use crate::{
    analysis::case_table::{ByCase, by_seed},
    statistics::{Scores, difference, interval},
};
use std::collections::{BTreeMap, BTreeSet};

/// What a setting scored with one seed, all its folds together.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) setting: usize,
    pub(super) seed: u64,
    pub(super) cases: ByCase<'a>,
    pub(super) n_runs: usize,
}

/// An entry as one axis sees it.
pub(super) struct LevelEntry<'e> {
    pub(super) entry: &'e Entry<'e>,
    pub(super) level: usize,
    /// The values of all other axes; `None` where blocks make no sense.
    pub(super) others: Option<Vec<&'e str>>,
}

/// The levels of an axis, names, settings and curves left open.
pub(super) struct LevelEffects {
    pub(super) levels: Vec<LevelRow>,
    pub(super) design: Design,
    /// Setting and seed of what was compared.
    pub(super) compared: BTreeSet<(usize, u64)>,
}

/// Scores of every level, and how they are compared.
pub(super) fn effects(entries: &[LevelEntry<'_>], n_levels: usize) -> LevelEffects {
    let (by_level, design) = match paired(entries, n_levels) {
        Some((by_level, n_blocks)) => (by_level, Design::Paired { n_blocks }),
        None => (marginal(entries, n_levels), Design::Marginal),
    };
    let scores: Vec<Scores> = by_level
        .iter()
        .map(|entries| by_seed(entries.iter().map(|entry| (entry.seed, entry.cases.clone()))))
        .collect();
    let means: Vec<Option<f64>> = scores.iter().map(Scores::mean).collect();
    let best = (0..n_levels).filter(|idx| means[*idx].is_some()).max_by(|a, b| {
        means[*a].unwrap_or(0.0).total_cmp(&means[*b].unwrap_or(0.0)).then(b.cmp(a))
    });
    let to_best = |level: usize| match (design, best.filter(|best| *best != level)) {
        (Design::Paired { .. }, Some(best)) => {
            let difference = difference(&scores[level], &scores[best])?;
            Some(ToBest::first_look(difference, scores[level].n_seeds()))
        }
        _ => None,
    };
    let row = |level: usize| LevelRow {
        n_runs: by_level[level].iter().map(|entry| entry.n_runs).sum(),
        score: mean_of(&scores[level]),
        interval: interval(&scores[level]),
        to_best: to_best(level),
        ..LevelRow::default()
    };
    let compared = by_level.iter().flatten().map(|entry| (entry.setting, entry.seed)).collect();
    LevelEffects { levels: (0..n_levels).map(row).collect(), design, compared }
}

/// The entries of each level within whole blocks, and the number of blocks; `None` when fewer than
/// half of the entries lie in one.
fn paired<'e>(entries: &[LevelEntry<'e>], n_levels: usize) -> Option<(Vec<Vec<Entry<'e>>>, usize)> {
    let mut blocks: BTreeMap<(&[&str], u64), Vec<Option<&Entry<'_>>>> = BTreeMap::new();
    let mut is_present = vec![false; n_levels];
    for LevelEntry { entry, level, others } in entries {
        let key = (others.as_deref()?, entry.seed);
        blocks.entry(key).or_insert_with(|| vec![None; n_levels])[*level] = Some(entry);
        is_present[*level] = true;
    }
    // A level that has no run yet must not break every block.
    blocks.retain(|_, block| {
        block.iter().zip(&is_present).all(|(entry, is_present)| entry.is_some() == *is_present)
    });
    let n_present = is_present.iter().filter(|is_present| **is_present).count();
    if n_present < 2 || 2 * blocks.len() * n_present < entries.len() {
        return None;
    }
    let mut by_level: Vec<Vec<Entry<'e>>> = vec![Vec::new(); n_levels];
    for block in blocks.values() {
        let is_common = |case: &str| block.iter().flatten().all(|it| it.cases.contains_key(case));
        for (level, entry) in by_level.iter_mut().zip(block) {
            level.extend(entry.map(|entry| {
                let mut entry = entry.clone();
                entry.cases.retain(|case, _| is_common(case));
                entry
            }));
        }
    }
    Some((by_level, blocks.len()))
}

fn marginal<'e>(entries: &[LevelEntry<'e>], n_levels: usize) -> Vec<Vec<Entry<'e>>> {
    let mut by_level: Vec<Vec<Entry<'e>>> = vec![Vec::new(); n_levels];
    for LevelEntry { entry, level, .. } in entries {
        by_level[*level].push((*entry).clone());
    }
    by_level
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    fn entry(setting: usize, seed: u64, base: f64) -> Entry<'static> {
        let case = |(case, idx): (&'static str, u32)| (case, base + 0.02 * f64::from(idx));
        Entry { setting, seed, cases: CASES.into_iter().zip(0..).map(case).collect(), n_runs: 1 }
    }

    /// The entries by turns at two levels, each beside a value of another axis.
    fn placed<'e>(entries: &'e [Entry<'e>], others: [&'e str; 5]) -> Vec<LevelEntry<'e>> {
        let at = |(entry, other): (&'e Entry<'e>, &'e str)| LevelEntry {
            entry,
            level: entry.setting % 2,
            others: Some(vec![other]),
        };
        entries.iter().zip(others).map(at).collect()
    }

    /// Two levels 0.1 apart in two blocks; a third block, far above, has the lower one alone.
    fn entries() -> Vec<Entry<'static>> {
        let bases = [(0, 0.30), (1, 0.40), (2, 0.50), (3, 0.60), (4, 0.80)];
        bases.map(|(setting, base)| entry(setting, 1, base)).into()
    }

    #[test]
    fn a_block_that_is_not_whole_says_nothing_of_the_axis() {
        let entries = entries();
        let placed = placed(&entries, ["a", "a", "b", "b", "c"]);
        let LevelEffects { levels: rows, design, compared } = effects(&placed, 2);
        assert_eq!(compared.len(), 4, "the fifth lies in no whole block");
        assert_eq!(design, Design::Paired { n_blocks: 2 });
        assert_eq!([rows[0].n_runs, rows[1].n_runs], [2, 2]);
        let to_best = rows[0].to_best.unwrap();
        assert!((to_best.difference.mean + 0.1).abs() < 1e-12, "{to_best:?}");
        assert_eq!(to_best.words(), "worse, one seed");
        assert_eq!(rows[1].to_best, None, "the best one is compared with no other");
    }

    #[test]
    fn without_blocks_nothing_is_tested() {
        let entries = entries();
        let placed = placed(&entries, ["a", "b", "c", "d", "e"]);
        let LevelEffects { levels: rows, design, .. } = effects(&placed, 3);
        assert_eq!(design, Design::Marginal);
        assert_eq!([rows[0].n_runs, rows[1].n_runs, rows[2].n_runs], [3, 2, 0]);
        assert!(rows.iter().all(|row| row.to_best.is_none()));
        assert_eq!(rows[2].score.mean, None);
    }
}
