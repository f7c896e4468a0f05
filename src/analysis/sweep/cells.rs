//! [`rows`]: every cell with its state.
//!
//! Does not know about scores.

use super::{CellRow, sources::Sources};
use crate::{
    record::{RunState, id_of},
    spec::toml_text,
    sweep::store::{CellStatus, Derived, WorkerEvent},
};
use std::collections::BTreeMap;

/// Every cell in the order of the plan.
pub(super) fn rows(sources: &Sources<'_>, place_of: &[usize]) -> Vec<CellRow> {
    let left_out = left_out(sources);
    let row = |((cell_status, place), run): ((&CellStatus, &usize), &Option<usize>)| {
        let CellStatus { cell, state, status, derived, .. } = cell_status;
        CellRow {
            number: cell.number,
            what: cell.what.clone(),
            setting: *place,
            seed: cell.seed,
            fold: cell.fold,
            state: *state,
            reason: match state {
                RunState::Queued | RunState::Interrupted => {
                    left_out.get(cell.run_id.as_str()).map(|&reason| reason.to_owned())
                }
                _ => cell_status.reason.clone(),
            },
            epochs: status.as_ref().map_or(0, |status| status.epoch),
            run: match run {
                Some(run) => Some(sources.tables.runs[*run].run.clone()),
                None => cell_status.run.as_deref().map(id_of),
            },
            changed: derived.as_ref().map(changes),
        }
    };
    sources.statuses.iter().zip(place_of).zip(&sources.run_of).map(row).collect()
}

/// Why a cell was left out last, by its run; what was begun after that is not left out.
fn left_out<'a>(sources: &'a Sources<'_>) -> BTreeMap<&'a str, &'a str> {
    let mut reasons = BTreeMap::new();
    for done in &sources.worker_events {
        match &done.event {
            WorkerEvent::LeftOut { run, reason, .. } => {
                reasons.insert(run.as_str(), reason.as_str());
            }
            WorkerEvent::Started { run, .. } => {
                reasons.remove(run.as_str());
            }
            _ => {}
        }
    }
    reasons
}

fn changes(derived: &Derived) -> String {
    let change = |(key, value): (&String, _)| format!("{key} = {}", toml_text(value));
    derived.changes.iter().map(change).collect::<Vec<_>>().join(", ")
}
