//! `seglab sweep`: a question with several settings, from its plan to its report.
//!
//! Does not know how cells are laid out or run.

mod calibrate;
mod cell;
mod costs;
mod name;
mod plan;
mod report;
mod retry;
mod run;
mod screen;
mod slurm;
mod status;
mod stop;
mod until;

use crate::base::Result;
#[cfg(feature = "cuda")]
use crate::spec::DeviceChoice;
use clap::Subcommand;
use std::io::Write;

/// What to do with sweeps.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the cells of a sweep in the order in which they would run, and what they will take.
    Plan(plan::Command),
    /// Run what is left of a sweep: finished cells are found, cut-off ones go on.
    Run(run::Run),
    /// Help with a sweep from any machine that sees the folder; begins it where nobody has.
    Work(run::Work),
    /// Show how every cell stands.
    Status(status::Command),
    /// Draw what there is of a sweep, at whatever moment.
    Report(report::Command),
    /// Have cells that failed tried again by the workers, or by the next `sweep run`.
    Retry(retry::Command),
    /// Have every worker stop; running cells end with a checkpoint.
    Stop(stop::Command),
    /// One cell, as a worker starts it.
    #[command(hide = true)]
    Cell(cell::Command),
    /// How fast one cell goes, as planning asks it.
    #[command(hide = true)]
    Calibrate(calibrate::Command),
}

impl Command {
    /// The device that was asked for; `None` when nothing is computed here.
    #[cfg(feature = "cuda")]
    pub(crate) fn device(&self) -> Option<DeviceChoice> {
        match self {
            Self::Cell(command) => Some(command.device()),
            Self::Calibrate(command) => Some(command.device()),
            _ => None,
        }
    }

    /// Does what was asked, printing data to `out`.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Plan(command) => command.run(out),
            Self::Run(command) => command.run(out),
            Self::Work(command) => command.run(out),
            Self::Status(command) => command.run(out),
            Self::Report(command) => command.run(out),
            Self::Retry(command) => command.run(out),
            Self::Stop(command) => command.run(out),
            Self::Cell(command) => command.run(out),
            Self::Calibrate(command) => command.run(out),
        }
    }
}
