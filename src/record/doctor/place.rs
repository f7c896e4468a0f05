//! [`place`]: whether a run lies in a folder that is called after it, and whether it is a copy.
//!
//! Does not know what is in a run.

use super::{
    super::{
        checkpoint,
        files::verify_immutable,
        format::{RunToml, StatusFile},
        inventory::{RunPlace, is_same_run},
    },
    finding::{Finding, Remedy},
    surroundings::Surroundings,
};
use std::path::Path;

/// That a folder has the id of a run that lies elsewhere, or is not called after its run.
pub(super) fn place(dir: &Path, around: &Surroundings) -> Option<Finding> {
    RunToml::read(dir).ok()?;
    if around.linked(dir).is_some() {
        return None;
    }
    let own = RunPlace::of(dir);
    let name = format!("{}/{}", own.experiment, own.run_id);
    // What counted may have been moved out of the way meanwhile.
    if let Some(counted) = around.counted(dir).filter(|counted| counted.exists()) {
        return Some(copy(dir, counted, &name));
    }
    let is_misplaced = !own.has_own_name() || !own.has_own_folder();
    is_misplaced.then(|| {
        let folder = dir.display();
        Finding::note(".", format!("`{folder}` counts as run `{name}`, as `run.toml` says"))
    })
}

/// Nothing is lost with a copy, since it is moved and not removed, and only where the run itself is
/// sound and has come as far. What only has the same id is no copy, and stays.
fn copy(dir: &Path, counted: &Path, name: &str) -> Finding {
    let (folder, place) = (dir.display(), counted.display());
    if !is_same_run(dir, counted) {
        return Finding::note(
            ".",
            format!(
                "`{folder}` is another run with the same id as `{name}` in `{place}`, and is not \
                 counted: keep one of them in the folder of runs"
            ),
        );
    }
    let what = format!("`{folder}` is a copy of run `{name}` in `{place}`");
    let is_sound = RunToml::read(counted).is_ok() && verify_immutable(counted).is_ok();
    if !is_sound {
        Finding::note(".", what + ", which is damaged: repair that first")
    } else if is_ahead(dir, counted) {
        Finding::note(".", what + " and has come further: keep one of them in the folder of runs")
    } else {
        Finding::note(".", what + " and is not counted").remedy(Remedy::Quarantine)
    }
}

/// Whether a copy has a result, or a later checkpoint, that the run itself does not have.
fn is_ahead(copy: &Path, counted: &Path) -> bool {
    let is_answered =
        |dir: &Path| StatusFile::read(dir).is_ok_and(|file| file.status.is_answered());
    let step = |dir: &Path| checkpoint::last(dir).map_or(0, |(_, position)| position.step);
    !is_answered(counted) && (is_answered(copy) || step(copy) > step(counted))
}
