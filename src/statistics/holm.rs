//! [`holm()`]: p values of a family of tests, each adjusted for the others.
//!
//! Does not know about the tests.

/// Adjusted p values, in the order given (Holm 1979): the smallest times their number, the next
/// times one less, none smaller than the one before and none above 1. Rejecting those below 5 %
/// rejects any true hypothesis of the family with a chance of at most 5 %, however the tests
/// depend on each other.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (n_before, idx) in order.into_iter().enumerate() {
        largest = largest.max((p.len() - n_before) as f64 * p[idx]).min(1.0);
        adjusted[idx] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_multiplied_by_what_is_left_and_none_overtakes() {
        // By hand: 3 * 0.01, 2 * 0.02, and 0.03 raised to the one before.
        assert_eq!(holm(&[0.03, 0.01, 0.02]), [0.04, 0.03, 0.04]);
        assert_eq!(holm(&[0.6, 0.9]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
