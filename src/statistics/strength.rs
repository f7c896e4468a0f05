//! [`strength()`]: how far a verdict can be leaned on, by rules that can be counted.
//!
//! Does not know about the difference: a small one may rest on strong evidence.

use super::{paired::Comparison, verdict::Verdict};
use serde::Serialize;

/// Fewest cases and seeds of moderate evidence.
const MODERATE: [usize; 2] = [10, 2];
/// Fewest cases and seeds of strong evidence.
const STRONG: [usize; 2] = [20, 3];

/// What the cases were for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// Cases that also chose the checkpoint or the setting, and so flatter it.
    Validation,
    /// Cases that chose nothing.
    Test,
}

/// Strength of evidence, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Nothing was found: too few cases, or not distinguishable.
    None,
    /// A verdict on fewer than 10 cases, or with one seed on a side.
    Weak,
    /// On 10 cases and two seeds a side, or more.
    Moderate,
    /// On 20 test cases and three seeds a side, or more. Validation cases are never strong
    /// evidence.
    Strong,
}

impl Strength {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Weak => "weak",
            Self::Moderate => "moderate",
            Self::Strong => "strong",
        }
    }
}

/// Of a verdict on a comparison.
pub fn strength(verdict: Verdict, of: &Comparison, ground: Ground) -> Strength {
    let has = |[cases, seeds]: [usize; 2]| {
        of.difference.n_cases >= cases && of.n_seeds.iter().all(|n| *n >= seeds)
    };
    match verdict {
        Verdict::TooFewCases | Verdict::NotDistinguishable => Strength::None,
        _ if has(STRONG) && ground == Ground::Test => Strength::Strong,
        _ if has(MODERATE) => Strength::Moderate,
        _ => Strength::Weak,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{compare, made_up::by_seed};

    #[test]
    fn cases_seeds_and_what_they_were_for_decide() {
        let of = |n_cases: usize, n_seeds: usize| {
            let cases = vec![0.5; n_cases];
            let side = by_seed(&vec![cases.as_slice(); n_seeds]);
            compare(&side, &side, None).unwrap()
        };
        let test = |n_cases, n_seeds| strength(Verdict::Worse, &of(n_cases, n_seeds), Ground::Test);
        assert_eq!(test(20, 3), Strength::Strong);
        assert_eq!((test(19, 3), test(20, 2)), (Strength::Moderate, Strength::Moderate));
        assert_eq!((test(9, 5), test(50, 1)), (Strength::Weak, Strength::Weak));
        let validation = strength(Verdict::Equivalent, &of(50, 5), Ground::Validation);
        assert_eq!(validation, Strength::Moderate);
        let nothing = strength(Verdict::NotDistinguishable, &of(50, 5), Ground::Test);
        assert_eq!(nothing, Strength::None);
        assert!(Strength::None < Strength::Weak && Strength::Moderate < Strength::Strong);
    }
}
