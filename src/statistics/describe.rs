//! [`mean`], [`median`], [`standard_deviation`] and [`quantile`] of plain numbers.
//!
//! Does not know where they come from.

/// The mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation of what the values are drawn from (divided by n - 1); `None` of fewer
/// than two.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The median, the mean of the middle two when there are two; NaN of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if n == 0 { f64::NAN } else { f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]) }
}

/// Quantile of sorted values by linear interpolation between the order statistics, as numpy's
/// default and R's type 7; `None` of nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the position lies between 0 and the last index"
)]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = share.clamp(0.0, 1.0) * last as f64;
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64))
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "as the reference has them")]
mod tests {
    use super::*;

    #[test]
    fn spread_is_that_of_what_was_sampled() {
        // scipy and numpy: eight paired differences.
        let differences =
            [0.03169, -0.060261, 0.002774, 0.040305, 0.031771, -0.040689, 0.082366, 0.021807];
        assert!((mean(&differences).unwrap() - 0.013720374999999996).abs() < 1e-15);
        let spread = standard_deviation(&differences).unwrap();
        assert!((spread - 0.045804767636872225).abs() < 1e-15);
        assert_eq!((mean(&[]), standard_deviation(&[1.0])), (None, None));
    }

    #[test]
    fn quantiles_interpolate() {
        // By hand: position 0.25 * 3 = 0.75 between 1 and 2.
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.25), Some(1.75));
        assert_eq!(quantile(&[7.0], 0.9), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
