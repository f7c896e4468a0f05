//! [`Host`]: what training asks of whoever runs it, and nothing more.
//!
//! Knows nothing of run directories; a test may stand in for one.

use crate::{
    base::Result,
    event::{Listen, Stop},
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Hears events, keeps checkpoints, and says when to stop.
///
/// # Call sequence
/// `hear(Started)`, then for each epoch `hear(Step)`.., `hear(Epoch)`, `give_up` unless it was the
/// last one. Wherever the spec or a stop wants a checkpoint: `commit`, `hear(Checkpoint)`.
/// `stop_asked` before every step, before validation and before every case of it.
pub trait Host: Listen {
    /// Keeps a checkpoint: `write` fills an empty folder, which then becomes the last one, and
    /// the best one when `state` says so. To be called once.
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

    /// Why training is given up after the epoch that has just ended, if it is; asked once, so that
    /// whoever goes on later goes on.
    ///
    /// # Errors
    /// When that cannot be told and nothing may go on without it.
    fn give_up(&mut self, _epoch: usize) -> Result<Option<String>> {
        Ok(None)
    }
}

/// Where training stands between two steps: `state.json` of a checkpoint.
///
/// Random draws need no place in it: they are functions of seed, epoch and case. So are learning
/// rate and beta1, of the step. The rest is in the network's and the optimizer's files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingState {
    /// Epochs done, validation included.
    pub epoch: usize,
    /// Optimizer steps done.
    pub step: usize,
    /// Batches done of the epoch under way; 0 between two epochs. All of them: what is missing
    /// of the epoch is its validation.
    pub batches: usize,
    /// Sum of the losses of the steps that these batches made.
    pub loss_sum: f64,
    /// Learning rate of the last of these steps.
    pub lr: f64,
    /// Seconds that these steps took, over all attempts.
    pub seconds: f64,
    /// Loss of the latest step.
    pub last_loss: Option<f64>,
    /// Epoch of the best monitored score, 0 before there is one.
    pub best_epoch: usize,
    /// The best monitored score.
    pub best_score: Option<f64>,
}

impl TrainingState {
    /// Whether this is the end of the best epoch so far; never in the middle of one.
    pub fn is_best(&self) -> bool {
        self.epoch > 0 && self.epoch == self.best_epoch && self.batches == 0
    }

    /// The epoch in which a checkpoint of this state is made, from 1; 0 before the first step.
    pub fn epoch_of_checkpoint(&self) -> usize {
        self.epoch + usize::from(self.batches > 0)
    }

    /// The place alone, which no two checkpoints of a run share.
    pub(super) fn place(&self) -> [usize; 3] {
        [self.epoch, self.step, self.batches]
    }
}
