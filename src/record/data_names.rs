//! [`packed_fingerprints`]: how the runs of an experiment named their data before fingerprints were
//! of the voxels.
//!
//! Does not know how a fingerprint is made.

use super::format::PROVENANCE;
use crate::base::{Result, codec::read_json, fs};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};

/// Runs that are looked at: those of one experiment and one data set all name it in the same way.
const MOST_RUNS: usize = 32;

/// Fingerprints of data sets by their packed bytes, from runs in the folder of an experiment that
/// have no other. Runs of such a data set keep their ids as long as its files stay as they are.
///
/// # Errors
/// When the folder is there and cannot be listed.
pub fn packed_fingerprints(folder: &Path) -> Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Fingerprints {
        data_fingerprint: String,
        packed_fingerprint: Option<String>,
    }
    if !folder.is_dir() {
        return Ok(BTreeSet::new());
    }
    let runs = fs::list_folders(folder)?;
    // A run that cannot be read names nothing.
    let read = |dir: &std::path::PathBuf| read_json(&dir.join(PROVENANCE)).ok();
    let known = runs.iter().take(MOST_RUNS).filter_map(read);
    Ok(known
        .filter(|it: &Fingerprints| it.packed_fingerprint.is_none())
        .map(|it| it.data_fingerprint)
        .collect())
}
