//! [`Cell`]: one run of a sweep; and its name in words.
//!
//! Knows nothing of the other cells' results.

use super::plan::Plan;
use crate::spec::{Experiment, Settings, toml_text};
use std::collections::BTreeSet;

/// One run of a sweep: a setting with a seed and a fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its place in the order in which cells should run, from 0.
    pub number: usize,
    /// The trial of the search, from 0; `None` for cells of a grid or of `include`.
    pub trial: Option<usize>,
    /// The values of the axes.
    pub settings: Settings,
    /// The seed.
    pub seed: u64,
    /// The fold, from 0.
    pub fold: usize,
    /// All that it asks for.
    pub experiment: Experiment,
}

/// Keys that have not the same value in all cells.
pub fn differing(cells: &[Cell]) -> Vec<String> {
    let keys: BTreeSet<&String> = cells.iter().flat_map(|cell| cell.settings.keys()).collect();
    let first = |key: &String| cells.first().and_then(|cell| cell.settings.get(key));
    let differs = |key: &&&String| cells.iter().any(|cell| cell.settings.get(**key) != first(key));
    keys.iter().filter(differs).map(|key| (*key).clone()).collect()
}

/// What tells a cell from the others of its plan: `max-lr = 0.001, seed 2`.
pub fn words(plan: &Plan, cell: &Cell) -> String {
    let named = plan.differing.iter().zip(&plan.short);
    let mut parts: Vec<String> = named
        .filter_map(|(key, short)| {
            Some(format!("{short} = {}", toml_text(cell.settings.get(key)?)))
        })
        .collect();
    if plan.n_seeds > 1 {
        parts.push(format!("seed {}", cell.seed));
    }
    if plan.n_folds > 1 {
        parts.push(format!("fold {}", cell.fold));
    }
    if parts.is_empty() { "as the spec says".into() } else { parts.join(", ") }
}
