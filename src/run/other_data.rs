//! [`unfinished_on_other_data`]: runs of the same spec that a change of the data has left behind.
//!
//! Does not know how a run is found or begun.

use crate::{
    base::{codec::read_json, fs},
    record::{
        Provenance, RunPlan, StatusFile,
        format::{PROVENANCE, RESOLVED},
    },
};
use std::path::Path;

/// A warning when a run that is about to begin has an unfinished one beside it that differs in its
/// data alone: who continues after an interruption expects the old one to go on.
pub(super) fn unfinished_on_other_data(runs: &Path, plan: &RunPlan) -> Option<String> {
    let folder = runs.join(&plan.experiment.name);
    let (prefix, _) = plan.run_id.rsplit_once('-')?;
    let is_left = |dir: &Path| {
        fs::name(dir).strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-'))
            && StatusFile::read(dir).is_ok_and(|file| !file.status.is_final())
            && fs::read_text(&dir.join(RESOLVED)).is_ok_and(|text| text == plan.resolved)
            && read_json::<Provenance>(&dir.join(PROVENANCE))
                .is_ok_and(|it| it.data_fingerprint != plan.data_fingerprint)
    };
    // What cannot be read is no run that anybody waits for.
    let left = fs::list_folders(&folder).ok()?.into_iter().find(|dir| is_left(dir))?;
    Some(format!(
        "run `{}` of this spec is unfinished, and its data were others: the data have changed \
         since, so a new run begins",
        fs::name(&left)
    ))
}
