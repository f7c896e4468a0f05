//! [`Pruner`]: decides whether a run stops before its last epoch.
//!
//! Does not know the rules.

use crate::base::Result;
use std::{fmt::Debug, path::Path};

/// Decides after each epoch whether a run is worth continuing.
pub trait Pruner: Debug {
    /// Why the run in a directory is pruned after an epoch; `None` when it continues.
    ///
    /// # Errors
    /// When what the decision depends on cannot be read; the run then continues.
    fn prune(&self, run_dir: &Path, epoch: usize) -> Result<Option<String>>;
}
