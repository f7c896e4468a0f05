//! [`predict`]: what every cell of a sweep will take, from what its like have taken.
//!
//! Knows nothing of how many cells run at once, but for [`makespan`].

use super::{Calibration, Cost, Measured, Timings, cost, time_key};
use crate::{
    base::Result,
    data::median,
    event::Event,
    record::{self, format::Status},
    run::{DataSets, Planned, disk},
    spec::{Experiment, Loaded},
    sweep::Cell,
    train::device::Choice,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Finished runs that are looked at, newest names last.
const MOST_RUNS: usize = 200;

/// What each cell will take; `None` where nothing is known. Runs of the same kind that have
/// finished in `runs`, the folder of the experiment, are believed more than a calibration.
///
/// # Errors
/// Every fault of the data, or of a split; when a pace cannot be kept.
pub fn predict(
    loaded: &Loaded,
    cells: &[Cell],
    runs: &Path,
    calibration: &Calibration<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<Option<Cost>>> {
    let mut sets = DataSets::of(loaded);
    let planned: Vec<Planned> =
        cells.iter().map(|cell| sets.plan(&cell.experiment)).collect::<Result<_>>()?;
    let pairs = || cells.iter().map(|cell| &cell.experiment).zip(&planned);
    let taken = taken(runs, calibration);
    let paces = Timings::of(pairs(), calibration, say)?;
    let mut known: BTreeMap<String, Option<Cost>> = BTreeMap::new();
    let costs = pairs().map(|(experiment, planned)| {
        let parts = &planned.parts;
        let n_cases = [&parts.train, &parts.valid, &parts.test].map(Vec::len);
        let like = like(experiment, &planned.dataset.fingerprint, n_cases);
        let seconds = taken.get(&like).map(|seconds| median(seconds));
        let new = || worked_out(experiment, planned, paces.get(experiment, planned), seconds);
        known.entry(like).or_insert_with(new).clone()
    });
    Ok(costs.collect())
}

fn worked_out(
    experiment: &Experiment,
    planned: &Planned,
    measured: Option<Measured>,
    taken: Option<f64>,
) -> Option<Cost> {
    let disk_bytes = disk::bytes(experiment, planned);
    let cost = measured.map(|measured| cost(experiment, planned, &measured, disk_bytes));
    match (cost, taken) {
        (Some(cost), Some(seconds)) => Some(Cost { seconds, ..cost }),
        (None, Some(seconds)) => {
            Some(Cost { seconds, memory_bytes: None, device_bytes: None, disk_bytes })
        }
        (cost, None) => cost,
    }
}

/// What cells share that take the same time.
fn like(experiment: &Experiment, data_fingerprint: &str, n_cases: [usize; 3]) -> String {
    format!("{} {n_cases:?}", time_key(experiment, data_fingerprint))
}

/// Seconds of the runs that went from their first to their last epoch in one go, on this device.
fn taken(runs: &Path, calibration: &Calibration<'_>) -> BTreeMap<String, Vec<f64>> {
    let device = match calibration.device {
        Choice::Cuda(_) => calibration.device.to_string(),
        Choice::Cpu | Choice::Auto => format!("CPU, threads: {}", calibration.threads),
    };
    let mut taken: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    // What cannot be read tells nothing, and is no reason not to plan.
    let dirs: Vec<PathBuf> = crate::base::fs::list(runs).unwrap_or_default();
    for dir in dirs.iter().rev().filter(|dir| dir.is_dir()).take(MOST_RUNS) {
        if let Some((like, seconds)) = one_taken(dir, &device) {
            taken.entry(like).or_default().push(seconds);
        }
    }
    taken
}

fn one_taken(dir: &Path, device: &str) -> Option<(String, f64)> {
    let is_whole = record::attempts(dir).is_ok_and(|attempts| attempts.len() == 1);
    let run = is_whole.then(|| record::read_run(dir).ok())??;
    if run.status.status != Status::Finished || run.provenance.device != device {
        return None;
    }
    let n_cases = run.events.iter().find_map(|entry| match entry.event {
        Event::Started { n_cases, .. } => Some(n_cases),
        _ => None,
    })?;
    let seconds = (run.status.updated - run.run.created).num_milliseconds() as f64 / 1e3;
    Some((like(&run.experiment, &run.provenance.data_fingerprint, n_cases), seconds))
}

/// Seconds until the last of some cells has ended, each begun in its order where one of
/// `n_slots` is free first.
pub fn makespan(seconds: impl IntoIterator<Item = f64>, n_slots: usize) -> f64 {
    let mut free = vec![0.0_f64; n_slots.max(1)];
    for taken in seconds {
        if let Some(first) = free.iter_mut().min_by(|one, other| one.total_cmp(other)) {
            *first += taken;
        }
    }
    free.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_take_cells_as_they_become_free() {
        assert_eq!(makespan([3.0, 1.0, 1.0, 2.0], 1).to_bits(), 7.0_f64.to_bits());
        // The second slot takes the three short ones.
        assert_eq!(makespan([3.0, 1.0, 1.0, 2.0], 2).to_bits(), 4.0_f64.to_bits());
        assert_eq!(makespan([], 3).to_bits(), 0.0_f64.to_bits());
    }
}
