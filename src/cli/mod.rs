//! The commands: parse, call, print.
//!
//! The only user of clap. Data goes to stdout, progress and messages to stderr.
//!
//! Knows nothing that another room should know: code that needs no terminal needs nothing of
//! this.

mod answer;
mod bench;
mod chaos;
mod data;
mod doctor;
mod eval;
mod evidence;
mod folder;
mod gc;
mod power;
mod print;
mod probe;
mod report;
mod reproduce;
mod run;
mod runs;
mod spec;
mod sweep;
mod verify;

use crate::base::Result;
use clap::{Parser, Subcommand};
use std::io::Write;

/// A research harness for 3-D medical segmentation: a TOML question in, runs and reports out.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Looks at a data set.
    Data {
        #[command(subcommand)]
        command: data::Command,
    },
    /// Check specs, show what they mean, list every key.
    Spec {
        #[command(subcommand)]
        command: spec::Command,
    },
    /// Trains and evaluates what a spec asks for, unless that was done before.
    Run(run::Command),
    /// Lists, shows, compares and throws away runs.
    Runs(runs::Command),
    /// Trains straight and again with interruptions, and compares everything.
    VerifyResume(verify::Command),
    /// Explains runs in trouble, and saves what can be saved.
    Doctor(doctor::Command),
    /// Does a run again from what it left, and compares every epoch and every score.
    Reproduce(reproduce::Command),
    /// Removes checkpoints and other files that no run needs any more.
    Gc(gc::Command),
    /// Draws the runs of some experiments as a page.
    Report(report::Command),
    /// Answers the questions of a discussion with the evidence of the runs.
    Answer(answer::Command),
    /// What difference these cases and seeds could tell, and what it would take to tell a smaller.
    Power(power::Command),
    /// Scores anybody's label maps against references.
    Eval(eval::Command),
    /// Runs a question with several settings: plan, run, status, report.
    Sweep {
        #[command(subcommand)]
        command: sweep::Command,
    },
    /// Shows what this machine has for computing, what it lacks, and how to get it.
    Probe(probe::Command),
    /// Times the parts that have to be fast.
    Bench {
        #[command(subcommand)]
        command: bench::Command,
    },
    /// Tries out what runs survive: kills, full disks, races, damaged files.
    Chaos(chaos::Command),
}

impl Arguments {
    /// The device on which this command computes; `None` when it computes nothing.
    #[cfg(feature = "cuda")]
    pub fn device(&self) -> Option<crate::spec::DeviceChoice> {
        Some(match &self.command {
            Command::Run(command) => command.device(),
            Command::VerifyResume(command) => command.device(),
            Command::Bench { command } => command.device(),
            Command::Sweep { command } => command.device()?,
            Command::Probe(command) => command.device(),
            _ => return None,
        })
    }

    /// Does what was asked, printing data to `out`.
    ///
    /// # Errors
    /// Whatever stops the command, ready to be shown.
    pub fn run(self, out: &mut dyn Write) -> Result<()> {
        match self.command {
            Command::Data { command } => command.run(out),
            Command::Spec { command } => command.run(out),
            Command::Run(command) => command.run(out),
            Command::Runs(command) => command.run(out),
            Command::VerifyResume(command) => command.run(out),
            Command::Doctor(command) => command.run(out),
            Command::Reproduce(command) => command.run(out),
            Command::Gc(command) => command.run(out),
            Command::Report(command) => command.run(out),
            Command::Answer(command) => command.run(out),
            Command::Power(command) => command.run(out),
            Command::Eval(command) => command.run(out),
            Command::Sweep { command } => command.run(out),
            Command::Probe(command) => command.run(out),
            Command::Bench { command } => command.run(out),
            Command::Chaos(command) => command.run(out),
        }
    }
}
