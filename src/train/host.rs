//! [`Host`]: what training asks of whoever runs it, and nothing more.
//!
//! Knows nothing of run directories; a test may stand in for one.

use crate::{
    error::Result,
    event::{Listen, Stop},
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Hears events, keeps checkpoints, and says when to stop.
///
/// # Call sequence
/// `hear(Started)`, then for each epoch `hear(Step)`.., `hear(Epoch)`, `commit`,
/// `hear(Checkpoint)`; `stop_asked` after every step.
pub trait Host: Listen {
    /// Keeps a checkpoint: `write` fills an empty folder, which then becomes the last one, and
    /// the best one when `state` says so.
    ///
    /// # Errors
    /// When it cannot be kept; that ends the run.
    fn commit(
        &mut self,
        state: &TrainingState,
        write: &mut dyn FnMut(&Path) -> Result<()>,
    ) -> Result<()>;

    /// Whether somebody wants training to stop at the next step.
    fn stop_asked(&self) -> Option<Stop>;
}

/// Where training stands between two epochs: `state.json` of a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingState {
    /// Epochs done.
    pub epoch: usize,
    /// Optimizer steps done.
    pub step: usize,
    /// Epoch of the best monitored score, 0 before there is one.
    pub best_epoch: usize,
    /// The best monitored score.
    pub best_score: Option<f64>,
}

impl TrainingState {
    /// Whether this epoch is the best so far.
    pub fn is_best(&self) -> bool {
        self.epoch > 0 && self.epoch == self.best_epoch
    }
}
