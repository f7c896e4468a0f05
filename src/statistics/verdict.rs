//! [`verdict`]: what may be said of a comparison, and [`Why`] no more.
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
//! Holm is below 5 %, and the difference is larger than the noise floor. The interval is the plain
//! percentile one over cases and seeds: it alone knows of the seeds, while the mended one over
//! cases knows only these runs. It is too narrow with few cases and with two or three seeds; the
//! test over the cases, and the floor by Student's t over the seeds, stand beside it for that.
//!
//! *Not distinguishable*: everything else.
//!
//! Of the noise floor of other repeated seeds, if it is given, or of those at hand. With one seed
//! on a side and none given, nothing is known of how other seeds would have ended, and neither
//! better, worse nor equivalent is said.
//!
//! Knows nothing of how strong the evidence is.

use super::{
    bootstrap::{Difference, Interval},
    paired::Comparison,
    why::{Reason, Why},
};
use serde::Serialize;

/// Fewest cases that can carry a verdict: with five, even differences that all have one sign come
/// about by chance in 2 of 2^5 worlds, which is more than 5 %.
pub const FEWEST_CASES: usize = 6;
/// Chance of a false finding that is put up with.
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

/// Judges `of`. `p_holm` is the p of its Wilcoxon test after [`super::holm`] over a family of
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
    let p = Reason::Holm { p: p_holm, n_comparisons };
    let differs = side(interval).filter(|_| p_holm < LEVEL);
    let against = against_equivalence(of, noise);
    if against.as_ref().is_some_and(Vec::is_empty) {
        let margin = of.equivalence.map(|it| Reason::WithinMargin { margin: it.margin, p: it.p });
        let differs = differs.map(|_| Reason::DiffersAllTheSame { p: p_holm, n_comparisons });
        return (Verdict::Equivalent, Why(margin.into_iter().chain(differs).collect()));
    }
    let mut against_difference = Vec::new();
    if side(interval).is_none() {
        against_difference.push(Reason::HoldsZero(interval));
    }
    if p_holm.is_nan() || p_holm >= LEVEL {
        against_difference.push(p);
    }
    match noise {
        Some(floor) if of.difference.mean.abs() <= floor => {
            against_difference.push(Reason::WithinNoise { floor });
        }
        Some(_) => {}
        None => against_difference.push(of_unknown_seeds(of)),
    }
    match differs {
        Some(verdict) if against_difference.is_empty() => {
            let floor = noise.map(|floor| Reason::BeyondNoise { floor });
            let all = [Some(Reason::LeavesOutZero(interval)), Some(p), floor];
            (verdict, Why(all.into_iter().flatten().collect()))
        }
        _ => {
            let of_margin = against.into_iter().flatten();
            for reason in of_margin {
                if !against_difference.contains(&reason) {
                    against_difference.push(reason);
                }
            }
            (Verdict::NotDistinguishable, Why(against_difference))
        }
    }
}

/// What speaks against equivalence; `None` without a margin.
fn against_equivalence(of: &Comparison, noise: Option<f64>) -> Option<Vec<Reason>> {
    let test = of.equivalence?;
    let margin = test.margin;
    let is_within = |it: Interval| it.low > -margin && it.high < margin;
    let mut against = Vec::new();
    if test.p >= LEVEL || !is_within(test.interval90) {
        against.push(Reason::MarginNotShown { margin, p: test.p });
    } else if !is_within(of.interval90) {
        against.push(Reason::LeavesMargin { margin, interval90: of.interval90 });
    }
    match noise {
        Some(floor) if floor >= margin => against.push(Reason::NoiseBeyondMargin { margin, floor }),
        Some(_) => {}
        None => against.push(of_unknown_seeds(of)),
    }
    Some(against)
}

fn of_unknown_seeds(of: &Comparison) -> Reason {
    if of.n_seeds.contains(&1) { Reason::OneSeed } else { Reason::SeedsApart }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{compare, made_up::by_seed, scores::Scores};

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
        assert!(why.contains("differs from 0 all the same"), "{why}");
        // The seeds scatter by more than the margin.
        let wide = scores(&[0.49, 0.53], 0.101);
        let (found, why) = judged(&wide, &low, Some(0.02), None);
        assert_eq!(found, Verdict::NotDistinguishable);
        assert!(why.contains("margin"), "{why}");
    }

    #[test]
    fn five_cases_are_too_few() {
        let (left, right) = (by_seed(&[&[0.9; 5]]), by_seed(&[&[0.1; 5]]));
        let (found, why) = judged(&left, &right, Some(0.1), Some(0.01));
        assert_eq!((found, why.as_str()), (Verdict::TooFewCases, "5 cases; the fewest are 6"));
    }
}
