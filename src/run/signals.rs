//! [`StopFlags`]: signals that ask a run to stop.
//!
//! Does not know about runs.

use crate::{
    base::{ErrorCode, Fault, Result},
    event::Stop,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2},
    flag,
    iterator::Signals,
    low_level,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Set by signals, read between two steps.
#[derive(Debug, Clone, Default)]
pub struct StopFlags {
    interrupted: Arc<AtomicBool>,
    signalled: Arc<AtomicBool>,
}

impl StopFlags {
    /// Listens to Ctrl-C (a second one ends the program at once) and to the signals that schedulers
    /// send before they end a job.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> Result<Self> {
        let flags = Self::default();
        let exit = i32::from(ErrorCode::Interrupted.exit_code());
        Signals::new([SIGINT])
            .map(|signals| watch(signals, Arc::clone(&flags.interrupted), exit))
            .and_then(|()| {
                [SIGTERM, SIGHUP, SIGUSR1, SIGUSR2].into_iter().try_for_each(|signal| {
                    flag::register(signal, Arc::clone(&flags.signalled)).map(drop)
                })
            })
            .map_err(|error| Fault::new("cannot listen to signals").caused_by(&error))?;
        Ok(flags)
    }

    /// Who asked to stop, if anyone.
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

/// One key press may arrive twice: from the terminal and from a parent program.
const ONE_PRESS: Duration = Duration::from_millis(300);

/// The first Ctrl-C sets the flag, a later one ends the program at once.
fn watch(mut signals: Signals, interrupted: Arc<AtomicBool>, exit: i32) {
    thread::spawn(move || {
        let mut first: Option<Instant> = None;
        for _ in signals.forever() {
            if first.is_some_and(|first| first.elapsed() > ONE_PRESS) {
                low_level::exit(exit);
            }
            first.get_or_insert_with(Instant::now);
            interrupted.store(true, Ordering::SeqCst);
        }
    });
}
