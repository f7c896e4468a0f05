//! [`rank_intervals`]: the place of each of many settings, and how far it could lie elsewhere with
//! other cases.
//!
//! Each case ranks the settings, the ranks are averaged over the cases and the averages are ranked
//! in turn; the intervals are those of the same over resampled cases, as in Wiesenfarth et al.
//! (2021, challengeR). Seeds are averaged within a case before and not drawn: the ranks are those
//! of these runs.
//!
//! Does not know what the settings are.

use super::{
    bootstrap::{Interval, N_RESAMPLES, SEED, middle},
    draws::Draws,
    friedman::best_first,
    ranking::twice_ranks,
    scores::Scores,
};
use serde::Serialize;

/// The rank of one of several settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankRow {
    /// Mean over the common cases; 1 is best, ties share their mean rank.
    pub mean_rank: f64,
    /// Where it lies with 95 % confidence.
    pub interval: Interval,
    /// Rank of the mean rank among all of them.
    pub place: f64,
    /// Where the place lies with 95 % confidence.
    pub places: Interval,
}

/// Of each setting, in the order given, on the cases that all have; nothing when there is no such
/// case. More is better.
pub fn rank_intervals(of: &[Scores]) -> Vec<RankRow> {
    let rows: Vec<Vec<usize>> =
        Scores::table(of).iter().map(|row| best_first(row).collect()).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut resampled = vec![[Vec::new(), Vec::new()]; of.len()];
    let mut draws = Draws::new(SEED);
    let mut cases = vec![0; rows.len()];
    for _ in 0..N_RESAMPLES {
        draws.fill(&mut cases, rows.len());
        let means = mean_ranks(of.len(), cases.iter().map(|idx| &rows[*idx]));
        for ((both, mean), place) in resampled.iter_mut().zip(&means).zip(places(&means)) {
            both[0].push(*mean);
            both[1].push(place);
        }
    }
    let means = mean_ranks(of.len(), rows.iter());
    let found = means.iter().zip(places(&means)).zip(resampled);
    let row = |((mean_rank, place), both): ((&f64, f64), [Vec<f64>; 2])| {
        let [interval, places] = both.map(|mut values| {
            values.sort_unstable_by(f64::total_cmp);
            middle(&values, 0.95)
        });
        Some(RankRow { mean_rank: *mean_rank, interval: interval?, place, places: places? })
    };
    found.filter_map(row).collect()
}

fn mean_ranks<'a>(n_settings: usize, rows: impl Iterator<Item = &'a Vec<usize>>) -> Vec<f64> {
    let (mut sums, mut n_cases) = (vec![0; n_settings], 0_usize);
    for row in rows {
        n_cases += 1;
        sums.iter_mut().zip(row).for_each(|(sum, rank)| *sum += rank);
    }
    sums.into_iter().map(|sum| sum as f64 / (2 * n_cases) as f64).collect()
}

fn places(means: &[f64]) -> impl Iterator<Item = f64> {
    twice_ranks(means).into_iter().map(|rank| rank as f64 / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::made_up::by_seed;

    #[test]
    fn one_that_is_always_best_has_no_doubt_and_two_that_take_turns_have() {
        let turns = [[0.5, 0.6, 0.5, 0.6, 0.5, 0.6], [0.6, 0.5, 0.6, 0.5, 0.6, 0.5]];
        let of = [by_seed(&[&turns[0]]), by_seed(&[&[0.9; 6]]), by_seed(&[&turns[1]])];
        let rows = rank_intervals(&of);
        let sure = Interval { low: 1.0, high: 1.0 };
        let best = RankRow { mean_rank: 1.0, interval: sure, place: 1.0, places: sure };
        assert_eq!(rows[1], best);
        for row in [rows[0], rows[2]] {
            assert_eq!((row.mean_rank, row.place), (2.5, 2.5));
            assert!(row.interval.low < 2.4 && row.interval.high > 2.6, "{row:?}");
            assert_eq!(row.places, Interval { low: 2.0, high: 3.0 });
        }
    }

    #[test]
    fn ties_share_and_without_a_common_case_there_are_no_ranks() {
        let same = by_seed(&[&[0.5, 0.6, 0.7]]);
        let rows = rank_intervals(&[same.clone(), same.clone()]);
        assert!(rows.iter().all(|row| (row.mean_rank - 1.5).abs() < 1e-15), "{rows:?}");
        assert!(rank_intervals(&[same, Scores::default()]).is_empty());
        assert!(rank_intervals(&[]).is_empty());
    }
}
