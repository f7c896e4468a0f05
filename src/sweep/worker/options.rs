//! [`WorkerOptions`]: where a worker runs cells, and until when.
//!
//! Does not know how it works.

use super::Applied;
use crate::sweep::{
    forecast::Forecast,
    slot::{Devices, Slot, jobs_that_fit, slots},
};
use chrono::{DateTime, Utc};
use std::{path::PathBuf, time::Duration};

/// Where a worker runs cells, and until when.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Where cells run.
    pub slots: Vec<Slot>,
    /// When to stop.
    pub until: Option<DateTime<Utc>>,
    /// How long cells will take, as far as that is known.
    pub forecast: Forecast,
    /// The shortest silence that counts as a hang.
    pub shortest_hang: Duration,
    /// Folder of the reports.
    pub reports: PathBuf,
    /// Whether to wait for cells of other workers, in case those die.
    pub waits_for_others: bool,
}

/// Where the cells of a sweep run, and how long they will take. Cells are calibrated only when the
/// result is used: to leave out cells that would not end before a time limit, and to decide how
/// many share a GPU. `say` gets what is going on.
pub fn slots_and_forecast(
    applied: &Applied,
    devices: &Devices,
    jobs: Option<usize>,
    has_limit: bool,
    say: &mut dyn FnMut(&str),
) -> (Vec<Slot>, Forecast) {
    let found = slots(devices, jobs);
    let may_share = jobs.is_none() && found.iter().all(Slot::is_gpu);
    let Some(slot) = found.first().filter(|_| may_share || has_limit) else {
        return (found, Forecast::default());
    };
    let Applied { loaded, source, folder, .. } = applied;
    let (forecast, kinds) = match Forecast::of(loaded, &source.cells, folder, slot, true, say) {
        Ok(found) => found,
        Err(error) => {
            say(&format!("warning: it is not known how long cells take:\n{error}"));
            return (found, Forecast::default());
        }
    };
    let device_bytes = kinds.iter().filter_map(|kind| forecast.cost(kind)?.device_bytes);
    let n_jobs = device_bytes.max().filter(|_| may_share).map_or(1, jobs_that_fit);
    if n_jobs > 1 {
        say(&format!("{n_jobs} cells fit on a GPU; `--jobs 1` runs one at a time"));
        return (slots(devices, Some(n_jobs)), forecast.shared(n_jobs));
    }
    (found, forecast)
}
