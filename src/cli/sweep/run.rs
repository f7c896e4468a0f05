//! `seglab sweep run` and `sweep work`: this process as a worker of a sweep.
//!
//! Does not know how a worker works.

use super::{
    super::{data::file_cache, print::print},
    report::write_report,
    screen::Screen,
    slurm::Slurm,
    until::Until,
};
use crate::{
    base::{Error, ErrorCode, Fault, Result},
    cli::folder::folder,
    event::Stop,
    record::{self, RunState},
    run::{StopFlags, check_places},
    spec,
    sweep::{
        Devices,
        slurm::JobAttempt,
        store::{CellStatus, StopAsked, cell_statuses, refusals, worker_events},
        worker::{self, Applied, PlanChange, WorkerEnd, WorkerOptions, apply, slots_and_forecast},
    },
    train::device::check,
};
use chrono::Local;
use clap::Args;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// Failed cells that a message lists.
const N_SHOWN: usize = 10;

/// Options of every worker.
#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// Spec file.
    spec: PathBuf,
    /// Set a key, as in `train.epochs=3`; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where to compute: auto (every GPU there is, else the CPU), or a list such as cuda:0,cuda:1.
    #[arg(long, default_value = "auto")]
    devices: Devices,
    /// Cells that run at once on each device; they share its memory, and the cores. Without it, one
    /// on the CPU, and on a GPU as many as fit by what a calibration measures.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// When to stop: 08:00, "2026-03-01 08:00" or 7h30m. What would not be done by then is left out.
    #[arg(long, value_name = "TIME")]
    until: Option<Until>,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Folder of the reports.
    #[arg(long, default_value = "reports", value_name = "DIR", value_parser = folder())]
    reports: PathBuf,
    /// The shortest silence of a cell that counts as a hang.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = humantime::parse_duration)]
    hang_after: Duration,
    /// Read and hash every data file, also those that look unchanged since they were last read.
    #[arg(long)]
    rehash: bool,
}

/// Runs what is left of a sweep.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    worker: Worker,
    /// Accept that cells mean something else than before under the same name.
    #[arg(long)]
    replan: bool,
    #[command(flatten)]
    slurm: Slurm,
}

/// Helps with a sweep from any machine that sees the folder.
#[derive(Debug, Args)]
pub(crate) struct Work {
    #[command(flatten)]
    worker: Worker,
    /// Wait for cells that other workers have, in case they die.
    #[arg(long)]
    linger: bool,
}

impl Run {
    /// Applies the spec, works until nothing is left, and writes the report.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let change = if self.replan { PlanChange::Accept } else { PlanChange::Refuse };
        let mut applied = self.worker.apply(change)?;
        if !self.slurm.is_dry() {
            applied.commit()?;
        }
        if self.slurm.is_asked() {
            return self.slurm.submit(&applied, self.worker.arguments()?, out);
        }
        StopAsked::withdraw(&applied.folder)?;
        self.worker.work(&mut applied, &StopFlags::listen()?, true, out)
    }
}

impl Work {
    /// Works until all cells are done or with other workers.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        // In a job a signal may come at any moment, and must not end a worker before it can requeue.
        let flags = StopFlags::listen()?;
        let mut applied = self.worker.apply(PlanChange::Refuse)?;
        if applied.is_new || applied.n_new > 0 {
            applied.commit()?;
        } else {
            applied.adopt()?;
        }
        self.worker.work(&mut applied, &flags, self.linger, out)
    }
}

impl Worker {
    fn apply(&self, change: PlanChange) -> Result<Applied> {
        record::probe_in_background();
        if let Devices::These(devices) = &self.devices {
            devices.iter().try_for_each(|device| check(*device))?;
        }
        let loaded = spec::load(&self.spec, &self.set)?;
        say(&format!("reading `{}`", loaded.experiment.data.root));
        let cache = file_cache(&self.runs, self.rehash);
        let applied = apply(&loaded, &self.runs, change, cache)?;
        if let Some(root) = &applied.made_phantom {
            say(&format!("made the phantom data set in `{}`", root.display()));
        }
        for warning in &applied.warnings {
            say(&format!("warning: {warning}"));
        }
        Ok(applied)
    }

    /// The command line of another worker of the same sweep, on any machine.
    fn arguments(&self) -> Result<Vec<String>> {
        let mut arguments = vec!["sweep".to_owned(), "work".to_owned(), absolute(&self.spec)?];
        let mut tell = |option: &str, value: String| arguments.extend([option.to_owned(), value]);
        for set in &self.set {
            tell("--set", set.clone());
        }
        tell("--devices", self.devices.to_string());
        if let Some(jobs) = self.jobs {
            tell("--jobs", jobs.to_string());
        }
        if let Some(until) = self.until {
            tell("--until", until.0.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string());
        }
        tell("--hang-after", humantime::format_duration(self.hang_after).to_string());
        tell("--runs", absolute(&self.runs)?);
        tell("--reports", absolute(&self.reports)?);
        Ok(arguments)
    }

    fn work(
        &self,
        applied: &mut Applied,
        flags: &StopFlags,
        waits_for_others: bool,
        out: &mut dyn Write,
    ) -> Result<()> {
        let attempt = JobAttempt::begin(&applied.folder)?;
        check_places(&applied.loaded, &self.runs, &self.reports)?;
        let has_limit = self.until.is_some();
        let jobs = self.jobs.map(usize::from);
        let (slots, forecast) =
            slots_and_forecast(applied, &self.devices, jobs, has_limit, &mut say);
        let options = WorkerOptions {
            forecast,
            slots,
            until: self.until.map(|until| until.0),
            shortest_hang: self.hang_after,
            reports: self.reports.clone(),
            waits_for_others,
        };
        let mut screen = Screen::new(applied, options.slots.len());
        screen.say(&told(applied)?);
        if let Some(until) = self.until {
            let until = until.0.with_timezone(&Local);
            screen.say(&format!("until {}", until.format("%Y-%m-%d %H:%M")));
        }
        let ending = worker::work(&options, applied, flags, &mut screen)?;
        screen.clear();
        print(out, &format!("runs    {}\n", applied.folder.runs().display()))?;
        if let (Some(attempt), WorkerEnd::Stopped(Stop::Signal)) = (attempt, &ending) {
            // There is no time for a report: the last worker writes it.
            say(&attempt.words(&attempt.end(&applied.folder)?));
            return conclude(applied, &ending);
        }
        match write_report(&self.runs, &applied.plan.experiment, &self.reports) {
            Ok(page) => print(out, &format!("report  {}\n", page.display()))?,
            // The end of the sweep matters more, and the page can be drawn at any time.
            Err(error) => say(&format!("warning: the report was not written:\n{error}")),
        }
        conclude(applied, &ending)
    }
}

/// An absolute path, for another machine that sees the same folders.
fn absolute(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(|error| {
        Fault::new(format!("cannot find the absolute path of `{}`", path.display()))
            .caused_by(&error)
    })?;
    absolute.into_os_string().into_string().map_err(|name| {
        let fault = Fault::new(format!("the name of `{}` is not UTF-8", name.display()));
        fault.hint("rename it: it cannot be put into a script").into()
    })
}

/// What there is to do, as a message.
fn told(applied: &Applied) -> Result<String> {
    let cells = cell_statuses(&applied.folder, &applied.plan)?;
    let n_over = cells.iter().filter(|cell| cell.state.is_over()).count();
    let mut words = vec![format!("{} cells", cells.len())];
    if n_over > 0 {
        words.push(format!("{n_over} already done"));
    }
    if !applied.is_new && applied.n_new > 0 {
        words.push(format!("{} new", applied.n_new));
    }
    if applied.n_dropped > 0 {
        words.push(format!("{} no longer in the spec", applied.n_dropped));
    }
    Ok(words.join(", "))
}

/// The error that ends the program, unless all is done.
fn conclude(applied: &Applied, ending: &WorkerEnd) -> Result<()> {
    let name = &applied.plan.experiment;
    let again = "the same command continues it";
    let fault = match ending {
        WorkerEnd::Done => {
            let cells = cell_statuses(&applied.folder, &applied.plan)?;
            let n = cells.iter().filter(|it| it.state == RunState::Running).count();
            if n > 0 {
                say(&format!(
                    "other workers still run {n} cells of `{name}`; `--linger` waits for them"
                ));
            }
            return Ok(());
        }
        WorkerEnd::Failed(_) => return Err(failed(applied)?),
        WorkerEnd::Left(n) => {
            (ErrorCode::Preempted, format!("{n} cells of `{name}` are left"), again)
        }
        WorkerEnd::Stopped(Stop::Interrupt) => {
            (ErrorCode::Interrupted, format!("the sweep `{name}` was stopped by Ctrl-C"), again)
        }
        WorkerEnd::Stopped(Stop::Walltime) => {
            (ErrorCode::Preempted, format!("the sweep `{name}` reached its time limit"), again)
        }
        WorkerEnd::Stopped(_) if StopAsked::is_asked(&applied.folder) => (
            ErrorCode::Preempted,
            format!("the sweep `{name}` was stopped by `seglab sweep stop`"),
            "`seglab sweep run SPEC` continues it",
        ),
        WorkerEnd::Stopped(_) => {
            (ErrorCode::Preempted, format!("the sweep `{name}` was stopped"), again)
        }
        WorkerEnd::Paused => (
            ErrorCode::DiskFull,
            format!("the sweep `{name}` pauses: the disk is full"),
            "free some space (`seglab gc --dry-run` shows what can be deleted); the same command continues it",
        ),
    };
    let (code, message, hint) = fault;
    Err(Error::new(code, Fault::new(message).hint(hint)))
}

/// Cells that failed, with their reasons.
fn failed(applied: &Applied) -> Result<Error> {
    let cells = cell_statuses(&applied.folder, &applied.plan)?;
    let worker_events = worker_events(&applied.folder)?;
    let refusals = refusals(&worker_events);
    let reason = |cell: &CellStatus| match cell.state {
        RunState::Failed | RunState::Damaged => cell.reason.clone(),
        RunState::Queued | RunState::Interrupted => {
            let refusal = refusals.get(cell.cell.run_id.as_str()).copied();
            Some(refusal.unwrap_or("process was killed each time").to_owned())
        }
        _ => None,
    };
    let failed: Vec<String> = cells
        .iter()
        .filter_map(|cell| Some(format!("{}: {}", cell.cell.what, reason(cell)?)))
        .collect();
    let n_failed = failed.len();
    let mut fault = Fault::new(format!(
        "{n_failed} of {} cells of `{}` failed",
        cells.len(),
        applied.plan.experiment
    ));
    fault.details.extend(failed.into_iter().take(N_SHOWN));
    if n_failed > N_SHOWN {
        fault = fault.detail(format!("and {} more", n_failed - N_SHOWN));
    }
    let has_failed = |it: &CellStatus| it.state == RunState::Failed;
    if cells.iter().any(has_failed) {
        let name = &applied.plan.experiment;
        fault = fault.hint(format!("`seglab sweep retry {name}` tries the failed ones again"));
    }
    Ok(Error::run(
        fault.hint("the same command tries cells again that were killed or did not start"),
    ))
}

fn say(line: &str) {
    // A closed stderr is no error.
    let _ = writeln!(io::stderr(), "{line}");
}
