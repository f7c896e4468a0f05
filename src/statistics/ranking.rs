//! [`twice_ranks`]: ranks of numbers, ties sharing their mean rank.
//!
//! Twice the rank is given, so that a mean of two ranks is a whole number and sums of ranks can be
//! compared without rounding.
//!
//! Does not know what is ranked.

/// Twice the rank of each number, the smallest first: 2, 4, 6 without ties.
pub(super) fn twice_ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let sorted: Vec<f64> = order.iter().map(|idx| values[*idx]).collect();
    let mut ranks = vec![0; values.len()];
    for (idx, rank) in order.into_iter().zip(twice_ranks_of_sorted(&sorted)) {
        ranks[idx] = rank;
    }
    ranks
}

/// The same of numbers in ascending order.
pub(super) fn twice_ranks_of_sorted(sorted: &[f64]) -> Vec<usize> {
    let mut ranks = vec![0; sorted.len()];
    let mut first = 0;
    while first < sorted.len() {
        #[expect(clippy::float_cmp, reason = "ties are equal numbers")]
        let n_tied = sorted[first..].iter().take_while(|it| **it == sorted[first]).count().max(1);
        ranks[first..first + n_tied].fill(2 * first + n_tied + 1);
        first += n_tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(twice_ranks(&[0.3, 0.1, 0.3, 0.2]), [7, 2, 7, 4]);
        assert_eq!(twice_ranks(&[0.0, -0.0, 1.0]), [3, 3, 6]);
        assert!(twice_ranks(&[]).is_empty());
    }
}
