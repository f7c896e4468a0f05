//! `seglab sweep calibrate`: measures how fast one cell goes, in a process of its own.
//!
//! Does not know about the other cells, or who uses the result.

use super::super::print::json;
use crate::{
    base::Result,
    data::dataset::Reading,
    run::{DataSets, Planned},
    spec::{self, DeviceChoice},
    sweep::forecast::Measured,
    train::{calibrate, device},
};
use clap::Args;
use std::{io::Write, path::PathBuf, time::Instant};

/// Trains, validates, saves and scores a few cases of a cell, and prints what each part took.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Spec of the cell.
    cell: PathBuf,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Folder for checkpoints. Its content is useless afterwards.
    #[arg(long, value_name = "DIR")]
    scratch: PathBuf,
}

impl Command {
    /// The requested device.
    #[cfg(feature = "cuda")]
    pub(crate) fn device(&self) -> DeviceChoice {
        self.device
    }

    /// Measures and prints.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let began = Instant::now();
        let loaded = spec::load(&self.cell, &[])?;
        loaded.single_run()?;
        let device = device::choose(self.device)?;
        let mut sets = DataSets::of(&loaded, Reading::default());
        let Planned { dataset, parts, .. } = sets.plan(&loaded.experiment)?;
        let start = began.elapsed().as_secs_f64();
        let pace = calibrate(&loaded.experiment, &dataset, &parts, &device, &self.scratch)?;
        json(out, &Measured { device: device.name(), start, pace })
    }
}
