//! [`seeds_to_tell`]: about how many seeds would tell two things apart, by [`needed`].
//!
//! Does not know about resampling; it is a rough guide from two spreads.

use super::{
    bootstrap::difference,
    describe::{mean, standard_deviation},
    power::{MOST_SEEDS, needed},
    scores::Scores,
};

/// What it would take to tell two things apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// This many seeds each, if the difference stays what it is.
    Seeds(usize),
    /// More cases: the spread of the differences between cases alone hides a difference this
    /// small, whatever the number of seeds.
    Cases(usize),
    /// The spread of the seeds is unknown: at least one side has fewer than two.
    Unknown,
    /// There is no difference to be told, or no common case.
    Nothing,
}

/// About how many seeds each side needs to find a difference of the size seen with 80 % power,
/// from the spread of the paired differences over cases and the spread of the runs' means over
/// seeds.
pub fn seeds_to_tell(left: &Scores, right: &Scores) -> Required {
    let (left, right) = Scores::common(left, right);
    let pairs = left.case_means().into_iter().zip(right.case_means());
    let by_case: Vec<f64> = pairs.map(|(left, right)| left - right).collect();
    let Some(size) = mean(&by_case).map(f64::abs).filter(|size| *size > 1e-6) else {
        return Required::Nothing;
    };
    let spreads = [&left, &right].map(|side| standard_deviation(&side.balanced_seed_means()));
    let ([Some(ours), Some(theirs)], Some(of_cases)) = (spreads, standard_deviation(&by_case))
    else {
        return Required::Unknown;
    };
    let of_seeds = (f64::midpoint(ours.powi(2), theirs.powi(2))).sqrt();
    let Some(n_seeds) = needed(size, of_cases, of_seeds, by_case.len(), 1).seeds else {
        // No end of seeds would do; how many cases would, with as many seeds as that?
        let cases = needed(size, of_cases, of_seeds, by_case.len(), MOST_SEEDS).cases;
        return Required::Cases(cases.unwrap_or(2 * by_case.len()));
    };
    // Where the rule thinks that there are enough already and the interval does not, one more.
    let present = left.n_seeds().max(right.n_seeds());
    let is_told =
        difference(&left, &right).is_some_and(|it| it.interval.low > 0.0 || it.interval.high < 0.0);
    let least = if is_told { 1 } else { present + 1 };
    Required::Seeds(n_seeds.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::made_up::by_seed;

    /// Ten cases of two kinds, a seed for each base.
    fn scores(bases: &[f64], spread: f64) -> Scores {
        let cases = |base: &f64| -> Vec<f64> {
            (0..10).map(|idx| base + spread * f64::from(idx % 2)).collect()
        };
        let rows: Vec<Vec<f64>> = bases.iter().map(cases).collect();
        by_seed(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn noise_of_seeds_asks_for_seeds() {
        let (left, right) = (scores(&[0.49, 0.52, 0.55], 0.1), scores(&[0.47, 0.5, 0.53], 0.1));
        // By hand: the cases do not differ at all, and with nine degrees of freedom the reach is
        // 2.262 + 0.883 = 3.145, so that 2 * 0.03^2 / (0.02 / 3.145)^2 = 44.5.
        assert_eq!(seeds_to_tell(&left, &right), Required::Seeds(45));
        assert_eq!(seeds_to_tell(&left, &left), Required::Nothing);
    }

    #[test]
    fn noise_of_cases_asks_for_cases_and_one_seed_says_nothing_of_seeds() {
        let (left, right) = (scores(&[0.50, 0.51], 0.1), scores(&[0.54, 0.55], 0.0));
        assert!(matches!(seeds_to_tell(&left, &right), Required::Cases(n) if n > 10));
        assert_eq!(seeds_to_tell(&scores(&[0.5], 0.1), &right), Required::Unknown);
    }
}
