//! [`EpochPlan`]: how the batches of an epoch become optimizer steps.
//!
//! Knows nothing of what a batch holds or of gradients.

use crate::spec;

/// One pass over the training split: its cases in batches, its batches in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochPlan {
    n_cases: usize,
    batch: usize,
    accumulate: usize,
}

impl EpochPlan {
    /// The pass of a spec over so many cases.
    pub fn new(n_cases: usize, rules: &spec::Train) -> Self {
        Self { n_cases, batch: rules.batch.max(1), accumulate: rules.accumulate.max(1) }
    }

    /// Batches of an epoch.
    pub fn n_batches(self) -> usize {
        self.n_cases.div_ceil(self.batch)
    }

    /// Optimizer steps of an epoch.
    pub fn n_steps(self) -> usize {
        self.steps_of(self.n_batches())
    }

    /// Steps that the first `n_batches` of an epoch make.
    pub(super) fn steps_of(self, n_batches: usize) -> usize {
        n_batches.div_ceil(self.accumulate)
    }

    /// Whether the first `n_batches` of an epoch end with a step.
    pub(super) fn is_between_steps(self, n_batches: usize) -> bool {
        n_batches == self.n_batches()
            || n_batches < self.n_batches() && n_batches.is_multiple_of(self.accumulate)
    }

    /// The batches of the step after the first `n_done`, each with its share of the step's cases.
    /// They are what one batch of all these cases would be, be the last of them smaller.
    pub(super) fn shares(self, n_done: usize) -> Vec<f64> {
        let last = self.n_batches().min(n_done + self.accumulate);
        let n_cases = |from: usize, to: usize| {
            (to * self.batch).min(self.n_cases) - (from * self.batch).min(self.n_cases)
        };
        let all = n_cases(n_done, last).max(1) as f64;
        (n_done..last).map(|idx| n_cases(idx, idx + 1) as f64 / all).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(n_cases: usize, batch: usize, accumulate: usize) -> EpochPlan {
        EpochPlan::new(n_cases, &spec::Train { batch, accumulate, ..spec::Train::default() })
    }

    #[test]
    fn a_step_is_up_to_so_many_batches_and_a_last_one_counts_by_its_cases() {
        let five = pass(5, 2, 2);
        assert_eq!((five.n_batches(), five.n_steps()), (3, 2));
        assert_eq!(five.shares(0), [0.5, 0.5]);
        assert_eq!(five.shares(2), [1.0]);
        let all = pass(5, 2, 8);
        assert_eq!((all.n_steps(), all.shares(0)), (1, vec![0.4, 0.4, 0.2]));
        let plain = pass(5, 2, 1);
        assert_eq!((plain.n_batches(), plain.n_steps()), (3, 3));
        assert!((0..3).all(|n_done| plain.shares(n_done) == [1.0]));
        assert!(plain.shares(3).is_empty());
    }

    #[test]
    fn stops_come_between_steps_alone() {
        let stops = |pass: EpochPlan| {
            (0..=5).filter(|n_done| pass.is_between_steps(*n_done)).collect::<Vec<_>>()
        };
        assert_eq!(stops(pass(5, 1, 2)), [0, 2, 4, 5]);
        assert_eq!(stops(pass(5, 2, 2)), [0, 2, 3]);
        assert_eq!(stops(pass(5, 2, 1)), [0, 1, 2, 3]);
        let walked = |pass: EpochPlan| {
            let mut n_done = 0;
            while n_done < pass.n_batches() {
                assert!(pass.is_between_steps(n_done));
                n_done += pass.shares(n_done).len();
            }
            (n_done, pass.steps_of(n_done))
        };
        for pass in [pass(17, 1, 4), pass(17, 3, 4), pass(1, 4, 4), pass(16, 4, 2)] {
            assert_eq!(walked(pass), (pass.n_batches(), pass.n_steps()));
        }
    }
}
