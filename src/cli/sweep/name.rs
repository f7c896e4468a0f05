//! [`folder`]: finds the sweep that the user names.
//!
//! Does not know what to do with it.

use crate::{
    base::Result,
    spec,
    sweep::store::{SweepFolder, SweepPlan},
};
use std::path::Path;

/// The folder of a sweep, named by its spec file or by its experiment.
///
/// # Errors
/// When it is a spec file with faults.
pub(super) fn folder(sweep: &str, runs: &Path) -> Result<SweepFolder> {
    let path = Path::new(sweep);
    let is_spec = path.extension().is_some_and(|end| end == "toml");
    let name = if is_spec { spec::load(path, &[])?.experiment.name } else { sweep.to_owned() };
    Ok(SweepPlan::folder(runs, &name))
}
