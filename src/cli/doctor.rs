//! `seglab doctor`: explains runs in trouble, and saves what can be saved.
//!
//! Does not know what is looked at; everything it prints comes as findings.

use super::{
    folder::folder,
    print::{json, print},
};
use crate::{
    base::{Error, Fault, Result},
    record::{self, Finding, Severity, id_of},
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
}

impl Command {
    /// Prints what is wrong and what was done about it.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let dirs: Vec<PathBuf> = match self.wanted.as_slice() {
            [] => record::list(&self.runs)?,
            wanted => {
                let find = |run: &String| record::find(&self.runs, run);
                wanted.iter().map(find).collect::<Result<_>>()?
            }
        };
        let reports: Vec<Report> = dirs.iter().map(|dir| self.look(dir)).collect();
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

    fn look(&self, dir: &Path) -> Report {
        let run = id_of(dir);
        if !self.repair {
            let findings = record::diagnose(dir);
            return Report { run, findings, repaired: Vec::new(), quarantine: None, error: None };
        }
        match record::repair(dir) {
            Ok(repaired) => Report {
                run,
                findings: repaired.left,
                repaired: repaired.done,
                quarantine: repaired.quarantine,
                error: None,
            },
            Err(error) => {
                let (findings, error) = (record::diagnose(dir), Some(reasons(&error)));
                Report { run, findings, repaired: Vec::new(), quarantine: None, error }
            }
        }
    }
}

impl Report {
    fn is_in_trouble(&self) -> bool {
        self.error.is_some()
            || self.findings.iter().any(|finding| finding.severity == Severity::Trouble)
    }

    fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.repaired.is_empty() && self.error.is_none()
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
    for report in reports.iter().filter(|report| !report.is_sound()) {
        // Writing to a text cannot fail.
        let _ = report.add_to(&mut text);
    }
    let n_sound = reports.iter().filter(|report| report.is_sound()).count();
    let sound = if n_sound == 1 { "1 run is" } else { &format!("{n_sound} runs are") };
    text + sound + " sound\n"
}
