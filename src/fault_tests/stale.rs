//! Stale: a process is stopped, its run is taken over, and it wakes up again.
//!
//! Does not know about other faults.

use super::{
    child::{Workspace, finish},
    outcome::Outcome,
    reference::Reference,
};
use crate::{
    base::{Error, Fault, Result, fs},
    record::{
        format::{ATTEMPTS, EVENTS},
        id_of,
    },
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

/// So many epochs that no child finishes.
const LONG: &str = "train.epochs=100000";
/// Longest wait for the start of a child.
const PATIENCE: Duration = Duration::from_mins(1);

/// Stops a child, tries to take over its run, takes it over as another machine would, and wakes the
/// child.
///
/// # Errors
/// When a child cannot be started or told to stop; problems of the run are in the outcome.
pub(super) fn run(reference: &Reference, folder: &Path) -> Result<Outcome> {
    let mut outcome = Outcome::new("stale");
    let workspace = Workspace::new(folder.to_owned(), &reference.data)?;
    let mut child = workspace.start(&[], &["--set", LONG])?;
    let tried = take_over(&workspace, &mut child, &mut outcome);
    // It may still run when something above went wrong.
    let _ = child.kill();
    let ended = finish(child, None)?;
    let dir = tried?;
    outcome.count("takeovers", 1);
    if ended.code != Some(1) || !ended.stderr.contains("taken over") {
        let said = ended.message();
        outcome.problem(format!(
            "the stale process did not say why it stopped: {:?}: {said}",
            ended.code
        ));
    }
    outcome.problems(&id_of(&dir), ended.misbehaved());
    Ok(outcome)
}

fn take_over(workspace: &Workspace, child: &mut Child, outcome: &mut Outcome) -> Result<PathBuf> {
    let dir = begun(workspace)?;
    let pid = Pid::from_child(child);
    let signal = |signal: Signal| {
        kill_process(pid, signal).map_err(|error| {
            Error::run(Fault::new("cannot signal a child process").caused_by(&error))
        })
    };
    signal(Signal::STOP)?;
    let rival = finish(workspace.start(&[], &["--set", LONG])?, None)?;
    let name = format!("process {}", child.id());
    outcome.count("refusals", 1);
    if rival.code != Some(1) || !rival.stderr.contains(&name) {
        outcome.problem(format!(
            "a stopped process is alive: {:?}: {}",
            rival.code,
            rival.message()
        ));
    }
    // As a machine that cannot see the process takes over a run: with the next number.
    let attempts = dir.join(ATTEMPTS);
    let newest = fs::list(&attempts)?.len();
    let next = attempts.join(format!("{:04}.json", newest + 1));
    if !fs::write_new(&next, b"{}\n")? {
        outcome.problem(format!("attempt {} already existed", newest + 1));
    }
    let events = dir.join(EVENTS);
    let n_bytes = fs::tree_bytes(&events);
    signal(Signal::CONT)?;
    let ended = Instant::now();
    while ended.elapsed() < PATIENCE {
        let done = child.try_wait().map_err(|error| {
            Error::run(Fault::new("cannot wait for a child process").caused_by(&error))
        })?;
        if done.is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    // A line that was being written when the process was stopped is complete; nothing follows it.
    let n_more = fs::tree_bytes(&events).saturating_sub(n_bytes);
    if n_more > 0 {
        outcome.problem(format!("the stale process wrote {n_more} more bytes into the event log"));
    }
    Ok(dir)
}

/// Waits until the child's run has its first events.
fn begun(workspace: &Workspace) -> Result<PathBuf> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(dir) = workspace.only_run()?
            && fs::tree_bytes(&dir.join(EVENTS)) > 0
        {
            return Ok(dir);
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err(Error::run(Fault::new("a child did not begin within a minute")))
}
