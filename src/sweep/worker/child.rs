//! [`Child`]: the process of one cell, from its start to its end.
//!
//! When a worker dies, its children end too: the kernel sends each of them SIGTERM, and they end
//! with a checkpoint.
//!
//! Does not know how its end is judged.

use crate::{
    base::{Error, ErrorCode, Fault, Result, crash, fs},
    sweep::{Cell, slot::Slot, store::SweepFolder},
};
use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal};
use std::{
    env,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{self, Command, Stdio},
    time::Instant,
};

/// Environment variable with the process number of the worker.
pub const WORKER: &str = "SEGLAB_WORKER";

/// How a cell starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartMode {
    /// From its last checkpoint, or from nothing.
    Continue,
    /// Beside a run that failed.
    Fresh,
    /// Although it was given up.
    Promote,
}

/// The process of one cell.
#[derive(Debug)]
pub(super) struct Child {
    process: process::Child,
    pub(super) began: Instant,
    /// Bytes of the log before it began to print.
    log_start: u64,
    /// When it was asked to stop.
    pub(super) stopped: Option<Instant>,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exit {
    /// Its exit code; `None` when a signal ended it.
    pub(super) code: Option<i32>,
    /// The signal that ended it.
    pub(super) signal: Option<i32>,
    /// The first error message that it printed.
    pub(super) error: Option<String>,
    /// Whether it printed that it could not allocate memory.
    pub(super) is_out_of_memory: bool,
}

impl Exit {
    /// Whether it was asked to stop and did so with a checkpoint.
    pub(super) fn is_preempted(&self) -> bool {
        self.code == Some(75) || self.code == Some(130)
    }
}

impl Child {
    /// Starts a cell.
    ///
    /// # Errors
    /// When its log cannot be opened or the process cannot be started.
    pub(super) fn start(
        folder: &SweepFolder,
        reports: &Path,
        cell: &Cell,
        run_id: &str,
        slot: &Slot,
        mode: StartMode,
    ) -> Result<Self> {
        let program = env::current_exe().map_err(|error| {
            Error::run(Fault::new("cannot find this program").caused_by(&error))
        })?;
        let log_path = folder.log(&cell.run_id);
        fs::create_folder(log_path.parent().unwrap_or(folder.root()))?;
        let log = fs::open_append(&log_path)?;
        let log_start = log.metadata().map_or(0, |found| found.len());
        let errors = log.try_clone().map_err(|error| fs::io_error("open", &log_path, &error))?;
        let mut command = Command::new(program);
        command
            .args(["sweep", "cell", run_id, "--device", &slot.device.to_string(), "--sweep"])
            .arg(folder.runs())
            .arg("--reports")
            .arg(reports)
            .args(match mode {
                StartMode::Continue => None,
                StartMode::Fresh => Some("--fresh"),
                StartMode::Promote => Some("--promote"),
            })
            .env(WORKER, process::id().to_string())
            .env("RAYON_NUM_THREADS", slot.threads.to_string())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            // Only the worker gets Ctrl-C: it asks its children to stop, once.
            .process_group(0);
        let process = command.spawn().map_err(|error| {
            Error::run(Fault::new("cannot start a process for a cell").caused_by(&error))
        })?;
        let began = Instant::now();
        Ok(Self { process, began, log_start, stopped: None })
    }

    /// Whether it has ended, and how.
    ///
    /// # Errors
    /// When the system does not answer.
    pub(super) fn ended(&mut self, log: &Path) -> Result<Option<Exit>> {
        let status = self.process.try_wait().map_err(|error| {
            Error::run(Fault::new("cannot wait for the process of a cell").caused_by(&error))
        })?;
        Ok(status.map(|status| {
            let printed = printed(log, self.log_start);
            let error = printed.lines().find_map(|line| line.strip_prefix("error: "));
            Exit {
                code: status.code(),
                signal: status.signal(),
                error: error.map(|line| line.trim().to_owned()),
                is_out_of_memory: printed.lines().any(|line| line.starts_with(crash::NO_MEMORY)),
            }
        }))
    }

    /// Asks it to stop with a checkpoint. A second call changes nothing.
    pub(super) fn ask_to_stop(&mut self) {
        if self.stopped.is_none() {
            self.stopped = Some(Instant::now());
            self.signal(Signal::TERM);
        }
    }

    /// Kills it.
    pub(super) fn kill(&mut self) {
        // This also ends a process that Ctrl-Z has stopped.
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        // It may have ended just now. Its number is not reused before it is waited for.
        let _ = pid.map(|pid| kill_process(pid, signal));
    }
}

/// The part of a log that a process printed; empty when it cannot be read.
fn printed(log: &Path, start: u64) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let own = usize::try_from(start).ok().and_then(|start| bytes.get(start..));
    String::from_utf8_lossy(own.unwrap_or_default()).into_owned()
}

/// Asks the kernel to stop this process, a cell's, as soon as its worker is gone. `worker` is the
/// worker's process number, from [`WORKER`]; without it nothing happens.
///
/// # Errors
/// When the worker is already gone.
pub fn die_with(worker: Option<&str>) -> Result<()> {
    let Some(worker) = worker else { return Ok(()) };
    // On systems without it, a cell outlives its worker, and no other process can take its run
    // meanwhile.
    let _ = set_parent_process_death_signal(Some(Signal::TERM));
    let parent = getppid().map(|pid| pid.as_raw_nonzero().to_string());
    if parent.as_deref() == Some(worker) {
        return Ok(());
    }
    let fault = Fault::new(format!("the worker of this cell, process {worker}, is gone"));
    Err(Error::new(ErrorCode::Preempted, fault))
}
