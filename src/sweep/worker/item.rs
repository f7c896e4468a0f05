//! [`Item`]: a cell as one worker remembers it, and [`Wish`]: what its state asks for.
//!
//! Knows nothing of slots or processes.

use super::{Slot, child::Manner, retry_policy::MOST_TRIES, time_key};
use crate::{
    record::FailureClass,
    spec::Experiment,
    sweep::store::{CellState, PlannedCell},
    train::device::Choice,
};
use chrono::{DateTime, Utc};
use std::time::{Duration, Instant};

/// Where a cell is, as far as this worker knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It may be begun.
    Open,
    /// This worker runs it.
    Here,
    /// Another worker or process has it.
    Elsewhere,
    /// It has its answer.
    Over,
    /// It is left as it is: it failed.
    GivenUp,
}

/// A cell as one worker remembers it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) cell: PlannedCell,
    pub(super) experiment: Experiment,
    /// What its time depends on; the data are the same for all cells.
    pub(super) time_key: String,
    /// Its round, by its place in the order of rounds.
    pub(super) round: usize,
    pub(super) place: Place,
    /// Not to be looked at before.
    pub(super) rests_until: Instant,
    /// Devices that failed it.
    pub(super) banned: Vec<Choice>,
    /// It was given up, and would not be now.
    pub(super) is_promoted: bool,
    /// When it was given up.
    pub(super) given_up: Option<DateTime<Utc>>,
    /// Why it was left out when it was last passed over, to be told once.
    pub(super) left_out: Option<String>,
}

impl Item {
    pub(super) fn new(cell: PlannedCell, experiment: Experiment, round: usize) -> Self {
        Self {
            time_key: time_key(&experiment, ""),
            given_up: None,
            cell,
            experiment,
            round,
            place: Place::Open,
            rests_until: Instant::now(),
            banned: Vec::new(),
            is_promoted: false,
            left_out: None,
        }
    }

    /// Leaves it as it is, unless somebody asks for another try.
    pub(super) fn give_up(&mut self) {
        (self.place, self.given_up) = (Place::GivenUp, Some(Utc::now()));
    }

    /// Leaves it alone for a while.
    pub(super) fn rest(&mut self, time: Duration) {
        self.rests_until = Instant::now() + time;
    }

    /// Whether a slot is left whose device has not failed it.
    pub(super) fn may_run_on(&self, slots: &[Slot]) -> bool {
        slots.iter().any(|slot| !self.banned.contains(&slot.device))
    }

    /// Whether it has been left alone long enough.
    pub(super) fn has_rested(&self) -> bool {
        Instant::now() >= self.rests_until
    }
}

/// What the state of a cell asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To be begun.
    Begin(Manner),
    /// To be begun with a smaller batch.
    Shrink,
    /// To be left to whoever works on it.
    Wait,
    /// Nothing: it has its answer.
    Nothing,
    /// Nothing: it failed, and the same would come again.
    Leave,
}

/// What a cell's state asks for, after `n_failures` in this go.
pub(super) fn wish(state: &CellState, n_failures: usize, is_promoted: bool) -> Wish {
    let has_tries = n_failures < MOST_TRIES;
    match state {
        CellState::Pruned { .. } if is_promoted => Wish::Begin(Manner::Promote),
        CellState::Finished | CellState::Pruned { .. } => Wish::Nothing,
        CellState::Running => Wish::Wait,
        CellState::Queued { fresh: true } if has_tries => Wish::Begin(Manner::Anew),
        CellState::Queued { .. } | CellState::Interrupted if has_tries => Wish::Begin(Manner::GoOn),
        CellState::Failed(failure) => match failure.class {
            FailureClass::OutOfMemory => Wish::Shrink,
            FailureClass::Hang if n_failures > 0 => Wish::Leave,
            class if class.is_passing() && has_tries => Wish::Begin(Manner::GoOn),
            _ => Wish::Leave,
        },
        CellState::Queued { .. } | CellState::Interrupted | CellState::Damaged { .. } => {
            Wish::Leave
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Failure;

    fn failed(class: FailureClass) -> CellState {
        CellState::Failed(Failure { class, reason: String::new(), details: vec![], advice: vec![] })
    }

    #[test]
    fn what_is_done_or_would_fail_again_is_left_and_the_rest_is_begun() {
        let begin = Wish::Begin(Manner::GoOn);
        for (state, expected) in [
            (CellState::Finished, Wish::Nothing),
            (CellState::Pruned { reason: String::new() }, Wish::Nothing),
            (CellState::Running, Wish::Wait),
            (CellState::Interrupted, begin),
            (CellState::Queued { fresh: false }, begin),
            (CellState::Queued { fresh: true }, Wish::Begin(Manner::Anew)),
            (failed(FailureClass::Panic), begin),
            (failed(FailureClass::Hang), begin),
            (failed(FailureClass::BadData), Wish::Leave),
            (failed(FailureClass::OutOfMemory), Wish::Shrink),
            (CellState::Damaged { reason: String::new() }, Wish::Leave),
        ] {
            assert_eq!(wish(&state, 0, false), expected, "{state:?}");
            assert!(!matches!(wish(&state, MOST_TRIES, false), Wish::Begin(_)), "{state:?}");
        }
        let pruned = CellState::Pruned { reason: String::new() };
        assert_eq!(wish(&pruned, 0, true), Wish::Begin(Manner::Promote));
    }
}
