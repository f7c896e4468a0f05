//! [`noise_floor`]: how far two means can lie apart by nothing but the seed.
//!
//! Groups of runs that differ in the seed alone show how far their means scatter. That scatter is
//! kept apart from the one between cases: more cases narrow the second and not the first.
//!
//! Does not know what the runs were.

use super::{describe::standard_deviation, distributions::student_quantile, scores::Scores};
use serde::Serialize;

/// The scatter of repeated seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NoiseFloor {
    /// Standard deviation between the seeds' means over cases, pooled over the groups.
    pub between_seeds: f64,
    /// Standard deviation between the cases, each averaged over its seeds, pooled likewise; `None`
    /// when no group has two cases.
    pub between_cases: Option<f64>,
    /// Groups with two seeds or more.
    pub n_groups: usize,
    /// Runs in them.
    pub n_runs: usize,
    /// Of `between_seeds`: runs less groups.
    pub degrees_of_freedom: usize,
}

impl NoiseFloor {
    /// How far the means of two settings lie apart by chance in 95 of 100 worlds, when they have
    /// this many seeds each: half the width of the 95 % interval of their difference by Student's
    /// t. Infinite without seeds.
    pub fn of_difference(&self, seeds: [usize; 2]) -> f64 {
        let variance: f64 = seeds.map(|n| 1.0 / n as f64).iter().sum();
        let quantile = student_quantile(0.975, self.degrees_of_freedom as f64);
        quantile.unwrap_or(f64::INFINITY) * self.between_seeds * variance.sqrt()
    }
}

/// From groups of runs that differ in nothing but the seed. Groups with one seed say nothing and
/// are left out; `None` when none is left.
///
/// Within a group only the cases that all its seeds have count, so that a seed which was scored on
/// easier cases does not seem to be a better one.
pub fn noise_floor(groups: &[Scores]) -> Option<NoiseFloor> {
    let repeated = || groups.iter().filter(|group| group.balanced_seed_means().len() > 1);
    let seeds = repeated().map(Scores::balanced_seed_means);
    let pool = pooled(seeds.map(|means| (standard_deviation(&means), means.len())))?;
    let cases = repeated().map(Scores::case_means);
    let of_cases = pooled(cases.map(|means| (standard_deviation(&means), means.len())));
    let n_groups = repeated().count();
    Some(NoiseFloor {
        between_seeds: pool.spread,
        between_cases: of_cases.map(|it| it.spread),
        n_groups,
        n_runs: pool.degrees_of_freedom + n_groups,
        degrees_of_freedom: pool.degrees_of_freedom,
    })
}

/// A standard deviation from several samples around means of their own.
pub(super) struct Pooled {
    pub(super) spread: f64,
    pub(super) degrees_of_freedom: usize,
}

/// Of samples with their standard deviation and size; those of one have none.
pub(super) fn pooled(samples: impl Iterator<Item = (Option<f64>, usize)>) -> Option<Pooled> {
    let (mut squares, mut degrees_of_freedom) = (0.0, 0);
    for (spread, n) in samples.filter_map(|(spread, n)| Some((spread?, n))) {
        squares += spread * spread * (n - 1) as f64;
        degrees_of_freedom += n - 1;
    }
    let spread = (squares / degrees_of_freedom as f64).sqrt();
    (degrees_of_freedom > 0).then_some(Pooled { spread, degrees_of_freedom })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::made_up::by_seed;

    #[test]
    fn seeds_and_cases_are_kept_apart() {
        // Seeds 0.1 apart and cases 0.4 apart; then three seeds without scatter; then one seed.
        let groups = [
            by_seed(&[&[0.3, 0.7], &[0.4, 0.8]]),
            by_seed(&[&[0.5, 0.5], &[0.5, 0.5], &[0.5, 0.5]]),
            by_seed(&[&[0.0, 1.0]]),
        ];
        let floor = noise_floor(&groups).unwrap();
        // By hand: one degree of (0.1^2 / 2) and two of 0; one of (0.4^2 / 2) and one of 0.
        assert!((floor.between_seeds - (0.005_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((floor.between_cases.unwrap() - (0.08_f64 / 2.0).sqrt()).abs() < 1e-12);
        assert_eq!((floor.n_groups, floor.n_runs, floor.degrees_of_freedom), (2, 5, 3));
        // The t table: 3.182446 with three degrees of freedom.
        let of_three = floor.of_difference([3, 3]);
        let expected = 3.182_446 * floor.between_seeds * (2.0_f64 / 3.0).sqrt();
        assert!((of_three - expected).abs() < 1e-6);
        assert!(floor.of_difference([1, 3]) > of_three);
        assert_eq!((noise_floor(&groups[2..]), noise_floor(&[])), (None, None));
    }
}
