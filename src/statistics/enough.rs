//! [`seeds_to_tell`]: about how many seeds would tell two things apart.
//!
//! Knows nothing of resampling; it is a rough guide from two spreads.

use super::{
    bootstrap::difference,
    describe::{mean, standard_deviation},
    scores::Scores,
};

/// Half the width of a 95 % interval in standard errors.
const REACH: f64 = 1.96;
/// More seeds than anybody would train.
const MOST_SEEDS: f64 = 100.0;

/// What it would take to tell two things apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enough {
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

/// About how many seeds each side needs for a 95 % interval that just leaves out 0, from the
/// spread of the paired differences over cases and the spread of the runs' means over seeds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts above 0 and held below a limit"
)]
pub fn seeds_to_tell(left: &Scores, right: &Scores) -> Enough {
    let (left, right) = Scores::common(left, right);
    let by_case: Vec<f64> = left
        .case_means()
        .into_iter()
        .zip(right.case_means())
        .map(|(left, right)| left - right)
        .collect();
    let Some(size) = mean(&by_case).map(f64::abs).filter(|size| *size > 1e-6) else {
        return Enough::Nothing;
    };
    let spreads = [&left, &right].map(|side| standard_deviation(&side.seed_means()));
    let ([Some(ours), Some(theirs)], Some(of_cases)) = (spreads, standard_deviation(&by_case))
    else {
        return Enough::Unknown;
    };
    let allowed = (size / REACH).powi(2);
    let from_cases = of_cases.powi(2) / by_case.len() as f64;
    if from_cases >= allowed {
        let n_cases = (of_cases.powi(2) / allowed).ceil() + 1.0;
        return Enough::Cases(n_cases.min(1e6) as usize);
    }
    let needed = (ours.powi(2) + theirs.powi(2)) / (allowed - from_cases);
    if needed > MOST_SEEDS {
        return Enough::Cases(2 * by_case.len());
    }
    // Where the rule thinks that there are enough already and the interval does not, one more.
    let present = left.n_seeds().max(right.n_seeds());
    let is_told =
        difference(&left, &right).is_some_and(|it| it.interval.low > 0.0 || it.interval.high < 0.0);
    let least = if is_told { 1 } else { present + 1 };
    Enough::Seeds((needed.ceil() as usize).max(least))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Ten cases of two kinds, a seed for each base.
    fn scores(bases: &[f64], spread: f64) -> Scores {
        let seed = |base: &f64| -> BTreeMap<String, f64> {
            (0..10).map(|idx| (format!("{idx}"), base + spread * f64::from(idx % 2))).collect()
        };
        Scores::new(&(1..).zip(bases.iter().map(seed)).collect())
    }

    #[test]
    fn noise_of_seeds_asks_for_seeds() {
        let (left, right) = (scores(&[0.49, 0.52, 0.55], 0.1), scores(&[0.47, 0.5, 0.53], 0.1));
        // By hand: 2 * 0.03^2 / (0.02 / 1.96)^2 = 17.3, since the cases do not differ at all.
        assert_eq!(seeds_to_tell(&left, &right), Enough::Seeds(18));
        assert_eq!(seeds_to_tell(&left, &left), Enough::Nothing);
    }

    #[test]
    fn noise_of_cases_asks_for_cases_and_one_seed_says_nothing_of_seeds() {
        let (left, right) = (scores(&[0.50, 0.51], 0.1), scores(&[0.54, 0.55], 0.0));
        assert!(matches!(seeds_to_tell(&left, &right), Enough::Cases(n) if n > 10));
        assert_eq!(seeds_to_tell(&scores(&[0.5], 0.1), &right), Enough::Unknown);
    }
}
