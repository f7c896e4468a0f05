//! Clock: the time of day jumps in the middle of a run, which is then killed and continues at another
//! time.
//!
//! Does not know about other faults.

use super::{
    child::{Workspace, finish},
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

/// Makes the clock jump in `n_runs` runs.
///
/// # Errors
/// When a child cannot be started; problems of the runs are in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    n_runs: usize,
) -> Result<Outcome> {
    let mut outcome = Outcome::new("clock");
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
        let workspace = Workspace::new(folder.join(format!("clock-{number:03}")), &reference.data)?;
        let n_before = outcome.n_problems;
        let killed = finish(workspace.start(&[(CLOCK, first), (FAULT, kill)], &[])?, None)?;
        outcome.count("jumps", 3);
        outcome.problems(&place, killed.misbehaved());
        if let (true, Ok(Some(dir))) = (killed.was_killed, workspace.only_run()) {
            outcome.problems(&place, status(&dir).unwrap_or_else(|error| Some(error.to_string())));
        }
        let ended = finish(workspace.start(&[(CLOCK, second)], &[])?, None)?;
        outcome.problems(&place, ended.misbehaved());
        if ended.code == Some(0) {
            outcome.problems(&place, compare(&workspace, reference));
        } else {
            outcome.problem(format!("{place}: exit {:?}: {}", ended.code, ended.message()));
        }
        if outcome.n_problems == n_before {
            fs::remove_folder(&workspace.folder)?;
        }
    }
    Ok(outcome)
}
