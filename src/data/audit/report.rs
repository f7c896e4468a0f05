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
use std::collections::BTreeMap;

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
        let mut cases: BTreeMap<&str, CaseReport<'a>> = BTreeMap::new();
        let mut of_case = |id: &'a str, add: &dyn Fn(&mut CaseReport<'a>)| {
            add(cases.entry(id).or_insert_with(|| CaseReport {
                id,
                facts: None,
                faults: Vec::new(),
                warnings: Vec::new(),
            }));
        };
        for case in &dataset.cases {
            of_case(&case.id, &|report| report.facts = Some(case));
        }
        for fault in faults {
            let text = fault.to_string();
            fault.subjects.iter().for_each(|id| of_case(id, &|it| it.faults.push(text.clone())));
        }
        for warning in &dataset.warnings {
            warning.cases.iter().for_each(|id| of_case(id, &|it| it.warnings.push(&warning.text)));
        }
        let of_none = faults.iter().filter(|fault| fault.subjects.is_empty());
        let warnings = dataset.warnings.iter().filter(|warning| warning.cases.is_empty());
        Self {
            root,
            classes: &dataset.classes,
            fingerprint: &dataset.fingerprint,
            cases: cases.into_values().collect(),
            faults: of_none.map(Fault::to_string).collect(),
            warnings: warnings.map(|warning| warning.text.as_str()).collect(),
        }
    }

    /// Cases with facts and without faults.
    pub fn n_sound(&self) -> usize {
        self.cases.iter().filter(|case| case.facts.is_some() && case.faults.is_empty()).count()
    }
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
