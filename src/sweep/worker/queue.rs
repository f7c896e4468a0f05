//! [`Until`]: which cells still fit before a given time, so that what is done stays balanced.
//!
//! The plan is ordered by rounds: every setting with its first seed and fold, then every setting
//! with the next. A cell that does not fit any more is left out, and so are all later rounds: with
//! half of a round, settings would have unequal numbers of seeds.
//!
//! Does not know how long anything takes.

use crate::base::text::duration;

/// The time that is left, for cells in the order of the plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    /// Seconds that are left.
    left: f64,
    /// The round whose cells did not all fit, by its place in the order of rounds.
    full: Option<usize>,
}

/// Whether a cell fits.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fit {
    /// It fits, or its time is not known.
    Yes,
    /// It is left out.
    No {
        /// Why.
        reason: String,
    },
}

impl Until {
    /// With so many seconds left.
    pub(super) fn new(left: f64) -> Self {
        Self { left, full: None }
    }

    /// Whether a cell of a round fits, given the seconds it will take. Must be called in the order
    /// of the plan.
    pub(super) fn fits(&mut self, round: usize, seconds: Option<f64>) -> Fit {
        if self.full.is_some_and(|full| round > full) {
            let reason = "another setting has fewer seeds and folds".to_owned();
            return Fit::No { reason };
        }
        if self.left <= 0.0 {
            self.full.get_or_insert(round);
            return Fit::No { reason: "the time limit is reached".to_owned() };
        }
        match seconds {
            Some(seconds) if seconds > self.left => {
                self.full.get_or_insert(round);
                let (needed, left) = (duration(seconds), duration(self.left));
                Fit::No { reason: format!("it takes about {needed}, but only {left} are left") }
            }
            _ => Fit::Yes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_takes_what_fits_and_the_next_waits_for_what_does_not() {
        let mut until = Until::new(100.0);
        let mut fits = |round, seconds| until.fits(round, Some(seconds)) == Fit::Yes;
        assert!(fits(0, 99.0));
        assert!(!fits(0, 101.0));
        assert!(fits(0, 50.0), "a shorter cell of the same round still fits");
        assert!(!fits(1, 1.0), "the next round would be unbalanced");
    }

    #[test]
    fn what_nobody_knows_the_length_of_is_begun_while_there_is_time() {
        assert_eq!(Until::new(5.0).fits(0, None), Fit::Yes);
        let Fit::No { reason } = Until::new(0.0).fits(0, None) else { panic!() };
        assert_eq!(reason, "the time limit is reached");
        let Fit::No { reason } = Until::new(45.0).fits(0, Some(600.0)) else { panic!() };
        assert_eq!(reason, "it takes about 10 min 00 s, but only 45.0 s are left");
    }
}
