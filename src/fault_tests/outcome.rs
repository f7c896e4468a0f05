//! [`Outcome`]: the result of one part of a campaign.
//!
//! Does not know the faults.

use serde::Serialize;
use std::collections::BTreeMap;

/// How many problems are kept as text; all are counted.
const MOST: usize = 40;

/// The result of one part of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Name of the part.
    pub part: &'static str,
    /// How often each action was done, and how often it had each result.
    pub counts: BTreeMap<String, usize>,
    /// The first problems.
    pub problems: Vec<String>,
    /// How many problems there are.
    pub n_problems: usize,
    /// What could not be tested here, and why.
    pub skipped: Vec<String>,
    /// Duration in seconds.
    pub seconds: f64,
}

impl Outcome {
    pub(super) fn new(part: &'static str) -> Self {
        Self { part, ..Self::default() }
    }

    pub(super) fn count(&mut self, what: impl Into<String>, n: usize) {
        *self.counts.entry(what.into()).or_default() += n;
    }

    pub(super) fn problem(&mut self, what: impl Into<String>) {
        self.n_problems += 1;
        if self.problems.len() < MOST {
            self.problems.push(what.into());
        }
    }

    /// Adds the problems of one trial, each with its place.
    pub(super) fn problems(&mut self, place: &str, found: impl IntoIterator<Item = String>) {
        for what in found {
            self.problem(format!("{place}: {what}"));
        }
    }

    /// Adds what another thread counted.
    pub(super) fn add(&mut self, other: Self) {
        for (what, n) in other.counts {
            self.count(what, n);
        }
        self.n_problems += other.n_problems;
        self.problems.extend(other.problems);
        self.problems.truncate(MOST);
        self.skipped.extend(other.skipped);
    }
}
