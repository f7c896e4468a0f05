//! [`Judge`]: whoever may stop a run before its last epoch.
//!
//! Knows nothing of why.

use crate::base::Result;
use std::{fmt::Debug, path::Path};

/// Whoever may give a run up.
pub trait Judge: Debug {
    /// Why the run in a directory is given up after an epoch; `None` when it goes on.
    ///
    /// # Errors
    /// When what it would have to know cannot be read; the run then goes on.
    fn judge(&self, run_dir: &Path, epoch: usize) -> Result<Option<String>>;
}
