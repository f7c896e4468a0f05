//! `seglab sweep status`: how every cell of a sweep stands at this moment.
//!
//! Knows nothing of how that is found out.

use super::{
    super::print::{UNDEFINED, aligned, duration, json, print, score},
    name, slurm,
};
use crate::{
    base::Result,
    event::Event,
    record::{self, Owner, RunState},
    sweep::{
        slurm::{Queued, queued},
        store::{
            CellStatus, Done, SweepFolder, SweepPlan, WorkerEvent, WorkerSeen, cell_statuses,
            refusals, worker_events, workers,
        },
    },
};
use clap::Args;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write},
    path::PathBuf,
    thread,
    time::Duration,
};

/// Between two looks of `--watch`.
const LOOK: Duration = Duration::from_secs(2);
/// Clears a terminal.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Shows how every cell of a sweep stands.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Name of the sweep, or its spec file.
    sweep: String,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Print JSON, and every cell.
    #[arg(long, conflicts_with = "watch")]
    json: bool,
    /// Look again every two seconds, until Ctrl-C.
    #[arg(long)]
    watch: bool,
    /// The most cells to show.
    #[arg(long, value_name = "N", default_value_t = 60)]
    limit: usize,
}

/// A sweep at one moment.
struct Seen {
    plan: SweepPlan,
    cells: Vec<CellStatus>,
    worker_events: Vec<Done>,
    workers: Vec<WorkerSeen>,
    /// What waits or runs in Slurm's queue, if Slurm says.
    queue: Option<Vec<Queued>>,
}

/// How far a cell came, and how well it did.
#[derive(Default)]
struct Progress {
    epoch: usize,
    epochs: Option<usize>,
    best: Option<f64>,
}

impl Command {
    /// Prints how the sweep stands.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let folder = name::folder(&self.sweep, &self.runs)?;
        loop {
            let seen = Seen::now(&folder)?;
            if self.json {
                return json(out, &seen.as_json());
            }
            let text = seen.shown(self.limit);
            if !self.watch {
                return print(out, &text);
            }
            let clear = if std::io::stdout().is_terminal() { CLEAR } else { "" };
            print(out, &format!("{clear}{text}"))?;
            thread::sleep(LOOK);
        }
    }
}

impl Seen {
    fn now(folder: &SweepFolder) -> Result<Self> {
        let plan = SweepPlan::read(folder)?;
        let cells = cell_statuses(folder, &plan)?;
        let (worker_events, workers) = (worker_events(folder)?, workers(folder)?);
        Ok(Self { plan, cells, worker_events, workers, queue: queued(folder) })
    }

    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for cell in &self.cells {
            *counts.entry(cell.state.name()).or_default() += 1;
        }
        counts
    }

    /// Seconds until all is done, from how long finished cells took and how many run at once.
    fn seconds_left(&self) -> Option<f64> {
        let mut taken: BTreeMap<&str, f64> = BTreeMap::new();
        for done in &self.worker_events {
            if let WorkerEvent::Ended { run, seconds, .. } = &done.deed {
                *taken.entry(run.as_str()).or_default() += seconds;
            }
        }
        let is_finished = |cell: &&CellStatus| cell.state == RunState::Finished;
        let mut whole: Vec<f64> = self
            .cells
            .iter()
            .filter(is_finished)
            .filter_map(|cell| taken.get(cell.cell.run_id.as_str()).copied())
            .collect();
        whole.sort_by(f64::total_cmp);
        let usual = whole.get(whole.len() / 2).copied()?;
        let n_at_once = self.cells.iter().filter(|cell| cell.state == RunState::Running).count();
        let left: f64 = self.cells.iter().map(|cell| share_left(cell) * usual).sum();
        (n_at_once > 0).then(|| left / n_at_once as f64)
    }

    fn shown(&self, limit: usize) -> String {
        let mut rows = vec![
            ["cell", "what differs", "state", "epoch", "best", ""].map(str::to_owned).to_vec(),
        ];
        // What is worth a look comes first where not all can be shown.
        let mut order: Vec<&CellStatus> = self.cells.iter().collect();
        if order.len() > limit {
            order.sort_by_key(|cell| rank(cell.state));
        }
        let (scores, refusals) = (self.scores(), refusals(&self.worker_events));
        for cell in order.iter().take(limit) {
            let progress = progress(cell);
            let best = progress.best.or_else(|| scores.get(cell.cell.run_id.as_str()).copied());
            let of = progress.epochs.map_or(String::new(), |epochs| format!("/{epochs}"));
            let epoch = match (&cell.run, progress.epoch) {
                (None, _) => UNDEFINED.to_owned(),
                (Some(_), epoch) => format!("{epoch}{of}"),
            };
            rows.push(vec![
                (cell.cell.number + 1).to_string(),
                cell.cell.what.clone(),
                cell.state.name().to_owned(),
                epoch,
                score(best),
                remark(cell, &refusals),
            ]);
        }
        let mut text = aligned(&rows);
        if let Some(more) = self.cells.len().checked_sub(limit).filter(|more| *more > 0) {
            text.extend([format!("{more} more cells\n")]);
        }
        text + "\n" + &self.summary()
    }

    /// The best score of each cell that its workers have written down, by run.
    fn scores(&self) -> BTreeMap<&str, f64> {
        let score = |done: &Done| match &done.deed {
            WorkerEvent::Ended { outcome, .. } => outcome.score,
            _ => None,
        };
        self.worker_events
            .iter()
            .filter_map(|done| Some((done.deed.run()?, score(done)?)))
            .collect()
    }

    fn summary(&self) -> String {
        let counts = self.counts();
        let words: Vec<String> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
        let mut text = format!("{} cells: {}\n", self.cells.len(), words.join(", "));
        if let Some(trials) = self.plan.n_trials {
            let proposed = self.cells.iter().filter_map(|cell| cell.cell.trial).max();
            let n = proposed.map_or(0, |last| last + 1);
            text.extend([format!("{n} of {trials} trials proposed\n")]);
        }
        let living: Vec<String> = self
            .workers
            .iter()
            .filter(|worker| worker.alive)
            .map(|worker| {
                let name = worker.owner.as_ref().map_or_else(|| worker.name.clone(), Owner::name);
                worker.job.as_ref().map_or(name.clone(), |job| format!("{name} ({job})"))
            })
            .collect();
        text.extend([match living.as_slice() {
            [] => "no worker is there\n".to_owned(),
            living => format!("workers: {}\n", living.join(", ")),
        }]);
        if let Some(left) = self.seconds_left() {
            text.extend([format!("about {} left\n", duration(left))]);
        }
        text + &slurm::shown(self.queue.as_deref().unwrap_or_default())
    }

    fn as_json(&self) -> Value {
        let (scores, refusals) = (self.scores(), refusals(&self.worker_events));
        let cell = |cell: &CellStatus| {
            let progress = progress(cell);
            let best = progress.best.or_else(|| scores.get(cell.cell.run_id.as_str()).copied());
            json!({
                "cell": cell.cell.number + 1,
                "what": cell.cell.what,
                "settings": cell.cell.settings,
                "seed": cell.cell.seed,
                "fold": cell.cell.fold,
                "trial": cell.cell.trial,
                "run": cell.cell.run_id,
                "state": cell.state.name(),
                "epoch": progress.epoch,
                "best": best,
                "derived": cell.derived,
                "remark": remark(cell, &refusals),
            })
        };
        let worker = |worker: &WorkerSeen| json!({ "name": worker.name, "alive": worker.alive, "job": worker.job });
        json!({
            "experiment": self.plan.experiment,
            "counts": self.counts(),
            "seconds-left": self.seconds_left(),
            "trials": self.plan.n_trials,
            "workers": self.workers.iter().map(worker).collect::<Vec<_>>(),
            "slurm": self.queue.as_deref().map(slurm::as_json),
            "cells": self.cells.iter().map(cell).collect::<Vec<_>>(),
        })
    }
}

/// Order in which cells are worth a look.
fn rank(state: RunState) -> usize {
    match state {
        RunState::Running => 0,
        RunState::Failed | RunState::Damaged => 1,
        RunState::Interrupted | RunState::Preempted => 2,
        RunState::Finished | RunState::StoppedEarly => 3,
        RunState::Pruned => 4,
        RunState::Queued => 5,
    }
}

/// What is left of a cell, as a share of all of it.
fn share_left(cell: &CellStatus) -> f64 {
    match cell.state {
        RunState::Queued => 1.0,
        RunState::Running | RunState::Interrupted => {
            let Progress { epoch, epochs, .. } = progress(cell);
            epochs.map_or(1.0, |epochs| 1.0 - epoch as f64 / epochs.max(1) as f64)
        }
        _ => 0.0,
    }
}

/// How far a cell came. Of one that is under way the log is read, of others the status alone.
fn progress(cell: &CellStatus) -> Progress {
    let epoch = cell.status.as_ref().map_or(0, |status| status.epoch);
    let mut progress = Progress { epoch, ..Progress::default() };
    let is_under_way = matches!(cell.state, RunState::Running | RunState::Interrupted);
    let Some(dir) = cell.run.as_ref().filter(|_| is_under_way) else { return progress };
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
    progress
}

/// What is worth knowing of a cell beside its state.
fn remark(cell: &CellStatus, refusals: &BTreeMap<&str, &str>) -> String {
    let derived = cell.derived.as_ref().map(|derived| {
        let batch = derived.changes.get("train.batch").map(ToString::to_string);
        format!("with batches of {}; ", batch.unwrap_or_default())
    });
    let remark = match cell.state {
        RunState::Running => cell.owner.as_ref().map_or(String::new(), Owner::name),
        RunState::Queued => (*refusals.get(cell.cell.run_id.as_str()).unwrap_or(&"")).to_owned(),
        _ => {
            let class = cell.failure().map(|failure| format!("{}: ", failure.class.name()));
            class.unwrap_or_default() + cell.reason.as_deref().unwrap_or_default()
        }
    };
    derived.unwrap_or_default() + &remark
}
