//! [`rows`]: failures of one kind together.
//!
//! Does not know what should be done about them.

use super::{FailureRow, sources::Sources};
use crate::{
    record::RunState,
    sweep::store::{WorkerEvent, refusals},
};
use std::collections::BTreeMap;

/// Failures by class and reason, those that hit most cells first. Two reasons are one when they
/// differ in numbers alone: a loss that became NaN at step 12 and one at step 340 failed alike.
pub(super) fn rows(sources: &Sources<'_>) -> Vec<FailureRow> {
    let (seconds, refusals) = (seconds(sources), refusals(&sources.worker_events));
    let mut kinds: BTreeMap<(String, String), FailureRow> = BTreeMap::new();
    for cell_status in &sources.statuses {
        let (class, reason, advice, is_passing) = match (cell_status.state, cell_status.failure()) {
            (_, Some(failure)) => (
                failure.class.name(),
                failure.reason.as_str(),
                failure.advice.clone(),
                failure.class.is_passing(),
            ),
            (RunState::Damaged, _) => {
                let reason = cell_status.reason.as_deref().unwrap_or_default();
                (RunState::Damaged.name(), reason, Vec::new(), false)
            }
            (RunState::Queued, _) => match refusals.get(cell_status.cell.run_id.as_str()) {
                Some(reason) => ("refused", *reason, Vec::new(), true),
                None => continue,
            },
            _ => continue,
        };
        let row = kinds.entry((class.to_owned(), kind_of(reason))).or_insert_with(|| FailureRow {
            class: class.to_owned(),
            reason: reason.to_owned(),
            advice,
            is_passing,
            ..FailureRow::default()
        });
        row.cells.push(cell_status.cell.what.clone());
        row.seconds += seconds.get(cell_status.cell.run_id.as_str()).copied().unwrap_or(0.0);
    }
    let mut rows: Vec<FailureRow> = kinds.into_values().collect();
    rows.sort_by(|a, b| b.cells.len().cmp(&a.cells.len()).then(b.seconds.total_cmp(&a.seconds)));
    rows
}

/// A reason with its numbers left open.
fn kind_of(reason: &str) -> String {
    let open = |letter: char| if letter.is_ascii_digit() { '#' } else { letter };
    let mut kind: Vec<char> = reason.chars().map(open).collect();
    kind.dedup_by(|next, before| *next == '#' && *before == '#');
    kind.into_iter().collect()
}

/// Seconds of the processes of each run.
fn seconds<'a>(sources: &'a Sources<'_>) -> BTreeMap<&'a str, f64> {
    let mut by_run = BTreeMap::new();
    for done in &sources.worker_events {
        if let WorkerEvent::Ended { run, seconds, .. } = &done.event {
            *by_run.entry(run.as_str()).or_default() += seconds;
        }
    }
    by_run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_tell_kinds_of_failure_apart() {
        let kinds = ["loss became NaN at step 12", "loss became NaN at step 9341"].map(kind_of);
        assert_eq!(kinds[0], kinds[1]);
        assert_ne!(kind_of("a"), kind_of("b"));
    }
}
