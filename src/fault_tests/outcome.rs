//! [`Outcome`]: what one part of a campaign counted and found.
//!
//! Does not know about how.

use serde::Serialize;
use std::collections::BTreeMap;

/// Most problems that are kept in words; all are counted.
const MOST: usize = 40;

/// What one part of a campaign counted and found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Name of the part.
    pub part: &'static str,
    /// How often what was done, and how often what came of it.
    pub counts: BTreeMap<String, usize>,
    /// What must not be, in words; the first ones.
    pub problems: Vec<String>,
    /// How many problems there are.
    pub n_problems: usize,
    /// What could not be tried here, and why.
    pub skipped: Vec<String>,
    /// Seconds it took.
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

    /// Adds the problems of one trial, each with where it was seen.
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
