//! [`StopFlags`]: signals that ask a run to stop.
//!
//! Knows nothing of runs.

use crate::{
    error::{Fault, Kind, Result},
    event::Stop,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2},
    flag,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Set by signals, read between two steps.
#[derive(Debug, Clone, Default)]
pub struct StopFlags {
    interrupted: Arc<AtomicBool>,
    signalled: Arc<AtomicBool>,
}

impl StopFlags {
    /// Listens to Ctrl-C (a second one ends the program at once) and to the signals with which
    /// schedulers announce the end.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> Result<Self> {
        let flags = Self::default();
        let exit = i32::from(Kind::Interrupted.exit_code());
        flag::register_conditional_shutdown(SIGINT, exit, Arc::clone(&flags.interrupted))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&flags.interrupted)))
            .and_then(|_| {
                [SIGTERM, SIGHUP, SIGUSR1, SIGUSR2].into_iter().try_for_each(|signal| {
                    flag::register(signal, Arc::clone(&flags.signalled)).map(drop)
                })
            })
            .map_err(|error| Fault::new("cannot listen to signals").caused_by(&error))?;
        Ok(flags)
    }

    /// Who asked to stop, if anybody did.
    pub fn asked(&self) -> Option<Stop> {
        if self.interrupted.load(Ordering::SeqCst) {
            Some(Stop::Interrupt)
        } else if self.signalled.load(Ordering::SeqCst) {
            Some(Stop::Signal)
        } else {
            None
        }
    }
}
