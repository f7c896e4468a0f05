//! [`detectable`] and [`needed`]: what these cases and seeds can find, and what a given
//! difference takes.
//!
//! Two settings are compared on the same cases, with as many seeds each. With C the standard
//! deviation of the paired differences between cases, and S that of a setting's mean between its
//! seeds, the mean difference has the variance C^2 / cases + 2 S^2 / seeds. A true difference of
//! t(0.975) + t(0.8) roots of it is found with 80 % power by a test at the two-sided 5 % level. The
//! t quantiles are those of one less degree of freedom than cases: the cases are to be sampled,
//! while S is taken as known from many runs.
//!
//! That is one test. A [`super::verdict()`], for which three must agree, finds such a difference
//! in two of three worlds; and among several comparisons, each of which is held to a stricter
//! level, more is needed than is said here.
//!
//! Does not know where the spreads come from.

use super::distributions::student_quantile;
use serde::Serialize;

/// Chance of finding the difference that is there.
const POWER: f64 = 0.8;
/// Share of chance findings below the upper limit of a two-sided test at 5 %.
const BELOW_LIMIT: f64 = 0.975;
/// More seeds than are ever trained.
pub(super) const MOST_SEEDS: usize = 100;
/// More cases than are ever labelled.
const MOST_CASES: usize = 100_000;

/// What would find a difference with 80 % power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Needed {
    /// Cases, with the seeds that there are; `None` when no number of cases makes up for so few
    /// seeds, or only more than 100 000.
    pub cases: Option<usize>,
    /// Seeds of each setting, with the cases that there are; `None` when no number of seeds makes
    /// up for so few cases, or only more than 100.
    pub seeds: Option<usize>,
}

/// The true difference that is found with 80 % power, in the unit of the spreads; `None` with
/// fewer than two cases or without seeds.
pub fn detectable(
    between_cases: f64,
    between_seeds: f64,
    n_cases: usize,
    n_seeds: usize,
) -> Option<f64> {
    if n_cases < 2 || n_seeds == 0 {
        return None;
    }
    let degrees = (n_cases - 1) as f64;
    let reach = student_quantile(BELOW_LIMIT, degrees)? + student_quantile(POWER, degrees)?;
    let variance =
        between_cases.powi(2) / n_cases as f64 + 2.0 * between_seeds.powi(2) / n_seeds as f64;
    Some(reach * variance.sqrt())
}

/// The fewest cases, and the fewest seeds, that would find a true `difference` of this size.
pub fn needed(
    difference: f64,
    between_cases: f64,
    between_seeds: f64,
    n_cases: usize,
    n_seeds: usize,
) -> Needed {
    let finds = |n_cases, n_seeds| {
        detectable(between_cases, between_seeds, n_cases, n_seeds)
            .is_some_and(|found| found <= difference.abs())
    };
    Needed {
        cases: fewest(2, MOST_CASES, |n_cases| finds(n_cases, n_seeds)),
        seeds: fewest(1, MOST_SEEDS, |n_seeds| finds(n_cases, n_seeds)),
    }
}

/// The smallest number that is enough; every larger one is enough too.
fn fewest(least: usize, most: usize, is_enough: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (least, most);
    while low < high {
        let middle = usize::midpoint(low, high);
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    is_enough(low).then_some(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{describe::standard_deviation, draws::Draws, mean, normal_quantile};

    #[test]
    fn needed_is_the_other_way_round_of_detectable() {
        for (n_cases, n_seeds) in [(6, 1), (20, 3), (80, 2)] {
            let size = detectable(0.06, 0.01, n_cases, n_seeds).unwrap();
            let found = needed(size * (1.0 + 1e-9), 0.06, 0.01, n_cases, n_seeds);
            assert_eq!(found, Needed { cases: Some(n_cases), seeds: Some(n_seeds) });
        }
        // Seeds alone hide it, or cases alone.
        assert_eq!(needed(0.01, 0.0, 0.01, 50, 1).cases, None);
        assert_eq!(needed(0.01, 0.1, 0.0, 50, 1).seeds, None);
        assert_eq!((detectable(0.1, 0.1, 1, 3), detectable(0.1, 0.1, 9, 0)), (None, None));
        // Many cases, no seeds: (1.96 + 0.84) / sqrt(n).
        let many = detectable(1.0, 0.0, 40_000, 1).unwrap();
        assert!((many - 2.801_585 / 200.0).abs() < 1e-6);
    }

    /// Share of made-up comparisons with a true difference of the size detectable that a t test
    /// finds, with the seeds' part of its error known.
    fn found(n_cases: usize, n_seeds: usize, spreads: [f64; 2], share_of_size: f64) -> f64 {
        const N_WORLDS: usize = 4000;
        let mut draws = Draws::new(11);
        let mut normal = || {
            let share = (draws.below(1 << 30) as f64 + 0.5) / f64::from(1 << 30);
            normal_quantile(share).unwrap()
        };
        let [of_cases, of_seeds] = spreads;
        let size = share_of_size * detectable(of_cases, of_seeds, n_cases, n_seeds).unwrap();
        let limit = student_quantile(BELOW_LIMIT, (n_cases - 1) as f64).unwrap();
        let from_seeds = of_seeds * (2.0 / n_seeds as f64).sqrt();
        let n_found = (0..N_WORLDS).filter(|_| {
            let moved = size + from_seeds * normal();
            let differences: Vec<f64> = (0..n_cases).map(|_| moved + of_cases * normal()).collect();
            let spread = standard_deviation(&differences).unwrap();
            let error = (spread.powi(2) / n_cases as f64 + from_seeds.powi(2)).sqrt();
            mean(&differences).unwrap().abs() > limit * error
        });
        n_found.count() as f64 / N_WORLDS as f64
    }

    #[test]
    fn four_of_five_made_up_differences_of_that_size_are_found() {
        // Four standard errors of a share of 4000 around 0.8 and 0.05: 0.025 and 0.014.
        for (n_cases, n_seeds, spreads) in [
            (8, 3, [0.05, 0.0]),
            (12, 2, [0.05, 0.01]),
            (50, 3, [0.08, 0.005]),
            (50, 1, [0.05, 0.02]),
        ] {
            let share = found(n_cases, n_seeds, spreads, 1.0);
            assert!((share - 0.8).abs() < 0.025, "{n_cases} cases, {n_seeds} seeds: {share}");
            let by_chance = found(n_cases, n_seeds, spreads, 0.0);
            assert!(by_chance < 0.05 + 0.014, "{n_cases} cases, {n_seeds} seeds: {by_chance}");
        }
    }
}
