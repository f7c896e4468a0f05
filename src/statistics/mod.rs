//! What numbers of few cases and seeds can say: means, intervals, verdicts.
//!
//! [`Scores`] are the cases and seeds of one thing that was tried; [`interval`] and
//! [`difference`] resample both, and a [`Verdict`] says no more than the interval does. Pure
//! functions: the resampling is drawn from a fixed seed.
//!
//! Knows nothing of runs, sweeps or what the numbers measure.

mod bootstrap;
mod describe;
mod draws;
mod enough;
mod scores;

pub use bootstrap::{
    Difference, FEWEST_CASES, Interval, N_RESAMPLES, Verdict, difference, interval,
};
pub use describe::{mean, quantile, standard_deviation};
pub use enough::{Enough, seeds_to_tell};
pub use scores::Scores;
