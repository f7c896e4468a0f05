//! [`Costs`]: what the cells of a plan will take, for `sweep plan`.
//!
//! Does not know how that is found out.

use super::super::print::duration;
use crate::{
    base::{Result, text},
    cli::folder::folder,
    event::Progress,
    spec::Loaded,
    sweep::{
        Devices, Plan, Slot,
        forecast::{Cost, Forecast, Totals},
        slots,
        store::SweepFolder,
    },
};
use clap::Args;
use std::path::PathBuf;

/// Where cells would run, and how their costs are found out.
#[derive(Debug, Args)]
pub(crate) struct CostOptions {
    /// Where cells would compute: auto (every GPU there is, else the CPU), or a list.
    #[arg(long, default_value = "auto")]
    devices: Devices,
    /// Cells that would run at once on each device.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Measure nothing: predict from finished runs and from earlier measurements.
    #[arg(long)]
    no_calibrate: bool,
}

/// What the cells will take.
#[derive(Debug)]
pub(crate) struct Costs {
    /// Cell by cell; `None` where nothing is known.
    pub(crate) cells: Vec<Option<Cost>>,
    /// All of them together.
    pub(crate) totals: Totals,
}

impl CostOptions {
    /// What the cells of a plan will take. A plan is useful without it: errors are printed, and
    /// nothing is predicted.
    pub(crate) fn predict(&self, loaded: &Loaded, plan: &Plan) -> Costs {
        let slots = slots(&self.devices, self.jobs.map(usize::from));
        let progress = Progress::new(&loaded.experiment.data.classes);
        let found = self.costs(loaded, plan, &slots, &mut |line| progress.say(line));
        let cells = found.unwrap_or_else(|error| {
            progress.say(&format!("nothing is predicted:\n{error}"));
            vec![None; plan.cells.len()]
        });
        Costs { totals: Totals::of(&cells, slots.len()), cells }
    }

    fn costs(
        &self,
        loaded: &Loaded,
        plan: &Plan,
        slots: &[Slot],
        say: &mut dyn FnMut(&str),
    ) -> Result<Vec<Option<Cost>>> {
        let Some(slot) = slots.first() else { return Ok(vec![None; plan.cells.len()]) };
        let folder = SweepFolder::new(&self.runs, &loaded.experiment.name);
        let may_measure = !self.no_calibrate;
        let (forecast, kinds) = Forecast::of(loaded, &plan.cells, &folder, slot, may_measure, say)?;
        Ok(kinds.iter().map(|kind| forecast.cost(kind)).collect())
    }
}

impl Costs {
    /// Whether anything is known.
    pub(crate) fn is_known(&self) -> bool {
        self.totals.known > 0
    }

    /// Time, memory and disk of a cell.
    pub(crate) fn words(cost: Option<&Cost>) -> [String; 3] {
        let unknown = || "-".to_owned();
        let Some(cost) = cost else { return [unknown(), unknown(), unknown()] };
        let memory = cost.device_bytes.or(cost.memory_bytes).map_or_else(unknown, text::bytes);
        [duration(cost.seconds), memory, text::bytes(cost.disk_bytes)]
    }

    /// All cells together.
    pub(crate) fn total(&self) -> String {
        let totals = &self.totals;
        let mut text = format!("\npredicted   {}", duration(totals.seconds));
        if totals.slots > 1 {
            let span = duration(totals.seconds_in_slots);
            text.extend([format!(", {span} with {} at once", totals.slots)]);
        }
        text.extend([format!("; {} of disk", text::bytes(totals.disk_bytes))]);
        for (bytes, whose) in [(totals.memory_bytes, "memory"), (totals.device_bytes, "GPU memory")]
        {
            text.extend(bytes.map(|bytes| format!("; {whose} {} a cell", text::bytes(bytes))));
        }
        if totals.known < self.cells.len() {
            text.extend([format!("; {} of {} cells are known", totals.known, self.cells.len())]);
        }
        text + "\n"
    }
}
