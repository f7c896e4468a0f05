//! [`submit`]: submits a script with `sbatch` and records the job.
//!
//! Does not know what the script does.

use super::{
    client::{NoReply, ask},
    queue::{QueuedTask, queued},
    script::Script,
};
use crate::{
    base::{Error, Fault, Result, fs},
    sweep::store::{StopAsked, Submitted, SweepFolder},
};
use std::{env, process::Command, time::Duration};

/// `sbatch` itself waits for a busy controller.
const PATIENCE: Duration = Duration::from_mins(2);

/// Environment variables that a job inherits. `sbatch` would pass on all of them, and Slurm stores
/// them in its own files: tokens and passwords must not get there. The user's options for `sbatch`
/// (`SBATCH_ACCOUNT`) are passed on too.
const INHERITED: [&str; 18] = [
    "CONDA_PREFIX",
    "CUDARC_CUDA_VERSION",
    "CUDA_HOME",
    "CUDA_PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "PATH",
    "RUST_BACKTRACE",
    "SHELL",
    "SLURM_CLUSTERS",
    "SLURM_CONF",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
];

/// Submits an array of workers for a sweep, unless a worker of it already waits or runs and `again`
/// is false. A previous request to stop is removed.
///
/// # Errors
/// * when workers already wait or run
/// * when `sbatch` is missing, refuses, or is late
/// * when the job cannot be recorded
pub fn submit(folder: &SweepFolder, script: Script, again: bool) -> Result<Submitted> {
    let waiting = queued(folder).unwrap_or_default();
    if !again && let Some(task) = waiting.first() {
        return Err(submitted_already(task, waiting.len()));
    }
    // Slurm does not create folders: without this one a task fails without a message.
    fs::create_folder(&folder.logs())?;
    StopAsked::withdraw(folder)?;
    let mut command = Command::new("sbatch");
    command.arg("--parsable").env_clear().envs(env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        INHERITED.contains(&&*name) || name.starts_with("SBATCH_")
    }));
    let reply =
        ask(&mut command, &script.text, PATIENCE).map_err(|no_reply| unsubmitted(&no_reply))?;
    // `12`, or `12;cluster`.
    let job = reply.out.trim().split(';').next().and_then(|job| job.parse().ok());
    let Some(job) = job.filter(|_| reply.succeeded) else {
        let mut fault = Fault::new("`sbatch` refuses the job array");
        for line in reply.error_text.split("; ") {
            fault = fault.detail(line);
        }
        return Err(fault.hint("`--dry-run` shows the script").into());
    };
    let submitted = Submitted::now(job, script.name, script.n_tasks, script.text);
    submitted.keep(folder)?;
    Ok(submitted)
}

fn submitted_already(task: &QueuedTask, n_tasks: usize) -> Error {
    let message = match n_tasks {
        1 => "a worker of this sweep already waits or runs".to_owned(),
        n => format!("{n} workers of this sweep already wait or run"),
    };
    let (name, state) = (task.name(), task.state.to_lowercase());
    Fault::new(message)
        .detail(format!("such as job {name}, {state}"))
        .hint("`seglab sweep status` shows their progress")
        .hint(format!(
            "submit more of them with `--again`, or end these with `scancel {}`",
            task.job
        ))
        .into()
}

fn unsubmitted(no_reply: &NoReply) -> Error {
    let fault = Fault::new("cannot submit a job array").caused_by(no_reply);
    match no_reply {
        NoReply::Missing(_) => fault
            .hint("submit from a machine of the cluster, where Slurm's programs are installed")
            .hint(
                "`--dry-run` prints the script; without `--slurm` the sweep runs on this machine",
            ),
        NoReply::Late(..) => {
            fault.hint("it may have been submitted anyway: `squeue --me` shows it")
        }
        NoReply::Failed(..) => fault,
    }
    .into()
}
