//! [`Report`]: what is wrong or unusual about a data set, by case.
//!
//! Does not know how it was found.

use crate::{
    base::Fault,
    data::{
        dataset::{Case, Dataset},
        warnings::Warning,
    },
};
use serde::Serialize;
use std::collections::BTreeSet;

/// A data set with all its faults and warnings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report<'a> {
    /// The data root as it was given.
    pub root: &'a str,
    /// Class names, background first.
    pub classes: &'a [String],
    /// 32 hex digits of all sound cases.
    pub fingerprint: &'a str,
    /// Every case with its facts, its faults or its warnings, in name order.
    pub cases: Vec<CaseReport<'a>>,
    /// Faults of no single case.
    pub faults: Vec<String>,
    /// Warnings about no single case.
    pub warnings: Vec<&'a str>,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport<'a> {
    /// Its name.
    pub id: &'a str,
    /// What its files hold; `None` when they cannot be used.
    pub facts: Option<&'a Case>,
    /// All that is wrong with it. A fault of several cases is listed at each.
    pub faults: Vec<String>,
    /// All that is unusual about it. A warning about several cases is listed at each.
    pub warnings: Vec<&'a str>,
}

impl<'a> Report<'a> {
    /// Sorts faults and warnings by the cases that they are about.
    pub fn of(root: &'a str, dataset: &'a Dataset, faults: &'a [Fault]) -> Self {
        let sound = dataset.cases.iter().map(|case| case.id.as_str());
        let faulty = faults.iter().flat_map(|fault| &fault.subjects).map(String::as_str);
        let warned = dataset.warnings.iter().flat_map(|warning| &warning.cases).map(String::as_str);
        let ids: BTreeSet<&str> = sound.chain(faulty).chain(warned).collect();
        let of_case = |id: &'a str| CaseReport {
            id,
            facts: dataset.case(id),
            faults: texts(faults.iter().filter(|it| it.subjects.iter().any(|name| name == id))),
            warnings: dataset
                .warnings
                .iter()
                .filter(|it| it.cases.iter().any(|name| name == id))
                .map(|it| it.text.as_str())
                .collect(),
        };
        Self {
            root,
            classes: &dataset.classes,
            fingerprint: &dataset.fingerprint,
            cases: ids.into_iter().map(of_case).collect(),
            faults: texts(faults.iter().filter(|it| it.subjects.is_empty())),
            warnings: dataset
                .warnings
                .iter()
                .filter(|it| it.cases.is_empty())
                .map(|it| it.text.as_str())
                .collect(),
        }
    }
}

fn texts<'a>(faults: impl Iterator<Item = &'a Fault>) -> Vec<String> {
    faults.map(Fault::to_string).collect()
}

/// Faults in the order of a report: those of no single case first, then by the first case.
pub fn by_case(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by(|a, b| a.subjects.first().cmp(&b.subjects.first()));
    faults
}

/// Warnings in the order of a report, as [`by_case`].
pub fn warnings_by_case(warnings: &[Warning]) -> Vec<&Warning> {
    let mut warnings: Vec<&Warning> = warnings.iter().collect();
    warnings.sort_by(|a, b| a.cases.first().cmp(&b.cases.first()));
    warnings
}
