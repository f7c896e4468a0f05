//! `seglab reproduce`: a run repeated from its own code, spec and data, and compared.
//!
//! Does not know how this is done.

use super::{
    folder::folder,
    print::{aligned, json, print},
};
use crate::{
    base::{Error, ErrorCode, Fault, Result},
    event::Progress,
    record,
    run::reproduce::{Comparison, Program, ReproduceOptions, Reproduction, reproduce},
    spec::DeviceChoice,
};
use clap::Args;
use serde::Serialize;
use std::{io::Write, path::PathBuf};

/// Repeats a run from its own code, spec and data, and compares every epoch and every score.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Run id, or the beginning of it that no other run shares.
    run: String,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Repository that the run was started in.
    #[arg(long, default_value = ".", value_name = "DIR", value_parser = folder())]
    repository: PathBuf,
    /// Folder of the run's data [default: that of the first run].
    #[arg(long, value_name = "DIR", value_parser = folder())]
    data: Option<PathBuf>,
    /// Folder for the second run, which is then kept.
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: Option<PathBuf>,
    /// Where to compute: auto, cpu, cuda or cuda:N [default: as the first run].
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// Build the run's own code and run that.
    #[arg(long, conflicts_with = "program")]
    build: bool,
    /// Run this seglab, even if it is not the one of the first run.
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// Keep the code, the spec and the second run even when the results are the same.
    #[arg(long)]
    keep: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    run: &'a str,
    is_exact: bool,
    second_run: Option<String>,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

impl Command {
    /// Repeats the run and prints the comparison.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let program = match self.program {
            Some(program) => Program::Other(program),
            None if self.build => Program::Built,
            None => Program::This,
        };
        let options = ReproduceOptions {
            run: record::find(&self.runs, &self.run)?,
            repository: self.repository,
            data: self.data,
            out: self.out,
            device: self.device,
            program,
            keep: self.keep,
        };
        let progress = Progress::new(&[]);
        let found = reproduce(&options, &mut |line| progress.say(line))?;
        let Reproduction { first, run_dir, comparison } = &found;
        let second_run = run_dir.as_ref().map(|dir| dir.display().to_string());
        if self.json {
            let (run, is_exact) = (first.run.run_id.as_str(), comparison.is_exact());
            json(out, &Printed { run, is_exact, second_run, comparison })?;
        } else {
            print(out, &text(comparison))?;
            if let Some(dir) = second_run {
                print(out, &format!("run  {dir}\n"))?;
            }
        }
        if comparison.is_exact() {
            return Ok(());
        }
        let fault = Fault::new(format!("run `{}` was not reproduced exactly", first.run.run_id));
        Err(Error::new(ErrorCode::Run, fault))
    }
}

/// Most places that only one run has and are listed.
const N_SHOWN: usize = 10;

fn text(comparison: &Comparison) -> String {
    let Comparison { n_epochs, n_rows, differences, unmatched } = comparison;
    if comparison.is_exact() {
        return format!("reproduced exactly ({n_epochs} epochs, {n_rows} rows)\n");
    }
    let mut text = format!("not the same ({n_epochs} epochs, {n_rows} rows compared)\n");
    if !differences.is_empty() {
        let mut rows =
            vec![["column", "largest difference", "places", "first"].map(str::to_owned).to_vec()];
        rows.extend(differences.iter().map(|it| {
            let largest =
                it.largest.map_or_else(|| "not a number".into(), |it| format!("{it:.3e}"));
            vec![it.column.clone(), largest, it.n.to_string(), it.first.clone()]
        }));
        text += &aligned(&rows);
    }
    let mut lines: Vec<String> = unmatched.iter().take(N_SHOWN).cloned().collect();
    if let Some(n_more) = unmatched.len().checked_sub(N_SHOWN).filter(|n| *n > 0) {
        lines.push(format!("and {n_more} more"));
    }
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}
