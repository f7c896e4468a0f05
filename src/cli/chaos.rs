//! `seglab chaos`: tests what runs survive.
//!
//! Does not know the tests.

use super::{
    folder::folder,
    print::{aligned, duration, json, print},
};
use crate::{
    base::{Error, Fault, Result},
    fault_tests::{self, Campaign, Outcome, Part},
};
use clap::{Args, ValueEnum};
use std::{
    io::{self, Write},
    path::PathBuf,
};

/// Kills, starves, races and damages many tiny runs of this program, and looks whether any
/// result changes.
///
/// Works in a folder of its own and touches no other runs. 1000 kills and everything that goes
/// with them take some minutes.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Kills; the other parts are tried as thoroughly as this number says, in full from 1000 on.
    #[arg(long, default_value_t = Campaign::FULL, value_name = "N")]
    kills: usize,
    /// Seed of every draw.
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// Parts to do; may be repeated. All when none is named.
    #[arg(long, value_name = "PART")]
    only: Vec<Choice>,
    /// Runs that are killed at the same time.
    #[arg(long, default_value_t = 2, value_name = "J")]
    jobs: usize,
    /// Folder to work in, which stays; else a temporary one, which stays when something is wrong.
    #[arg(long, value_name = "DIR", value_parser = folder())]
    keep: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    Kills,
    Damage,
    Disk,
    Race,
    Clock,
    Stale,
}

impl From<Choice> for Part {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Kills => Self::Kills,
            Choice::Damage => Self::Damage,
            Choice::Disk => Self::Disk,
            Choice::Race => Self::Race,
            Choice::Clock => Self::Clock,
            Choice::Stale => Self::Stale,
        }
    }
}

impl Command {
    /// Runs the campaign and prints its results; an error when there is a problem.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let parts = match self.only.as_slice() {
            [] => Part::ALL.to_vec(),
            only => only.iter().map(|choice| Part::from(*choice)).collect(),
        };
        let campaign = Campaign {
            n_kills: self.kills,
            seed: self.seed,
            parts,
            n_jobs: self.jobs,
            keep: self.keep,
        };
        let (outcomes, folder) = fault_tests::run(&campaign, &mut |line| {
            // A closed stderr is no error.
            let _ = writeln!(io::stderr(), "{line}");
        })?;
        if self.json {
            json(out, &outcomes)?;
        } else {
            print(out, &text(&outcomes))?;
        }
        let n_problems: usize = outcomes.iter().map(|outcome| outcome.n_problems).sum();
        if n_problems == 0 {
            return Ok(());
        }
        let mut fault = Fault::new(format!("{n_problems} problems were found"));
        for outcome in &outcomes {
            for problem in &outcome.problems {
                fault = fault.detail(format!("{}: {problem}", outcome.part));
            }
        }
        let folder = folder.unwrap_or_default();
        Err(Error::run(fault.hint(format!("look into `{}`", folder.display()))))
    }
}

fn text(outcomes: &[Outcome]) -> String {
    outcomes.iter().map(part).collect()
}

fn part(outcome: &Outcome) -> String {
    let Outcome { part, seconds, n_problems, counts, skipped, .. } = outcome;
    let rows: Vec<Vec<String>> =
        counts.iter().map(|(what, n)| vec![format!("  {what}"), n.to_string()]).collect();
    let skipped: Vec<String> = skipped.iter().map(|what| format!("  skipped: {what}\n")).collect();
    format!(
        "{part}: {}, {n_problems} problems\n{}{}",
        duration(*seconds),
        aligned(&rows),
        skipped.concat()
    )
}
