//! [`place`]: whether a run lies in a folder that is called after it, and whether it is a copy.
//!
//! Does not know what is in a run.

use super::{
    super::{
        files::verify_immutable,
        format::RunToml,
        inventory::{RunPlace, inventory},
    },
    finding::{Finding, Remedy},
};
use std::path::Path;

/// That a folder holds a run that lies elsewhere too, or is not called after its run. Nothing is
/// lost with a copy, since it is moved and not removed, and only where the run itself is sound.
pub(super) fn place(dir: &Path) -> Option<Finding> {
    RunToml::read(dir).ok()?;
    let own = RunPlace::of(dir);
    if own.has_own_name() && own.has_own_folder() {
        return None;
    }
    let runs = dir.parent()?.parent()?;
    let copies = inventory(runs).ok().map(|found| found.copies).unwrap_or_default();
    let (name, folder) = (format!("{}/{}", own.experiment, own.run_id), dir.display());
    let Some((_, counted)) = copies.into_iter().find(|(copy, _)| copy.dir == dir) else {
        let what = format!("`{folder}` counts as run `{name}`, as `run.toml` says");
        return Some(Finding::note(".", what));
    };
    let what = format!("`{folder}` is a copy of run `{name}` in `{}`", counted.display());
    let is_sound = RunToml::read(&counted).is_ok() && verify_immutable(&counted).is_ok();
    Some(if is_sound {
        Finding::note(".", what + " and is not counted").remedy(Remedy::Quarantine)
    } else {
        Finding::note(".", what + ", which is damaged: repair that first")
    })
}
