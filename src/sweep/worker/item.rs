//! [`Item`]: a cell and what one worker remembers about it; [`Decision`]: what to do about it.
//!
//! Does not know about slots or processes.

use super::{child::StartMode, retry_policy::MOST_TRIES};
use crate::{
    record::{FailureClass, RunState},
    spec::{DeviceId, Experiment},
    sweep::{Cell, forecast::CellKind, slot::Slot, store::CellStatus},
};
use chrono::{DateTime, Utc};
use std::time::{Duration, Instant};

/// The state of a cell, as far as this worker knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemState {
    /// It may start.
    Open,
    /// This worker runs it.
    Here,
    /// Another worker or process has it.
    Elsewhere,
    /// It has its result.
    Over,
    /// It failed, and is not tried again.
    GivenUp,
}

/// A cell and what one worker remembers about it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) cell: Cell,
    pub(super) experiment: Experiment,
    /// What its time depends on.
    pub(super) kind: CellKind,
    /// Position of its round in the order of rounds.
    pub(super) round: usize,
    pub(super) state: ItemState,
    /// When to check it again.
    pub(super) rests_until: Instant,
    /// Devices on which it failed.
    pub(super) banned: Vec<DeviceId>,
    /// It was pruned, and would not be now.
    pub(super) is_promoted: bool,
    /// When it was given up.
    pub(super) given_up: Option<DateTime<Utc>>,
    /// Why it was left out, so that this is reported only once.
    pub(super) left_out: Option<String>,
}

impl Item {
    pub(super) fn new(cell: Cell, experiment: Experiment, kind: CellKind, round: usize) -> Self {
        Self {
            kind,
            given_up: None,
            cell,
            experiment,
            round,
            state: ItemState::Open,
            rests_until: Instant::now(),
            banned: Vec::new(),
            is_promoted: false,
            left_out: None,
        }
    }

    /// Does not try it again, unless a retry is requested.
    pub(super) fn give_up(&mut self) {
        (self.state, self.given_up) = (ItemState::GivenUp, Some(Utc::now()));
    }

    /// Checks it again only after some time.
    pub(super) fn rest(&mut self, time: Duration) {
        self.rests_until = Instant::now() + time;
    }

    /// Whether there is a slot on whose device it has not failed.
    pub(super) fn may_run_on(&self, slots: &[Slot]) -> bool {
        slots.iter().any(|slot| !self.banned.contains(&slot.device))
    }

    /// Whether it is time to check it again.
    pub(super) fn has_rested(&self) -> bool {
        Instant::now() >= self.rests_until
    }
}

/// What a worker does about a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Start it.
    Start(StartMode),
    /// Start it with a smaller batch.
    Shrink,
    /// Leave it to the process that works on it.
    Wait,
    /// Nothing: it has its result.
    Done,
    /// Nothing: it failed, and would fail again.
    GiveUp,
}

/// What to do about a cell after `n_failures` since the sweep was applied.
pub(super) fn decide(cell: &CellStatus, n_failures: usize, is_promoted: bool) -> Decision {
    let has_tries = n_failures < MOST_TRIES;
    match cell.state {
        RunState::Pruned if is_promoted => Decision::Start(StartMode::Promote),
        RunState::Finished | RunState::StoppedEarly | RunState::Pruned => Decision::Done,
        RunState::Running => Decision::Wait,
        RunState::Queued if has_tries && cell.starts_fresh => Decision::Start(StartMode::Fresh),
        RunState::Queued | RunState::Interrupted | RunState::Preempted if has_tries => {
            Decision::Start(StartMode::Continue)
        }
        RunState::Failed => match cell.failure().map(|failure| failure.class) {
            Some(FailureClass::OutOfMemory) => Decision::Shrink,
            Some(FailureClass::Hang) if n_failures > 0 => Decision::GiveUp,
            Some(class) if class.is_passing() && has_tries => Decision::Start(StartMode::Continue),
            _ => Decision::GiveUp,
        },
        RunState::Queued | RunState::Interrupted | RunState::Preempted | RunState::Damaged => {
            Decision::GiveUp
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_or_would_fail_again_is_left_and_the_rest_is_started() {
        let cell = CellStatus::example;
        let failed = |class| cell(RunState::Failed, Some(class));
        let start = Decision::Start(StartMode::Continue);
        let fresh = CellStatus { starts_fresh: true, ..cell(RunState::Queued, None) };
        for (cell, expected) in [
            (cell(RunState::Finished, None), Decision::Done),
            (cell(RunState::Pruned, None), Decision::Done),
            (cell(RunState::Running, None), Decision::Wait),
            (cell(RunState::Interrupted, None), start),
            (cell(RunState::Queued, None), start),
            (fresh, Decision::Start(StartMode::Fresh)),
            (failed(FailureClass::Panic), start),
            (failed(FailureClass::Hang), start),
            (failed(FailureClass::BadData), Decision::GiveUp),
            (failed(FailureClass::OutOfMemory), Decision::Shrink),
            (cell(RunState::Damaged, None), Decision::GiveUp),
        ] {
            assert_eq!(decide(&cell, 0, false), expected, "{cell:?}");
            let tried = decide(&cell, MOST_TRIES, false);
            assert!(!matches!(tried, Decision::Start(_)), "{cell:?}");
        }
        let pruned = cell(RunState::Pruned, None);
        assert_eq!(decide(&pruned, 0, true), Decision::Start(StartMode::Promote));
    }
}
