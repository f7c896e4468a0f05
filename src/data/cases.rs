//! [`PreparedCases`]: the cases of one split on the training grid, kept between epochs.
//!
//! Does not know about batches or augmentation.

use super::{
    dataset::Dataset,
    prepare::{Prepared, prepare},
};
use crate::{base::Result, spec::Preprocess};
use std::sync::{Arc, OnceLock};

/// Cases by position, prepared when first used.
#[derive(Debug)]
pub struct PreparedCases {
    dataset: Arc<Dataset>,
    rules: Preprocess,
    indices: Vec<usize>,
    kept: Vec<OnceLock<Arc<Prepared>>>,
}

impl PreparedCases {
    /// The cases of `dataset` with these names; a name it lacks is left out.
    pub fn new(dataset: Arc<Dataset>, names: &[String], rules: &Preprocess) -> Self {
        let index = |name: &String| dataset.cases.iter().position(|case| case.id == *name);
        let indices: Vec<usize> = names.iter().filter_map(index).collect();
        // Those that were prepared when the data set was opened are not read again.
        let kept = indices.iter().map(|&index| {
            let prepared = dataset.take_prepared(&dataset.cases[index], rules);
            prepared.map_or_else(OnceLock::new, OnceLock::from)
        });
        let kept = kept.collect();
        Self { dataset, rules: rules.clone(), indices, kept }
    }

    /// Number of cases.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// Name of case `index`.
    pub fn name(&self, index: usize) -> &str {
        &self.dataset.cases[self.indices[index]].id
    }

    /// Number of classes, background included.
    pub fn n_classes(&self) -> usize {
        self.dataset.classes.len()
    }

    /// Voxels of each class over all cases, on their native grids.
    pub fn class_voxels(&self) -> Vec<u64> {
        let mut sum = vec![0; self.n_classes()];
        for &index in &self.indices {
            for (total, n) in sum.iter_mut().zip(&self.dataset.cases[index].class_voxels) {
                *total += n;
            }
        }
        sum
    }

    /// Case `index` on the training grid.
    ///
    /// # Errors
    /// When its files cannot be read any more or it cannot be prepared.
    pub fn get(&self, index: usize) -> Result<Arc<Prepared>> {
        if let Some(kept) = self.kept[index].get() {
            return Ok(Arc::clone(kept));
        }
        let case = &self.dataset.cases[self.indices[index]];
        let (volume, labels) = self.dataset.load(case)?;
        let prepared =
            prepare(&volume, &labels, &self.rules).map_err(|error| error.of_case(&case.id))?;
        let prepared = Arc::new(prepared);
        if self.rules.cache {
            return Ok(Arc::clone(self.kept[index].get_or_init(|| prepared)));
        }
        Ok(prepared)
    }
}
