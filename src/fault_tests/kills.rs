//! Kills: children are killed with SIGKILL, at a random moment or a chosen operation, until the run is
//! finished. The run is checked after every kill.
//!
//! Does not know about other faults.

use super::{
    child::{Ended, Workspace, finish},
    compare::{self, Results, TWICE, Tolerance, results, scores},
    outcome::Outcome,
    reference::{Reference, operations},
};
use crate::{
    base::{
        Error, Fault, Result, crash,
        fs::{self, fault::FAULT},
        random::{Draw, Stream},
    },
    record::{
        FailureClass, Status,
        checkpoint::{Position, checkpoints},
        live_status, read_run,
    },
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Most kills of one run.
const MOST: usize = 8;
/// Share of the kills at a random moment instead of an operation.
const SHARE_OF_MOMENTS: f64 = 0.3;
/// Consecutive runs that end before they are killed, after which the campaign gives up.
const MOST_UNHURT: usize = 500;

/// What all threads share.
struct Shared<'a> {
    reference: &'a Reference,
    folder: PathBuf,
    seed: u64,
    n_wanted: usize,
    n_kills: AtomicUsize,
    next_run: AtomicUsize,
    outcome: Mutex<Outcome>,
}

/// Kills children until there were `n_wanted` kills.
///
/// # Errors
/// When a child cannot be started; problems of the runs are in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    n_wanted: usize,
    n_jobs: usize,
) -> Result<Outcome> {
    let mut outcome = Outcome::new("kills");
    // Zero counts are shown too.
    for what in [
        "lost rows",
        "rows twice",
        "unreadable runs",
        "wrong rows",
        "untrue statuses",
        "unequal results",
    ] {
        outcome.count(what, 0);
    }
    let shared = Shared {
        reference,
        folder: folder.to_owned(),
        seed,
        n_wanted,
        n_kills: AtomicUsize::new(0),
        next_run: AtomicUsize::new(0),
        outcome: Mutex::new(outcome),
    };
    let ended: Vec<Result<()>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..n_jobs.max(1)).map(|_| scope.spawn(|| work(&shared))).collect();
        let lost = |_| Err(Error::run(Fault::new("a job of the campaign panicked")));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(lost)).collect()
    });
    ended.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(shared.outcome.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn work(shared: &Shared<'_>) -> Result<()> {
    let mut n_unhurt = 0;
    while shared.n_kills.load(Ordering::SeqCst) < shared.n_wanted && n_unhurt < MOST_UNHURT {
        let number = shared.next_run.fetch_add(1, Ordering::SeqCst);
        let mut outcome = Outcome::default();
        let n_kills = one_run(shared, number, &mut outcome)?;
        n_unhurt = if n_kills == 0 { n_unhurt + 1 } else { 0 };
        shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).add(outcome);
    }
    Ok(())
}

/// One run that is killed some times and then left alone. Returns how often it was killed.
fn one_run(shared: &Shared<'_>, number: usize, outcome: &mut Outcome) -> Result<usize> {
    let Shared { reference, .. } = *shared;
    let mut draws = Draw { seed: shared.seed, epoch: number, case: "run" }.stream("kills");
    let workspace =
        Workspace::new(shared.folder.join(format!("run-{number:04}")), &reference.data)?;
    let (mut n_kills, mut seen) = (0, LastCheck::default());
    let n_wanted = 1 + draws.below(MOST);
    while n_kills < n_wanted {
        let trace = workspace.folder.join(format!("trace-{n_kills}"));
        let (ended, stratum) = strike(&workspace, reference, &mut draws, n_kills, &trace)?;
        let place = format!("run {number}, attempt {}", n_kills + 1);
        outcome.problems(&place, ended.misbehaved());
        if !ended.was_killed {
            // It ended before the kill; whether it is complete is checked below.
            if ended.code != Some(0) {
                outcome.problem(format!("{place}: exit {:?}: {}", ended.code, ended.message()));
            }
            break;
        }
        n_kills += 1;
        shared.n_kills.fetch_add(1, Ordering::SeqCst);
        outcome.count("kills", 1);
        outcome.count(format!("kills at: {stratum}"), 1);
        seen.look(&workspace, reference, &place, outcome);
    }
    let place = format!("run {number}, after {n_kills} kills");
    let ended = workspace.run("")?;
    outcome.count("runs", 1);
    outcome.problems(&place, ended.misbehaved());
    let unequal = if ended.code == Some(0) {
        compare(&workspace, reference)
    } else {
        vec![format!("it did not finish: exit {:?}: {}", ended.code, ended.message())]
    };
    outcome.count("unequal results", usize::from(!unequal.is_empty()));
    outcome.problems(&place, unequal);
    if outcome.n_problems == 0 {
        fs::remove_folder(&workspace.folder)?;
    }
    Ok(n_kills)
}

/// How a finished run differs from the undisturbed one.
pub(super) fn compare(workspace: &Workspace, reference: &Reference) -> Vec<String> {
    let outcome = workspace.only_run().and_then(|dir| match dir {
        Some(dir) => compare::compare(&reference.dir, &dir, Tolerance::Exact),
        None => Ok(vec!["there is no run directory".to_owned()]),
    });
    outcome.unwrap_or_else(|error| vec![words(&error)])
}

/// Starts a child and kills it. Returns its end, and the operation.
fn strike(
    workspace: &Workspace,
    reference: &Reference,
    draws: &mut Stream,
    n_before: usize,
    trace: &Path,
) -> Result<(Ended, &'static str)> {
    if draws.chance(SHARE_OF_MOMENTS) {
        let moment = Duration::from_secs_f64(draws.uniform() * reference.seconds);
        return Ok((finish(workspace.start(&[], &[])?, Some(moment))?, "a random moment"));
    }
    let number = if n_before == 0 {
        stratified(&reference.operations, draws)
    } else {
        // The remaining operations are not known; early kills leave work for later ones.
        1 + draws.below((reference.operations.len() / (1 + n_before)).max(2))
    };
    let how = ["kill", "torn", "after"][draws.below(3)];
    let fault = format!("{how}@{number},trace:{}", trace.display());
    let ended = finish(workspace.start(&[(FAULT, fault)], &[])?, None)?;
    // The operation is in the trace, because it is written before it is done.
    let struck = fs::read_text(trace).map(|text| operations(&text)).unwrap_or_default();
    Ok((ended, struck.last().copied().unwrap_or("before any operation")))
}

/// Draws first the kind of an operation, so that rare ones are hit too. Returns its number.
fn stratified(operations: &[&'static str], draws: &mut Stream) -> usize {
    let strata: Vec<&str> =
        operations.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let Some(stratum) = strata.get(draws.below(strata.len())) else { return 1 };
    let numbers: Vec<usize> =
        (1..).zip(operations).filter(|(_, other)| *other == stratum).map(|(n, _)| n).collect();
    numbers.get(draws.below(numbers.len())).copied().unwrap_or(1)
}

/// What was on disk at the last check.
#[derive(Debug, Default)]
struct LastCheck {
    /// Steps that a checkpoint had committed.
    n_steps: usize,
    /// Epochs that a checkpoint had committed.
    n_epochs: usize,
    scores: Results,
}

impl LastCheck {
    /// Checks a run whose process was just killed.
    fn look(
        &mut self,
        workspace: &Workspace,
        reference: &Reference,
        place: &str,
        outcome: &mut Outcome,
    ) {
        let dir = match workspace.only_run() {
            Ok(Some(dir)) => dir,
            Ok(None) if self.n_steps == 0 => return,
            Ok(None) => return bad(outcome, "lost rows", place, ["the run is gone".to_owned()]),
            Err(error) => return bad(outcome, "unreadable runs", place, [words(&error)]),
        };
        match status(&dir) {
            Ok(None) => {}
            Ok(Some(untrue)) => bad(outcome, "untrue statuses", place, [untrue]),
            Err(error) => bad(outcome, "unreadable runs", place, [words(&error)]),
        }
        let rows = crash::catch("the reader", || {
            let run = read_run(&dir)?;
            Ok((results(&run)?, scores(&run)?, checkpoints(&dir)?))
        });
        let (events, scores, kept) = match rows {
            Ok(rows) => rows,
            Err(error) => return bad(outcome, "unreadable runs", place, [words(&error)]),
        };
        let positions: Vec<Position> = kept.iter().filter_map(|kept| kept.position).collect();
        for (what, line) in
            self.judge([&reference.events, &reference.scores], &events, scores, &positions)
        {
            bad(outcome, what, place, [line]);
        }
    }

    /// What is wrong with the results in a run now. Remembers them for the next check.
    fn judge(
        &mut self,
        expected: [&Results; 2],
        events: &Results,
        scores: Results,
        positions: &[Position],
    ) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        for (found, expected) in [events, &scores].into_iter().zip(expected) {
            for (key, value) in found {
                if key.ends_with(TWICE) {
                    wrong.push(("rows twice", key.clone()));
                } else if expected.get(key) != Some(value) {
                    wrong.push(("wrong rows", format!("{key}: {value}")));
                }
            }
        }
        for position in positions {
            self.n_steps = self.n_steps.max(position.step);
            self.n_epochs = self.n_epochs.max(position.epoch);
        }
        let steps = (1..=self.n_steps).map(|step| format!("step {step}"));
        let epochs = (1..=self.n_epochs).map(|epoch| format!("epoch {epoch}"));
        let lost = steps.chain(epochs).filter(|key| !events.contains_key(key));
        wrong.extend(lost.map(|key| ("lost rows", key)));
        let lost = self.scores.keys().filter(|key| !scores.contains_key(*key));
        wrong.extend(lost.map(|key| ("lost rows", key.clone())));
        self.scores = scores;
        wrong
    }
}

fn bad(outcome: &mut Outcome, what: &str, place: &str, found: impl IntoIterator<Item = String>) {
    for line in found {
        outcome.count(what, 1);
        outcome.problem(format!("{place}: {what}: {line}"));
    }
}

/// What is wrong with the status of a run whose process was killed.
pub(super) fn status(dir: &Path) -> Result<Option<String>> {
    let standing = live_status(dir)?;
    let status = &standing.status.status;
    let is_true = match status {
        Status::Queued => true,
        Status::Failed(failure) => failure.class == FailureClass::Killed,
        other => other.is_answered(),
    };
    let untrue = standing.alive || !is_true;
    Ok(untrue.then(|| format!("`{}`, alive: {}, after a kill", status.name(), standing.alive)))
}

/// An error on one line.
pub(super) fn words(error: &Error) -> String {
    error.to_string().replace('\n', " | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_operations_are_drawn_as_often_as_common_ones() {
        let mut operations = vec!["event append"; 98];
        operations.extend(["status replace", "begin"]);
        let mut draws = Draw { seed: 1, epoch: 0, case: "" }.stream("test");
        let drawn: Vec<usize> = (0..300).map(|_| stratified(&operations, &mut draws)).collect();
        assert!(drawn.iter().all(|number| (1..=100).contains(number)));
        let n_status = drawn.iter().filter(|number| **number == 99).count();
        assert!((60..140).contains(&n_status), "{n_status}");
    }

    fn rows(keys: &[(&str, f64)]) -> Results {
        keys.iter().map(|&(key, value)| (key.to_owned(), value.into())).collect()
    }

    #[test]
    fn a_row_that_is_lost_wrong_or_there_twice_is_seen() {
        let events = rows(&[("step 1", 0.5), ("step 2", 0.25), ("epoch 1", 0.3)]);
        let scores = rows(&[("case a class 1", 0.7)]);
        let expected = [&events, &scores];
        let position = Position { epoch: 1, step: 2, batches: 0, best_epoch: 1 };
        let mut seen = LastCheck::default();
        assert!(seen.judge(expected, &events, scores.clone(), &[position]).is_empty());
        // What the checkpoint had committed counts even when the checkpoint is gone.
        let found = rows(&[("step 1", 0.5), ("step 1 again", 0.5), ("epoch 1", 0.300_000_1)]);
        let wrong: Vec<_> = seen.judge(expected, &found, rows(&[]), &[]);
        let wrong: Vec<_> = wrong.iter().map(|(what, line)| format!("{what}: {line}")).collect();
        assert_eq!(
            wrong,
            [
                "wrong rows: epoch 1: 0.3000001",
                "rows twice: step 1 again",
                "lost rows: step 2",
                "lost rows: case a class 1",
            ]
        );
    }
}
