//! `seglab sweep status`: the state of every cell of a sweep at this moment.
//!
//! Does not know how that is found out.

use super::{
    super::print::{UNDEFINED, aligned, duration, json, print, score},
    name, slurm,
};
use crate::{
    base::Result,
    cli::folder::folder,
    record::Owner,
    sweep::{CellProgress, SweepStatus, store::WorkerInfo},
};
use clap::Args;
use serde_json::{Value, json};
use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    thread,
    time::Duration,
};

/// Interval of `--watch`.
const LOOK: Duration = Duration::from_secs(2);
/// Clears a terminal.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Shows the state of every cell of a sweep.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Name of the sweep, or its spec file.
    sweep: String,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
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

impl Command {
    /// Prints the state of the sweep.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let folder = name::folder(&self.sweep, &self.runs)?;
        loop {
            let status = SweepStatus::read(&folder)?;
            if self.json {
                return json(out, &as_json(&status));
            }
            let text = shown(&status, self.limit);
            if !self.watch {
                return print(out, &text);
            }
            let clear = if std::io::stdout().is_terminal() { CLEAR } else { "" };
            print(out, &format!("{clear}{text}"))?;
            thread::sleep(LOOK);
        }
    }
}

fn shown(status: &SweepStatus, limit: usize) -> String {
    let mut rows =
        vec![["cell", "what differs", "state", "epoch", "best", ""].map(str::to_owned).to_vec()];
    rows.extend(status.most_relevant(limit).into_iter().map(row));
    let mut text = aligned(&rows);
    if let Some(more) = status.cells.len().checked_sub(limit).filter(|more| *more > 0) {
        text.extend([format!("{more} more cells\n")]);
    }
    text + "\n" + &summary(status)
}

fn row(progress: &CellProgress) -> Vec<String> {
    let CellProgress { status, epoch, epochs, best, remark } = progress;
    let of = epochs.map_or(String::new(), |epochs| format!("/{epochs}"));
    let epoch =
        status.run.as_ref().map_or_else(|| UNDEFINED.to_owned(), |_| format!("{epoch}{of}"));
    vec![
        (status.cell.number + 1).to_string(),
        status.cell.what.clone(),
        status.state.name().to_owned(),
        epoch,
        score(*best),
        remark.clone(),
    ]
}

fn summary(status: &SweepStatus) -> String {
    let words: Vec<String> =
        status.counts().iter().map(|(state, n)| format!("{n} {state}")).collect();
    let mut text = format!("{} cells: {}\n", status.cells.len(), words.join(", "));
    if let Some(trials) = status.plan.n_trials {
        text.extend([format!("{} of {trials} trials proposed\n", status.plan.n_proposed())]);
    }
    let living = status.workers.iter().filter(|worker| worker.alive);
    let living: Vec<String> = living
        .map(|worker| {
            let name = worker.owner.as_ref().map_or_else(|| worker.name.clone(), Owner::name);
            worker.job.as_ref().map_or(name.clone(), |job| format!("{name} ({job})"))
        })
        .collect();
    text.extend([match living.as_slice() {
        [] => "no worker is running\n".to_owned(),
        living => format!("workers: {}\n", living.join(", ")),
    }]);
    if let Some(left) = status.seconds_left {
        text.extend([format!("about {} left\n", duration(left))]);
    }
    text + &slurm::shown(status.queue.as_deref().unwrap_or_default())
}

fn as_json(status: &SweepStatus) -> Value {
    let cell = |progress: &CellProgress| {
        let CellProgress { status, epoch, best, remark, .. } = progress;
        json!({
            "cell": status.cell.number + 1,
            "what": status.cell.what,
            "settings": status.cell.settings,
            "seed": status.cell.seed,
            "fold": status.cell.fold,
            "trial": status.cell.trial,
            "run": status.cell.run_id,
            "state": status.state,
            "epoch": epoch,
            "best": best,
            "derived": status.derived,
            "remark": remark,
        })
    };
    let worker = |worker: &WorkerInfo| json!({ "name": worker.name, "alive": worker.alive, "job": worker.job });
    json!({
        "experiment": status.plan.experiment,
        "counts": status.counts(),
        "seconds-left": status.seconds_left,
        "trials": status.plan.n_trials,
        "workers": status.workers.iter().map(worker).collect::<Vec<_>>(),
        "slurm": status.queue.as_deref().map(slurm::as_json),
        "cells": status.cells.iter().map(cell).collect::<Vec<_>>(),
    })
}
