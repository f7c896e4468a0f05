//! Stale: a process is stopped, its run is taken over, and it wakes up again.
//!
//! Does not know about other faults.

use super::{
    child::{Lab, finish},
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

/// So many epochs that no child comes to the end of them here.
const LONG: &str = "train.epochs=100000";
/// Longest wait for a child to begin.
const PATIENCE: Duration = Duration::from_mins(1);

/// Stops a child, tries to take its run, takes it as another machine would, and wakes the child.
///
/// # Errors
/// When a child cannot be started or told to stop; what is wrong with the run is in the outcome.
pub(super) fn run(reference: &Reference, folder: &Path) -> Result<Outcome> {
    let mut told = Outcome::new("stale");
    let lab = Lab::new(folder.to_owned(), &reference.data)?;
    let mut child = lab.start(&[], &["--set", LONG])?;
    let tried = take_over(&lab, &mut child, &mut told);
    // It is still there when something above went wrong; one that has ended takes no harm.
    let _ = child.kill();
    let ended = finish(child, None)?;
    let dir = tried?;
    told.count("takeovers", 1);
    if ended.code != Some(1) || !ended.stderr.contains("taken over") {
        let said = ended.said();
        told.problem(format!(
            "the stale process did not say why it stopped: {:?}: {said}",
            ended.code
        ));
    }
    told.problems(&id_of(&dir), ended.misbehaved());
    Ok(told)
}

fn take_over(lab: &Lab, child: &mut Child, told: &mut Outcome) -> Result<PathBuf> {
    let dir = begun(lab)?;
    let pid = Pid::from_child(child);
    let signal = |signal: Signal| {
        kill_process(pid, signal).map_err(|error| {
            Error::run(Fault::new("cannot signal a child process").caused_by(&error))
        })
    };
    signal(Signal::STOP)?;
    let rival = finish(lab.start(&[], &["--set", LONG])?, None)?;
    let name = format!("process {}", child.id());
    told.count("refusals", 1);
    if rival.code != Some(1) || !rival.stderr.contains(&name) {
        told.problem(format!("a stopped process is alive: {:?}: {}", rival.code, rival.said()));
    }
    // As a machine that could not see the process would take the run: by the next number.
    let attempts = dir.join(ATTEMPTS);
    let newest = fs::list(&attempts)?.len();
    let next = attempts.join(format!("{:04}.json", newest + 1));
    if !fs::write_new(&next, b"{}\n")? {
        told.problem(format!("attempt {} was there already", newest + 1));
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
    // A line that was being written when the process was stopped is whole; nothing follows it.
    let n_more = fs::tree_bytes(&events).saturating_sub(n_bytes);
    if n_more > 0 {
        told.problem(format!("the stale process wrote {n_more} more bytes into the event log"));
    }
    Ok(dir)
}

/// Waits until the child's run has its first events.
fn begun(lab: &Lab) -> Result<PathBuf> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(dir) = lab.only_run()?
            && fs::tree_bytes(&dir.join(EVENTS)) > 0
        {
            return Ok(dir);
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err(Error::run(Fault::new("a child did not begin within a minute")))
}
