//! Clock: the time of day jumps forwards and backwards in the middle of a run, which is then
//! killed, and goes on under another time.
//!
//! Does not know about other faults.

use super::{
    child::{Lab, finish},
    kills::{compare, status},
    outcome::Outcome,
    reference::Reference,
};
use crate::base::{
    Result,
    fs::{
        self,
        fault::{CLOCK, FAULT},
    },
    random::Draw,
};
use std::path::Path;

/// Seconds by which the clock jumps: the end of summer time, a wrong year, a second.
const JUMPS: [i64; 6] = [3600, -3600, 40_000_000, -40_000_000, 1, -90];

/// Lets the clock jump in `n_runs` runs.
///
/// # Errors
/// When a child cannot be started; what is wrong with the runs is in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    n_runs: usize,
) -> Result<Outcome> {
    let mut told = Outcome::new("clock");
    let n_operations = reference.operations.len();
    for number in 0..n_runs {
        let mut draws = Draw { seed, epoch: number, case: "clock" }.stream("jumps");
        let mut jump = || {
            let (seconds, at) = (JUMPS[draws.below(JUMPS.len())], 1 + draws.below(n_operations));
            format!("{seconds:+}s@{at}")
        };
        let (first, second) = (format!("{},{}", jump(), jump()), jump());
        let kill = format!("kill@{}", 1 + draws.below(n_operations));
        let place = format!("{kill} with clock {first}, then {second}");
        let lab = Lab::new(folder.join(format!("clock-{number:03}")), &reference.data)?;
        let n_before = told.n_problems;
        let killed = finish(lab.start(&[(CLOCK, first), (FAULT, kill)], &[])?, None)?;
        told.count("jumps", 3);
        told.problems(&place, killed.misbehaved());
        if let (true, Ok(Some(dir))) = (killed.was_killed, lab.only_run()) {
            told.problems(&place, status(&dir).unwrap_or_else(|error| Some(error.to_string())));
        }
        let ended = finish(lab.start(&[(CLOCK, second)], &[])?, None)?;
        told.problems(&place, ended.misbehaved());
        if ended.code == Some(0) {
            told.problems(&place, compare(&lab, reference));
        } else {
            told.problem(format!("{place}: exit {:?}: {}", ended.code, ended.said()));
        }
        if told.n_problems == n_before {
            fs::remove_folder(&lab.folder)?;
        }
    }
    Ok(told)
}
