//! [`unknown_values`]: label values without a class, and what can be done about them.
//!
//! Voxels that an annotator left open (nnU-Net's `ignore` label, or 255 by custom) are no
//! background: to train them as such would teach the network that nothing is there.
//!
//! Does not know how values become classes.

use crate::{
    base::{Fault, fs::within},
    data::{labels::LabelRule, layout::CaseFiles},
};
use std::path::Path;

/// Values that label maps of any origin use for voxels that nobody has labelled.
const IGNORED_BY_CUSTOM: [i32; 2] = [255, -1];

/// The fault of a case's label values without a class, each with its voxels; `ignore` is the
/// value of the data set's own label for voxels to ignore, which never becomes a class.
pub(super) fn unknown_values(
    rule: &LabelRule,
    root: &Path,
    files: &CaseFiles,
    unknown: &[(i32, u64)],
    ignore: Option<i32>,
) -> Fault {
    let shown = within(root, &files.labels).to_string();
    let id = &files.id;
    let mut fault = rule.fault(id, &shown, unknown).about(id);
    let is_ignored = |value: i32| ignore == Some(value) || IGNORED_BY_CUSTOM.contains(&value);
    let exclude = format!("leave the case out with `data.exclude = [\"{id}\"]`");
    if let Some((value, _)) = unknown.iter().find(|(value, _)| !is_ignored(*value)) {
        fault = fault.hint(format!(
            "give them a class in `data.label-map` (`\"{value}\" = 0` trains these voxels as \
             background, as if nothing were there), or {exclude}"
        ));
    }
    if let Some((value, _)) = unknown.iter().find(|(value, _)| is_ignored(*value)) {
        let (why, or) = if ignore == Some(*value) {
            ("is the `ignore` label of `dataset.json`", String::new())
        } else {
            let or = format!(
                ", or, where it means something else, give {value} a class of its own in \
                 `data.classes` and `data.label-map`"
            );
            ("usually marks voxels that nobody has labelled", or)
        };
        fault = fault.hint(format!(
            "{value} {why}: ignore labels are not supported yet, and as background these voxels \
             would be learned as holding nothing; {exclude}{or}"
        ));
    }
    fault
}
