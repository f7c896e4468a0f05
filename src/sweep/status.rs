//! [`SweepStatus`]: a sweep at one moment, for people who wait for it.
//!
//! Does not know how it is shown.

use super::{
    slurm::{QueuedTask, queued},
    store::{
        CellStatus, LoggedEvent, SweepFolder, SweepPlan, WorkerEvent, WorkerInfo, cell_statuses,
        refusals, worker_events, workers,
    },
};
use crate::{
    base::Result,
    event::Event,
    record::{self, Owner, RunState},
    spec::Settings,
    statistics::median,
};
use std::collections::BTreeMap;

/// A sweep at one moment.
#[derive(Debug)]
pub struct SweepStatus {
    /// Its plan.
    pub plan: SweepPlan,
    /// Every cell, in the order of the plan.
    pub cells: Vec<CellProgress>,
    /// Every worker it ever had.
    pub workers: Vec<WorkerInfo>,
    /// The tasks in Slurm's queue; `None` when Slurm does not answer.
    pub queue: Option<Vec<QueuedTask>>,
    /// Seconds until all cells are done; `None` while no cell runs, or before the first is done.
    pub seconds_left: Option<f64>,
}

/// A cell with its progress.
#[derive(Debug)]
pub struct CellProgress {
    /// The cell and its state.
    pub status: CellStatus,
    /// Epochs done.
    pub epoch: usize,
    /// Epochs planned, where it runs or was interrupted.
    pub epochs: Option<usize>,
    /// The best monitored score so far.
    pub best: Option<f64>,
    /// What else is known: who works on it, why it failed.
    pub remark: String,
}

impl SweepStatus {
    /// Reads it from the sweep's folder and the runs.
    ///
    /// # Errors
    /// * when there is no sweep
    /// * when the runs or the workers cannot be listed
    pub fn read(folder: &SweepFolder) -> Result<Self> {
        let plan = SweepPlan::read(folder)?;
        let events = worker_events(folder)?;
        let (scores, refusals) = (best_scores(&events), refusals(&events));
        let statuses = cell_statuses(folder, &plan)?.into_iter();
        let cells: Vec<CellProgress> = statuses
            .map(|status| {
                let run_id = status.cell.run_id.as_str();
                let (score, refusal) = (scores.get(run_id), refusals.get(run_id));
                CellProgress::of(score.copied(), refusal.copied(), status)
            })
            .collect();
        let seconds_left = seconds_left(&cells, &events);
        let (workers, queue) = (workers(folder)?, queued(folder));
        Ok(Self { plan, cells, workers, queue, seconds_left })
    }

    /// Cells by state.
    pub fn counts(&self) -> BTreeMap<RunState, usize> {
        let mut counts = BTreeMap::new();
        for cell in &self.cells {
            *counts.entry(cell.status.state).or_default() += 1;
        }
        counts
    }

    /// At most `limit` cells: all of them in order, or else those that need attention first.
    pub fn most_relevant(&self, limit: usize) -> Vec<&CellProgress> {
        let mut cells: Vec<&CellProgress> = self.cells.iter().collect();
        if cells.len() > limit {
            cells.sort_by_key(|cell| match cell.status.state {
                RunState::Running => 0,
                RunState::Failed | RunState::Damaged => 1,
                RunState::Interrupted | RunState::Preempted => 2,
                RunState::Finished | RunState::StoppedEarly => 3,
                RunState::Pruned => 4,
                RunState::Queued => 5,
            });
            cells.truncate(limit);
        }
        cells
    }
}

impl CellProgress {
    /// The log is read only of a cell that runs or was interrupted.
    fn of(score: Option<f64>, refusal: Option<&str>, status: CellStatus) -> Self {
        let remark = remark(&status, refusal);
        let epoch = status.status.as_ref().map_or(0, |status| status.epoch);
        let mut progress = Self { status, epoch, epochs: None, best: None, remark };
        if let (Some(dir), RunState::Running | RunState::Interrupted) =
            (&progress.status.run, progress.status.state)
        {
            for event in record::follow(dir).read().unwrap_or_default() {
                match event {
                    Event::Started { epochs, .. } => progress.epochs = Some(epochs),
                    Event::Epoch { epoch, monitored, is_best, .. } => {
                        progress.epoch = epoch;
                        if is_best {
                            progress.best = monitored;
                        }
                    }
                    _ => {}
                }
            }
        }
        progress.best = progress.best.or(score);
        progress
    }

    /// The part of the cell that is still to be done, from 0 to 1.
    fn share_left(&self) -> f64 {
        match (self.status.state, self.epochs) {
            (RunState::Queued, _) | (RunState::Running | RunState::Interrupted, None) => 1.0,
            (RunState::Running | RunState::Interrupted, Some(epochs)) => {
                1.0 - self.epoch as f64 / epochs.max(1) as f64
            }
            _ => 0.0,
        }
    }
}

/// Seconds until all cells are done. A cell takes the median of the finished cells with the same
/// settings, or else of all finished ones; as many run at once as do now.
fn seconds_left(cells: &[CellProgress], events: &[LoggedEvent]) -> Option<f64> {
    let mut seconds: BTreeMap<&str, f64> = BTreeMap::new();
    for logged in events {
        if let WorkerEvent::Ended { run, seconds: taken, .. } = &logged.event {
            *seconds.entry(run.as_str()).or_default() += taken;
        }
    }
    let mut all: Vec<f64> = Vec::new();
    let mut by_setting: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| cell.status.state == RunState::Finished) {
        if let Some(taken) = seconds.get(cell.status.cell.run_id.as_str()) {
            all.push(*taken);
            by_setting.entry(key(&cell.status.cell.settings)).or_default().push(*taken);
        }
    }
    let n_running = cells.iter().filter(|cell| cell.status.state == RunState::Running).count();
    if all.is_empty() || n_running == 0 {
        return None;
    }
    let usual = |cell: &CellProgress| {
        let same = by_setting.get(&key(&cell.status.cell.settings));
        median(same.unwrap_or(&all))
    };
    let left: f64 = cells
        .iter()
        .filter(|cell| cell.share_left() > 0.0)
        .map(|cell| cell.share_left() * usual(cell))
        .sum();
    Some(left / n_running as f64)
}

fn key(settings: &Settings) -> String {
    serde_json::to_string(settings).unwrap_or_default()
}

/// The latest score of each run that its workers have written down.
fn best_scores(events: &[LoggedEvent]) -> BTreeMap<&str, f64> {
    let mut scores = BTreeMap::new();
    for logged in events {
        if let WorkerEvent::Ended { run, outcome, .. } = &logged.event {
            scores.extend(outcome.score.map(|score| (run.as_str(), score)));
        }
    }
    scores
}

fn remark(cell: &CellStatus, refusal: Option<&str>) -> String {
    let derived = cell.derived.as_ref().map(|derived| {
        let batch = derived.changes.get("train.batch").map(ToString::to_string);
        format!("with batches of {}; ", batch.unwrap_or_default())
    });
    let remark = match cell.state {
        RunState::Running => cell.owner.as_ref().map_or(String::new(), Owner::name),
        RunState::Queued => refusal.unwrap_or_default().to_owned(),
        _ => {
            let class = cell.failure().map(|failure| format!("{}: ", failure.class.name()));
            class.unwrap_or_default() + cell.reason.as_deref().unwrap_or_default()
        }
    };
    derived.unwrap_or_default() + &remark
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn cell(idx: usize, state: RunState, width: usize) -> CellProgress {
        let mut status = CellStatus::example(state, None);
        status.cell.run_id = idx.to_string();
        status.cell.settings = [("model.widths".to_owned(), width.into())].into();
        CellProgress { status, epoch: 0, epochs: None, best: None, remark: String::new() }
    }

    fn ended(run: usize, seconds: f64) -> LoggedEvent {
        let outcome = super::super::store::Outcome::refused(String::new());
        let (run, device) = (run.to_string(), "cpu".to_owned());
        let event = WorkerEvent::Ended { cell: 0, run, device, seconds, outcome, note: None };
        LoggedEvent { time: DateTime::UNIX_EPOCH, event }
    }

    #[test]
    fn cells_take_what_finished_ones_with_the_same_settings_took() {
        let mut cells = vec![
            cell(0, RunState::Finished, 4),
            cell(1, RunState::Finished, 8),
            cell(2, RunState::Running, 8),
            cell(3, RunState::Queued, 16),
            cell(4, RunState::Failed, 8),
        ];
        (cells[2].epoch, cells[2].epochs) = (3, Some(4));
        let events = [ended(0, 10.0), ended(1, 30.0), ended(1, 10.0)];
        // A quarter of 40 s, and the median of 10 and 40 s where nothing like it has finished.
        assert_eq!(seconds_left(&cells, &events), Some(10.0 + 25.0));
        assert_eq!(seconds_left(&cells[..2], &events), None, "nothing runs");
        assert_eq!(seconds_left(&cells[2..], &events), None, "nothing has finished");
    }
}
