//! Disk: the disk is full or read-only from some operation on, once at each; then there is space
//! again and the same command goes on.
//!
//! Does not know about other faults.

use super::{
    child::{Ended, Lab, finish},
    kills::{compare, words},
    outcome::Outcome,
    reference::Reference,
};
use crate::{
    base::{Result, crash, fs, random::Draw},
    record::{live_status, read_run},
};
use std::{path::Path, process::Command, thread, time::Duration};

/// Exit codes that a starved run may have: done all the same, failed, a folder that cannot be
/// written, paused until there is space.
const EXITS: [i32; 4] = [0, 1, 2, 75];

/// Starves a run at every `stride`-th operation, in each of three ways.
///
/// # Errors
/// When a child cannot be started; what is wrong with the runs is in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    stride: usize,
) -> Result<Outcome> {
    let mut told = Outcome::new("disk");
    for (what, fault) in
        [("full", "full@N"), ("full for a while", "full@N+7"), ("read-only", "readonly@N")]
    {
        for number in (1..=reference.operations.len()).step_by(stride.max(1)) {
            let fault = fault.replace('N', &number.to_string());
            let lab = Lab::new(folder.join(fault.replace(['@', '+'], "-")), &reference.data)?;
            let ended = lab.run(&fault)?;
            told.count(format!("{what}: trials"), 1);
            told.count(format!("{what}: exit {}", ended.code.unwrap_or(-1)), 1);
            let n_before = told.n_problems;
            starved(&lab, &ended, &fault, &mut told);
            recover(&lab, reference, &fault, &mut told)?;
            if told.n_problems == n_before {
                fs::remove_folder(&lab.folder)?;
            }
        }
    }
    let n_trials = (reference.operations.len() / stride.max(1) / 4).max(2);
    small_disk(reference, &folder.join("small"), seed, n_trials, &mut told)?;
    no_permission(reference, &folder.join("denied"), &mut told)?;
    Ok(told)
}

/// Looks at a run whose disk was taken away.
fn starved(lab: &Lab, ended: &Ended, place: &str, told: &mut Outcome) {
    told.problems(place, ended.misbehaved());
    if !ended.code.is_some_and(|code| EXITS.contains(&code)) {
        told.problem(format!("{place}: exit {:?}: {}", ended.code, ended.said()));
    }
    if ended.code != Some(0) && !ended.stderr.contains("error: ") {
        told.problem(format!("{place}: it failed without a word"));
    }
    let looked = crash::catch("the reader", || {
        let Some(dir) = lab.only_run()? else { return Ok(false) };
        read_run(&dir)?;
        Ok(live_status(&dir)?.alive)
    });
    match looked {
        Ok(false) => {}
        Ok(true) => told.problem(format!("{place}: its process is gone and the run seems alive")),
        Err(error) => told.problem(format!("{place}: {}", words(&error))),
    }
}

/// With space again, the same command must end as if nothing had been.
fn recover(lab: &Lab, reference: &Reference, place: &str, told: &mut Outcome) -> Result<()> {
    let ended = lab.run("")?;
    told.problems(place, ended.misbehaved());
    if ended.code == Some(0) {
        told.problems(place, compare(lab, reference));
    } else {
        let said = ended.said();
        told.problem(format!("{place}: it did not go on: exit {:?}: {said}", ended.code));
    }
    Ok(())
}

/// A file system in memory that somebody else fills at a random moment of a run, and empties
/// again; and one too small from the start.
fn small_disk(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    n_trials: usize,
    told: &mut Outcome,
) -> Result<()> {
    fs::create_folder(folder)?;
    let words = ["-t", "tmpfs", "-o", "size=6m", "seglab-chaos"];
    let mounted = Command::new("mount").args(words).arg(folder).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        told.skipped.push("a small tmpfs: this user may not mount one".to_owned());
        return Ok(());
    }
    let tried = (0..n_trials).try_for_each(|number| {
        let mut draws = Draw { seed, epoch: number, case: "tmpfs" }.stream("moment");
        let moment = Duration::from_secs_f64(draws.uniform() * reference.seconds);
        filled(reference, &folder.join(format!("trial-{number}")), moment, told)
    });
    // A mount that stays is told by the folder that cannot be removed.
    let _ = Command::new("umount").arg(folder).status();
    tried
}

/// Fills the disk `moment` after the start of a run, and empties it when the run has ended.
fn filled(
    reference: &Reference,
    folder: &Path,
    moment: Duration,
    told: &mut Outcome,
) -> Result<()> {
    let lab = Lab::new(folder.to_owned(), &reference.data)?;
    let filler = folder.join("filler");
    let child = lab.start(&[], &[])?;
    thread::sleep(moment);
    let block = vec![0; 4096];
    let mut file = fs::create(&filler)?;
    while fs::append(&mut file, &filler, &block).is_ok() {}
    let ended = finish(child, None)?;
    drop(file);
    let place = format!("tmpfs full after {:.3} s", moment.as_secs_f64());
    told.count("tmpfs: trials", 1);
    told.count(format!("tmpfs: exit {}", ended.code.unwrap_or(-1)), 1);
    let n_before = told.n_problems;
    starved(&lab, &ended, &place, told);
    fs::remove_file(&filler)?;
    recover(&lab, reference, &place, told)?;
    if told.n_problems == n_before { fs::remove_folder(&lab.folder) } else { Ok(()) }
}

/// A folder that this user must not write.
fn no_permission(reference: &Reference, folder: &Path, told: &mut Outcome) -> Result<()> {
    let lab = Lab::new(folder.to_owned(), &reference.data)?;
    fs::create_folder(&lab.runs())?;
    let change = |mode: &str| Command::new("chmod").arg(mode).arg(lab.runs()).status().is_ok();
    if !change("555") || fs::write_plain(&lab.runs().join("probe"), b"").is_ok() {
        // Back to what it was, so that the folder can be removed.
        let _ = change("755");
        told.skipped.push("a folder without write access: this user may write everywhere".into());
        return Ok(());
    }
    let ended = lab.run("")?;
    told.count("no permission: trials", 1);
    if ended.code != Some(2) || !ended.stderr.contains("write access") {
        told.problem(format!("no permission: exit {:?}: {}", ended.code, ended.said()));
    }
    let _ = change("755");
    recover(&lab, reference, "no permission", told)
}
