//! Race: two processes start the same run at once; one works, the other is refused and names it.
//!
//! Does not know about other faults.

use super::{
    child::{Ended, Workspace, finish},
    kills::compare,
    outcome::Outcome,
    reference::Reference,
};
use crate::base::{
    Result, fs,
    random::{Draw, Stream},
};
use std::{path::Path, thread, time::Duration};

/// Longest head start, about the time until the run directory exists.
const HEAD_START_MS: f64 = 30.0;

/// Races two processes `n_races` times.
///
/// # Errors
/// When a child cannot be started; problems of the runs are in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    n_races: usize,
) -> Result<Outcome> {
    let mut outcome = Outcome::new("race");
    for number in 0..n_races {
        let mut draws = Draw { seed, epoch: number, case: "race" }.stream("head start");
        let workspace = Workspace::new(folder.join(format!("race-{number:03}")), &reference.data)?;
        let ended = race(&workspace, &mut draws)?;
        let place = format!("race {number}");
        outcome.count("races", 1);
        let n_before = outcome.n_problems;
        for child in &ended {
            outcome.problems(&place, child.misbehaved());
        }
        let (how, wrong) = judge(&ended);
        outcome.count(how, 1);
        outcome.problems(&place, wrong);
        outcome.problems(&place, compare(&workspace, reference));
        if outcome.n_problems == n_before {
            fs::remove_folder(&workspace.folder)?;
        }
    }
    Ok(outcome)
}

fn race(workspace: &Workspace, draws: &mut Stream) -> Result<[Ended; 2]> {
    let first = workspace.start(&[], &[])?;
    // Half of the races start at once, the others within the time in which a run begins.
    if draws.chance(0.5) {
        thread::sleep(Duration::from_secs_f64(draws.range(0.0, HEAD_START_MS) / 1000.0));
    }
    let second = workspace.start(&[], &[])?;
    Ok([finish(first, None)?, finish(second, None)?])
}

/// How two processes ended, and what is wrong with that.
fn judge(ended: &[Ended; 2]) -> (&'static str, Option<String>) {
    let [a, b] = ended;
    let (winner, other) = match (a.code, b.code) {
        (Some(0), _) => (a, b),
        (_, Some(0)) => (b, a),
        _ => return ("nobody won", Some(format!("{} | {}", a.message(), b.message()))),
    };
    if other.code == Some(0) {
        let n_known = ended.iter().filter(|e| e.stderr.contains("finished already")).count();
        let wrong = (n_known != 1).then(|| "both did the work".to_owned());
        return ("the second found it finished", wrong);
    }
    let is_named = other.stderr.contains(&format!("process {}", winner.pid));
    let wrong = (other.code != Some(1) || !is_named)
        .then(|| format!("not refused by name: exit {:?}: {}", other.code, other.message()));
    ("the second was refused", wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32, pid: u32, stderr: &str) -> Ended {
        let stderr = stderr.to_owned();
        Ended { code: Some(code), was_killed: false, hung: false, pid, stderr }
    }

    #[test]
    fn exactly_one_may_work() {
        let is_wrong = |a, b| judge(&[a, b]).1.is_some();
        let refusal = "error: run `x` is being worked on by process 7 on host";
        assert!(!is_wrong(ended(0, 7, ""), ended(1, 8, refusal)));
        assert!(!is_wrong(ended(1, 8, refusal), ended(0, 7, "")));
        assert!(!is_wrong(ended(0, 7, ""), ended(0, 8, "finished already")));
        assert!(is_wrong(ended(0, 7, ""), ended(0, 8, "")));
        assert!(is_wrong(ended(0, 9, ""), ended(1, 8, refusal)));
        assert!(is_wrong(ended(1, 7, ""), ended(1, 8, refusal)));
    }
}
