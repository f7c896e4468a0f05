//! [`propose`]: the next trial of a search that learns, written down before anybody runs it.
//!
//! Knows nothing of how a sampler thinks.

use super::{item::Place, worker::Worker};
use crate::{
    error::Result,
    event::Event,
    record::{
        self,
        sweep::{CellStanding, CellState, SweepPlan, TrialFile},
    },
    sweep::{self, Trial},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Other workers propose trials too; the folder is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a worker remembers of a search.
#[derive(Debug)]
pub(super) struct Trials {
    next_look: Instant,
    /// Scores of finished runs, by run id.
    scores: BTreeMap<String, Option<f64>>,
}

impl Trials {
    pub(super) fn new() -> Self {
        Self { next_look: Instant::now(), scores: BTreeMap::new() }
    }
}

/// Proposes the next trial, or takes in what another worker proposed. Whether there are new cells.
pub(super) fn propose(worker: &mut Worker<'_>) -> Result<bool> {
    let Some(search) = worker.applied.source.search.as_ref().filter(|search| search.learns())
    else {
        return Ok(false);
    };
    let n_trials = search.n_trials();
    if Instant::now() < worker.trials.next_look {
        return Ok(false);
    }
    worker.trials.next_look = Instant::now() + LOOK_AGAIN;
    let n_known = worker.applied.plan.cells.len();
    worker.applied.plan.cells = SweepPlan::read(&worker.applied.folder)?.cells;
    if worker.applied.plan.cells.len() > n_known {
        return worker.enter_cells().map(|()| true);
    }
    let numbers = worker.items.iter().filter_map(|item| item.cell.trial);
    let number = numbers.max().map_or(0, |last| last + 1);
    if number >= n_trials {
        return Ok(false);
    }
    let history = history(worker)?;
    let Some(search) = &worker.applied.source.search else { return Ok(false) };
    let cells = match search.propose(number, &history) {
        Some(settings) => {
            let cells = sweep::trial(&worker.applied.loaded, number, &settings, n_known)?;
            worker.applied.name(&cells)?
        }
        // Every setting has been tried; that is written down like any other proposal.
        None => Vec::new(),
    };
    let proposed = TrialFile { trial: number, n_before: history.len(), cells };
    let stands = proposed.propose(&worker.applied.folder)?;
    let is_new = !stands.cells.is_empty();
    worker.applied.plan.cells.extend(stands.cells);
    worker.enter_cells()?;
    // The next free slot need not wait for its own.
    worker.trials.next_look = Instant::now();
    Ok(is_new)
}

/// The trials whose cells have all come to an end.
fn history(worker: &mut Worker<'_>) -> Result<Vec<Trial>> {
    let mut trials: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (item_idx, item) in worker.items.iter().enumerate() {
        if let Some(trial) = item.cell.trial {
            trials.entry(trial).or_default().push(item_idx);
        }
    }
    let mut history = Vec::new();
    for (number, members) in trials {
        let has_ended =
            |idx: &usize| matches!(worker.items[*idx].place, Place::Over | Place::GivenUp);
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
    let standing = CellStanding::of(&worker.applied.folder, cell)?;
    let score = match (&standing.state, &standing.run) {
        (CellState::Finished | CellState::Pruned { .. }, Some(dir)) => {
            let best = |entry: &record::Entry| match entry.event {
                Event::Epoch { monitored, is_best: true, .. } => monitored,
                _ => None,
            };
            record::read_run(dir)?.events.iter().rev().find_map(best)
        }
        _ => None,
    };
    worker.trials.scores.insert(cell.run_id.clone(), score);
    Ok(score)
}
