//! [`stop`]: asks every worker of a sweep to stop, and waits until they have.
//!
//! Does not know how a worker stops.

use crate::{
    base::Result,
    sweep::store::{StopAsked, SweepFolder, WorkerInfo, workers},
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Asks every worker to stop and waits for them, at most `patience`. Returns those that still run.
///
/// # Errors
/// When the request cannot be written or the workers cannot be listed.
pub fn stop(folder: &SweepFolder, patience: Duration) -> Result<Vec<WorkerInfo>> {
    StopAsked::ask(folder)?;
    let began = Instant::now();
    loop {
        let mut living = workers(folder)?;
        living.retain(|worker| worker.alive);
        if living.is_empty() || began.elapsed() >= patience {
            return Ok(living);
        }
        thread::sleep(Duration::from_millis(100));
    }
}
