//! [`RunHost`]: training's host on disk: the recorder, whoever else listens, and the signals.
//!
//! Knows nothing of networks.

use super::signals::StopFlags;
use crate::{
    error::{Error, Result},
    event::{Event, Listen, Stop},
    record::{
        Recorder,
        checkpoint::{self, Pointer},
    },
    train::{Host, TrainingState},
};
use std::{cell::RefCell, path::Path, rc::Rc};

/// Records a run while others listen.
pub(super) struct RunHost {
    pub(super) recorder: Recorder,
    pub(super) listener: Rc<RefCell<dyn Listen>>,
    pub(super) flags: StopFlags,
}

impl Listen for RunHost {
    fn hear(&mut self, event: &Event) -> Result<()> {
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
        let checkpoints = self.recorder.checkpoints();
        checkpoint::commit(&checkpoints, state.epoch, write)
        .and_then(|_| checkpoint::point(&checkpoints, Pointer::Last, state.epoch))
        .and_then(|()| {
            if state.is_best() {
                checkpoint::point(&checkpoints, Pointer::Best, state.epoch)
            } else {
                Ok(())
            }
        })
        .and_then(|()| checkpoint::retain(&checkpoints))
        .map_err(Error::of_run)
    }

    fn stop_asked(&self) -> Option<Stop> {
        self.flags.asked()
    }
}
