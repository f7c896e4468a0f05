//! `seglab sweep report`: the page of a sweep, at whatever moment.
//!
//! Does not know what stands on it.

use super::{super::print::print, name};
use crate::{base::Result, cli::folder::folder, record};
use clap::Args;
use std::{io::Write, path::PathBuf};

pub(super) use super::super::report::of_sweep as write_report;

/// Draws what there is of a sweep, at whatever moment.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Name of the sweep, or its spec file.
    sweep: String,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Folder of the reports.
    #[arg(long, default_value = "reports", value_name = "DIR", value_parser = folder())]
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
