//! `seglab verify-resume`: tests on this machine that an interrupted run ends like one that is not.
//!
//! Does not know how runs are compared.

use super::{folder::folder, print::print};
use crate::{
    base::{Error, Fault, Result, fs},
    event::Progress,
    fault_tests::{ResumeTest, Tolerance, verify_resume},
    spec::{self, DeviceChoice},
    train::device,
};
use clap::Args;
use std::{env, io::Write, path::PathBuf, process};

/// Trains straight and again with interruptions, and compares everything.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Spec file.
    spec: PathBuf,
    /// Optimizer steps to train.
    #[arg(long, value_name = "N")]
    steps: usize,
    /// Set a key, as in `train.epochs=3`; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// How often the second run is interrupted, by SIGTERM and SIGKILL in turn.
    #[arg(long, default_value_t = 4, value_name = "K")]
    interruptions: usize,
    /// Seed of the times of interruption.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep both runs in this folder, which must not be there yet.
    #[arg(long, value_name = "DIR", value_parser = folder())]
    keep: Option<PathBuf>,
}

/// Largest relative difference of a loss or a score on a GPU, where sums are taken in no fixed
/// order.
const GPU_TOLERANCE: f64 = 1e-2;

impl Command {
    /// The requested device.
    #[cfg(feature = "cuda")]
    pub(crate) fn device(&self) -> DeviceChoice {
        self.device
    }

    /// Compares and prints the result.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        // Faults of the spec are reported once, here, and not by the children.
        spec::load(&self.spec, &self.set)?;
        let is_gpu = device::choose(self.device)?.id.is_gpu();
        let progress = Progress::new(&[]);
        let test = self.test(is_gpu)?;
        let report = verify_resume(&test, &mut |line| progress.say(line));
        let report = report?;
        if self.keep.is_none() && report.differences.is_empty() {
            fs::remove_folder(&test.folder)?;
        }
        let interruptions = report
            .interruptions
            .iter()
            .map(|(interruption, step)| format!("{} at step {step}", interruption.name()));
        let how = format!(
            "{} steps without interruption, and again with {}",
            report.steps,
            listed(interruptions)
        );
        if report.differences.is_empty() {
            let equal = if is_gpu { "equal within 1 %" } else { "equal bit for bit" };
            return print(out, &format!("{equal}: {how}\n"));
        }
        let fault = Fault::new("an interrupted run does not end like one that is not")
            .detail(how)
            .detail(format!("both are kept in `{}`", test.folder.display()));
        Err(Error::run(report.differences.into_iter().fold(fault, Fault::detail)))
    }

    fn test(&self, is_gpu: bool) -> Result<ResumeTest> {
        let folder = self.keep.clone().unwrap_or_else(|| {
            env::temp_dir().join(format!("seglab-verify-resume-{}", process::id()))
        });
        if folder.exists() {
            let fault = Fault::new(format!("`{}` already exists", folder.display()));
            return Err(fault.hint("name a new folder").into());
        }
        fs::create_folder(&folder)?;
        let mut arguments = vec![self.spec.display().to_string()];
        for setting in &self.set {
            arguments.extend(["--set".to_owned(), setting.clone()]);
        }
        arguments.extend(["--device".to_owned(), self.device.to_string()]);
        Ok(ResumeTest {
            program: env::current_exe()
                .map_err(|error| Fault::new("cannot find this program").caused_by(&error))?,
            arguments,
            folder,
            steps: self.steps,
            interruptions: self.interruptions,
            seed: self.seed,
            tolerance: if is_gpu { Tolerance::Relative(GPU_TOLERANCE) } else { Tolerance::Exact },
        })
    }
}

fn listed(interruptions: impl Iterator<Item = String>) -> String {
    let interruptions: Vec<String> = interruptions.collect();
    if interruptions.is_empty() {
        "no interruption, because it ended before".into()
    } else {
        interruptions.join(", ")
    }
}
