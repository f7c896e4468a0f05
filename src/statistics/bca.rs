//! [`over_cases`]: the interval of a mean over resampled cases, corrected for bias and skew.
//!
//! Scores of cases are skewed: most do well and a few are missed. The plain percentile interval
//! then leaves out too much on the side of the few. The bias-corrected and accelerated interval
//! (`BCa`, Efron 1987) takes other quantiles of the same resamples instead of the middle 95 %.
//!
//! Does not know about seeds: that is for [`super::difference`].

use super::{
    bootstrap::{Interval, N_RESAMPLES, SEED, means},
    describe::{mean, quantile},
    distributions::{normal_below, normal_quantile},
};

/// Where the mean lies with 95 % confidence; `None` of nothing. When the numbers are all the same
/// it is that number.
pub fn over_cases(values: &[f64]) -> Option<Interval> {
    accelerated(values, &means(values, N_RESAMPLES, SEED))
}

/// From the sorted means of resamples. The bias is taken from the share of them below the mean,
/// those that equal it counted half (as scipy has it), the acceleration from the jackknife.
fn accelerated(values: &[f64], sorted: &[f64]) -> Option<Interval> {
    let mean = mean(values)?;
    let share = |n: usize| n as f64 / sorted.len() as f64;
    let n_below = sorted.partition_point(|it| *it < mean);
    let n_not_above = sorted.partition_point(|it| *it <= mean);
    // With all resamples on one side there is no telling how far: the ends are those of the
    // resamples themselves.
    let Some(bias) = normal_quantile(f64::midpoint(share(n_below), share(n_not_above))) else {
        return Some(Interval { low: *sorted.first()?, high: *sorted.last()? });
    };
    let acceleration = acceleration(values, mean);
    let end = |plain: f64| {
        let moved = bias + normal_quantile(plain)?;
        quantile(sorted, normal_below(bias + moved / (1.0 - acceleration * moved)))
    };
    Some(Interval { low: end(0.025)?, high: end(0.975)? })
}

/// Leaving a value out moves the mean by its distance over n - 1, and the other way.
fn acceleration(values: &[f64], mean: f64) -> f64 {
    let sum = |power: i32| -> f64 { values.iter().map(|it| (it - mean).powi(power)).sum() };
    let scale = 6.0 * sum(2).powf(1.5);
    if scale > 0.0 { sum(3) / scale } else { 0.0 }
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "as the reference has them")]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_scipy_on_the_same_resamples() {
        let values = [
            -0.031233, -0.076939, -0.03677, -0.02662, 0.081506, 0.008189, 0.096226, -0.032606,
            -0.02777, 0.066584, -0.031456, -0.084055,
        ];
        let Interval { low, high } = accelerated(&values, &means(&values, 1000, 1012)).unwrap();
        assert!((low - -0.036848916428965726).abs() < 1e-12, "{low}");
        assert!((high - 0.026491667653834105).abs() < 1e-12, "{high}");
    }

    #[test]
    fn without_spread_it_is_a_point() {
        assert_eq!(over_cases(&[0.5; 7]), Some(Interval { low: 0.5, high: 0.5 }));
        assert_eq!(over_cases(&[]), None);
    }

    #[test]
    fn a_long_tail_reaches_farther_than_the_plain_interval() {
        let values: Vec<f64> = (0..20).map(|idx| f64::from(u8::from(idx < 2))).collect();
        let found = over_cases(&values).unwrap();
        let plain = super::super::bootstrap::middle(&means(&values, N_RESAMPLES, SEED), 0.95);
        let plain = plain.unwrap();
        assert!(found.high > plain.high && found.low >= plain.low, "{found:?} {plain:?}");
    }
}
