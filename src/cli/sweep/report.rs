//! `seglab sweep report`: the page of a sweep, at whatever moment.
//!
//! Knows nothing of what stands on it.

use super::{super::print::print, name};
use crate::{error::Result, record, report, table};
use clap::Args;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Draws what there is of a sweep, at whatever moment.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Name of the sweep, or its spec file.
    sweep: String,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Folder of the reports.
    #[arg(long, default_value = "reports", value_name = "DIR")]
    out: PathBuf,
}

impl Command {
    /// Draws the page and prints where it is.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let folder = name::folder(&self.sweep, &self.runs)?;
        let page = write_report(&self.runs, &record::id_of(folder.runs()), &self.out)?;
        print(out, &format!("report  {}\n", page.display()))
    }
}

/// Draws what there is of a sweep, and says where.
///
/// # Errors
/// When there is no such sweep, or the page cannot be written.
pub(super) fn write_report(runs: &Path, experiment: &str, reports: &Path) -> Result<PathBuf> {
    report::write_sweep(&table::load_sweep(runs, experiment)?, experiment, reports)
}
