//! [`after_end`]: what a worker does when the process of a cell has ended. The class of a failure
//! decides.
//!
//! | the process | the worker |
//! |---|---|
//! | finished, or gave the cell up | is done with it |
//! | was asked to stop | continues it another time |
//! | met a full disk | pauses the whole sweep |
//! | ran out of memory | tries once with a smaller batch and accumulated gradients |
//! | lost its device | tries another device, if there is one |
//! | has no driver or compiler for its device | tries another device, or does not try again |
//! | found bad data or a loss that is not finite | does not try again: it would fail again |
//! | hung | does not try again |
//! | was killed, panicked, failed in another way | tries again, three times in all |
//!
//! Does not know about processes or folders.

use super::child::Exit;
use crate::{
    record::{FailureClass, RunState},
    sweep::store::CellStatus,
};

/// How often a cell is tried when its failures may be temporary.
pub(super) const MOST_TRIES: usize = 3;

/// Why a worker asked a process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// It did not ask.
    NotAsked,
    /// The worker itself stops.
    WorkerStops,
    /// The process hung.
    Hung,
}

/// The end of a cell's process.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellEnd<'a> {
    /// The cell and its state now.
    pub(super) cell: &'a CellStatus,
    /// How its process ended.
    pub(super) exit: &'a Exit,
    /// Why this worker asked it to stop.
    pub(super) stop: StopReason,
    /// Failures of the cell since the sweep was applied, this one included.
    pub(super) n_failures: usize,
    /// Whether the worker has another device for it.
    pub(super) has_other_device: bool,
    /// Whether a smaller batch can be tried.
    pub(super) can_shrink: bool,
}

/// What a worker does next about a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: it is done.
    Done,
    /// Continue it when that is possible again.
    Later,
    /// Try again.
    Retry,
    /// Try again on another device.
    RetryElsewhere,
    /// Try again with a smaller batch.
    RetrySmaller,
    /// Start nothing until the disk has space again.
    Pause,
    /// Leave it as it is.
    GiveUp,
}

/// What to do next, and why, unless the cell is simply done.
pub(super) fn after_end(end: &CellEnd<'_>) -> (Action, Option<String>) {
    let retry = |what: &str| {
        let n_failures = end.n_failures;
        if n_failures < MOST_TRIES {
            let note = format!("{what}; tried again ({} of {MOST_TRIES})", n_failures + 1);
            (Action::Retry, Some(note))
        } else {
            (Action::GiveUp, Some(format!("{what}; given up after {MOST_TRIES} tries")))
        }
    };
    let error = || end.exit.error.clone().unwrap_or_else(|| end.exit.words());
    let reason = || end.cell.reason.clone().unwrap_or_default();
    let class = end.cell.failure().map(|failure| failure.class);
    match end.cell.state {
        RunState::Finished | RunState::StoppedEarly => (Action::Done, None),
        RunState::Pruned => (Action::Done, Some(reason())),
        RunState::Failed if class == Some(FailureClass::DiskFull) => {
            (Action::Pause, Some("the disk is full".to_owned()))
        }
        _ if end.stop == StopReason::WorkerStops => (Action::Later, None),
        RunState::Running => (Action::Later, Some("another process works on it".to_owned())),
        RunState::Failed => match class {
            Some(FailureClass::OutOfMemory) if end.can_shrink => {
                let note = "out of memory; tried again with a smaller batch";
                (Action::RetrySmaller, Some(note.to_owned()))
            }
            Some(FailureClass::DeviceLost) if end.has_other_device => {
                (Action::RetryElsewhere, Some("device lost; tried again on another one".to_owned()))
            }
            Some(FailureClass::DeviceSetup) if end.has_other_device => {
                (Action::RetryElsewhere, Some(format!("{}; tried again on another one", reason())))
            }
            Some(
                FailureClass::BadData
                | FailureClass::DeviceSetup
                | FailureClass::NonFiniteLoss
                | FailureClass::Hang
                | FailureClass::OutOfMemory,
            ) => (Action::GiveUp, Some(reason())),
            _ => retry(&reason()),
        },
        RunState::Interrupted | RunState::Preempted => match end.stop {
            StopReason::Hung => retry("it hung"),
            _ if end.exit.is_preempted() => {
                (Action::Retry, Some("stopped from outside; it continues".to_owned()))
            }
            _ => retry(&end.exit.words()),
        },
        RunState::Queued if end.exit.code == Some(2) => (Action::GiveUp, Some(error())),
        // Before a run has begun, only a full disk stops it like this.
        RunState::Queued if end.exit.is_preempted() => (Action::Pause, Some(error())),
        RunState::Queued => retry(&error()),
        RunState::Damaged => (Action::GiveUp, Some(reason())),
    }
}

impl Exit {
    /// In words.
    pub(super) fn words(&self) -> String {
        match (self.signal, self.code) {
            (Some(9), _) => "process was killed".to_owned(),
            (Some(signal), _) => format!("process was ended by signal {signal}"),
            (None, Some(code)) => format!("process ended with exit code {code}"),
            (None, None) => "process ended".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(state: RunState) -> CellStatus {
        CellStatus::example(state, None)
    }

    fn failed(class: FailureClass) -> CellStatus {
        CellStatus::example(RunState::Failed, Some(class))
    }

    fn exit(code: Option<i32>, signal: Option<i32>) -> Exit {
        Exit { code, signal, error: Some("not allowed".to_owned()), is_out_of_memory: false }
    }

    fn after(cell: &CellStatus, exit: &Exit, n_failures: usize) -> Action {
        let end = CellEnd {
            cell,
            exit,
            stop: StopReason::NotAsked,
            n_failures,
            has_other_device: false,
            can_shrink: false,
        };
        after_end(&end).0
    }

    #[test]
    fn what_would_fail_again_is_not_tried_again() {
        let one = exit(Some(1), None);
        for class in [
            FailureClass::BadData,
            FailureClass::DeviceSetup,
            FailureClass::NonFiniteLoss,
            FailureClass::Hang,
        ] {
            assert_eq!(after(&failed(class), &one, 1), Action::GiveUp, "{class:?}");
        }
        let queued = cell(RunState::Queued);
        assert_eq!(after(&queued, &exit(Some(2), None), 1), Action::GiveUp, "a wrong request");
        assert_eq!(after(&queued, &exit(Some(75), None), 1), Action::Pause, "too little space");
        assert_eq!(after(&cell(RunState::Damaged), &one, 1), Action::GiveUp);
    }

    #[test]
    fn what_may_be_temporary_is_tried_three_times() {
        let (one, killed) = (exit(Some(1), None), exit(None, Some(9)));
        for (cell, exit) in [
            (failed(FailureClass::Panic), &one),
            (failed(FailureClass::Other), &one),
            (failed(FailureClass::DeviceLost), &one),
            (cell(RunState::Interrupted), &killed),
            (cell(RunState::Queued), &killed),
        ] {
            let found = [1, 2, 3, 4].map(|n_failures| after(&cell, exit, n_failures));
            let expected = [Action::Retry, Action::Retry, Action::GiveUp, Action::GiveUp];
            assert_eq!(found, expected, "{cell:?}");
        }
        let preempted = after(&cell(RunState::Interrupted), &exit(Some(75), None), 9);
        assert_eq!(preempted, Action::Retry, "it is not a failure");
    }

    #[test]
    fn a_smaller_batch_or_another_device_is_used_where_there_is_one() {
        let one = exit(Some(1), None);
        let end = |cell: &CellStatus, was_asked: bool, has_other| {
            let stop = if was_asked { StopReason::WorkerStops } else { StopReason::NotAsked };
            let (has_other_device, can_shrink) = (has_other, has_other);
            let end =
                CellEnd { cell, exit: &one, stop, n_failures: 1, has_other_device, can_shrink };
            after_end(&end).0
        };
        let full = failed(FailureClass::DiskFull);
        let (memory, device) =
            (failed(FailureClass::OutOfMemory), failed(FailureClass::DeviceLost));
        assert_eq!(end(&memory, false, true), Action::RetrySmaller);
        assert_eq!(end(&memory, false, false), Action::GiveUp);
        assert_eq!(end(&device, false, true), Action::RetryElsewhere);
        assert_eq!(end(&failed(FailureClass::DeviceSetup), false, true), Action::RetryElsewhere);
        assert_eq!(end(&cell(RunState::Interrupted), true, false), Action::Later);
        assert_eq!(end(&cell(RunState::Finished), true, false), Action::Done, "it was faster");
        assert_eq!(end(&full, true, false), Action::Pause);
        assert_eq!(end(&cell(RunState::Running), false, false), Action::Later);
    }
}
