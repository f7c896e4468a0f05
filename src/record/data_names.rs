//! [`is_named_by_packed`]: whether the runs of an experiment name their data as they did before
//! fingerprints were of the voxels.
//!
//! Does not know how a fingerprint is made.

use super::format::{PROVENANCE, RunToml};
use crate::base::{Result, codec::read_json, fs};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Whether a run of the experiment, in a folder of its name or of another, names its data by this
/// fingerprint of packed bytes. Runs of such data keep their ids as long as the files stay as they
/// are. One run that knows both fingerprints of the same bytes decides against it.
///
/// # Errors
/// When a folder is there and cannot be listed.
pub fn is_named_by_packed(runs: &Path, experiment: &str, packed: &str) -> Result<bool> {
    #[derive(Deserialize)]
    struct Fingerprints {
        data_fingerprint: String,
        packed_fingerprint: Option<String>,
    }
    if !runs.is_dir() {
        return Ok(false);
    }
    let mut folders = fs::list_folders(runs)?;
    // Its own folder mostly decides, and then no other is looked into.
    folders.sort_by_key(|folder| fs::name(folder) != experiment);
    for folder in folders {
        let dirs = fs::list_folders(&folder)?;
        if fs::name(&folder) != experiment && !holds(&dirs, experiment) {
            continue;
        }
        for dir in dirs {
            // A run that cannot be read names nothing.
            let Ok(known) = read_json::<Fingerprints>(&dir.join(PROVENANCE)) else { continue };
            match known.packed_fingerprint {
                None if known.data_fingerprint == packed => return Ok(true),
                Some(own) if own == packed => return Ok(false),
                _ => {}
            }
        }
    }
    Ok(false)
}

/// Whether the runs of a folder are of this experiment: a folder may have been given another name.
fn holds(dirs: &[PathBuf], experiment: &str) -> bool {
    let first = dirs.iter().find_map(|dir| RunToml::read(dir).ok());
    first.is_some_and(|run| run.experiment == experiment)
}
