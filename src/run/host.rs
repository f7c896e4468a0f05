//! [`RunHost`]: the host of a training: records it, tells the listener, and asks for stops.
//!
//! Does not know about networks.

use super::{Pruner, signals::StopFlags};
use crate::{
    base::{Error, Result},
    event::{Event, Listen, Stop},
    record::{Recorder, checkpoint::Position},
    train::{Host, TrainingState},
};
use std::{
    cell::RefCell,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

/// Records a run while others listen.
pub(super) struct RunHost {
    pub(super) recorder: Recorder,
    pub(super) listener: Rc<RefCell<dyn Listen>>,
    pub(super) flags: StopFlags,
    /// When the wall time is over.
    pub(super) deadline: Option<Instant>,
    /// Keep the checkpoint of every n-th epoch.
    pub(super) keep_every: Option<usize>,
    /// Whether there are rows of an evaluation on disk; they are removed when training continues.
    pub(super) has_cases: bool,
    /// May prune the run.
    pub(super) pruner: Option<Rc<dyn Pruner>>,
}

impl RunHost {
    /// Why to stop before a part that may take as long as `longest`; `None` to begin it.
    pub(super) fn stop_before(&self, longest: Duration) -> Option<Stop> {
        // Writing the status takes time too.
        let needed = longest.mul_f64(1.2) + Duration::from_secs(2);
        let is_late =
            |deadline: Instant| deadline.saturating_duration_since(Instant::now()) < needed;
        self.flags.asked().or_else(|| self.deadline.is_some_and(is_late).then_some(Stop::Walltime))
    }
}

impl Listen for RunHost {
    fn hear(&mut self, event: &Event) -> Result<()> {
        if self.has_cases && matches!(event, Event::Step { .. } | Event::Epoch { .. }) {
            self.recorder.forget_cases()?;
            self.has_cases = false;
        }
        self.recorder.hear(event)?;
        self.listener.borrow_mut().hear(event)
    }
}

impl Host for RunHost {
    fn commit(
        &mut self,
        state: &TrainingState,
        write: &mut dyn FnMut(&Path) -> Result<()>,
    ) -> Result<()> {
        self.recorder.commit(position(state), self.keep_every, write).map_err(Error::of_run)
    }

    fn stop_asked(&self) -> Option<Stop> {
        self.flags.asked()
    }

    fn prune(&mut self, epoch: usize) -> Result<Option<String>> {
        let Some(pruner) = &self.pruner else { return Ok(None) };
        match pruner.prune(self.recorder.run_dir(), epoch) {
            Ok(reason) => Ok(reason),
            Err(error) => {
                let reasons: Vec<&str> =
                    error.faults.iter().map(|fault| fault.message.as_str()).collect();
                let reasons = reasons.join("; ");
                let message = format!(
                    "could not decide whether to prune the run after epoch {epoch}: {reasons}"
                );
                self.hear(&Event::Warning { message })?;
                Ok(None)
            }
        }
    }
}

/// The position of a training state.
pub(super) fn position(state: &TrainingState) -> Position {
    let TrainingState { epoch, step, batches, best_epoch, .. } = *state;
    Position { epoch, step, batches, best_epoch }
}
