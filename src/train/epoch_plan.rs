//! [`EpochPlan`]: how the batches of an epoch become optimizer steps.
//!
//! Does not know what a batch holds, or about gradients.

use crate::spec;

/// One pass over the training split: its cases in batches, its batches in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochPlan {
    n_cases: usize,
    batch: usize,
    accumulate: usize,
}

impl EpochPlan {
    /// The plan of a spec for `n_cases` training cases.
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

    /// Batches of the step after the first `n_done` of an epoch: the last step may have fewer.
    pub(super) fn batches_of_step(self, n_done: usize) -> usize {
        self.accumulate.min(self.n_batches().saturating_sub(n_done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(n_cases: usize, batch: usize, accumulate: usize) -> EpochPlan {
        EpochPlan::new(n_cases, &spec::Train { batch, accumulate, ..spec::Train::default() })
    }

    #[test]
    fn a_step_takes_as_many_batches_as_the_spec_says_or_what_is_left() {
        let five = plan(5, 2, 2);
        assert_eq!((five.n_batches(), five.n_steps()), (3, 2));
        assert_eq!([0, 2, 3].map(|n_done| five.batches_of_step(n_done)), [2, 1, 0]);
        let all = plan(5, 2, 8);
        assert_eq!((all.n_steps(), all.batches_of_step(0)), (1, 3));
        let single = plan(5, 2, 1);
        assert_eq!((single.n_batches(), single.n_steps()), (3, 3));
        assert_eq!([0, 2, 3].map(|n_done| single.batches_of_step(n_done)), [1, 1, 0]);
    }

    #[test]
    fn training_stops_only_between_steps() {
        let stops = |plan: EpochPlan| {
            (0..=5).filter(|n_done| plan.is_between_steps(*n_done)).collect::<Vec<_>>()
        };
        assert_eq!(stops(plan(5, 1, 2)), [0, 2, 4, 5]);
        assert_eq!(stops(plan(5, 2, 2)), [0, 2, 3]);
        assert_eq!(stops(plan(5, 2, 1)), [0, 1, 2, 3]);
        let walked = |plan: EpochPlan| {
            let mut n_done = 0;
            while n_done < plan.n_batches() {
                assert!(plan.is_between_steps(n_done));
                n_done += plan.batches_of_step(n_done);
            }
            (n_done, plan.steps_of(n_done))
        };
        for plan in [plan(17, 1, 4), plan(17, 3, 4), plan(1, 4, 4), plan(16, 4, 2)] {
            assert_eq!(walked(plan), (plan.n_batches(), plan.n_steps()));
        }
    }
}
