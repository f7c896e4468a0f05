//! [`Predicted`]: what the cells of a plan will take, for people and for programs.
//!
//! Knows nothing of how it is found out.

use super::super::print::duration;
use crate::{
    base::{Result, fs::shown_bytes},
    event::Progress,
    record,
    spec::Loaded,
    sweep::{
        Plan,
        store::SweepFolder,
        worker::{self, Calibration, Cost, Devices, Slot, slots},
    },
};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where cells would run, and how that is found out.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Where cells would compute: auto (every GPU there is, else the CPU), or a list.
    #[arg(long, default_value = "auto")]
    devices: Devices,
    /// Cells that would run at once on each device.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Measure nothing: predict from finished runs and from what was measured before.
    #[arg(long)]
    no_calibrate: bool,
}

/// What the cells will take.
#[derive(Debug)]
pub(crate) struct Predicted {
    /// Cell by cell; `None` where nothing is known.
    pub(crate) costs: Vec<Option<Cost>>,
    slots: Vec<Slot>,
}

impl Asked {
    /// Finds out what the cells of a plan will take. A plan is worth having without that: what
    /// stands in the way is said, and nothing is predicted.
    pub(crate) fn predict(&self, loaded: &Loaded, plan: &Plan) -> Predicted {
        let slots = slots(&self.devices, self.jobs.map(usize::from));
        let progress = Progress::new(&loaded.experiment.data.classes);
        let found = self.costs(loaded, plan, &slots, &mut |line| progress.say(line));
        let costs = found.unwrap_or_else(|error| {
            progress.say(&format!("nothing is predicted:\n{error}"));
            vec![None; plan.cells.len()]
        });
        Predicted { costs, slots }
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
        costs(loaded, plan, &folder, slot, !self.no_calibrate, say)
    }
}

/// What the cells of a plan will take, each in a slot such as this.
///
/// # Errors
/// As [`worker::predict`].
pub(super) fn costs(
    loaded: &Loaded,
    plan: &Plan,
    folder: &SweepFolder,
    slot: &Slot,
    may_measure: bool,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<Option<Cost>>> {
    let program = record::machine().binary.clone().unwrap_or_default();
    let calibration = Calibration {
        folder: &folder.costs(),
        device: slot.device,
        threads: slot.threads,
        program: &program,
        may_measure,
    };
    worker::predict(loaded, &plan.cells, folder.runs(), &calibration, say)
}

impl Predicted {
    /// Whether anything is known.
    pub(crate) fn is_known(&self) -> bool {
        self.costs.iter().any(Option::is_some)
    }

    /// Time, memory and disk of a cell.
    pub(crate) fn words(cost: Option<&Cost>) -> [String; 3] {
        let unknown = || "-".to_owned();
        let Some(cost) = cost else { return [unknown(), unknown(), unknown()] };
        let memory = cost.device_bytes.or(cost.memory_bytes).map_or_else(unknown, shown_bytes);
        [duration(cost.seconds), memory, shown_bytes(cost.disk_bytes)]
    }

    /// All cells together.
    pub(crate) fn total(&self) -> String {
        let known = || self.costs.iter().flatten();
        let (n_known, n_slots) = (known().count(), self.slots.len());
        let all: f64 = known().map(|cost| cost.seconds).sum();
        let mut text = format!("\npredicted   {}", duration(all));
        if n_slots > 1 {
            let span = worker::makespan(known().map(|cost| cost.seconds), n_slots);
            text.extend([format!(", {} with {n_slots} at once", duration(span))]);
        }
        let disk = known().map(|cost| cost.disk_bytes).fold(0, u64::saturating_add);
        text.extend([format!("; {} of disk", shown_bytes(disk))]);
        let most = |bytes: fn(&Cost) -> Option<u64>| known().filter_map(bytes).max();
        for (bytes, whose) in [
            (most(|cost| cost.memory_bytes), "memory"),
            (most(|cost| cost.device_bytes), "GPU memory"),
        ] {
            text.extend(bytes.map(|bytes| format!("; {whose} {} a cell", shown_bytes(bytes))));
        }
        if n_known < self.costs.len() {
            text.extend([format!("; {} of {} cells are known", n_known, self.costs.len())]);
        }
        text + "\n"
    }

    /// The same for programs.
    pub(crate) fn total_as_json(&self) -> Value {
        let known = || self.costs.iter().flatten();
        json!({
            "known": known().count(),
            "slots": self.slots.len(),
            "seconds": known().map(|cost| cost.seconds).sum::<f64>(),
            "seconds-in-slots": worker::makespan(known().map(|cost| cost.seconds), self.slots.len()),
            "memory-bytes": known().filter_map(|cost| cost.memory_bytes).max(),
            "device-bytes": known().filter_map(|cost| cost.device_bytes).max(),
            "disk-bytes": known().map(|cost| cost.disk_bytes).fold(0, u64::saturating_add),
        })
    }
}
