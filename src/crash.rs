//! [`catch`]: a panic becomes a fault with what is known of it, and nothing is printed before.
//!
//! seglab itself does not panic; the libraries below it do, deep inside a device or a decoder.
//!
//! Knows nothing of what was being done.

use crate::error::{Error, Fault, Kind, Result};
use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, PoisonError},
};

/// What the latest panic said, of any thread.
static LATEST: Mutex<Option<Panic>> = Mutex::new(None);

#[derive(Debug, Clone)]
struct Panic {
    message: String,
    backtrace: Option<String>,
}

/// Keeps what panics say for [`catch`] instead of printing it; called once, at the start.
pub fn keep_quiet() {
    panic::set_hook(Box::new(|info| {
        let backtrace = Backtrace::capture();
        let is_captured = backtrace.status() == BacktraceStatus::Captured;
        let panic = Panic {
            message: info.to_string(),
            backtrace: is_captured.then(|| backtrace.to_string()),
        };
        *LATEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
    }));
}

/// Does `work`; a panic in it becomes the failure of a run.
///
/// # Errors
/// Those of `work`, and a panic in it.
pub fn catch<T>(doing: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let kept = LATEST.lock().unwrap_or_else(PoisonError::into_inner).take();
        let spoken = || {
            let text = payload.downcast_ref::<String>().cloned();
            text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        };
        let message = match &kept {
            Some(panic) => panic.message.clone(),
            None => spoken().unwrap_or_default(),
        };
        let mut fault = Fault::new(format!("{doing} panicked"));
        for line in message.lines() {
            fault = fault.detail(line);
        }
        for line in kept.and_then(|panic| panic.backtrace).unwrap_or_default().lines() {
            fault = fault.detail(line);
        }
        let fault = fault.hint("this is a fault of the program: please report these lines");
        Err(Error { kind: Kind::Panic, faults: vec![fault] })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_fault_that_says_what_it_said() {
        let caught: Result<()> = catch("dividing", || panic!("by {}", "nothing"));
        let fault = &caught.unwrap_err().faults[0];
        assert_eq!(fault.message, "dividing panicked");
        assert!(fault.details.iter().any(|line| line.contains("by nothing")), "{fault}");
        assert_eq!(catch("adding", || Ok(2)).unwrap(), 2);
    }
}
