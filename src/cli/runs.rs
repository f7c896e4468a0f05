//! `seglab runs`: lists runs, shows one, compares two, throws some away.
//!
//! Does not know about files; everything it prints comes as rows.

mod attempts;
mod diff;
mod list;
mod rm;
mod show;

use super::{folder::folder, print::warn};
use crate::{
    base::Result,
    record::{self, RunPlace},
};
use clap::{Args, Subcommand};
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Lists, shows, compares and throws away runs.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: list::List,
    /// Folder of the runs.
    #[arg(long, global = true, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists runs with the settings that differ and their Dice (the same as `seglab runs`).
    List(list::List),
    /// Shows one run: scores of every case, settings, where it came from.
    Show {
        /// Run id, or as much of its beginning as no other run shares.
        run: String,
        /// Show who worked on it instead, and what each attempt logged, masked lines too.
        #[arg(long)]
        attempts: bool,
    },
    /// Moves runs to the trash, from where they can be taken back.
    Rm {
        /// Runs, each by as much of the beginning of its id as no other run shares.
        #[arg(required = true, value_name = "RUN")]
        chosen: Vec<String>,
    },
    /// Compares two runs: the settings that differ, and the scores side by side.
    Diff {
        /// One run.
        first: String,
        /// The other.
        second: String,
    },
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    Text,
    Json,
}

impl Command {
    /// Prints what was asked.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let form = if self.json { Output::Json } else { Output::Text };
        let find = |prefix: &str| record::find(&self.runs, prefix);
        match self.action {
            None => self.list.run(&self.runs, form, out),
            Some(Action::List(list)) => list.run(&self.runs, form, out),
            Some(Action::Show { run, attempts }) => {
                let dir = find(&run)?;
                warn(&about(&self.runs, &[&dir])?);
                let show = if attempts { attempts::run } else { show::run };
                show(&dir, form, out)
            }
            Some(Action::Rm { chosen }) => {
                let dirs = chosen.iter().map(|run| find(run)).collect::<Result<Vec<_>>>()?;
                rm::run(&self.runs, &dirs, form, out)
            }
            Some(Action::Diff { first, second }) => {
                let dirs: [&Path; 2] = [&find(&first)?, &find(&second)?];
                warn(&about(&self.runs, &dirs)?);
                diff::run(dirs, form, out)
            }
        }
    }
}

/// What a user should know of the folders of some runs.
fn about(runs: &Path, dirs: &[&Path]) -> Result<Vec<String>> {
    let mut found = record::inventory(runs)?;
    let ids: Vec<String> = dirs.iter().map(|dir| RunPlace::of(dir).run_id).collect();
    found.runs.retain(|place| ids.contains(&place.run_id));
    found.copies.retain(|(copy, _)| ids.contains(&copy.run_id));
    Ok(found.warnings(&[]))
}
