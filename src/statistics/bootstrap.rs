//! [`interval`] and [`difference`]: how far a mean could lie elsewhere with other cases and seeds.
//!
//! Every resample draws as many cases as there are, with replacement, and as many seeds of each
//! side; a drawn case is averaged over the drawn seeds. Cases are drawn for both sides at once,
//! since both were scored on the same; seeds too where both have the same ones, and otherwise for
//! each side separately. The interval is the middle 95 % of the resampled means.
//!
//! With one seed nothing is known of how another would have ended: the interval is over cases
//! alone. With two or three, the spread of seeds is likely to be larger than it looks.
//!
//! Does not know what the means are of.

use super::{
    describe::quantile,
    draws::Draws,
    scores::{Scores, mean_of},
};
use serde::Serialize;

/// Resamples behind an interval.
pub const N_RESAMPLES: usize = 2000;
/// Seed of the resampling.
pub(super) const SEED: u64 = 0x5E61_AB00;
/// Where a mean lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A paired difference, case by case.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Mean over the common cases, each averaged over its seeds before.
    pub mean: f64,
    /// Where it lies.
    pub interval: Interval,
    /// Cases that both have.
    pub n_cases: usize,
}

/// The interval of the mean of some scores; `None` without any.
pub fn interval(scores: &Scores) -> Option<Interval> {
    middle(&resampled(&[scores], N_RESAMPLES, SEED, |values| values[0]), 0.95)
}

/// `left` less `right` on the cases that both have; `None` when there are none.
pub fn difference(left: &Scores, right: &Scores) -> Option<Difference> {
    let (left, right) = Scores::common(left, right);
    let pairs = left.case_means().into_iter().zip(right.case_means());
    let mean = mean_of(pairs.map(|(left, right)| Some(left - right)))?;
    let interval = middle(&differences(&left, &right), 0.95)?;
    Some(Difference { mean, interval, n_cases: left.cases().len() })
}

/// Sorted mean differences over resampled cases and seeds. Both must have the same cases.
pub(super) fn differences(left: &Scores, right: &Scores) -> Vec<f64> {
    let less = |left: Option<f64>, right: Option<f64>| Some(left? - right?);
    resampled(&[left, right], N_RESAMPLES, SEED, |values| less(values[0], values[1]))
}

/// Sorted means over resamples of plain numbers.
pub(super) fn means(values: &[f64], n_resamples: usize, seed: u64) -> Vec<f64> {
    let mut draws = Draws::new(seed);
    let mut drawn = vec![0; values.len()];
    let mut means: Vec<f64> = (0..n_resamples)
        .filter_map(|_| {
            draws.fill(&mut drawn, values.len());
            mean_of(drawn.iter().map(|idx| Some(values[*idx])))
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    means
}

/// Sorted means over resamples, of what `join` makes of the sides' values of a case. All sides
/// must have the same cases.
fn resampled(
    sides: &[&Scores],
    n_resamples: usize,
    seed: u64,
    join: impl Fn(&[Option<f64>]) -> Option<f64>,
) -> Vec<f64> {
    let n_cases = sides.first().map_or(0, |side| side.cases().len());
    if n_cases == 0 {
        return Vec::new();
    }
    let mut draws = Draws::new(seed);
    let mut cases = vec![0; n_cases];
    let mut seeds: Vec<Vec<usize>> = sides.iter().map(|side| vec![0; side.n_seeds()]).collect();
    let mut values = vec![None; sides.len()];
    let mut joined = vec![None; n_cases];
    let mut means = Vec::with_capacity(n_resamples);
    for resample_idx in 0..n_resamples {
        draws.fill(&mut cases, n_cases);
        for (side_idx, side) in sides.iter().enumerate().filter(|(_, side)| side.n_seeds() > 1) {
            if side_idx > 0 && side.has_seeds_of(sides[0]) {
                let (first, others) = seeds.split_at_mut(1);
                others[side_idx - 1].copy_from_slice(&first[0]);
            } else {
                draws.fill(&mut seeds[side_idx], side.n_seeds());
            }
        }
        // Where no side has a second seed, a case has the same value in every resample.
        if resample_idx == 0 || sides.iter().any(|side| side.n_seeds() > 1) {
            for (case_idx, joined) in joined.iter_mut().enumerate() {
                for ((value, side), seeds) in values.iter_mut().zip(sides).zip(&seeds) {
                    *value = side.drawn(case_idx, seeds);
                }
                *joined = join(&values);
            }
        }
        means.extend(mean_of(cases.iter().map(|case_idx| joined[*case_idx])));
    }
    means.sort_unstable_by(f64::total_cmp);
    means
}

/// The middle of sorted numbers that holds this share of them.
pub(super) fn middle(sorted: &[f64], share: f64) -> Option<Interval> {
    let outside = (1.0 - share) / 2.0;
    Some(Interval { low: quantile(sorted, outside)?, high: quantile(sorted, 1.0 - outside)? })
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "as the reference has them")]
mod tests {
    use super::*;
    use crate::statistics::{Verdict, made_up::by_seed as seeds, standard_deviation};

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    /// Paired scores with the bootstrap that numpy made of their differences over the same
    /// resamples: seed, interval, standard error.
    fn check(left: &[f64], right: &[f64], seed_of: u64, ends: [f64; 2], error: f64) {
        let sides = [seeds(&[left]), seeds(&[right])];
        let less = |values: &[Option<f64>]| Some(values[0]? - values[1]?);
        let means = resampled(&[&sides[0], &sides[1]], 1000, seed_of, less);
        close(standard_deviation(&means).unwrap(), error);
        let Interval { low, high } = middle(&means, 0.95).unwrap();
        close(low, ends[0]);
        close(high, ends[1]);
    }

    #[test]
    fn over_cases_alone_it_is_the_paired_bootstrap_of_numpy() {
        check(
            &[0.555607, 0.603531, 0.593915, 0.779316, 0.67011],
            &[0.539116, 0.560769, 0.47037, 0.761233, 0.604638],
            1005,
            [0.022382, 0.090838],
            0.018364525396438434,
        );
        check(
            &[0.75, 0.67, 0.49, 0.69, 0.83, 0.91, 0.63, 0.63],
            &[0.75, 0.72, 0.58, 0.65, 0.77, 0.88, 0.6, 0.6],
            1008,
            [-0.027500000000000004, 0.036250000000000004],
            0.016779803268669014,
        );
        check(
            &[
                0.574714, 0.587746, 0.895765, 0.783526, 0.516487, 0.701029, 0.717615, 0.730769,
                0.754352, 0.902598, 0.669445, 0.655831,
            ],
            &[
                0.605947, 0.664685, 0.932535, 0.810146, 0.434981, 0.69284, 0.621389, 0.763375,
                0.782122, 0.836014, 0.700901, 0.739886,
            ],
            1012,
            [-0.03783384583333334, 0.02414249583333333],
            0.016044090223794594,
        );
    }

    #[test]
    fn seeds_that_disagree_widen_the_interval() {
        let cases = [0.5, 0.52, 0.48, 0.5, 0.51, 0.49, 0.5, 0.5];
        let moved = |by: f64| cases.map(|value| value + by);
        let width = |by: f64| {
            let scores = seeds(&[&moved(-by), &moved(0.0), &moved(by)]);
            interval(&scores).map(|it| it.high - it.low).unwrap()
        };
        assert!(width(0.1) > 8.0 * width(0.0), "{} against {}", width(0.1), width(0.0));
    }

    #[test]
    fn seeds_of_both_are_drawn_at_once() {
        let cases = [0.5, 0.55, 0.45, 0.5, 0.6, 0.4, 0.5, 0.52];
        let moved = |by: f64| cases.map(|value| value + by);
        // Each seed moves both sides alike, and far more than the sides differ.
        let better = seeds(&[&moved(-0.28), &moved(0.02), &moved(0.32)]);
        let worse = seeds(&[&moved(-0.3), &moved(0.0), &moved(0.3)]);
        assert_eq!(difference(&better, &worse).unwrap().verdict(), Verdict::Better);
        let other_seeds = seeds(&[&moved(-0.3), &moved(0.0), &moved(0.3), &moved(0.0)]);
        let verdict = difference(&better, &other_seeds).unwrap().verdict();
        assert_eq!(verdict, Verdict::NotDistinguishable);
    }

    #[test]
    fn a_verdict_is_what_the_interval_says() {
        let level = |base: f64| {
            let values: Vec<f64> = (0..8).map(|idx| base + 0.01 * f64::from(idx % 3)).collect();
            seeds(&[&values])
        };
        let verdict = |left: &Scores, right: &Scores| difference(left, right).unwrap().verdict();
        assert_eq!(verdict(&level(0.6), &level(0.5)), Verdict::Better);
        assert_eq!(verdict(&level(0.5), &level(0.6)), Verdict::Worse);
        assert_eq!(verdict(&level(0.5), &level(0.5)), Verdict::NotDistinguishable);
        let few = seeds(&[&[0.1; 5]]);
        assert_eq!(verdict(&few, &level(0.5)), Verdict::TooFewCases);
        assert_eq!(difference(&Scores::default(), &few), None);
    }

    #[test]
    fn a_case_without_the_drawn_seed_is_left_out_of_that_resample() {
        let Interval { low, high } = interval(&seeds(&[&[0.4, 0.6], &[0.4]])).unwrap();
        assert!((0.4..=0.6).contains(&low) && (0.4..=0.6).contains(&high));
    }
}
