//! [`friedman()`]: whether several things differ at all, before any two of them are compared.
//!
//! Does not know which of them is better.

use super::{
    distributions::{chi_square_above, f_above},
    ranking::twice_ranks,
    scores::Scores,
};
use serde::Serialize;

/// Friedman's test on the cases that all have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Friedman {
    /// Of each, the largest score of a case being 1 and ties sharing their mean rank.
    pub mean_ranks: Vec<f64>,
    /// Corrected for ties (Conover 1999, as scipy has it).
    pub chi2: f64,
    /// Of `chi2`: one less than there are things.
    pub degrees_of_freedom: usize,
    /// Chance of mean ranks as far apart when every order of a case is as likely; by chi-square,
    /// which with few cases is too careful.
    pub p: f64,
    /// The better approximation with few cases; `None` when all cases rank them alike, where its
    /// ratio has no bound.
    pub iman_davenport: Option<ImanDavenport>,
    /// Cases that all have.
    pub n_cases: usize,
}

/// Iman and Davenport's (1980) F for the same ranks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ImanDavenport {
    /// (n - 1) chi2 / (n (k - 1) - chi2) of n cases and k things.
    pub f: f64,
    /// k - 1 and (k - 1)(n - 1).
    pub degrees_of_freedom: [usize; 2],
    /// Chance of an F as large.
    pub p: f64,
}

/// `None` with fewer than two things or two common cases, or when every case has them all tied.
pub fn friedman(of: &[Scores]) -> Option<Friedman> {
    let rows: Vec<Vec<f64>> = Scores::table(of);
    let (n_cases, n_things) = (rows.len(), of.len());
    if n_cases < 2 || n_things < 2 {
        return None;
    }
    let (n, k) = (n_cases as f64, n_things as f64);
    let mut sums = vec![0; n_things];
    let mut squares = 0.0;
    for row in &rows {
        for (sum, rank) in sums.iter_mut().zip(best_first(row)) {
            *sum += rank;
            squares += (rank as f64 / 2.0).powi(2);
        }
    }
    let mean_ranks: Vec<f64> = sums.iter().map(|sum| *sum as f64 / 2.0 / n).collect();
    // Both as scipy's, with the correction for ties in the denominator: the spread of the mean
    // ranks by that of the ranks, whose squares are less where ranks are shared.
    let middle = f64::midpoint(1.0, k);
    let between: f64 = mean_ranks.iter().map(|rank| (rank - middle).powi(2)).sum();
    let within = (squares - n * k * middle * middle) / (n * (k - 1.0));
    if within <= 0.0 {
        return None;
    }
    let chi2 = n * between / within;
    let degrees_of_freedom = n_things - 1;
    let rest = n * (k - 1.0) - chi2;
    let iman_davenport = (rest > 1e-9 * n * k).then(|| {
        let f = (n - 1.0) * chi2 / rest;
        let degrees_of_freedom = [n_things - 1, (n_things - 1) * (n_cases - 1)];
        let p = f_above(f, degrees_of_freedom.map(|it| it as f64));
        ImanDavenport { f, degrees_of_freedom, p }
    });
    let p = chi_square_above(chi2, degrees_of_freedom as f64);
    Some(Friedman { mean_ranks, chi2, degrees_of_freedom, p, iman_davenport, n_cases })
}

/// Twice the ranks, the largest value first.
pub(super) fn best_first(values: &[f64]) -> impl Iterator<Item = usize> {
    let turned = 2 * (values.len() + 1);
    twice_ranks(values).into_iter().map(move |rank| turned - rank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::made_up::by_seed;

    #[test]
    fn three_cases_that_agree_leave_the_largest_chi_square() {
        let of = [by_seed(&[&[0.9, 0.8, 0.7]]), by_seed(&[&[0.5, 0.4, 0.3]])];
        let found = friedman(&of).unwrap();
        // n (k - 1), and p that of a squared normal number.
        assert_eq!((found.mean_ranks.as_slice(), found.n_cases), (&[1.0, 2.0][..], 3));
        assert!((found.chi2 - 3.0).abs() < 1e-12 && found.iman_davenport.is_none());
        assert!((found.p - 2.0 * super::super::normal_below(-3.0_f64.sqrt())).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_differ_or_is_alone_has_no_test() {
        let same = by_seed(&[&[0.5, 0.6]]);
        assert_eq!(friedman(&[same.clone(), same.clone()]), None);
        assert_eq!((friedman(&[same]), friedman(&[])), (None, None));
    }
}
