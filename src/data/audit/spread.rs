//! [`Spread`] and [`Quantiles`]: where numbers lie.
//!
//! Does not know what the numbers are.

use crate::statistics::{median, quantile};
use serde::Serialize;

/// Spread of a number over cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Smallest.
    pub min: f64,
    /// Middle one; the mean of the two middle ones when their number is even.
    pub median: f64,
    /// Largest.
    pub max: f64,
}

impl Spread {
    /// `None` when there is no value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values = sorted(values);
        let (min, max) = (*values.first()?, *values.last()?);
        Some(Self { min, median: median(&values), max })
    }
}

/// Where many numbers lie: more of their quantiles than a [`Spread`] has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// Smallest.
    pub min: f64,
    /// 5 % lie below; between two numbers the line that joins them, as in numpy.
    pub p5: f64,
    /// A quarter lies below.
    pub p25: f64,
    /// Half lies below.
    pub median: f64,
    /// Three quarters lie below.
    pub p75: f64,
    /// 95 % lie below.
    pub p95: f64,
    /// Largest.
    pub max: f64,
}

impl Quantiles {
    /// `None` when there is no value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values = sorted(values);
        let at = |share: f64| quantile(&values, share);
        Some(Self {
            min: at(0.0)?,
            p5: at(0.05)?,
            p25: at(0.25)?,
            median: at(0.5)?,
            p75: at(0.75)?,
            p95: at(0.95)?,
            max: at(1.0)?,
        })
    }
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_an_even_number_of_values() {
        let spread = Spread::of([4.0, 1.0, 2.0, 3.0]);
        assert_eq!(spread, Some(Spread { min: 1.0, median: 2.5, max: 4.0 }));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn quantiles_lie_between_the_ends() {
        // Of 0, 1, .. 20 the quantile of a share is 20 times the share, up to rounding of 0.05 * 20.
        let found = Quantiles::of((0..=20).rev().map(f64::from)).unwrap();
        let Quantiles { min, p5, p25, median, p75, p95, max } = found;
        for (found, expected) in [min, p5, p25, median, p75, p95, max]
            .into_iter()
            .zip([0.0, 1.0, 5.0, 10.0, 15.0, 19.0, 20.0])
        {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert_eq!(Quantiles::of([]), None);
    }
}
