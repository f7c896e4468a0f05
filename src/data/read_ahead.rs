//! [`ReadAhead`]: cases that were prepared when the data set was opened, until training needs
//! them.
//!
//! Opening a data set reads every file for its fingerprint. A case that is prepared then need not
//! be read a second time before training.
//!
//! Does not know which cases train.

use super::{
    labels::LabelRule,
    prepare::{Prepared, prepare},
    volume::{Placed, Volume},
};
use crate::spec::Preprocess;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Prepared cases by name.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    rules: Option<Preprocess>,
    cases: Mutex<BTreeMap<String, Arc<Prepared>>>,
}

impl ReadAhead {
    /// Prepares by `rules`; nothing without them.
    pub(super) fn new(rules: Option<&Preprocess>) -> Self {
        Self { rules: rules.cloned(), cases: Mutex::default() }
    }

    /// Prepares a case that was just read. One that cannot be prepared is left out: its first use
    /// reads it again and says why.
    pub(super) fn prepare(
        &self,
        case: &str,
        image: &Volume,
        rule: &LabelRule,
        labels: &Placed<i32>,
    ) {
        let Some(rules) = &self.rules else { return };
        let Some(voxels) = rule.apply(&labels.voxels) else { return };
        let labels = Placed { voxels, affine: labels.affine };
        if let Ok(prepared) = prepare(image, &labels, rules) {
            self.cases().insert(case.to_owned(), Arc::new(prepared));
        }
    }

    /// The case as prepared by `rules`, if it was; only the first caller gets it.
    pub(super) fn take(&self, case: &str, rules: &Preprocess) -> Option<Arc<Prepared>> {
        let own = self.rules.as_ref()?;
        let is_same = own.grid == rules.grid && own.intensity == rules.intensity;
        is_same.then(|| self.cases().remove(case)).flatten()
    }

    fn cases(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Prepared>>> {
        self.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
