//! [`check_places`]: whether everything that a run writes can be written, before anything is read or
//! trained.
//!
//! Does not know what is written there.

use super::datasets::is_phantom_missing;
use crate::{
    base::{Error, Result, fs},
    record,
    spec::Loaded,
};
use std::path::Path;

/// Tries to write in every folder that a run writes to: those of runs, of the cache of facts
/// about data files, of reports, and the data root where a phantom is to be made.
///
/// # Errors
/// Every folder that cannot be written, together.
pub fn check_places(loaded: &Loaded, runs: &Path, reports: &Path) -> Result<()> {
    let data = &loaded.experiment.data;
    let cache = record::cache_folder(runs);
    let mut places = vec![
        (runs, "runs are written there", "choose another folder with `--runs DIR`"),
        (reports, "reports are written there", "choose another folder with `--reports DIR`"),
    ];
    if cache.exists() {
        let hint = "remove it; it is only a cache and is made again";
        places.push((cache.as_path(), "facts about data files are cached there", hint));
    }
    if is_phantom_missing(loaded, data) {
        let why = "the phantom data set is made there";
        places.push((Path::new(&data.root), why, "choose another `data.root`"));
    }
    let mut all: Option<Error> = None;
    for (place, why, hint) in places {
        let Err(mut error) = fs::check_writable(place) else { continue };
        for fault in &mut error.faults {
            fault.details.push(why.to_owned());
            fault.hints.push(hint.to_owned());
        }
        match &mut all {
            None => all = Some(error),
            Some(all) => all.faults.extend(error.faults),
        }
    }
    all.map_or(Ok(()), Err)
}
