//! [`Environment`]: the clock and the process table that liveness is judged by.
//!
//! Tests put their own in place, so that no test waits.
//!
//! Does not know about the rules.

use super::{super::format, owner::Owner};
use crate::base::proc::Process;
use chrono::{DateTime, Utc};
use std::{thread, time::Duration};

/// The clock and the process table as this process sees them.
pub(super) trait Environment {
    /// This process.
    fn this(&self) -> &Owner;
    /// The time by this machine's clock.
    fn now(&self) -> DateTime<Utc>;
    /// The process of a number.
    fn process(&self, pid: u32) -> Process;
    /// Waits.
    fn wait(&self, time: Duration);
}

/// The real one.
#[derive(Debug)]
pub(super) struct ThisMachine;

impl Environment for ThisMachine {
    fn this(&self) -> &Owner {
        Owner::this()
    }

    fn now(&self) -> DateTime<Utc> {
        format::now()
    }

    fn process(&self, pid: u32) -> Process {
        Process::look(pid)
    }

    fn wait(&self, time: Duration) {
        thread::sleep(time);
    }
}

#[cfg(test)]
pub(super) mod fake {
    use super::*;
    use std::cell::{Cell, RefCell};

    /// A process 100 on `node1`, at a fixed time, with a process table of its own.
    pub(in super::super) struct Fake {
        pub(in super::super) this: Owner,
        pub(in super::super) now: Cell<DateTime<Utc>>,
        pub(in super::super) process: Cell<Process>,
        /// Called at each wait, with the time waited for before.
        pub(in super::super) meanwhile: RefCell<Box<dyn FnMut(Duration)>>,
        pub(in super::super) waited: Cell<Duration>,
    }

    impl Fake {
        pub(in super::super) fn new(process: Process) -> Self {
            Self {
                this: owner(),
                now: Cell::new("2026-03-01T12:00:00Z".parse().unwrap()),
                process: Cell::new(process),
                meanwhile: RefCell::new(Box::new(|_| {})),
                waited: Cell::new(Duration::ZERO),
            }
        }
    }

    pub(in super::super) fn owner() -> Owner {
        Owner {
            host: "node1".into(),
            machine_id: "m1".into(),
            boot_id: "b1".into(),
            pid: 100,
            pid_namespace: "pid:[1]".into(),
            start_ticks: 500,
            seglab: "0.1.0".into(),
        }
    }

    impl Environment for Fake {
        fn this(&self) -> &Owner {
            &self.this
        }

        fn now(&self) -> DateTime<Utc> {
            self.now.get()
        }

        fn process(&self, _: u32) -> Process {
            self.process.get()
        }

        fn wait(&self, time: Duration) {
            (self.meanwhile.borrow_mut())(self.waited.get());
            self.waited.set(self.waited.get() + time);
            self.now.set(self.now.get() + time);
        }
    }
}
