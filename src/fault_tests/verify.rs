//! [`verify_resume`]: runs an experiment without interruption, and again with interruptions, and
//! compares both.
//!
//! Does not know what is trained: it starts programs, stops them, and compares their runs.

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

/// What to test.
#[derive(Debug, Clone)]
pub struct ResumeTest {
    /// The program.
    pub program: PathBuf,
    /// Arguments of `seglab run`, the spec first, without folders and step limit.
    pub arguments: Vec<String>,
    /// Folder for both runs, empty.
    pub folder: PathBuf,
    /// Optimizer steps to train.
    pub steps: usize,
    /// How often the second run is interrupted.
    pub interruptions: usize,
    /// Seed of the times of interruption.
    pub seed: u64,
    /// How equal both runs must be.
    pub tolerance: Tolerance,
}

/// How an interruption was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// SIGTERM: the program stops itself with a checkpoint.
    Terminate,
    /// SIGKILL: the program cannot react.
    Kill,
}

impl Interruption {
    /// Name of the signal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Kill => "SIGKILL",
        }
    }
}

/// The result.
#[derive(Debug, Clone)]
pub struct ResumeReport {
    /// The interruptions that happened, each with the last step in the log then.
    pub interruptions: Vec<(Interruption, usize)>,
    /// Steps that both runs did.
    pub steps: usize,
    /// How they differ; empty when they are equal.
    pub differences: Vec<String>,
}

/// Interval of checks of a log: shorter than any step.
const LOOK: Duration = Duration::from_millis(2);

/// Trains without interruption, and again with interruptions at random steps, SIGTERM and SIGKILL in
/// turn.
///
/// # Errors
/// When a run fails for a reason of its own.
pub fn verify_resume(test: &ResumeTest, say: &mut dyn FnMut(&str)) -> Result<ResumeReport> {
    say(&format!("training {} steps without interruption", test.steps));
    let straight = test.folder.join("straight");
    test.finish(&straight)?;
    let straight = run_of(&straight)?;
    let steps = StatusFile::read(&straight)?.step;

    let cut = test.folder.join("interrupted");
    let mut interruptions = Vec::new();
    for (number, step) in test.moments(steps).into_iter().enumerate() {
        let interruption =
            if number % 2 == 0 { Interruption::Terminate } else { Interruption::Kill };
        if let Some(seen) = test.interrupt(&cut, step, interruption)? {
            say(&format!("again: {} at step {seen}", interruption.name()));
            interruptions.push((interruption, seen));
        }
    }
    say("again: to the end");
    test.finish(&cut)?;
    let differences = compare(&straight, &run_of(&cut)?, test.tolerance)?;
    Ok(ResumeReport { interruptions, steps, differences })
}

impl ResumeTest {
    /// Steps after which to interrupt, in order.
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
        // A full pipe would stop the program.
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

    /// Runs until the steps are done, in several attempts when the spec has a wall time.
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
                return Err(self.failed(Fault::new("the run makes no progress"))?);
            }
        }
    }

    /// Starts or continues the run, and interrupts it when its log has reached `step`. Returns the
    /// last step in the log then; `None` when the run ended first.
    fn interrupt(
        &self,
        runs: &Path,
        step: usize,
        interruption: Interruption,
    ) -> Result<Option<usize>> {
        let mut child = self.start(runs)?;
        loop {
            if let Some(status) = child.try_wait().map_err(|error| self.unwaited(&error))? {
                return self.must_go_well(status.code()).map(|()| None);
            }
            let seen = only_run(runs)?.map_or(0, |dir| last_step(&dir));
            if seen >= step {
                let signal =
                    if interruption == Interruption::Kill { Signal::KILL } else { Signal::TERM };
                // It may have ended by itself just now.
                let _ = kill_process(Pid::from_child(&child), signal);
                let status = child.wait().map_err(|error| self.unwaited(&error))?;
                if interruption == Interruption::Terminate {
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

    /// A fault with the last output of the program.
    fn failed(&self, fault: Fault) -> Result<Error> {
        let said = fs::read_text(&self.log())?;
        Ok(Error::run(said.lines().fold(fault, Fault::detail)))
    }
}

/// The run directory of a program that succeeded.
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
