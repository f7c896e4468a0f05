//! `seglab sweep retry`: requests that failed cells are tried again.
//!
//! Does not know which worker will do it.

use super::{super::print::print, name};
use crate::{
    base::{Fault, Result},
    cli::folder::folder,
    record::RunState,
    sweep::store::{CellStatus, RetryAsked, SweepPlan, cell_statuses},
};
use clap::Args;
use std::{io::Write, path::PathBuf};

/// Has cells that failed tried again: those whose failure would come again are begun anew beside
/// the run that failed, the others go on from their last checkpoint.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Name of the sweep, or its spec file.
    sweep: String,
    /// Numbers of cells as `sweep status` shows them, or run ids or their beginnings; all that
    /// failed when none is named.
    cells: Vec<String>,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
}

impl Command {
    /// Marks the cells and prints them.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let folder = name::folder(&self.sweep, &self.runs)?;
        let plan = SweepPlan::read(&folder)?;
        let mut failed = cell_statuses(&folder, &plan)?;
        failed.retain(|cell| cell.state == RunState::Failed);
        failed.retain(|cell| {
            self.cells.is_empty() || self.cells.iter().any(|name| cell.is_named(name))
        });
        if failed.is_empty() {
            let fault = Fault::new(format!("no such cell of `{}` has failed", plan.experiment));
            let hint =
                format!("`seglab sweep status {}` shows the state of each cell", plan.experiment);
            return Err(fault.hint(hint).into());
        }
        let mut text = String::new();
        for CellStatus { cell, .. } in &failed {
            RetryAsked::ask(&folder, &cell.run_id)?;
            text.extend([format!("{}  {}\n", cell.run_id, cell.what)]);
        }
        text.extend([format!(
            "{} will be tried again, by running workers or by the next `seglab sweep run`\n",
            failed.len()
        )]);
        print(out, &text)
    }
}
