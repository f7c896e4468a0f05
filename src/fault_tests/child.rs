//! [`Workspace`]: a folder with a tiny experiment, and this program as a child process in it.
//!
//! Does not know what happens to the children.

use crate::{
    base::{
        Error, Fault, Result,
        fs::{self, fault},
    },
    record,
};
use std::{
    env,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A run of less than a second with everything that a long one has: dropout, augmentation,
/// deep supervision, a schedule, checkpoints, an evaluation and pictures.
const SPEC: &str = r#"question = "What does a run survive?"
name = "chaos"

[data]
root = "ROOT"
classes = ["background", "primary", "metastasis"]
phantom = { cases = 6, shape = [16, 16, 8], seed = 3 }

[split]
valid = 0.34

[preprocess]
grid = { kind = "xy-size", size = 16 }
intensity = { kind = "window", lower = -160.0, upper = 240.0 }

[augment]
flip = { p = 0.5 }
rotate = { p = 0.5, degrees = 15.0 }

[model]
widths = [4, 8]
dropout = 0.3
skip-dropout = 0.1

[evaluate]
overlays = 1

[train]
epochs = 3
patience = 0
"#;

/// Time after which a child hangs. It needs less than a tenth of it.
const HANGS: Duration = Duration::from_mins(2);
/// Interval of checks of a child.
const LOOK: Duration = Duration::from_millis(1);

/// A folder in which runs are made.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    program: PathBuf,
    pub(super) folder: PathBuf,
}

/// How a child ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) was_killed: bool,
    pub(super) hung: bool,
    pub(super) pid: u32,
    pub(super) stderr: String,
}

impl Workspace {
    /// Makes the folder. The first run makes the data set in `data`.
    ///
    /// # Errors
    /// When the folder cannot be written or the program cannot be found.
    pub(super) fn new(folder: PathBuf, data: &Path) -> Result<Self> {
        let program = env::current_exe().map_err(|error| {
            Error::run(Fault::new("cannot find this program").caused_by(&error))
        })?;
        fs::create_folder(&folder)?;
        let spec = SPEC.replace("ROOT", &data.display().to_string());
        fs::write_synced(&folder.join("chaos.toml"), spec.as_bytes())?;
        Ok(Self { program, folder })
    }

    /// Folder of the runs.
    pub(super) fn runs(&self) -> PathBuf {
        self.folder.join("runs")
    }

    /// The run directory, when there is one.
    ///
    /// # Errors
    /// When there are several.
    pub(super) fn only_run(&self) -> Result<Option<PathBuf>> {
        only_run(&self.runs())
    }

    /// Starts `seglab run` with these variables of the environment.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub(super) fn start(&self, variables: &[(&str, String)], more: &[&str]) -> Result<Child> {
        let run = ["run", "chaos.toml", "--device", "cpu"];
        let mut command = self.command(&[&run, more].concat());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::null()).spawn().map_err(|error| unstarted(&error))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            // One thread each: the children share the machine, and must be equal bit for bit.
            .env("RAYON_NUM_THREADS", "1")
            .env_remove(fault::FAULT)
            .env_remove(fault::CLOCK)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program and returns what it prints.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<(Ended, String)> {
        let output = self.command(arguments).output().map_err(|error| unstarted(&error))?;
        let ended = Ended {
            code: output.status.code(),
            was_killed: output.status.signal().is_some(),
            hung: false,
            pid: 0,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        Ok((ended, String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// Runs a child to its end under a fault.
    ///
    /// # Errors
    /// When it cannot be started or waited for.
    pub(super) fn run(&self, fault: &str) -> Result<Ended> {
        let variables =
            if fault.is_empty() { vec![] } else { vec![(fault::FAULT, fault.to_owned())] };
        finish(self.start(&variables, &[])?, None)
    }
}

/// The run directory under `runs`; `None` before there is one.
///
/// # Errors
/// When there are several, or the folder cannot be listed.
pub(super) fn only_run(runs: &Path) -> Result<Option<PathBuf>> {
    if !runs.is_dir() {
        return Ok(None);
    }
    let mut dirs = record::list(runs)?;
    if dirs.len() > 1 {
        let mut fault = Fault::new(format!("{} run directories instead of one", dirs.len()));
        for dir in dirs {
            fault = fault.detail(record::id_of(&dir));
        }
        return Err(Error::run(fault));
    }
    Ok(dirs.pop())
}

fn unstarted(error: &std::io::Error) -> Error {
    Error::run(Fault::new("cannot start a child process").caused_by(error))
}

/// Waits for a child, and kills it after `moment` if it still runs then.
///
/// # Errors
/// When it cannot be waited for.
pub(super) fn finish(mut child: Child, moment: Option<Duration>) -> Result<Ended> {
    let lost = |error: &std::io::Error| {
        Error::run(Fault::new("cannot wait for a child process").caused_by(error))
    };
    let (began, pid) = (Instant::now(), child.id());
    let mut hung = false;
    while child.try_wait().map_err(|error| lost(&error))?.is_none() {
        hung = began.elapsed() > HANGS;
        if hung || moment.is_some_and(|moment| began.elapsed() >= moment) {
            // It may have ended just now.
            let _ = child.kill();
            break;
        }
        thread::sleep(LOOK);
    }
    let output = child.wait_with_output().map_err(|error| lost(&error))?;
    Ok(Ended {
        code: output.status.code(),
        was_killed: output.status.signal().is_some(),
        hung,
        pid,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

impl Ended {
    /// What must never happen, however a child ends.
    pub(super) fn misbehaved(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.hung {
            problems.push("it hung".to_owned());
        }
        if self.stderr.contains("panicked") {
            problems.push(format!("it panicked: {}", self.message()));
        }
        problems
    }

    /// Its message, on one line.
    pub(super) fn message(&self) -> String {
        let from = self.stderr.find("error: ").unwrap_or_default();
        self.stderr[from..].trim().replace('\n', " | ")
    }
}

/// Copies a folder.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_folder(to)?;
    for path in fs::list_all(from)? {
        let place = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &place)?;
        } else {
            fs::write_plain(&place, &fs::read(&path)?)?;
        }
    }
    Ok(())
}
