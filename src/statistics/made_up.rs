//! Scores for tests.

use super::scores::Scores;
use std::collections::BTreeMap;

/// A list of cases for each seed; seeds count from 1.
pub(super) fn by_seed(by_seed: &[&[f64]]) -> Scores {
    let named = |(case_idx, value): (usize, &f64)| (format!("case {case_idx:02}"), *value);
    let seed = |values: &&[f64]| -> BTreeMap<String, f64> {
        values.iter().enumerate().map(named).collect()
    };
    Scores::new(&(1..).zip(by_seed.iter().map(seed)).collect())
}
