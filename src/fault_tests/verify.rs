//! [`verify_resume`]: one experiment straight to a step, and again with interruptions: equal?
//!
//! Does not know what is trained: it starts programs, stops them and compares what they left.

use super::{
    child::only_run,
    compare::{Tolerance, compare},
};
use crate::{
    base::{Error, Fault, Result, fs, random::Draw},
    event::Event,
    record::{StatusFile, read_run},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// What is to be shown.
#[derive(Debug, Clone)]
pub struct Question {
    /// The program.
    pub program: PathBuf,
    /// Arguments of `seglab run`, the spec first, but for those on folders and the step limit.
    pub arguments: Vec<String>,
    /// Folder for both runs, empty.
    pub folder: PathBuf,
    /// Optimizer steps to train.
    pub steps: usize,
    /// How often the second run is interrupted.
    pub interruptions: usize,
    /// Seed of the moments.
    pub seed: u64,
    /// How equal the two must be.
    pub tolerance: Tolerance,
}

/// How an interruption was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGTERM: the program stops itself with a checkpoint.
    Terminate,
    /// SIGKILL: it never knows.
    Kill,
}

impl Blow {
    /// Its signal's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Kill => "SIGKILL",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The interruptions that hit, each with the last step in the log at that moment.
    pub blows: Vec<(Blow, usize)>,
    /// Steps that both runs did.
    pub steps: usize,
    /// In what they differ, in words; empty: in nothing.
    pub differences: Vec<String>,
}

/// From one look at a log to the next: shorter than any step that is worth interrupting.
const LOOK: Duration = Duration::from_millis(2);

/// Trains straight, and again with interruptions at random steps, SIGTERM and SIGKILL in turn.
///
/// # Errors
/// When a run fails for a reason of its own.
pub fn verify_resume(question: &Question, say: &mut dyn FnMut(&str)) -> Result<Verdict> {
    say(&format!("training {} steps straight", question.steps));
    let straight = question.folder.join("straight");
    question.finish(&straight)?;
    let straight = run_of(&straight)?;
    let steps = StatusFile::read(&straight)?.step;

    let cut = question.folder.join("interrupted");
    let mut blows = Vec::new();
    for (number, step) in question.moments(steps).into_iter().enumerate() {
        let blow = if number % 2 == 0 { Blow::Terminate } else { Blow::Kill };
        if let Some(seen) = question.interrupt(&cut, step, blow)? {
            say(&format!("again: {} at step {seen}", blow.name()));
            blows.push((blow, seen));
        }
    }
    say("again: to the end");
    question.finish(&cut)?;
    let differences = compare(&straight, &run_of(&cut)?, question.tolerance)?;
    Ok(Verdict { blows, steps, differences })
}

impl Question {
    /// Steps after which to strike, in order.
    fn moments(&self, steps: usize) -> Vec<usize> {
        let draw = Draw { seed: self.seed, epoch: 0, case: "" };
        let mut stream = draw.stream("verify-resume");
        let inner = steps.saturating_sub(1).max(1);
        let mut moments: Vec<usize> =
            (0..self.interruptions).map(|_| 1 + stream.below(inner)).collect();
        moments.sort_unstable();
        moments
    }

    fn start(&self, runs: &Path) -> Result<Child> {
        // A pipe that nobody reads would stop the program when it is full.
        let log = fs::create(&self.log())?;
        Command::new(&self.program)
            .arg("run")
            .args(&self.arguments)
            .args([Path::new("--runs"), runs])
            .args([Path::new("--reports"), &self.folder.join("reports")])
            .args(["--stop-at-step".to_owned(), self.steps.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| fs::io_error("start", &self.program, &error))
    }

    /// Runs until the steps are done; a wall time in the spec may cut that into pieces.
    fn finish(&self, runs: &Path) -> Result<()> {
        let mut before = None;
        loop {
            let code = self.start(runs)?.wait().map_err(|error| self.unwaited(&error))?.code();
            self.must_go_well(code)?;
            let status = StatusFile::read(&run_of(runs)?)?;
            if code == Some(0) || status.step >= self.steps {
                return Ok(());
            }
            if before.replace(status.step) == Some(status.step) {
                return Err(self.failed(Fault::new("the run gets no further, time and again"))?);
            }
        }
    }

    /// Starts the run, or goes on with it, and strikes once its log has come to `step`. The last
    /// step logged then; `None` when the run ended first.
    fn interrupt(&self, runs: &Path, step: usize, blow: Blow) -> Result<Option<usize>> {
        let mut child = self.start(runs)?;
        loop {
            if let Some(status) = child.try_wait().map_err(|error| self.unwaited(&error))? {
                return self.must_go_well(status.code()).map(|()| None);
            }
            let seen = only_run(runs)?.map_or(0, |dir| last_step(&dir));
            if seen >= step {
                let signal = if blow == Blow::Kill { Signal::KILL } else { Signal::TERM };
                // One that has just ended by itself cannot be struck; it is waited for all the same.
                let _ = kill_process(Pid::from_child(&child), signal);
                let status = child.wait().map_err(|error| self.unwaited(&error))?;
                if blow == Blow::Terminate {
                    self.must_go_well(status.code())?;
                }
                return Ok(Some(seen));
            }
            thread::sleep(LOOK);
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("stderr.txt")
    }

    fn unwaited(&self, error: &std::io::Error) -> Error {
        fs::io_error("wait for", &self.program, error)
    }

    fn must_go_well(&self, code: Option<i32>) -> Result<()> {
        if matches!(code, Some(0 | 75)) {
            return Ok(());
        }
        Err(self.failed(Fault::new(format!("`seglab run {}` failed", self.arguments.join(" "))))?)
    }

    /// A fault with what the program said last.
    fn failed(&self, fault: Fault) -> Result<Error> {
        let said = fs::read_text(&self.log())?;
        Ok(Error::run(said.lines().fold(fault, Fault::detail)))
    }
}

/// The run directory that a program which went well must have left.
fn run_of(runs: &Path) -> Result<PathBuf> {
    only_run(runs)?
        .ok_or_else(|| Error::run(Fault::new(format!("there is no run in `{}`", runs.display()))))
}

/// The last step that a run's log shows; 0 while there is none.
fn last_step(dir: &Path) -> usize {
    let Ok(files) = read_run(dir) else { return 0 };
    let step = files.events.iter().rev().find_map(|entry| match entry.event {
        Event::Step { step, .. } => Some(step),
        _ => None,
    });
    step.unwrap_or(0)
}
