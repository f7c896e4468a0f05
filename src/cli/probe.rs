//! `seglab probe`: what this machine has for computing, what it lacks, and how to get it.
//!
//! Does not know how it is found out.

use super::print::{aligned, json, print};
use crate::{
    base::{ErrorCode, Result},
    spec::DeviceChoice,
    train::device::{State, Survey, survey},
};
use clap::Args;
use std::io::Write;

/// Shows what a device needs and what is there of it, and lets a GPU compute something. The exit code
/// is 0 when the device can be used, else 1.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Which device: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

impl Command {
    /// The device that was asked for.
    #[cfg(feature = "cuda")]
    pub(crate) fn device(&self) -> DeviceChoice {
        self.device
    }

    /// Looks and prints; fails when the device cannot be used.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let (survey, error) = survey(self.device);
        if self.json {
            json(out, &survey)?;
        } else {
            print(out, &table(&survey))?;
        }
        match error {
            None => Ok(()),
            Some(mut error) => {
                // The request was right; the machine is not.
                if error.code == ErrorCode::Request {
                    error.code = ErrorCode::DeviceSetup;
                }
                for fault in &mut error.faults {
                    let device = survey.device;
                    fault.message = format!("`{device}` cannot be used: {}", fault.message);
                }
                Err(error)
            }
        }
    }
}

fn table(survey: &Survey) -> String {
    let words = |state: State| match state {
        State::Ok => "ok",
        State::Missing => "missing",
        State::Unknown => "unknown",
    };
    let mut rows = vec![["PART", "STATE", "FOUND"].map(str::to_owned).to_vec()];
    for finding in &survey.findings {
        let state = words(finding.state).to_owned();
        rows.push(vec![finding.part.to_owned(), state, finding.found.clone()]);
    }
    for part in &survey.parity {
        let state = if part.is_equal() { "ok" } else { "wrong" };
        let found = format!("off by {:.1e}, allowed {:.1e}", part.largest, part.allowed);
        rows.push(vec![part.part.to_owned(), state.to_owned(), found]);
    }
    let mut said: Vec<&str> = Vec::new();
    let mut lines = vec![String::new()];
    for finding in &survey.findings {
        let Some(advice) = finding.advice.as_deref() else { continue };
        // One installation may bring several parts.
        if !said.contains(&advice) {
            said.push(advice);
            lines.push(format!("{}: {advice}", finding.part));
        }
    }
    if !said.is_empty() {
        lines.push(String::new());
    }
    let state = if survey.usable { "can be used" } else { "cannot be used" };
    lines.push(format!("{} {state}\n", survey.device));
    aligned(&rows) + &lines.join("\n")
}
