//! `seglab bench`: times the parts that have to be fast.
//!
//! Does not know how they work.

mod evidence;
mod kernels;
mod record;
mod runs;
mod scores;

use super::print::print;
use crate::{
    base::{Error, Fault, Result},
    data::{CaseTiming, audit::examine, time_cases},
    spec::{DeviceChoice, DeviceId, Preprocess, TrainingGrid},
    train::{Workload, compare_logits, device, time_steps},
};
use clap::{Args, Subcommand};
use std::io::Write;

/// What to time.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The training step on made-up data; prints one JSON line.
    Train(Network),
    /// Reading and preparing the cases of a data set with the notebook's rules; prints JSON.
    Data(Data),
    /// The CPU's own operations one by one beside burn's; prints a table.
    Kernels(kernels::Kernels),
    /// Opening, logging, committing and listing runs, made-up ones; prints a table.
    Record(record::Record),
    /// All scores of one large case, made up; prints a table.
    Scores(scores::Scores),
    /// Comparing many made-up settings and drawing the page; prints what it took.
    Evidence(evidence::Evidence),
    /// Not a time: logits of one network on the device and on the CPU; prints one JSON line.
    Logits(Network),
}

/// The notebook's network at work.
#[derive(Debug, Args)]
pub(crate) struct Network {
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Channels of each level.
    #[arg(long, value_delimiter = ',', default_value = "32,64,128,256", value_name = "N,N,..")]
    widths: Vec<usize>,
    /// Voxels along x, y and z.
    #[arg(long, value_delimiter = ',', default_value = "128,128,32", value_name = "X,Y,Z")]
    shape: Vec<usize>,
    /// Cases per step.
    #[arg(long, default_value_t = 1)]
    batch: usize,
    /// Steps that are timed.
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// Steps before those.
    #[arg(long, default_value_t = 3)]
    warmup: usize,
}

/// The cases of a folder.
#[derive(Debug, Args)]
pub(crate) struct Data {
    /// Folder of the data set.
    root: String,
    /// Slices become SIZE x SIZE.
    #[arg(long, default_value_t = 128)]
    size: usize,
    /// Times that each case is read.
    #[arg(long, default_value_t = 3)]
    repeat: usize,
}

impl Data {
    fn measure(&self) -> Result<serde_json::Value> {
        let (dataset, faults) = examine(&self.root, None, None)?;
        Error::unless_empty(faults)?;
        let grid = TrainingGrid::XySize { size: self.size.max(1) };
        let rules = Preprocess { grid, ..Preprocess::default() };
        let cases = time_cases(&dataset, &rules, self.repeat.max(1))?;
        let mean =
            |of: fn(&CaseTiming) -> f64| cases.iter().map(of).sum::<f64>() / cases.len() as f64;
        Ok(serde_json::json!({
            "threads": std::thread::available_parallelism().map_or(1, usize::from),
            "mean_load_s": mean(|case| case.load_s),
            "mean_prepare_s": mean(|case| case.prepare_s),
            "cases": cases,
        }))
    }
}

impl Command {
    /// The device that was asked for.
    #[cfg(feature = "cuda")]
    pub(crate) fn device(&self) -> DeviceChoice {
        match self {
            Self::Train(network) | Self::Logits(network) => network.device,
            Self::Data(_)
            | Self::Kernels(_)
            | Self::Record(_)
            | Self::Scores(_)
            | Self::Evidence(_) => DeviceChoice::Only(DeviceId::Cpu),
        }
    }

    /// Measures and prints the line.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let line = match self {
            Self::Train(network) => {
                let chosen = device::choose(network.device)?;
                serde_json::json!(time_steps(&network.workload()?, &chosen)?)
            }
            Self::Data(data) => data.measure()?,
            Self::Kernels(kernels) => return kernels.run(out),
            Self::Record(record) => return record.run(out),
            Self::Scores(scores) => return scores.run(out),
            Self::Evidence(evidence) => return evidence.run(out),
            Self::Logits(network) => {
                let (chosen, cpu) = (
                    device::choose(network.device)?,
                    device::choose(DeviceChoice::Only(DeviceId::Cpu))?,
                );
                serde_json::json!(compare_logits(&network.workload()?, &chosen, &cpu)?)
            }
        };
        print(out, &format!("{line}\n"))
    }
}

impl Network {
    fn workload(self) -> Result<Workload> {
        let mut faults = Vec::new();
        if self.widths.len() < 2 || self.widths.contains(&0) {
            faults.push(Fault::new("`--widths` needs at least two widths, each at least 1"));
        }
        let shape = <[usize; 3]>::try_from(self.shape).ok().filter(|shape| !shape.contains(&0));
        if shape.is_none() {
            faults.push(Fault::new("`--shape` needs three sizes, each at least 1"));
        }
        if self.steps == 0 || self.batch == 0 {
            faults.push(Fault::new("`--steps` and `--batch` must be at least 1"));
        }
        Error::unless_empty(faults)?;
        Ok(Workload {
            widths: self.widths,
            shape: shape.unwrap_or([1; 3]),
            batch: self.batch,
            warmup: self.warmup,
            steps: self.steps,
            seed: 42,
        })
    }
}
