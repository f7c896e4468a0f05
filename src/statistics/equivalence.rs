//! [`t_test`], [`t_interval`] and [`equivalence()`]: a mean of paired differences by Student's t.
//!
//! Does not know about resampling.

use super::{
    bootstrap::Interval,
    describe::{mean, standard_deviation},
    distributions::{student_above, student_quantile},
};
use serde::Serialize;

/// A paired t test against a mean of 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TTest {
    /// The mean in standard errors.
    pub t: f64,
    /// Degrees of freedom: one less than there are differences.
    pub degrees_of_freedom: usize,
    /// Two-sided.
    pub p: f64,
}

/// Whether a mean is small enough not to matter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Equivalence {
    /// What would matter, in the unit of the differences; above 0.
    pub margin: f64,
    /// Chance of differences as near to 0 as these when the true mean is a margin away or more:
    /// the larger of the p of two one-sided t tests (TOST, Schuirmann 1987).
    pub p: f64,
    /// Where the mean lies with 90 % confidence, by t. It lies within the margin exactly when p
    /// is below 5 %.
    pub interval90: Interval,
}

/// The paired t test; `None` of fewer than two differences or when they do not spread.
pub fn t_test(differences: &[f64]) -> Option<TTest> {
    let (mean, error) = mean_and_error(differences).filter(|(_, error)| *error > 0.0)?;
    let (t, degrees_of_freedom) = (mean / error, differences.len() - 1);
    let p = 2.0 * student_above(t.abs(), degrees_of_freedom as f64);
    Some(TTest { t, degrees_of_freedom, p })
}

/// Where the mean lies with this `confidence`, by t; `None` of fewer than two differences or
/// without a confidence between 0 and 1.
pub fn t_interval(differences: &[f64], confidence: f64) -> Option<Interval> {
    let (mean, error) = mean_and_error(differences)?;
    let share = f64::midpoint(1.0, confidence);
    let reach = student_quantile(share, (differences.len() - 1) as f64)? * error;
    Some(Interval { low: mean - reach, high: mean + reach })
}

/// Whether the mean lies within `margin` of 0; `None` of fewer than two differences or unless the
/// margin is above 0.
pub fn equivalence(differences: &[f64], margin: f64) -> Option<Equivalence> {
    let (mean, error) = mean_and_error(differences)?;
    if !(margin > 0.0 && margin.is_finite()) {
        return None;
    }
    // Without any spread the mean is where it is.
    let p_within = |room: f64| match room / error {
        t if error > 0.0 => student_above(t, (differences.len() - 1) as f64),
        _ => f64::from(room <= 0.0),
    };
    let p = p_within(margin + mean).max(p_within(margin - mean));
    Some(Equivalence { margin, p, interval90: t_interval(differences, 0.9)? })
}

fn mean_and_error(differences: &[f64]) -> Option<(f64, f64)> {
    let spread = standard_deviation(differences)?;
    Some((mean(differences)?, spread / (differences.len() as f64).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_differences_follow_cauchys_distribution() {
        // t = 2 with one degree of freedom: p = 1 - 2 / pi * atan(2).
        let test = t_test(&[0.1, 0.3]).unwrap();
        let p = 1.0 - 2.0 / std::f64::consts::PI * 2.0_f64.atan();
        assert!((test.t - 2.0).abs() < 1e-12 && (test.p - p).abs() < 1e-12);
        assert_eq!((test.degrees_of_freedom, t_test(&[0.1])), (1, None));
        assert_eq!(t_interval(&[0.1, 0.3], 1.0), None);
    }

    #[test]
    fn the_interval_lies_within_the_margin_exactly_when_p_is_below_5_percent() {
        let differences = [0.01, -0.02, 0.03, 0.0, 0.015, -0.005];
        for margin in [0.005, 0.01, 0.019, 0.02, 0.021, 0.05] {
            let found = equivalence(&differences, margin).unwrap();
            let Interval { low, high } = found.interval90;
            assert_eq!(found.p < 0.05, low > -margin && high < margin, "{margin}: {found:?}");
        }
    }

    #[test]
    fn differences_without_spread_are_where_they_are() {
        let p = |size: f64| equivalence(&[size; 4], 0.1).map(|it| it.p);
        assert_eq!(
            (p(0.0), p(0.05), p(0.1), p(-0.2)),
            (Some(0.0), Some(0.0), Some(1.0), Some(1.0))
        );
        assert_eq!((equivalence(&[0.0; 4], 0.0), t_test(&[0.0; 4])), (None, None));
    }
}
