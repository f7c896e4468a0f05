//! [`promote`]: pruned cells that would not be pruned now continue, when no other cell is left.
//!
//! Does not know about the rule.

use super::{item::ItemState, worker::Worker};
use crate::sweep::{Cell, prune::promoted_runs};
use std::collections::{BTreeMap, BTreeSet};

/// Opens the cells that the rule would not prune any more. Returns whether there are any.
pub(super) fn promote(worker: &mut Worker<'_>) -> bool {
    let is_left = |state| matches!(state, ItemState::Open | ItemState::Here | ItemState::Elsewhere);
    if !worker.has_ended_cells || worker.items.iter().any(|item| is_left(item.state)) {
        return false;
    }
    worker.has_ended_cells = false;
    let experiment = &worker.applied.loaded.experiment;
    let Some(sweep) = &experiment.sweep else { return false };
    // Only cells with the same seed and fold are compared.
    let mut rounds: BTreeMap<(u64, usize), Vec<String>> = BTreeMap::new();
    for Cell { seed, fold, run_id, .. } in worker.items.iter().map(|item| &item.cell) {
        rounds.entry((*seed, *fold)).or_default().push(run_id.clone());
    }
    let folder = worker.applied.folder.runs();
    let promoted =
        |ids: &Vec<String>| promoted_runs(&sweep.prune, &experiment.train.monitor, folder, ids);
    let back: BTreeSet<String> = rounds.values().flat_map(promoted).collect();
    for item in worker.items.iter_mut().filter(|item| back.contains(&item.cell.run_id)) {
        (item.is_promoted, item.state) = (true, ItemState::Open);
    }
    !back.is_empty()
}
