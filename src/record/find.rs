//! [`find`]: a run directory by as much of its id as no other run shares.
//!
//! Does not know what is in a run.

use super::{
    format::{experiment_of, id_of},
    inventory::{Inventory, RunPlace, inventory},
};
use crate::base::{Fault, Result};
use std::path::{Path, PathBuf};

/// Most candidates that a message lists.
const N_SHOWN: usize = 10;

/// The run whose id is `prefix`, or else the only one whose id begins so; `experiment/prefix`
/// looks in one experiment. A copy of a run, and a run in a folder of another name, are found by
/// the whole name of their folder.
///
/// # Errors
/// When no run or more than one begins so: the candidates are listed.
pub fn find(runs: &Path, prefix: &str) -> Result<PathBuf> {
    let Inventory { runs: known, copies } = inventory(runs)?;
    let (experiment, id) = match prefix.trim_end_matches('/').rsplit_once('/') {
        Some((experiment, id)) => (Some(experiment), id),
        None => (None, prefix),
    };
    let is_named = |place: &&RunPlace| {
        experiment.is_none_or(|it| it == place.experiment || it == experiment_of(&place.dir))
    };
    let of_experiment: Vec<&RunPlace> = known.iter().filter(is_named).collect();
    let exact = only(of_experiment.iter().copied().filter(|place| place.run_id == id));
    // With the folder named too, one folder of several with the same run is meant.
    let is_folder = |place: &&RunPlace| {
        id_of(&place.dir) == id && experiment.is_none_or(|it| it == experiment_of(&place.dir))
    };
    let folder = only(known.iter().chain(copies.iter().map(|(copy, _)| copy)).filter(is_folder));
    let candidates: Vec<&RunPlace> =
        of_experiment.iter().copied().filter(|place| place.run_id.starts_with(id)).collect();
    let whole = if experiment.is_some() { folder.or(exact) } else { exact.or(folder) };
    let found = whole.or_else(|| only(candidates.iter().copied()));
    if let Some(place) = found {
        return Ok(place.dir.clone());
    }
    let (message, shown, action) = if candidates.is_empty() {
        let message = format!("no run begins with `{prefix}` in `{}`", runs.display());
        (message, known.iter().collect(), "`seglab runs` lists all of them")
    } else {
        let message = format!("{} runs begin with `{prefix}`", candidates.len());
        (message, candidates, "give more of the id")
    };
    Err(listed(Fault::new(message), &shown).hint(action).into())
}

/// The only one; `None` when there is none or more than one.
fn only<'a>(mut places: impl Iterator<Item = &'a RunPlace>) -> Option<&'a RunPlace> {
    places.next().filter(|_| places.next().is_none())
}

fn listed(mut fault: Fault, places: &[&RunPlace]) -> Fault {
    for place in places.iter().take(N_SHOWN) {
        fault = fault.detail(place.run_id.clone());
    }
    if places.len() > N_SHOWN {
        fault = fault.detail(format!("and {} more", places.len() - N_SHOWN));
    }
    fault
}
