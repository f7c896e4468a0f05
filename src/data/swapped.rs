//! [`swapped`]: CTs and label maps that lie in each other's place.
//!
//! Does not know about classes.

use crate::{
    base::{Fault, fs::within},
    data::{
        layout::CaseFiles,
        scan::{ScannedCase, looks_like_ct},
        warnings::{Warning, named},
    },
};
use std::path::Path;

/// Values of an image that a message lists.
const MOST_VALUES: usize = 5;

/// Which file of a case looks like the other kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Both,
    Labels,
    Image,
}

fn kind(case: &ScannedCase) -> Option<Kind> {
    let image = case.hu_facts.few_values.is_some();
    match (image, looks_like_ct(&case.label_voxels)) {
        (true, true) => Some(Kind::Both),
        (false, true) => Some(Kind::Labels),
        (true, false) => Some(Kind::Image),
        (false, false) => None,
    }
}

/// Whether the label map of a case looks like a CT, so that it cannot be used.
pub(super) fn is_swapped(case: &ScannedCase) -> bool {
    matches!(kind(case), Some(Kind::Both | Kind::Labels))
}

/// A warning about images with as few values as a label map: there are coarse and binary images.
pub(super) fn images_of_few_values(cases: &[(CaseFiles, Option<ScannedCase>)]) -> Option<Warning> {
    let found: Vec<&str> = cases
        .iter()
        .filter(|(_, case)| case.as_ref().and_then(kind) == Some(Kind::Image))
        .map(|(files, _)| files.id.as_str())
        .collect();
    (!found.is_empty()).then(|| {
        let what = "image with few and small whole values, as a label map has them";
        Warning::of_cases(what, &found, "check that these are the CTs")
    })
}

/// One fault for all cases of which the same file looks like the other kind: whole folders are
/// swapped more often than single files.
pub(super) fn swapped(root: &Path, cases: &[(CaseFiles, Option<ScannedCase>)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for wanted in [Kind::Both, Kind::Labels] {
        let found: Vec<(&CaseFiles, &ScannedCase)> = cases
            .iter()
            .filter_map(|(files, case)| Some((files, case.as_ref()?)))
            .filter(|(_, case)| kind(case) == Some(wanted))
            .collect();
        if !found.is_empty() {
            faults.push(fault(root, wanted, &found));
        }
    }
    faults
}

fn fault(root: &Path, kind: Kind, found: &[(&CaseFiles, &ScannedCase)]) -> Fault {
    let ids: Vec<&str> = found.iter().map(|(files, _)| files.id.as_str()).collect();
    let names = named(&ids);
    let (cases, is_one) = (if ids.len() == 1 { "case" } else { "cases" }, ids.len() == 1);
    let (what, hint) = match kind {
        Kind::Both => (
            format!("image and label map of {cases} {names} look swapped"),
            "exchange the files, or the names of the two folders",
        ),
        Kind::Labels if is_one => {
            (format!("label map of case {names} looks like a CT"), "put the label map there")
        }
        _ => (format!("label maps of cases {names} look like CTs"), "put the label maps there"),
    };
    let mut fault = Fault::new(what);
    fault.subjects = ids.iter().map(ToString::to_string).collect();
    let Some((files, case)) = found.first() else { return fault };
    let shown = [&files.image, &files.labels].map(|path| within(root, path).to_string());
    let width = shown.iter().map(String::len).max().unwrap_or_default();
    let [image, labels] = [&shown[0], &shown[1]].map(|name| format!("{name:<width$}"));
    fault = fault.detail(format!("image      {image}  {}", values_of_image(case)));
    fault = fault.detail(format!("label map  {labels}  {}", values_of_labels(case)));
    fault.hint(format!(
        "{hint}; or leave {} out with `data.exclude`",
        if is_one { "the case" } else { "the cases" }
    ))
}

fn values_of_image(case: &ScannedCase) -> String {
    let [lowest, highest] = case.hu;
    match &case.hu_facts.few_values {
        Some(values) => {
            let shown: Vec<String> = values.iter().take(MOST_VALUES).map(i32::to_string).collect();
            let more = if values.len() > MOST_VALUES { ", .." } else { "" };
            format!("{} values: {}{more}", values.len(), shown.join(", "))
        }
        None => format!("values from {lowest} to {highest}"),
    }
}

fn values_of_labels(case: &ScannedCase) -> String {
    let values = &case.label_voxels;
    let ends = values.first_key_value().zip(values.last_key_value());
    let n = values.len();
    ends.map_or_else(String::new, |((low, _), (high, _))| {
        format!("{n} values from {low} to {high}")
    })
}
