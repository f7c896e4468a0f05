//! [`Host`]: what training needs from its caller.
//!
//! Does not know about run directories; a test may be a host.

use crate::{
    base::Result,
    event::{Listen, Stop},
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Hears events, keeps checkpoints, and says when to stop.
///
/// # Call sequence
/// `hear(Started)`, then for each epoch `hear(Step)`.., `hear(Epoch)`, and `prune` unless it was
/// the last one. For each checkpoint: `commit`, `hear(Checkpoint)`.
/// `stop_asked` before every step, before validation and before every case of it.
pub trait Host: Listen {
    /// Keeps a checkpoint: `write`, called once, fills an empty folder, which then is the last
    /// checkpoint, and the best one when `state` says so.
    ///
    /// # Errors
    /// When it cannot be kept; that ends the run.
    fn commit(
        &mut self,
        state: &TrainingState,
        write: &mut dyn FnMut(&Path) -> Result<()>,
    ) -> Result<()>;

    /// Why training should stop before the next step, if it should.
    fn stop_asked(&self) -> Option<Stop>;

    /// Why the run is pruned after the epoch that has just ended, if it is. Asked once per epoch:
    /// a run that is resumed later continues.
    ///
    /// # Errors
    /// When this cannot be decided and training may not continue without it.
    fn prune(&mut self, _epoch: usize) -> Result<Option<String>> {
        Ok(None)
    }
}

/// The state of training between two steps: `state.json` of a checkpoint.
///
/// It holds no random state: draws are functions of seed, epoch and case, and learning rate and
/// beta1 are functions of the step. The rest is in the network's and the optimizer's files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingState {
    /// Epochs done, validation included.
    pub epoch: usize,
    /// Optimizer steps done.
    pub step: usize,
    /// Batches done of the current epoch; 0 between two epochs. When all are done, the validation
    /// of the epoch is still missing.
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

    /// What tells the checkpoints of a run apart.
    pub(super) fn place(&self) -> [usize; 3] {
        [self.epoch, self.step, self.batches]
    }
}
