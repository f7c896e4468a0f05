//! `seglab sweep run --slurm`: a job array of workers instead of this process, and the state of its
//! tasks.
//!
//! Does not know Slurm's syntax.

use super::super::print::{aligned, print};
use crate::{
    base::{Fault, Result},
    sweep::{
        slurm::{QueuedTask, Script, SlurmOptions, WARNING, Worker, submit},
        store::cell_statuses,
        worker::Applied,
    },
};
use clap::Args;
use serde_json::{Value, json};
use std::{env, io::Write};

/// Tasks that a table lists.
const N_SHOWN: usize = 20;

/// Options for Slurm.
#[derive(Debug, Args)]
#[command(next_help_heading = "Slurm")]
pub(super) struct Slurm {
    /// Submit a job array of workers, and return at once.
    #[arg(id = "slurm", long)]
    is_asked: bool,
    /// Print the script, and neither submit nor write anything.
    #[arg(long, requires = "slurm")]
    dry_run: bool,
    /// Submit although workers of this sweep already wait or run.
    #[arg(long, requires = "slurm")]
    again: bool,
    /// Queue to wait in.
    #[arg(long, requires = "slurm", value_name = "NAME")]
    partition: Option<String>,
    /// Time limit of a worker, as in 8:00:00; a worker that reaches it is requeued and continues.
    #[arg(long, requires = "slurm", value_name = "TIME")]
    time: Option<String>,
    /// Devices of a worker, as in gpu:1.
    #[arg(long, requires = "slurm", value_name = "LIST")]
    gres: Option<String>,
    /// Account that pays.
    #[arg(long, requires = "slurm", value_name = "NAME")]
    account: Option<String>,
    /// Cores of a worker.
    #[arg(long, requires = "slurm", value_name = "N")]
    cpus_per_task: Option<usize>,
    /// Memory of a worker, as in 16G.
    #[arg(long, requires = "slurm", value_name = "SIZE")]
    mem: Option<String>,
    /// Most workers at a time.
    #[arg(long, requires = "slurm", value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    array_limit: Option<u16>,
    /// Workers in total: those beyond the limit at a time replace workers that die. Without it as
    /// many as may run at a time, and never more than there are cells.
    #[arg(long, requires = "slurm", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    workers: Option<u16>,
    /// Seconds before its time limit at which a worker must stop with a checkpoint.
    #[arg(long, requires = "slurm", value_name = "SECONDS", default_value_t = WARNING)]
    warning: u32,
    /// A line for the script, as in "#SBATCH --constraint=a100"; may be repeated.
    #[arg(long, requires = "slurm", value_name = "LINE", allow_hyphen_values = true)]
    extra: Vec<String>,
}

impl Slurm {
    /// Whether a job array was requested.
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Whether to submit and write nothing.
    pub(super) fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// Submits workers that execute `seglab` with these arguments, or prints what would be
    /// submitted.
    pub(super) fn submit(
        self,
        applied: &Applied,
        arguments: Vec<String>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let missing = |what: &str, error: &std::io::Error| {
            Fault::new(format!("cannot find {what}")).caused_by(error)
        };
        let worker = Worker {
            program: env::current_exe().map_err(|error| missing("this program", &error))?,
            arguments,
            folder: env::current_dir().map_err(|error| missing("this folder", &error))?,
        };
        let folder = &applied.folder;
        let cells = cell_statuses(folder, &applied.plan)?;
        let n_cells =
            cells.iter().filter(|cell| cell.state.is_open()).count() + applied.plan.n_unproposed();
        let name = &applied.plan.experiment;
        if n_cells == 0 {
            return print(out, &format!("no cell of `{name}` is left to do\n"));
        }
        let is_again = self.again;
        let is_dry = self.dry_run;
        let logs = worker.folder.join(folder.logs());
        let script = Script::new(&self.options(), name, n_cells, &logs, &worker)?;
        if is_dry {
            return print(out, &script.text);
        }
        let submitted = submit(folder, script, is_again)?;
        let workers = if submitted.n_tasks == 1 { "worker" } else { "workers" };
        let cells = if n_cells == 1 { "cell" } else { "cells" };
        let head = format!(
            "job     {} ({} {workers} for {n_cells} {cells})\nlogs    {}\n",
            submitted.job,
            submitted.n_tasks,
            logs.display()
        );
        print(out, &(head + &format!("status  seglab sweep status {name}\n")))
    }

    fn options(self) -> SlurmOptions {
        SlurmOptions {
            partition: self.partition,
            time: self.time,
            gres: self.gres,
            account: self.account,
            cpus_per_task: self.cpus_per_task,
            mem: self.mem,
            array_limit: self.array_limit.map(usize::from),
            workers: self.workers.map(usize::from),
            warning: self.warning,
            extra: self.extra,
        }
    }
}

/// The tasks that wait or run, one on each line.
pub(super) fn shown(tasks: &[QueuedTask]) -> String {
    let row = |task: &QueuedTask| {
        let place = match task.node.as_str() {
            "" => task.reason.clone(),
            node => format!("on {node} for {}, {} left", task.time, task.left.to_lowercase()),
        };
        vec!["job".to_owned(), task.name(), task.state.to_lowercase(), place]
    };
    let rows: Vec<Vec<String>> = tasks.iter().take(N_SHOWN).map(row).collect();
    let more = tasks.len().saturating_sub(N_SHOWN);
    aligned(&rows) + &if more > 0 { format!("{more} more jobs\n") } else { String::new() }
}

/// The same as JSON.
pub(super) fn as_json(tasks: &[QueuedTask]) -> Value {
    let task = |task: &QueuedTask| {
        json!({
            "job": task.name(),
            "state": task.state,
            "node": task.node,
            "time": task.time,
            "left": task.left,
            "reason": task.reason,
        })
    };
    tasks.iter().map(task).collect()
}
