//! [`find`]: a run directory by as much of its id as no other run shares.
//!
//! Does not know what is in a run, except what it was begun from.

use super::{
    format::{RunToml, experiment_of, id_of},
    inventory::{Inventory, RunPlace, inventory},
    resume::number,
};
use crate::base::{Fault, Result};
use std::path::{Path, PathBuf};

/// Most candidates that a message lists.
const N_SHOWN: usize = 10;

/// The run whose id is `prefix`, or else the only one whose id begins so; `experiment/prefix`
/// looks in one experiment. A copy of a run, and a run in a folder of another name, are found by
/// the whole name of their folder, and a run by that of a link to it.
///
/// # Errors
/// When no run or more than one begins so: the candidates are listed.
pub fn find(runs: &Path, prefix: &str) -> Result<PathBuf> {
    find_in(&inventory(runs)?, runs, prefix)
}

/// As [`find`], for a run that is to be extended: of a run and its extensions, whose ids begin
/// alike, the run is meant, so that the command that extended it goes on with its extension.
///
/// # Errors
/// As [`find`].
pub fn find_parent(runs: &Path, prefix: &str) -> Result<PathBuf> {
    chosen(&inventory(runs)?, runs, prefix, &|candidates| {
        let extended: Vec<Option<String>> =
            candidates.iter().map(|place| extended_by(&place.dir)).collect();
        let is_there = |id: &String| candidates.iter().any(|other| other.run_id == *id);
        let roots = candidates.iter().zip(&extended);
        let roots = roots.filter(|(_, parent)| !parent.as_ref().is_some_and(is_there));
        only(roots.map(|(place, _)| *place))
    })
}

/// As [`find`], among runs that are known already; `runs` is their folder.
///
/// # Errors
/// As [`find`].
pub fn find_in(known: &Inventory, runs: &Path, prefix: &str) -> Result<PathBuf> {
    chosen(known, runs, prefix, &|candidates| only(candidates.iter().copied()))
}

/// The run that another one extends; a run that was started beside it with `--fresh` does not.
fn extended_by(dir: &Path) -> Option<String> {
    let run = RunToml::read(dir).ok()?;
    run.parent.filter(|parent| number(&run.run_id, parent).is_none())
}

/// Chooses the run that is meant among those that begin so.
type Choose<'c> = &'c dyn for<'a> Fn(&[&'a RunPlace]) -> Option<&'a RunPlace>;

fn chosen(found: &Inventory, runs: &Path, prefix: &str, choose: Choose<'_>) -> Result<PathBuf> {
    let Inventory { runs: known, copies, links } = found;
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
    if let Some(place) = whole {
        return Ok(place.dir.clone());
    }
    if let Some((_, linked)) = links.iter().find(|(link, _)| is_folder(&link)) {
        return Ok(linked.clone());
    }
    if let Some(place) = choose(&candidates) {
        return Ok(place.dir.clone());
    }
    let (message, shown, action) = if candidates.is_empty() {
        let message = format!("no run begins with `{prefix}` in `{}`", runs.display());
        (message, known.iter().collect(), "`seglab runs` lists all of them")
    } else {
        let message = format!("{} runs begin with `{prefix}`", candidates.len());
        let action = if has_twins(&candidates) {
            "give the experiment too, `EXPERIMENT/ID`; move what is no run out of the folder of runs"
        } else {
            "give more of the id"
        };
        (message, candidates, action)
    };
    Err(listed(Fault::new(message), &shown).hint(action).into())
}

/// The only one; `None` when there is none or more than one.
fn only<'a>(mut places: impl Iterator<Item = &'a RunPlace>) -> Option<&'a RunPlace> {
    places.next().filter(|_| places.next().is_none())
}

/// Whether two of the runs have one id, in different experiments.
fn has_twins(places: &[&RunPlace]) -> bool {
    let mut ids: Vec<&str> = places.iter().map(|place| place.run_id.as_str()).collect();
    ids.sort_unstable();
    ids.windows(2).any(|two| two[0] == two[1])
}

fn listed(mut fault: Fault, places: &[&RunPlace]) -> Fault {
    let by_folder = has_twins(places);
    for place in places.iter().take(N_SHOWN) {
        let RunPlace { dir, experiment, run_id } = place;
        fault = fault.detail(if by_folder {
            format!("{experiment}/{run_id} (`{}`)", dir.display())
        } else {
            run_id.clone()
        });
    }
    if places.len() > N_SHOWN {
        fault = fault.detail(format!("and {} more", places.len() - N_SHOWN));
    }
    fault
}
