//! How large a difference is, in three ways: [`cohen_dz`], [`cliffs_delta`],
//! [`wins_ties_losses`].
//!
//! Does not know about chance.

use super::describe::{mean, standard_deviation};

/// The mean of paired differences in units of their own standard deviation (Cohen 1988, dz);
/// `None` of fewer than two or when they do not spread.
pub fn cohen_dz(differences: &[f64]) -> Option<f64> {
    let spread = standard_deviation(differences).filter(|spread| *spread > 0.0)?;
    mean(differences).map(|mean| mean / spread)
}

/// Share of all pairs of a left and a right value in which the left one is larger, less the share
/// in which it is smaller (Cliff 1993): from -1 to 1, and blind to the pairing. `None` when a side
/// is empty.
pub fn cliffs_delta(left: &[f64], right: &[f64]) -> Option<f64> {
    let n_pairs = left.len() * right.len();
    let signs = left.iter().flat_map(|left| right.iter().map(move |right| sign(left - right)));
    (n_pairs > 0).then(|| signs.sum::<i64>() as f64 / n_pairs as f64)
}

/// Differences above, at and below 0.
pub fn wins_ties_losses(differences: &[f64]) -> [usize; 3] {
    [1, 0, -1].map(|wanted| differences.iter().filter(|it| sign(**it) == wanted).count())
}

fn sign(value: f64) -> i64 {
    i64::from(value > 0.0) - i64::from(value < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_by_hand() {
        assert_eq!(cohen_dz(&[1.0, 2.0, 3.0]), Some(2.0));
        assert_eq!((cohen_dz(&[0.5, 0.5]), cohen_dz(&[1.0])), (None, None));
        // Of four pairs two are larger, one equal and one smaller.
        assert_eq!(cliffs_delta(&[1.0, 3.0], &[1.0, 2.0]), Some(0.25));
        assert_eq!(cliffs_delta(&[], &[1.0]), None);
        assert_eq!(wins_ties_losses(&[0.1, 0.0, -0.2, 0.3]), [2, 1, 1]);
    }
}
