//! [`Cell`]: one run of a sweep; [`PlannedCell`]: a cell before its data are known.
//!
//! Does not know about results.

use crate::spec::{Experiment, Settings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One run of a sweep: a setting with a seed and a fold. A line of `plan.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cell {
    /// Its place in the order in which cells should run, from 0.
    pub number: usize,
    /// The trial of a search, from 0; `None` for cells of a grid or of `include`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<usize>,
    /// How it differs from the other cells, in words: `max-lr = 0.001, seed 2`.
    pub what: String,
    /// The values of the axes.
    pub settings: Settings,
    /// Seed.
    pub seed: u64,
    /// Fold, from 0.
    pub fold: usize,
    /// Id of its run.
    pub run_id: String,
    /// Digest of its experiment and data.
    pub digest: String,
}

impl Cell {
    /// Its round: cells of one round differ only in their settings. The next round has the same
    /// settings with the next seed or fold.
    pub fn round(&self) -> (u64, usize) {
        (self.seed, self.fold)
    }
}

/// A cell before its data are known. They decide the id of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCell {
    /// As in [`Cell`].
    pub number: usize,
    /// As in [`Cell`].
    pub trial: Option<usize>,
    /// As in [`Cell`].
    pub settings: Settings,
    /// As in [`Cell`].
    pub seed: u64,
    /// As in [`Cell`].
    pub fold: usize,
    /// Its resolved spec.
    pub experiment: Experiment,
}

/// Keys that do not have the same value in all cells.
pub fn differing(cells: &[PlannedCell]) -> Vec<String> {
    let keys: BTreeSet<&String> = cells.iter().flat_map(|cell| cell.settings.keys()).collect();
    let first = |key: &String| cells.first().and_then(|cell| cell.settings.get(key));
    let differs = |key: &&&String| cells.iter().any(|cell| cell.settings.get(**key) != first(key));
    keys.iter().filter(differs).map(|key| (*key).clone()).collect()
}
