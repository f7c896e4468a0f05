//! [`verdict()`]: what may be said of a comparison, and [`Why`] no more.
//!
//! # The rule
//!
//! *Too few cases*: fewer than [`FEWEST_CASES`].
//!
//! *Equivalent*, when a margin was named: the test for equivalence has p < 5 % (so that its 90 %
//! interval lies within the margin), the 90 % interval over cases and seeds lies within it too,
//! and so does the noise floor of repeated seeds. It goes before better and worse: a difference
//! that is surely there and surely smaller than what matters is equivalent, and the words say that
//! it differs.
//!
//! *Better* or *worse*, when all three agree: the 95 % interval leaves out 0, Wilcoxon's p after
//! Holm is below 5 %, and the difference is larger than the noise floor.
//!
//! *Not distinguishable*: everything else.
//!
//! The noise floor is that of other repeated seeds, if it is given, or of those at hand. With one
//! seed on a side and none given, nothing is known of how other seeds would have ended, and neither
//! better, worse nor equivalent is said.
//!
//! # Why three, and which interval
//!
//! The interval is the plain percentile one over cases and seeds. The one over cases alone, corrected
//! for skew, holds the truth more often where scores are skewed, but it knows only these runs: it
//! is shown and does not judge. The plain one is too narrow with six cases and with one or two
//! seeds; Wilcoxon's test is right with few cases and knows nothing of seeds. In made-up worlds
//! without a difference (50 cases that scatter by 0.05 between runs, seeds by 0.01), the test alone
//! found one in 22 to 25 of 100, and the interval in 27 with one seed, 8 with two and 4 with three;
//! the rule in 6 with one seed and a floor from elsewhere, in 1 to 4 with two to five seeds. Where
//! the true difference was the margin itself, it said equivalent in at most 5.
//!
//! The price is power: of differences of the size of [`super::detectable`] it finds 64 to 72 of 100
//! with a floor from other runs, and with two seeds and no such floor half as many.
//!
//! Does not know how strong the evidence is.

use super::{
    bootstrap::{Difference, Interval},
    equivalence::Equivalence,
    paired::Comparison,
    why::{Reason, Why},
};
use serde::Serialize;
use std::iter;

/// Fewest cases that can carry a verdict: with five, even differences that all have one sign come
/// about by chance in 2 of 2^5 worlds, which is more than 5 %.
pub const FEWEST_CASES: usize = 6;
/// Accepted chance of a false finding.
const LEVEL: f64 = 0.05;

/// What a difference says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Above 0.
    Better,
    /// Below 0.
    Worse,
    /// Too near to 0 to matter.
    Equivalent,
    /// None of these can be said.
    NotDistinguishable,
    /// Fewer than [`FEWEST_CASES`] cases: nothing is said.
    TooFewCases,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent",
            Self::NotDistinguishable => "not distinguishable",
            Self::TooFewCases => "too few cases",
        }
    }
}

impl Difference {
    /// What its interval says alone, without correction for other comparisons: a first look at
    /// many settings.
    pub fn verdict(&self) -> Verdict {
        match side(self.interval) {
            _ if self.n_cases < FEWEST_CASES => Verdict::TooFewCases,
            Some(verdict) => verdict,
            None => Verdict::NotDistinguishable,
        }
    }
}

fn side(interval: Interval) -> Option<Verdict> {
    match interval {
        Interval { low, .. } if low > 0.0 => Some(Verdict::Better),
        Interval { high, .. } if high < 0.0 => Some(Verdict::Worse),
        Interval { .. } => None,
    }
}

/// Judges `of`. `p_holm` is the p of its Wilcoxon test after [`super::holm()`] over a family of
/// `n_comparisons`; `noise` what [`super::NoiseFloor::of_difference`] says of as many seeds, from
/// these or from other repeated runs.
pub fn verdict(
    of: &Comparison,
    p_holm: f64,
    n_comparisons: usize,
    noise: Option<f64>,
) -> (Verdict, Why) {
    let Difference { interval, n_cases, .. } = of.difference;
    if n_cases < FEWEST_CASES {
        let few = Reason::FewCases { n_cases, fewest: FEWEST_CASES };
        return (Verdict::TooFewCases, Why(vec![few]));
    }
    let noise = noise.or_else(|| of.noise());
    let holm = Reason::Holm { p: p_holm, n_comparisons };
    let to_difference = against_difference(of, holm, noise);
    let to_equivalence = against_equivalence(of, noise);
    match (side(interval), of.equivalence, to_equivalence) {
        (side, Some(test), against) if against.is_empty() => {
            let within = Reason::WithinMargin { margin: test.margin, p: test.p };
            let differs = side.filter(|_| p_holm < LEVEL);
            let differs = differs.map(|_| Reason::DiffersAllTheSame { p: p_holm, n_comparisons });
            (Verdict::Equivalent, Why(iter::once(within).chain(differs).collect()))
        }
        (Some(verdict), _, _) if to_difference.is_empty() => {
            let beyond = noise.map(|floor| Reason::BeyondNoise { floor });
            let both = [Reason::LeavesOutZero(interval), holm];
            (verdict, Why(both.into_iter().chain(beyond).collect()))
        }
        (_, _, to_equivalence) => {
            let mut against = to_difference;
            for reason in to_equivalence {
                if !against.contains(&reason) {
                    against.push(reason);
                }
            }
            (Verdict::NotDistinguishable, Why(against))
        }
    }
}

/// What speaks against better and worse.
fn against_difference(of: &Comparison, holm: Reason, noise: Option<f64>) -> Vec<Reason> {
    let interval = of.difference.interval;
    let holds_zero = side(interval).is_none().then_some(Reason::HoldsZero(interval));
    let by_chance = match holm {
        Reason::Holm { p, .. } if p < LEVEL => None,
        _ => Some(holm),
    };
    let by_seed = match noise {
        Some(floor) if of.difference.mean.abs() > floor => None,
        Some(floor) => Some(Reason::WithinNoise { floor }),
        None => Some(of_unknown_seeds(of)),
    };
    [holds_zero, by_chance, by_seed].into_iter().flatten().collect()
}

/// What speaks against equivalence, where a margin was named.
fn against_equivalence(of: &Comparison, noise: Option<f64>) -> Vec<Reason> {
    let Some(Equivalence { margin, p, interval90 }) = of.equivalence else { return Vec::new() };
    let is_within = |it: Interval| it.low > -margin && it.high < margin;
    let by_cases = if p >= LEVEL || !is_within(interval90) {
        Some(Reason::MarginNotShown { margin, p })
    } else if !is_within(of.interval90) {
        Some(Reason::LeavesMargin { margin, interval90: of.interval90 })
    } else {
        None
    };
    let by_seed = match noise {
        Some(floor) if floor < margin => None,
        Some(floor) => Some(Reason::NoiseBeyondMargin { margin, floor }),
        None => Some(of_unknown_seeds(of)),
    };
    by_cases.into_iter().chain(by_seed).collect()
}

fn of_unknown_seeds(of: &Comparison) -> Reason {
    if of.n_seeds.contains(&1) { Reason::OneSeed } else { Reason::SeedsApart }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{
        compare, draws::Draws, made_up::by_seed, normal_quantile, scores::Scores,
    };

    /// Twelve cases that differ by turns, a seed for each base.
    fn scores(bases: &[f64], wave: f64) -> Scores {
        let cases = |base: &f64| -> Vec<f64> {
            (0..12).map(|idx| base + wave * (f64::from(idx % 3) - 1.0)).collect()
        };
        let rows: Vec<Vec<f64>> = bases.iter().map(cases).collect();
        by_seed(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[track_caller]
    fn judged(
        left: &Scores,
        right: &Scores,
        margin: Option<f64>,
        noise: Option<f64>,
    ) -> (Verdict, String) {
        let found = compare(left, right, margin).unwrap();
        let p = found.wilcoxon.unwrap().p;
        let (verdict, why) = verdict(&found, p, 1, noise);
        (verdict, why.to_string())
    }

    #[test]
    fn all_three_must_agree_on_better_and_worse() {
        let (low, high) = (scores(&[0.50, 0.51, 0.49], 0.1), scores(&[0.60, 0.61, 0.59], 0.11));
        let (found, why) = judged(&high, &low, None, None);
        assert_eq!(found, Verdict::Better, "{why}");
        assert!(why.contains("beyond the noise floor of repeated seeds, 0.023"), "{why}");
        assert_eq!(judged(&low, &high, None, None).0, Verdict::Worse);
        // A known floor goes before that of the seeds at hand.
        let (found, why) = judged(&high, &low, None, Some(0.12));
        assert_eq!(found, Verdict::NotDistinguishable);
        assert_eq!(why, "within the noise floor of repeated seeds, 0.120");
        let of = compare(&high, &low, None).unwrap();
        let (found, why) = verdict(&of, 0.21, 6, None);
        assert_eq!(found, Verdict::NotDistinguishable);
        assert_eq!(why.to_string(), "p after Holm 0.21 over 6 comparisons");
        assert_eq!(verdict(&of, f64::NAN, 6, None).0, Verdict::NotDistinguishable);
        let (found, why) = judged(&low, &low, None, None);
        assert_eq!(found, Verdict::NotDistinguishable);
        assert!(why.contains("holds 0"), "{why}");
    }

    #[test]
    fn one_seed_says_nothing_unless_a_floor_is_known() {
        let (low, high) = (scores(&[0.5], 0.1), scores(&[0.6, 0.61], 0.11));
        let (found, why) = judged(&high, &low, Some(0.2), None);
        assert_eq!(found, Verdict::NotDistinguishable);
        assert_eq!(why, "one seed: nothing is known of how another would have ended");
        assert_eq!(judged(&high, &low, None, Some(0.02)).0, Verdict::Better);
        assert_eq!(judged(&high, &low, Some(0.2), Some(0.02)).0, Verdict::Equivalent);
    }

    #[test]
    fn a_difference_may_be_there_and_not_matter() {
        let (low, high) = (scores(&[0.500, 0.501], 0.1), scores(&[0.510, 0.511], 0.101));
        let (found, why) = judged(&high, &low, Some(0.02), None);
        assert_eq!(found, Verdict::Equivalent);
        assert!(why.contains("but differs from 0"), "{why}");
        // The seeds scatter by more than the margin.
        let wide = scores(&[0.49, 0.53], 0.101);
        let (found, why) = judged(&wide, &low, Some(0.02), None);
        assert_eq!(found, Verdict::NotDistinguishable);
        assert!(why.contains("margin"), "{why}");
    }

    #[test]
    fn in_worlds_without_a_difference_few_are_found() {
        let mut draws = Draws::new(5);
        let mut normal =
            || normal_quantile((draws.below(1 << 30) as f64 + 0.5) / f64::from(1 << 30)).unwrap();
        // Twelve cases, two seeds that scatter by 0.01, and cases by 0.05 between runs.
        let mut side = |mean: f64| {
            let seed = |_| -> Vec<f64> {
                let moved = mean + 0.01 * normal();
                (0..12).map(|_| moved + 0.05 * normal()).collect()
            };
            let seeds = [0, 1].map(seed);
            by_seed(&[&seeds[0], &seeds[1]])
        };
        let mut n_found = |size: f64| {
            let is_found = |_: &usize| {
                let found = judged(&side(size), &side(0.0), None, Some(0.025)).0;
                matches!(found, Verdict::Better | Verdict::Worse)
            };
            (0..100).filter(is_found).count()
        };
        // At most 5 are expected of 100; 12 and more come about in one of 200 such tests.
        assert!(n_found(0.0) < 12);
        assert!(n_found(0.15) > 95);
    }

    #[test]
    fn five_cases_are_too_few() {
        let (left, right) = (by_seed(&[&[0.9; 5]]), by_seed(&[&[0.1; 5]]));
        let (found, why) = judged(&left, &right, Some(0.1), Some(0.01));
        assert_eq!((found, why.as_str()), (Verdict::TooFewCases, "5 cases; the fewest are 6"));
    }
}
