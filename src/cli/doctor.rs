//! `seglab doctor`: explains runs in trouble, and saves what can be saved.
//!
//! Does not know what is looked at; everything it prints comes as findings.

use super::{
    folder::folder,
    print::{json, print},
};
use crate::{
    base::{Error, Fault, Result},
    record::{self, Finding, Inventory, RunPlace, Severity, Surroundings, experiment_of, id_of},
    sweep::store::SweepFolder,
};
use clap::Args;
use serde::Serialize;
use std::{
    fmt::Write as _,
    io::Write,
    path::{Path, PathBuf},
};

/// Explains runs in trouble, and saves what can be saved.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Runs to look at, by as much of their ids as no other run shares; without any, all.
    #[arg(value_name = "RUN")]
    wanted: Vec<String>,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Do what is advised: nothing that is damaged is removed, it stays beside or in
    /// `.quarantine`. Runs that are being worked on are left alone.
    #[arg(long)]
    repair: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What was found out about a run.
#[derive(Debug, Serialize)]
struct Report {
    run: String,
    /// What is so, after repair.
    findings: Vec<Finding>,
    /// What was done.
    repaired: Vec<Finding>,
    /// Where the run lies now, when it could not be saved.
    quarantine: Option<PathBuf>,
    /// Why it could not be repaired.
    error: Option<String>,
    /// Whether another folder counts in its place.
    #[serde(skip)]
    is_copy: bool,
}

impl Command {
    /// Prints what is wrong and what was done about it.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let known = record::inventory(&self.runs)?;
        let dirs: Vec<PathBuf> = match self.wanted.as_slice() {
            [] => known.dirs(),
            wanted => {
                let find = |run: &String| record::find_in(&known, &self.runs, run);
                wanted.iter().map(find).collect::<Result<_>>()?
            }
        };
        let around = Surroundings::of(&known).with_cells(cells(&self.runs, &known));
        let reports: Vec<Report> = dirs.iter().map(|dir| self.look(dir, &around)).collect();
        if self.json {
            json(out, &reports)?;
        } else {
            print(out, &text(&reports))?;
        }
        let left = reports.iter().filter(|report| report.is_in_trouble()).count();
        if left == 0 {
            return Ok(());
        }
        let runs = if left == 1 { "1 run is" } else { &format!("{left} runs are") };
        let action = if self.repair {
            "what is left needs a copy of the files, or `--fresh`"
        } else {
            "`seglab doctor --repair` does what is advised"
        };
        Err(Error::run(Fault::new(format!("{runs} in trouble")).hint(action)))
    }

    fn look(&self, dir: &Path, around: &Surroundings) -> Report {
        let looked = |error| Report {
            run: id_of(dir),
            findings: record::diagnose_among(dir, around),
            repaired: Vec::new(),
            quarantine: None,
            error,
            is_copy: around.counted(dir).is_some_and(Path::exists),
        };
        if !self.repair {
            return looked(None);
        }
        match record::repair_among(dir, around) {
            Ok(repaired) => Report {
                run: id_of(dir),
                findings: repaired.left,
                repaired: repaired.done,
                quarantine: repaired.quarantine,
                error: None,
                is_copy: around.counted(dir).is_some_and(Path::exists),
            },
            Err(error) => looked(Some(reasons(&error))),
        }
    }
}

/// Directories with runs of sweeps: the sweep has the spec of each under its id. A further run of a
/// cell has that id with a number.
fn cells(runs: &Path, known: &Inventory) -> Vec<PathBuf> {
    let is_cell = |place: &&RunPlace| {
        let ids = [Some(place.run_id.as_str()), place.run_id.rsplit_once('-').map(|(id, _)| id)];
        // Where the folder was given another name, the sweep lies in it.
        [&place.experiment, &experiment_of(&place.dir)].into_iter().any(|experiment| {
            let folder = SweepFolder::new(runs, experiment);
            ids.into_iter().flatten().any(|id| folder.cell(id).exists())
        })
    };
    let places = known.runs.iter().chain(known.copies.iter().map(|(copy, _)| copy));
    places.filter(is_cell).map(|place| place.dir.clone()).collect()
}

impl Report {
    fn is_in_trouble(&self) -> bool {
        self.error.is_some()
            || self.findings.iter().any(|finding| finding.severity == Severity::Trouble)
    }

    /// Whether it is a run that can be read, and continued where it has not ended.
    fn is_sound(&self) -> bool {
        !self.is_in_trouble() && self.quarantine.is_none() && !self.is_copy
    }

    /// Whether there is anything to tell of it.
    fn is_told(&self) -> bool {
        !self.findings.is_empty() || !self.repaired.is_empty() || self.error.is_some()
    }

    fn add_to(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "{}", self.run)?;
        for finding in &self.repaired {
            writeln!(text, "  {}", line(finding))?;
            if let (Some(remedy), None) = (&finding.remedy, &self.quarantine) {
                writeln!(text, "    done: {}", remedy.done())?;
            }
        }
        if let Some(place) = &self.quarantine {
            writeln!(text, "    done: moved the run to `{}`", place.display())?;
        }
        for finding in &self.findings {
            writeln!(text, "  {}", line(finding))?;
            if let Some(remedy) = &finding.remedy {
                writeln!(text, "    advice: {}", remedy.advice())?;
            }
        }
        if let Some(error) = &self.error {
            writeln!(text, "  not repaired: {error}")?;
        }
        writeln!(text)
    }
}

fn reasons(error: &Error) -> String {
    let messages: Vec<_> = error.faults.iter().map(|fault| fault.message.as_str()).collect();
    messages.join("; ")
}

/// `events.jsonl: line 3 is incomplete: the process was killed while it wrote it`.
fn line(finding: &Finding) -> String {
    match finding.file.as_str() {
        "." => finding.what.clone(),
        file => format!("{file}: {}", finding.what),
    }
}

fn text(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports.iter().filter(|report| report.is_told()) {
        // Writing to a text cannot fail.
        let _ = report.add_to(&mut text);
    }
    let n_sound = reports.iter().filter(|report| report.is_sound()).count();
    let sound = if n_sound == 1 { "1 run is" } else { &format!("{n_sound} runs are") };
    text + sound + " sound\n"
}
