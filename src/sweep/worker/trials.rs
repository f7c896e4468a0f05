//! [`Trials`]: what a worker remembers of a search that learns.
//!
//! Does not know how a trial is proposed.

use std::{collections::BTreeMap, time::Instant};

/// What a worker remembers of a search.
#[derive(Debug)]
pub(super) struct Trials {
    /// When to look again for trials that other workers have proposed.
    pub(super) next_look: Instant,
    /// Scores of finished runs, by run id.
    pub(super) scores: BTreeMap<String, Option<f64>>,
    /// Whether every setting has been tried.
    pub(super) is_exhausted: bool,
}

impl Trials {
    pub(super) fn new() -> Self {
        let (next_look, scores) = (Instant::now(), BTreeMap::new());
        Self { next_look, scores, is_exhausted: false }
    }
}
