//! [`verdict`]: what follows from the end of a cell's process. Failure classes decide.
//!
//! | how it ended | what follows |
//! |---|---|
//! | finished, given up | done |
//! | asked to stop | it goes on another time |
//! | disk full | the whole sweep pauses |
//! | out of memory | once more with a smaller batch, the gradients accumulated |
//! | device lost | another device, if there is one |
//! | bad data, loss not finite | no second try: the same would come again |
//! | hang | no second try in this go |
//! | killed, panic, anything else | again, three times in all |
//!
//! Knows nothing of processes or folders.

use super::child::Exit;
use crate::{record::FailureClass, sweep::store::CellState};

/// Tries that a cell has when its failures are of a kind that passes.
pub(super) const MOST_TRIES: usize = 3;

/// Whether a worker had asked a process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// It had not.
    No,
    /// The worker itself was to stop.
    ToStop,
    /// It gave no sign of life.
    Hung,
}

/// The end of a cell's process.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'a> {
    /// How the cell stands now.
    pub(super) state: &'a CellState,
    /// How its process ended.
    pub(super) exit: &'a Exit,
    /// Whether this worker had asked it to stop.
    pub(super) asked: Asked,
    /// Failures of the cell so far in this go, this one among them.
    pub(super) n_failures: usize,
    /// Whether the worker has another device for it.
    pub(super) has_other_device: bool,
    /// Whether there is a smaller batch to try.
    pub(super) can_shrink: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing more is to be done.
    Over,
    /// It waits until it can go on.
    Later,
    /// It is tried again.
    Again,
    /// It is tried again on another device.
    Elsewhere,
    /// It is tried again with a smaller batch.
    Smaller,
    /// Nothing is begun any more until there is space.
    Pause,
    /// It is left as it is.
    GiveUp,
}

/// What follows, and in words why when it is not simply done.
pub(super) fn verdict(end: &End<'_>) -> (Next, Option<String>) {
    let again = |what: &str| {
        if end.n_failures < MOST_TRIES {
            (
                Next::Again,
                Some(format!("{what}; tried again ({} of {MOST_TRIES})", end.n_failures + 1)),
            )
        } else {
            (Next::GiveUp, Some(format!("{what}; given up after {MOST_TRIES} tries")))
        }
    };
    let told = || end.exit.told.clone().unwrap_or_else(|| end.exit.words());
    match end.state {
        CellState::Finished => (Next::Over, None),
        CellState::Pruned { reason } => (Next::Over, Some(reason.clone())),
        CellState::Failed(failure) if failure.class == FailureClass::DiskFull => {
            (Next::Pause, Some("the disk is full".to_owned()))
        }
        _ if end.asked == Asked::ToStop => (Next::Later, None),
        CellState::Running => (Next::Later, Some("another process works on it".to_owned())),
        CellState::Failed(failure) => match failure.class {
            FailureClass::BadData | FailureClass::NonFiniteLoss | FailureClass::Hang => {
                (Next::GiveUp, Some(failure.reason.clone()))
            }
            FailureClass::OutOfMemory if end.can_shrink => {
                let what = "out of memory; once more with a smaller batch";
                (Next::Smaller, Some(what.to_owned()))
            }
            FailureClass::OutOfMemory => (Next::GiveUp, Some(failure.reason.clone())),
            FailureClass::DeviceLost if end.has_other_device => {
                (Next::Elsewhere, Some("its device failed; another one takes it".to_owned()))
            }
            _ => again(&failure.reason),
        },
        CellState::Interrupted if end.asked == Asked::Hung => again("it gave no sign of life"),
        CellState::Interrupted if end.exit.is_preempted() => {
            (Next::Again, Some("stopped from outside; it goes on".to_owned()))
        }
        CellState::Interrupted => again(&end.exit.words()),
        CellState::Queued { .. } if end.exit.code == Some(2) => (Next::GiveUp, Some(told())),
        // Before a run is begun, only a full disk stops it so.
        CellState::Queued { .. } if end.exit.is_preempted() => (Next::Pause, Some(told())),
        CellState::Queued { .. } => again(&told()),
        CellState::Damaged { reason } => (Next::GiveUp, Some(reason.clone())),
    }
}

impl Exit {
    /// In words.
    pub(super) fn words(&self) -> String {
        match (self.signal, self.code) {
            (Some(9), _) => "its process was killed".to_owned(),
            (Some(signal), _) => format!("its process was ended by signal {signal}"),
            (None, Some(code)) => format!("its process ended with exit code {code}"),
            (None, None) => "its process ended".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Failure;

    fn failed(class: FailureClass) -> CellState {
        let reason = "it went wrong".to_owned();
        CellState::Failed(Failure { class, reason, details: vec![], advice: vec![] })
    }

    fn exit(code: Option<i32>, signal: Option<i32>) -> Exit {
        Exit { code, signal, told: Some("it may not".to_owned()), is_out_of_memory: false }
    }

    fn next(state: &CellState, exit: &Exit, n_failures: usize) -> Next {
        let end = End {
            state,
            exit,
            asked: Asked::No,
            n_failures,
            has_other_device: false,
            can_shrink: false,
        };
        verdict(&end).0
    }

    #[test]
    fn what_would_come_again_is_not_tried_again() {
        let one = exit(Some(1), None);
        for class in [FailureClass::BadData, FailureClass::NonFiniteLoss, FailureClass::Hang] {
            assert_eq!(next(&failed(class), &one, 1), Next::GiveUp, "{class:?}");
        }
        let queued = CellState::Queued { fresh: false };
        assert_eq!(next(&queued, &exit(Some(2), None), 1), Next::GiveUp, "a wrong request");
        assert_eq!(next(&queued, &exit(Some(75), None), 1), Next::Pause, "too little space");
        assert_eq!(next(&CellState::Damaged { reason: "torn".into() }, &one, 1), Next::GiveUp);
    }

    #[test]
    fn what_passes_is_tried_three_times() {
        let (one, killed) = (exit(Some(1), None), exit(None, Some(9)));
        for (state, exit) in [
            (failed(FailureClass::Panic), &one),
            (failed(FailureClass::Other), &one),
            (failed(FailureClass::DeviceLost), &one),
            (CellState::Interrupted, &killed),
            (CellState::Queued { fresh: false }, &killed),
        ] {
            let found = [1, 2, 3, 4].map(|n_failures| next(&state, exit, n_failures));
            let expected = [Next::Again, Next::Again, Next::GiveUp, Next::GiveUp];
            assert_eq!(found, expected, "{state:?}");
        }
        let preempted = exit(Some(75), None);
        assert_eq!(next(&CellState::Interrupted, &preempted, 9), Next::Again, "it is no failure");
    }

    #[test]
    fn classes_that_have_a_way_out_take_it() {
        let one = exit(Some(1), None);
        let end = |state, was_asked: bool, way_out| {
            let asked = if was_asked { Asked::ToStop } else { Asked::No };
            let (has_other_device, can_shrink) = (way_out, way_out);
            let end = End { state, exit: &one, asked, n_failures: 1, has_other_device, can_shrink };
            verdict(&end).0
        };
        let full = failed(FailureClass::DiskFull);
        let (memory, device) =
            (failed(FailureClass::OutOfMemory), failed(FailureClass::DeviceLost));
        assert_eq!(end(&memory, false, true), Next::Smaller);
        assert_eq!(end(&memory, false, false), Next::GiveUp);
        assert_eq!(end(&device, false, true), Next::Elsewhere);
        assert_eq!(end(&CellState::Interrupted, true, false), Next::Later);
        assert_eq!(end(&CellState::Finished, true, false), Next::Over, "it was faster");
        assert_eq!(end(&full, true, false), Next::Pause);
        assert_eq!(end(&CellState::Running, false, false), Next::Later);
    }
}
