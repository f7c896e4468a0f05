//! [`strays`]: runs in folders that are not called after them, or not after their experiment.
//!
//! Does not know which run is wanted, or what for.

use super::{format::RunToml, inventory::RunPlace};
use crate::{
    base::{ErrorCode, fs},
    spec::RunId,
};
use std::path::Path;

/// Runs that lie in `folder` under another name than their id, or in another folder beside it, and
/// whose id is wanted. Only names are read where they can be ids, so that ten thousand runs take a
/// moment. A folder that cannot be listed holds none, and one whose `run.toml` cannot be read is
/// none: pictures of a run may lie in a folder of its name.
pub(crate) fn strays(folder: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Vec<RunPlace> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    let runs = parent.unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for other in fs::list_folders(runs).unwrap_or_default() {
        let is_own = other.file_name() == folder.file_name();
        for dir in fs::list_folders(&other).unwrap_or_default() {
            let name = fs::name(&dir);
            let may_be_wanted = if is_id(&name) { !is_own && is_wanted(&name) } else { true };
            if may_be_wanted && !(is_own && is_wanted(&name)) && holds_run(&dir) {
                let place = RunPlace::of(&dir);
                found.extend(Some(place).filter(|place| is_wanted(&place.run_id)));
            }
        }
    }
    found
}

/// Whether `run.toml` says which run it is; one of a newer build is a run too.
fn holds_run(dir: &Path) -> bool {
    match RunToml::read(dir) {
        Ok(_) => true,
        Err(error) => error.code == ErrorCode::NewerFormat,
    }
}

/// Whether a name is that of a run, such as `tiny-f0-s1-01234567` or `tiny-f0-s1-01234567-2`.
fn is_id(name: &str) -> bool {
    let is_first = |name: &str| name.parse::<RunId>().is_ok();
    let later = || name.rsplit_once('-').filter(|(_, number)| number.parse::<u32>().is_ok());
    is_first(name) || later().is_some_and(|(first, _)| is_first(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_other_names() {
        for id in ["tiny-f0-s1-01234567", "tiny-f0-s1-01234567-2", "a-b-f10-s3-89abcdef"] {
            assert!(is_id(id), "{id}");
        }
        for name in ["tiny-f0-s1-01234567-backup", "tiny-f0-s1-01234567 (copy)", "best", "a-2"] {
            assert!(!is_id(name), "{name}");
        }
    }
}
