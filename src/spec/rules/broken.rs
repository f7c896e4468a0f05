//! [`BrokenRules`]: the rules that a spec breaks, each with its place.

use crate::{
    base::{Fault, Place},
    spec::{Origins, source::Origin},
};
use std::collections::BTreeSet;

/// The rules that a spec breaks.
pub(super) struct BrokenRules<'a> {
    pub(super) origins: &'a Origins,
    /// Keys that do not hold what the user meant.
    pub(super) faulty: &'a BTreeSet<String>,
    /// The place of a rule when none of its keys was written.
    pub(super) file: &'a Place,
    pub(super) faults: Vec<Fault>,
}

impl BrokenRules<'_> {
    /// Adds that `keys` together break a rule; the first that was written is the place. Nothing is
    /// added when one of them is faulty already.
    pub(super) fn add(&mut self, keys: &[&str], fault: Fault) {
        let below = |key: &str, table: &str| {
            key.strip_prefix(table)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let touches = |key: &&str| self.faulty.iter().any(|it| below(it, key) || below(key, it));
        if keys.iter().any(touches) {
            return;
        }
        let place = keys.iter().find_map(|key| self.origins.of_key(key).place());
        self.faults.push(fault.at(place.unwrap_or_else(|| self.file.clone())));
    }

    /// Where a key was written.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.origins.of_key(key)
    }
}
