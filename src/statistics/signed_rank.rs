//! [`signed_rank()`] and [`p_below`]: Wilcoxon's signed-rank test, two-sided and one-sided.
//!
//! Differences of 0 are left out (Wilcoxon's own rule, scipy's `zero_method="wilcox"`), equal sizes
//! share their mean rank. Exact given the ranks at hand, ties included, up to 25 differences: every
//! pattern of signs is counted, where scipy's and R's exact tests pretend that there are no ties.
//! Above, the normal approximation with its variance corrected for ties and with a continuity
//! correction.
//!
//! Does not know what differs.

use super::{distributions::normal_below, ranking::twice_ranks_of_sorted};
use serde::Serialize;

/// Most differences for which the distribution is counted out.
const MOST_EXACT: usize = 25;

/// The two-sided test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Wilcoxon {
    /// The smaller of the rank sums of the positive and the negative differences.
    pub statistic: f64,
    /// Chance of a sum as small as this one or smaller on either side, when every difference is
    /// as likely to have either sign.
    pub p: f64,
    /// Differences other than 0.
    pub n_nonzero: usize,
    /// Whether `p` was counted out, or approximated.
    pub is_exact: bool,
}

/// Whether the differences favour one side; `None` without any, and p = 1 when all are 0.
pub fn signed_rank(differences: &[f64]) -> Option<Wilcoxon> {
    let ranked = Ranked::new(differences);
    let smaller = ranked.positive.min(ranked.all() - ranked.positive);
    (!differences.is_empty()).then(|| Wilcoxon {
        statistic: smaller as f64 / 2.0,
        p: (2.0 * ranked.p_at_most(smaller)).min(1.0),
        n_nonzero: ranked.ranks.len(),
        is_exact: ranked.is_exact(),
    })
}

/// Chance of a rank sum of the positive differences as small as this one, or smaller, when every
/// difference is as likely to have either sign; 1 without any difference.
pub fn p_below(differences: &[f64]) -> f64 {
    let ranked = Ranked::new(differences);
    ranked.p_at_most(ranked.positive)
}

/// Ranks of the sizes of the differences that are not 0. All ranks here are twice themselves, so
/// that a mean of two ranks is a whole number.
struct Ranked {
    ranks: Vec<usize>,
    /// Sum over the positive differences.
    positive: usize,
}

impl Ranked {
    fn new(differences: &[f64]) -> Self {
        let mut sorted: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
        sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let sizes: Vec<f64> = sorted.iter().map(|d| d.abs()).collect();
        let ranks = twice_ranks_of_sorted(&sizes);
        let is_positive = ranks.iter().zip(&sorted).filter(|(_, d)| **d > 0.0);
        let positive = is_positive.map(|(rank, _)| rank).sum();
        Self { ranks, positive }
    }

    fn all(&self) -> usize {
        self.ranks.iter().sum()
    }

    fn is_exact(&self) -> bool {
        self.ranks.len() <= MOST_EXACT
    }

    fn p_at_most(&self, sum: usize) -> f64 {
        if self.is_exact() { exact(&self.ranks, sum) } else { approximate(&self.ranks, sum) }
    }
}

/// Share of the 2^n choices of signs whose positive ranks add up to at most `positive`.
fn exact(ranks: &[usize], positive: usize) -> f64 {
    // Only sums up to `positive` are asked for, so no larger one is kept.
    let mut chances = vec![0.0; positive + 1];
    chances[0] = 1.0;
    for &rank in ranks {
        for sum in (0..=positive).rev() {
            let with = if sum >= rank { chances[sum - rank] } else { 0.0 };
            chances[sum] = f64::midpoint(chances[sum], with);
        }
    }
    chances.iter().sum::<f64>().min(1.0)
}

fn approximate(ranks: &[usize], positive: usize) -> f64 {
    let mean = ranks.iter().sum::<usize>() as f64 / 4.0;
    // The sum of the squared ranks is the variance with its correction for ties in it.
    let square: f64 = ranks.iter().map(|rank| (*rank as f64 / 2.0).powi(2)).sum();
    normal_below((positive as f64 / 2.0 + 0.5 - mean) / (square / 4.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 2^n choices of signs, one by one.
    fn counted(differences: &[f64]) -> f64 {
        let kept: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
        let rank = |d: &f64| {
            let less = kept.iter().filter(|other| other.abs() < d.abs()).count();
            let more = kept.iter().filter(|other| other.abs() > d.abs()).count();
            f64::midpoint(less as f64 + 1.0, (kept.len() - more) as f64)
        };
        let ranks: Vec<f64> = kept.iter().map(rank).collect();
        let sum = |is_positive: &dyn Fn(usize) -> bool| -> f64 {
            (0..ranks.len()).filter(|idx| is_positive(*idx)).map(|idx| ranks[idx]).sum()
        };
        let observed = sum(&|idx| kept[idx] > 0.0);
        let n_choices = 1_u32 << ranks.len();
        let n_hits =
            (0..n_choices).filter(|signs| sum(&|idx| signs >> idx & 1 == 1) <= observed).count();
        n_hits as f64 / f64::from(n_choices)
    }

    #[test]
    fn it_counts_every_choice_of_signs_ties_and_zeros_included() {
        for differences in [
            vec![],
            vec![0.0, 0.0],
            vec![-0.1],
            vec![0.1, -0.2, -0.3],
            vec![-0.1, -0.1, 0.1, -0.2, 0.0, -0.2, 0.3],
            vec![0.5, 0.25, -0.5, -0.75, 0.125, -0.25, -1.0, -0.5, 0.5, -0.375],
        ] {
            let (fast, slow) = (p_below(&differences), counted(&differences));
            assert!((fast - slow).abs() < 1e-12, "{differences:?}: {fast} against {slow}");
        }
    }

    #[test]
    fn seven_cases_can_pass_a_look_at_95_percent_and_six_cannot() {
        let limit = 0.05 / 6.0;
        assert!(p_below(&[-0.1; 7]) < limit);
        assert!(p_below(&[-0.1; 6]) > limit);
    }

    #[test]
    fn the_approximation_meets_the_exact_test_where_it_takes_over() {
        let signs = |n_positive: usize| -> Vec<f64> {
            let sign = |idx: usize| if idx % 25 < n_positive { 1.0 } else { -1.0 };
            (0..25).map(|idx| sign(idx * 7) * (idx + 1) as f64).collect()
        };
        for n_positive in [3, 5, 8, 12] {
            let differences = signs(n_positive);
            let ranks: Vec<usize> = (1..=25).map(|rank| 2 * rank).collect();
            let positive =
                (0..25).filter(|idx| differences[*idx] > 0.0).map(|idx| ranks[idx]).sum();
            let (exact, near) = (exact(&ranks, positive), approximate(&ranks, positive));
            // Where they differ, far out, the approximation claims less evidence.
            assert!(near > 0.95 * exact && near < exact + 0.002, "{exact} against {near}");
        }
    }
}
