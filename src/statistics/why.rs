//! [`Why`]: the reasons of a verdict, in words.
//!
//! Does not know when which of them holds.

use super::bootstrap::Interval;
use serde::Serialize;
use std::fmt;

/// What a verdict rests on, or what held it back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why(pub Vec<Reason>);

/// One reason. Sizes are in the unit of the scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Too few cases for any verdict.
    FewCases {
        /// Cases that both have.
        n_cases: usize,
        /// Fewest that would do.
        fewest: usize,
    },
    /// The 95 % interval holds 0.
    HoldsZero(Interval),
    /// The 95 % interval leaves out 0.
    LeavesOutZero(Interval),
    /// Wilcoxon's p in its family, below 5 % or not.
    Holm {
        /// After Holm's correction.
        p: f64,
        /// Size of the family.
        n_comparisons: usize,
    },
    /// The difference is no larger than what seeds alone bring about.
    WithinNoise {
        /// How far two means lie apart by the seed alone.
        floor: f64,
    },
    /// The difference is larger than that.
    BeyondNoise {
        /// How far two means lie apart by the seed alone.
        floor: f64,
    },
    /// A side has one seed, and no noise floor is known.
    OneSeed,
    /// The seeds of a side share no case, and no noise floor is known.
    SeedsApart,
    /// The difference is shown to lie within the margin.
    WithinMargin {
        /// What would matter.
        margin: f64,
        /// Of the test for equivalence.
        p: f64,
    },
    /// It lies within the margin, and is not 0.
    DiffersAllTheSame {
        /// After Holm's correction.
        p: f64,
        /// Size of the family.
        n_comparisons: usize,
    },
    /// The test does not show that the difference lies within the margin.
    MarginNotShown {
        /// What would matter.
        margin: f64,
        /// Of the test for equivalence.
        p: f64,
    },
    /// With other seeds the difference may leave the margin.
    LeavesMargin {
        /// What would matter.
        margin: f64,
        /// Where it lies with 90 % confidence, over cases and seeds.
        interval90: Interval,
    },
    /// Seeds alone bring about as much as would matter.
    NoiseBeyondMargin {
        /// What would matter.
        margin: f64,
        /// How far two means lie apart by the seed alone.
        floor: f64,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, reason) in self.0.iter().enumerate() {
            let gap = if idx == 0 { "" } else { "; " };
            write!(f, "{gap}{reason}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::FewCases { n_cases, fewest } => {
                let noun = if n_cases == 1 { "case" } else { "cases" };
                write!(f, "{n_cases} {noun}; the fewest are {fewest}")
            }
            Self::HoldsZero(it) => write!(f, "the interval holds 0, {}", between(it)),
            Self::LeavesOutZero(it) => write!(f, "the interval leaves out 0, {}", between(it)),
            Self::Holm { p, n_comparisons } => write!(f, "{}", after_holm(p, n_comparisons)),
            Self::WithinNoise { floor } => {
                write!(f, "within the noise floor of repeated seeds, {}", size(floor))
            }
            Self::BeyondNoise { floor } => {
                write!(f, "beyond the noise floor of repeated seeds, {}", size(floor))
            }
            Self::OneSeed => {
                f.write_str("one seed: nothing is known of how another would have ended")
            }
            Self::SeedsApart => f.write_str(
                "no case is scored in all seeds: nothing is known of how others would have ended",
            ),
            Self::WithinMargin { margin, p } => {
                write!(f, "within the margin of {} ({})", size(margin), chance(p))
            }
            Self::DiffersAllTheSame { p, n_comparisons } => {
                write!(f, "but differs from 0: {}", after_holm(p, n_comparisons))
            }
            Self::MarginNotShown { margin, p } => {
                write!(f, "not shown to be within the margin of {} ({})", size(margin), chance(p))
            }
            Self::LeavesMargin { margin, interval90 } => write!(
                f,
                "with other seeds it may leave the margin of {}: 90 % interval {}",
                size(margin),
                between(interval90)
            ),
            Self::NoiseBeyondMargin { margin, floor } => write!(
                f,
                "the noise floor of repeated seeds, {}, is no smaller than the margin of {}",
                size(floor),
                size(margin)
            ),
        }
    }
}

fn between(interval: Interval) -> String {
    format!("{} to {}", size(interval.low), size(interval.high))
}

/// Three decimals, and one where they would be noise.
fn size(value: f64) -> String {
    if value.abs() < 10.0 { format!("{value:.3}") } else { format!("{value:.1}") }
}

fn after_holm(p: f64, n_comparisons: usize) -> String {
    match n_comparisons {
        1 => format!("{} in one comparison", chance(p)),
        _ => format!(
            "{} over {n_comparisons} comparisons",
            chance(p).replacen('p', "p after Holm", 1)
        ),
    }
}

fn chance(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".to_owned(),
        p if p < 0.1 => format!("p {p:.3}"),
        p => format!("p {p:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_joined() {
        let interval = Interval { low: -0.0104, high: 12.34 };
        let why = Why(vec![
            Reason::HoldsZero(interval),
            Reason::Holm { p: 0.0312, n_comparisons: 1 },
            Reason::WithinNoise { floor: 0.0214 },
        ]);
        assert_eq!(
            why.to_string(),
            "the interval holds 0, -0.010 to 12.3; p 0.031 in one comparison; within the noise \
             floor of repeated seeds, 0.021"
        );
        let holm = Reason::Holm { p: 1e-9, n_comparisons: 3 };
        assert_eq!(holm.to_string(), "p after Holm < 0.001 over 3 comparisons");
    }
}
