//! [`propose`]: the next trial of a search that learns, written before it runs.
//!
//! Does not know how a sampler works.

use super::{item::ItemState, worker::Worker};
use crate::{
    base::{Error, ErrorCode, Result},
    event::Event,
    record,
    spec::Settings,
    sweep::{
        self, Cell, Trial,
        store::{CellStatus, TrialFile},
    },
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Interval of checks for trials that other workers have proposed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Proposes the next trial, or enters one that another worker proposed. Returns whether there are
/// new cells. While other cells may start, nothing is proposed: more results make a better
/// proposal.
pub(super) fn propose(worker: &mut Worker<'_>) -> Result<bool> {
    let learns = |search: &sweep::Search| search.learns();
    if !worker.applied.source.search.as_ref().is_some_and(learns)
        || worker.trials.is_exhausted
        || Instant::now() < worker.trials.next_look
        || worker
            .items
            .iter()
            .any(|it| it.state == ItemState::Open && it.may_run_on(&worker.options.slots))
    {
        return Ok(false);
    }
    worker.trials.next_look = Instant::now() + LOOK_AGAIN;
    let proposed = TrialFile::all(&worker.applied.folder)?;
    if take_in(worker, &proposed)? {
        return Ok(true);
    }
    let last = proposed.iter().map(|file| file.trial);
    let first = worker.items.iter().filter_map(|item| item.cell.trial);
    let number = last.chain(first).max().map_or(0, |last| last + 1);
    let history = history(worker, &proposed)?;
    let Some(search) = &worker.applied.source.search else { return Ok(false) };
    if number >= search.n_trials() {
        worker.trials.is_exhausted = true;
        return Ok(false);
    }
    let taken: Vec<Settings> = worker.items.iter().map(|it| it.cell.settings.clone()).collect();
    let settings = search.propose_beside(number, &history, &taken);
    let cells = match &settings {
        Some(settings) => cells(worker, number, settings)?,
        None => Vec::new(),
    };
    let file = TrialFile { trial: number, settings, cells };
    let stands = file.propose(&worker.applied.folder)?;
    worker.trials.is_exhausted = stands.settings.is_none();
    let is_new = take_in(worker, &[stands])?;
    if is_new {
        // The next free slot need not wait for its own.
        worker.trials.next_look = Instant::now();
    }
    Ok(is_new)
}

/// Enters the cells of new proposals. Returns whether there were any.
fn take_in(worker: &mut Worker<'_>, proposed: &[TrialFile]) -> Result<bool> {
    let n_known = worker.items.len();
    for file in proposed {
        let is_known = worker.items.iter().any(|item| item.cell.trial == Some(file.trial));
        if !is_known {
            worker.applied.plan.cells.extend(file.cells.iter().cloned());
        }
        worker.enter_cells()?;
    }
    Ok(worker.items.len() > n_known)
}

/// The cells of a trial. Empty when the spec does not allow its settings together, which counts
/// as a failed trial.
fn cells(worker: &mut Worker<'_>, number: usize, settings: &Settings) -> Result<Vec<Cell>> {
    let first_number = worker.applied.plan.cells.len();
    match sweep::trial(&worker.applied.loaded, number, settings, first_number) {
        Ok(cells) => worker.applied.name(&cells),
        Err(Error { code: ErrorCode::Request, .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The trials that have ended.
fn history(worker: &mut Worker<'_>, proposed: &[TrialFile]) -> Result<Vec<Trial>> {
    let mut trials: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (item_idx, item) in worker.items.iter().enumerate() {
        if let Some(trial) = item.cell.trial {
            trials.entry(trial).or_default().push(item_idx);
        }
    }
    let mut history = Vec::new();
    for file in proposed.iter().filter(|file| file.cells.is_empty()) {
        if let Some(settings) = &file.settings {
            let (number, settings) = (file.trial, settings.clone());
            history.push(Trial { number, settings, score: None });
        }
    }
    for (number, members) in trials {
        let has_ended =
            |idx: &usize| matches!(worker.items[*idx].state, ItemState::Over | ItemState::GivenUp);
        if !members.iter().all(has_ended) {
            continue;
        }
        let settings = worker.items[members[0]].cell.settings.clone();
        let scores: Vec<Option<f64>> =
            members.iter().map(|idx| score(worker, *idx)).collect::<Result<_>>()?;
        let n = scores.len() as f64;
        let score = scores.into_iter().sum::<Option<f64>>().map(|sum| sum / n);
        history.push(Trial { number, settings, score });
    }
    Ok(history)
}

/// The best monitored score of a cell; `None` when it failed.
fn score(worker: &mut Worker<'_>, item_idx: usize) -> Result<Option<f64>> {
    let cell = &worker.items[item_idx].cell;
    if let Some(known) = worker.trials.scores.get(&cell.run_id) {
        return Ok(*known);
    }
    let status = CellStatus::of(&worker.applied.folder, cell)?;
    let best = |entry: &record::Entry| match entry.event {
        Event::Epoch { monitored, is_best: true, .. } => monitored,
        _ => None,
    };
    let score = match &status.run {
        Some(dir) if status.state.is_over() => {
            record::read_run(dir)?.events.iter().rev().find_map(best)
        }
        _ => None,
    };
    worker.trials.scores.insert(cell.run_id.clone(), score);
    Ok(score)
}
