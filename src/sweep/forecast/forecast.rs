//! [`Forecast`]: what cells will take, from what finished ones took or from a calibration.
//!
//! Does not know how many cells run at once.

use super::{
    calibration::{Calibration, Paces},
    cost::{CellKind, Cost, cost},
};
use crate::{
    base::{Result, fs},
    data::{dataset::Reading, scan::FileCache},
    event::Event,
    record::{self, RunToml, Status},
    run::{DataSets, Planned, disk},
    spec::Loaded,
    statistics::median,
    sweep::{PlannedCell, slot::Slot, store::SweepFolder},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// How many runs are read at most, the newest first.
const MOST_RUNS: usize = 200;

/// What cells will take, by their kind.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    kinds: BTreeMap<CellKind, Known>,
}

/// What is known of a kind of cell.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Seconds that finished cells took.
    taken: Vec<f64>,
    /// What a calibration gives.
    calculated: Option<Cost>,
    disk_bytes: u64,
}

impl Forecast {
    /// A forecast for the cells of a plan in slots like this one, and the kind of each cell. Runs
    /// of the same kind that have finished on the device count more than a calibration.
    ///
    /// # Errors
    /// Every fault of the data, or of a split.
    pub fn of(
        loaded: &Loaded,
        cells: &[PlannedCell],
        folder: &SweepFolder,
        slot: &Slot,
        may_measure: bool,
        say: &mut dyn FnMut(&str),
    ) -> Result<(Self, Vec<CellKind>)> {
        let runs = folder.runs().parent().unwrap_or(folder.runs());
        let cache = FileCache::Trusted(record::cache_folder(runs));
        let reading = Reading { cache, prepare: None };
        let mut sets = DataSets::of(loaded, reading).as_named_in(runs);
        let planned: Vec<Planned> =
            cells.iter().map(|cell| sets.plan(&cell.experiment)).collect::<Result<_>>()?;
        let pairs = || cells.iter().map(|cell| &cell.experiment).zip(&planned);
        let mut taken = taken(folder.runs(), &slot.device_name());
        let paces = Paces::of(pairs(), &Calibration::new(folder, slot, may_measure), say);
        let mut forecast = Self::default();
        let mut kinds = Vec::with_capacity(cells.len());
        for (experiment, planned) in pairs() {
            let kind = CellKind::of(experiment, planned);
            kinds.push(kind.clone());
            forecast.kinds.entry(kind.clone()).or_insert_with(|| {
                let disk_bytes = disk::bytes(experiment, planned);
                let calculated = paces
                    .get(experiment, planned)
                    .map(|measured| cost(experiment, planned, &measured, disk_bytes));
                let taken = taken.remove(&kind).unwrap_or_default();
                Known { taken, calculated, disk_bytes }
            });
        }
        Ok((forecast, kinds))
    }

    /// Adds a cell that took so many seconds.
    pub fn add(&mut self, kind: &CellKind, seconds: f64) {
        self.kinds.entry(kind.clone()).or_default().taken.push(seconds);
    }

    /// What a cell of a kind will take; `None` when that is not known.
    pub fn cost(&self, kind: &CellKind) -> Option<Cost> {
        let Known { taken, calculated, disk_bytes } = self.kinds.get(kind)?;
        let unknown =
            Cost { seconds: 0.0, memory_bytes: None, device_bytes: None, disk_bytes: *disk_bytes };
        match (calculated, taken.as_slice()) {
            (None, []) => None,
            (Some(cost), []) => Some(cost.clone()),
            (cost, taken) => {
                Some(Cost { seconds: median(taken), ..cost.clone().unwrap_or(unknown) })
            }
        }
    }

    /// Seconds that a cell of a kind will take.
    pub fn seconds(&self, kind: &CellKind) -> Option<f64> {
        self.cost(kind).map(|cost| cost.seconds)
    }

    /// The same when `n_jobs` cells share a device: at worst, nothing is gained by it.
    pub(in super::super) fn shared(mut self, n_jobs: usize) -> Self {
        let factor = n_jobs as f64;
        for known in self.kinds.values_mut() {
            known.taken.iter_mut().for_each(|seconds| *seconds *= factor);
            if let Some(cost) = &mut known.calculated {
                cost.seconds *= factor;
            }
        }
        self
    }
}

/// Seconds of the newest runs that went from their first to their last epoch in one attempt on
/// this device. What cannot be read is passed over: a plan is possible without it.
fn taken(runs: &Path, device: &str) -> BTreeMap<CellKind, Vec<f64>> {
    let dirs = fs::list(runs).unwrap_or_default();
    let mut begun: Vec<(RunToml, &Path)> =
        dirs.iter().filter_map(|dir| Some((RunToml::read(dir).ok()?, dir.as_path()))).collect();
    begun.sort_by_key(|(run, _)| std::cmp::Reverse(run.created));
    // A copy of a run tells nothing new.
    let mut seen = BTreeSet::new();
    begun.retain(|(run, _)| seen.insert(run.run_id.clone()));
    let mut taken: BTreeMap<CellKind, Vec<f64>> = BTreeMap::new();
    for (_, dir) in begun.into_iter().take(MOST_RUNS) {
        if let Some((kind, seconds)) = one_taken(dir, device) {
            taken.entry(kind).or_default().push(seconds);
        }
    }
    taken
}

fn one_taken(dir: &Path, device: &str) -> Option<(CellKind, f64)> {
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
    let kind = CellKind::new(&run.experiment, &run.provenance.data_fingerprint, n_cases);
    Some((kind, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    #[test]
    fn what_finished_cells_took_counts_more_than_what_was_calculated() {
        let text = "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n";
        let kind = CellKind::new(&load_resolved(text).unwrap(), "data", [4, 1, 1]);
        let mut forecast = Forecast::default();
        assert_eq!(forecast.seconds(&kind), None);
        let cost = Cost { seconds: 99.0, memory_bytes: Some(5), device_bytes: None, disk_bytes: 7 };
        let known = Known { taken: vec![], calculated: Some(cost), disk_bytes: 7 };
        forecast.kinds.insert(kind.clone(), known);
        assert_eq!(forecast.seconds(&kind), Some(99.0));
        for seconds in [10.0, 30.0, 20.0] {
            forecast.add(&kind, seconds);
        }
        let cost = forecast.cost(&kind).unwrap();
        assert_eq!((cost.seconds.to_bits(), cost.memory_bytes), (20.0_f64.to_bits(), Some(5)));
        assert_eq!(forecast.shared(3).seconds(&kind), Some(60.0));
    }
}
