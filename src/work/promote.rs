//! [`promote`]: cells that were given up and would not be now go on, once nothing else is left.
//!
//! Knows nothing of the rule.

use super::{item::Place, worker::Worker};
use crate::schedule::promotions;
use std::collections::BTreeSet;

/// Opens the cells that the rule would not give up any more. Whether there are any.
pub(super) fn promote(worker: &mut Worker<'_>) -> bool {
    let is_left = |place| matches!(place, Place::Open | Place::Here | Place::Elsewhere);
    if !worker.has_news || worker.items.iter().any(|item| is_left(item.place)) {
        return false;
    }
    worker.has_news = false;
    let experiment = &worker.applied.loaded.experiment;
    let Some(sweep) = &experiment.sweep else { return false };
    let ids: Vec<String> = worker.items.iter().map(|item| item.cell.run_id.clone()).collect();
    let folder = worker.applied.folder.runs();
    let back: BTreeSet<String> =
        promotions(&sweep.prune, &experiment.train.monitor, folder, &ids).into_iter().collect();
    for item in worker.items.iter_mut().filter(|item| back.contains(&item.cell.run_id)) {
        (item.is_promoted, item.place) = (true, Place::Open);
    }
    !back.is_empty()
}
