//! [`p_below`]: Wilcoxon's signed-rank test, one-sided.
//!
//! Knows nothing of cells.

/// Most differences for which the distribution is counted out.
const MOST_EXACT: usize = 25;

/// Chance of a rank sum of the positive differences as small as this one, or smaller, when every
/// difference is as likely to have either sign. Differences of 0 are left out, equal sizes share
/// their mean rank; 1 without any difference.
///
/// Exact up to 25 differences, ties included; above, the normal approximation with its variance
/// corrected for ties and with a continuity correction.
pub(super) fn p_below(differences: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = sorted.len();
    // Twice the rank, so that a mean of two ranks is a whole number.
    let mut ranks = vec![0_usize; n];
    let mut first = 0;
    while first < n {
        let size = sorted[first].abs();
        #[expect(clippy::float_cmp, reason = "ties are equal numbers")]
        let n_tied = sorted[first..].iter().take_while(|d| d.abs() == size).count();
        ranks[first..first + n_tied].fill(2 * first + n_tied + 1);
        first += n_tied;
    }
    let positive: usize =
        ranks.iter().zip(&sorted).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    if n <= MOST_EXACT { exact(&ranks, positive) } else { approximate(&ranks, positive) }
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

/// The standard normal distribution function, to 1e-7 (Abramowitz and Stegun, 26.2.17).
fn normal_below(z: f64) -> f64 {
    const COEFFICIENTS: [f64; 5] =
        [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = COEFFICIENTS.iter().fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    let tail = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * series;
    if z < 0.0 { tail } else { 1.0 - tail }
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
