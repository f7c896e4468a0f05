//! What numbers of few cases and seeds can say: intervals, tests, verdicts, power.
//!
//! ```text
//! Scores --compare--> Comparison --holm over the family, noise floor--> Verdict, Why, Strength
//! ```
//!
//! [`Scores`] are the cases and seeds of one thing that was tried. [`compare`] sets two of them
//! against each other case by case; [`verdict()`] says no more than interval, test and noise floor
//! allow. [`noise_floor`] keeps the scatter of repeated seeds apart from that of cases,
//! [`rank_intervals`] and [`friedman()`] are for many at once, [`detectable`] and [`needed`] for
//! what is still to be run. Larger is better throughout; negate other scores.
//!
//! Pure functions: the resampling is drawn from a fixed seed. Undefined is `None`.
//!
//! Does not know about runs, sweeps or what the numbers measure.

mod bca;
mod bootstrap;
mod describe;
mod distributions;
mod draws;
mod effect;
mod enough;
mod equivalence;
mod family;
mod friedman;
mod holm;
#[cfg(test)]
mod made_up;
mod noise;
mod paired;
mod power;
mod ranking;
mod ranks;
mod scores;
mod signed_rank;
mod spearman;
mod special;
mod strength;
mod verdict;
mod why;

pub use bca::over_cases;
pub use bootstrap::{Difference, Interval, N_RESAMPLES, difference, interval};
pub use describe::{mean, median, quantile, standard_deviation};
pub use distributions::{
    chi_square_above, f_above, normal_below, normal_quantile, student_above, student_quantile,
};
pub use effect::{cliffs_delta, cohen_dz, wins_ties_losses};
pub use enough::{Required, seeds_to_tell};
pub use equivalence::{Equivalence, TTest, equivalence, t_interval, t_test};
pub use family::{Judgement, judge};
pub use friedman::{Friedman, ImanDavenport, friedman};
pub use holm::holm;
pub use noise::{NoiseFloor, noise_floor};
pub use paired::{Comparison, compare};
pub use power::{Needed, detectable, needed};
pub use ranks::{RankRow, rank_intervals};
pub use scores::Scores;
pub use signed_rank::{Wilcoxon, p_below, signed_rank};
pub use spearman::{Spearman, spearman};
pub use strength::{Ground, Strength, strength};
pub use verdict::{FEWEST_CASES, Verdict, verdict};
pub use why::{Reason, Why};
