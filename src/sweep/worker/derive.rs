//! [`smaller`]: the same experiment with less memory: a smaller batch, whose gradients are
//! accumulated to the same number of cases in a step.
//!
//! A batch of one case cannot get smaller. A smaller training grid would need less memory, but that
//! is another experiment, so the user must decide it.
//!
//! Does not know what ran out of memory.

use crate::spec::{Experiment, Settings};

/// The experiment with the largest batch that divides its own and is at most half of it, and the
/// changed keys; `None` when there is none.
pub(super) fn smaller(experiment: &Experiment) -> Option<(Experiment, Settings)> {
    let batch = experiment.train.batch;
    let smaller = (1..=batch / 2).rev().find(|smaller| batch.is_multiple_of(*smaller))?;
    let accumulate = experiment.train.accumulate * (batch / smaller);
    let mut derived = experiment.clone();
    (derived.train.batch, derived.train.accumulate) = (smaller, accumulate);
    let changes = [("train.batch", smaller), ("train.accumulate", accumulate)];
    Some((derived, changes.map(|(key, value)| (key.to_owned(), value.into())).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    #[test]
    fn a_step_sees_as_many_cases_as_before() {
        let text = "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n[train]\nbatch = BATCH";
        for (batch, expected) in
            [(2, Some((1, 2))), (6, Some((3, 2))), (9, Some((3, 3))), (7, Some((1, 7))), (1, None)]
        {
            let experiment = load_resolved(&text.replace("BATCH", &batch.to_string())).unwrap();
            let found = smaller(&experiment)
                .map(|(derived, _)| (derived.train.batch, derived.train.accumulate));
            assert_eq!(found, expected);
        }
    }
}
