//! Disk: the disk is full or read-only from some operation on, once for each operation. Then there is
//! space again, and the same command continues.
//!
//! Does not know about other faults.

use super::{
    child::{Ended, Workspace, finish},
    kills::{compare, words},
    outcome::Outcome,
    reference::Reference,
};
use crate::{
    base::{Result, crash, fs, random::Draw},
    record::{live_status, read_run},
};
use std::{path::Path, process::Command, thread, time::Duration};

/// Exit codes that a run without disk space may have: finished anyway, failed, a folder that cannot
/// be written, paused until there is space.
const EXITS: [i32; 4] = [0, 1, 2, 75];

/// Takes the disk from a run at every `stride`-th operation, in each of three ways.
///
/// # Errors
/// When a child cannot be started; problems of the runs are in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    stride: usize,
) -> Result<Outcome> {
    let mut outcome = Outcome::new("disk");
    for (what, fault) in
        [("full", "full@N"), ("full for a while", "full@N+7"), ("read-only", "readonly@N")]
    {
        for number in (1..=reference.operations.len()).step_by(stride.max(1)) {
            let fault = fault.replace('N', &number.to_string());
            let workspace =
                Workspace::new(folder.join(fault.replace(['@', '+'], "-")), &reference.data)?;
            let ended = workspace.run(&fault)?;
            outcome.count(format!("{what}: trials"), 1);
            outcome.count(format!("{what}: exit {}", ended.code.unwrap_or(-1)), 1);
            let n_before = outcome.n_problems;
            starved(&workspace, &ended, &fault, &mut outcome);
            recover(&workspace, reference, &fault, &mut outcome)?;
            if outcome.n_problems == n_before {
                fs::remove_folder(&workspace.folder)?;
            }
        }
    }
    let n_trials = (reference.operations.len() / stride.max(1) / 4).max(2);
    small_disk(reference, &folder.join("small"), seed, n_trials, &mut outcome)?;
    no_permission(reference, &folder.join("denied"), &mut outcome)?;
    Ok(outcome)
}

/// Checks a run whose disk was taken away.
fn starved(workspace: &Workspace, ended: &Ended, place: &str, outcome: &mut Outcome) {
    outcome.problems(place, ended.misbehaved());
    if !ended.code.is_some_and(|code| EXITS.contains(&code)) {
        outcome.problem(format!("{place}: exit {:?}: {}", ended.code, ended.message()));
    }
    if ended.code != Some(0) && !ended.stderr.contains("error: ") {
        outcome.problem(format!("{place}: it failed without a message"));
    }
    let looked = crash::catch("the reader", || {
        let Some(dir) = workspace.only_run()? else { return Ok(false) };
        read_run(&dir)?;
        Ok(live_status(&dir)?.alive)
    });
    match looked {
        Ok(false) => {}
        Ok(true) => {
            outcome.problem(format!("{place}: its process is gone, but the run seems alive"));
        }
        Err(error) => outcome.problem(format!("{place}: {}", words(&error))),
    }
}

/// With space again, the same command must end as if nothing had happened.
fn recover(
    workspace: &Workspace,
    reference: &Reference,
    place: &str,
    outcome: &mut Outcome,
) -> Result<()> {
    let ended = workspace.run("")?;
    outcome.problems(place, ended.misbehaved());
    if ended.code == Some(0) {
        outcome.problems(place, compare(workspace, reference));
    } else {
        let said = ended.message();
        outcome.problem(format!("{place}: it did not continue: exit {:?}: {said}", ended.code));
    }
    Ok(())
}

/// A file system in memory that is filled at a random moment of a run and emptied again; and one that
/// is too small from the start.
fn small_disk(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    n_trials: usize,
    outcome: &mut Outcome,
) -> Result<()> {
    fs::create_folder(folder)?;
    let words = ["-t", "tmpfs", "-o", "size=6m", "seglab-chaos"];
    let mounted = Command::new("mount").args(words).arg(folder).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        outcome.skipped.push("a small tmpfs: this user may not mount one".to_owned());
        return Ok(());
    }
    let tried = (0..n_trials).try_for_each(|number| {
        let mut draws = Draw { seed, epoch: number, case: "tmpfs" }.stream("moment");
        let moment = Duration::from_secs_f64(draws.uniform() * reference.seconds);
        filled(reference, &folder.join(format!("trial-{number}")), moment, outcome)
    });
    // If it stays mounted, the folder cannot be removed, which is reported.
    let _ = Command::new("umount").arg(folder).status();
    tried
}

/// Fills the disk `moment` after the start of a run, and empties it when the run has ended.
fn filled(
    reference: &Reference,
    folder: &Path,
    moment: Duration,
    outcome: &mut Outcome,
) -> Result<()> {
    let workspace = Workspace::new(folder.to_owned(), &reference.data)?;
    let filler = folder.join("filler");
    let child = workspace.start(&[], &[])?;
    thread::sleep(moment);
    let block = vec![0; 4096];
    let mut file = fs::create(&filler)?;
    while fs::append(&mut file, &filler, &block).is_ok() {}
    let ended = finish(child, None)?;
    drop(file);
    let place = format!("tmpfs full after {:.3} s", moment.as_secs_f64());
    outcome.count("tmpfs: trials", 1);
    outcome.count(format!("tmpfs: exit {}", ended.code.unwrap_or(-1)), 1);
    let n_before = outcome.n_problems;
    starved(&workspace, &ended, &place, outcome);
    fs::remove_file(&filler)?;
    recover(&workspace, reference, &place, outcome)?;
    if outcome.n_problems == n_before { fs::remove_folder(&workspace.folder) } else { Ok(()) }
}

/// A folder without write access.
fn no_permission(reference: &Reference, folder: &Path, outcome: &mut Outcome) -> Result<()> {
    let workspace = Workspace::new(folder.to_owned(), &reference.data)?;
    fs::create_folder(&workspace.runs())?;
    let change =
        |mode: &str| Command::new("chmod").arg(mode).arg(workspace.runs()).status().is_ok();
    if !change("555") || fs::write_plain(&workspace.runs().join("probe"), b"").is_ok() {
        // So that the folder can be removed.
        let _ = change("755");
        outcome
            .skipped
            .push("a folder without write access: this user may write everywhere".into());
        return Ok(());
    }
    let ended = workspace.run("")?;
    outcome.count("no permission: trials", 1);
    if ended.code != Some(2) || !ended.stderr.contains("write access") {
        outcome.problem(format!("no permission: exit {:?}: {}", ended.code, ended.message()));
    }
    let _ = change("755");
    recover(&workspace, reference, "no permission", outcome)
}
