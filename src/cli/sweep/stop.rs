//! `seglab sweep stop`: asks every worker of a sweep to stop.
//!
//! Does not know how they stop.

use super::{super::print::print, name, report::write_report};
use crate::{
    base::{Error, Fault, Result},
    cli::folder::folder,
    record::Owner,
    sweep::{store::SweepPlan, worker},
};
use clap::Args;
use std::{io::Write, path::PathBuf, time::Duration};

/// Has every worker of a sweep stop; running cells end with a checkpoint and can go on. Then draws
/// what there is.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Name of the sweep, or its spec file.
    sweep: String,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Folder of the reports.
    #[arg(long, default_value = "reports", value_name = "DIR", value_parser = folder())]
    reports: PathBuf,
    /// How long to wait for the workers.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = humantime::parse_duration)]
    wait: Duration,
}

impl Command {
    /// Asks, waits, and prints which workers still run.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let folder = name::folder(&self.sweep, &self.runs)?;
        let plan = SweepPlan::read(&folder)?;
        let living = worker::stop(&folder, self.wait)?;
        if living.is_empty() {
            print(out, &format!("no worker of `{}` is running any more\n", plan.experiment))?;
            let page = write_report(&self.runs, &plan.experiment, &self.reports)?;
            return print(out, &format!("report  {}\n", page.display()));
        }
        let message = format!("{} workers have not stopped yet", living.len());
        let mut fault = Fault::new(message);
        for worker in living {
            fault = fault.detail(worker.owner.as_ref().map_or(worker.name, Owner::name));
        }
        let hint = "they stop at the next step of their cells; the same command waits again";
        Err(Error::run(fault.hint(hint)))
    }
}
