//! [`compare`]: all that is known of one thing against another, case by case, as one value.
//!
//! Larger is better; negate other scores before.
//!
//! Does not know about verdicts.

use super::{
    bca,
    bootstrap::{Difference, Interval, differences, middle},
    describe::{mean, standard_deviation},
    distributions::student_quantile,
    effect::{cliffs_delta, cohen_dz, wins_ties_losses},
    equivalence::{Equivalence, equivalence},
    noise::pooled,
    scores::Scores,
    signed_rank::{Wilcoxon, signed_rank},
};
use serde::Serialize;

/// Differences are rounded to this many to the unit, so that two that are equal on paper are tied,
/// and one of 0 is none, in spite of rounding errors.
const ROUNDED: f64 = 1e12;

/// `left` less `right`, on the cases that both have, each averaged over its seeds before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// The mean and where it lies, over resampled cases and seeds.
    pub difference: Difference,
    /// Where it lies with 90 % confidence, over the same resamples.
    pub interval90: Interval,
    /// Where it lies with 95 % confidence for these very runs: over cases alone, corrected for skew.
    pub over_cases: Interval,
    /// Seeds of either side.
    pub n_seeds: [usize; 2],
    /// Wilcoxon's test, two-sided.
    pub wilcoxon: Option<Wilcoxon>,
    /// Mean in units of the differences' spread; `None` when they do not spread.
    pub dz: Option<f64>,
    /// Cliff's delta between the two sides' cases.
    pub cliffs_delta: Option<f64>,
    /// Cases in which `left` is better, as good and worse.
    pub wins_ties_losses: [usize; 3],
    /// The test for equivalence, where a margin was named.
    pub equivalence: Option<Equivalence>,
    /// Standard deviation of the differences between cases; `None` of one case.
    pub between_cases: Option<f64>,
    /// Standard deviation of either side's mean between its seeds, on the cases that all of them
    /// have; `None` with one seed.
    pub between_seeds: [Option<f64>; 2],
}

impl Comparison {
    /// How far the two means lie apart in 95 of 100 worlds by nothing but the seed, from the seeds
    /// at hand: half the width of the 95 % interval of the difference of two means by Student's t
    /// with a pooled spread. `None` unless both sides have two seeds or more.
    ///
    /// Seeds that both sides share are not paired here: a seed seldom moves two settings alike,
    /// and pairing would cost half of the few degrees of freedom.
    pub fn noise(&self) -> Option<f64> {
        let both = self.between_seeds.iter().zip(self.n_seeds);
        let spreads = both.map(|(spread, n)| spread.map(|spread| (Some(spread), n)));
        let pool = pooled(spreads.collect::<Option<Vec<_>>>()?.into_iter())?;
        let variance: f64 = self.n_seeds.map(|n| 1.0 / n as f64).iter().sum();
        let quantile = student_quantile(0.975, pool.degrees_of_freedom as f64)?;
        Some(quantile * pool.spread * variance.sqrt())
    }
}

/// Compares on the cases that both have; `None` when there are none. `margin` is the difference
/// that would matter, above 0.
pub fn compare(left: &Scores, right: &Scores, margin: Option<f64>) -> Option<Comparison> {
    let (left, right) = Scores::common(left, right);
    let (ours, theirs) = (left.case_means(), right.case_means());
    let by_case: Vec<f64> = ours
        .iter()
        .zip(&theirs)
        .map(|(left, right)| ((left - right) * ROUNDED).round() / ROUNDED)
        .collect();
    let resampled = differences(&left, &right);
    let interval = middle(&resampled, 0.95)?;
    let seed_means = [&left, &right].map(Scores::balanced_seed_means);
    Some(Comparison {
        difference: Difference { mean: mean(&by_case)?, interval, n_cases: by_case.len() },
        interval90: middle(&resampled, 0.9)?,
        over_cases: bca::over_cases(&by_case)?,
        n_seeds: [left.n_seeds_scored(), right.n_seeds_scored()],
        wilcoxon: signed_rank(&by_case),
        dz: cohen_dz(&by_case),
        cliffs_delta: cliffs_delta(&ours, &theirs),
        wins_ties_losses: wins_ties_losses(&by_case),
        equivalence: margin.and_then(|margin| equivalence(&by_case, margin)),
        between_cases: standard_deviation(&by_case),
        between_seeds: seed_means.map(|means| standard_deviation(&means)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{difference, made_up::by_seed};

    #[test]
    fn two_sides_of_two_seeds_by_hand() {
        let left = by_seed(&[&[0.5, 0.7, 0.4], &[0.6, 0.8, 0.5]]);
        let right = by_seed(&[&[0.5, 0.6, 0.5], &[0.5, 0.6, 0.5]]);
        let found = compare(&left, &right, Some(0.2)).unwrap();
        // Differences 0.05, 0.15 and -0.05.
        assert!((found.difference.mean - 0.05).abs() < 1e-12);
        assert_eq!(found.difference.interval, difference(&left, &right).unwrap().interval);
        assert_eq!((found.n_seeds, found.wins_ties_losses), ([2, 2], [2, 0, 1]));
        assert!((found.dz.unwrap() - 0.5).abs() < 1e-12);
        assert!((found.between_cases.unwrap() - 0.1).abs() < 1e-12);
        let [ours, theirs] = found.between_seeds.map(Option::unwrap);
        assert!((ours - 0.1 / 2.0_f64.sqrt()).abs() < 1e-12 && theirs.abs() < 1e-12);
        // Two degrees: t = 4.302653; pooled spread 0.05; the variances add up to 1.
        assert!((found.noise().unwrap() - 4.302_653 * 0.05).abs() < 1e-6);
        assert_eq!(found.equivalence.map(|it| it.margin), Some(0.2));
        assert_eq!(found.wilcoxon.unwrap().n_nonzero, 3);
    }

    #[test]
    fn equal_on_paper_is_equal() {
        // 0.1 + 0.2 is not 0.3, and 0.3 - 0.1 is not 0.2.
        let (left, right) = (by_seed(&[&[0.1 + 0.2, 0.3, 0.4]]), by_seed(&[&[0.3, 0.1, 0.2]]));
        let found = compare(&left, &right, None).unwrap();
        assert_eq!(found.wins_ties_losses, [2, 1, 0]);
        assert_eq!(found.wilcoxon.map(|it| (it.n_nonzero, it.p)), Some((2, 0.5)));
        assert_eq!((found.noise(), found.equivalence), (None, None));
        assert_eq!(compare(&left, &Scores::default(), None), None);
    }
}
