//! [`RunState`]: the state of a run or of a cell of a sweep, and its name in every table.
//!
//! Does not know about the reason for a state: [`Status`](super::Status) holds it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The state of a run or of a cell.
///
/// The variants are in alphabetical order, because counts by state are listed in it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Its files cannot be read. Readers find this out; it is never written.
    Damaged,
    /// It could not continue.
    Failed,
    /// All epochs are done.
    Finished,
    /// It ended before its last epoch and can continue. Said of cells only: a run says whether it
    /// was preempted or its process was killed.
    Interrupted,
    /// Stopped from outside, and can continue.
    Preempted,
    /// Given up because other runs are better.
    Pruned,
    /// Not started.
    #[default]
    Queued,
    /// A process works on it.
    Running,
    /// Ended early because the monitored score no longer improved.
    StoppedEarly,
}

impl RunState {
    /// As written in tables, JSON and `status.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Failed => "failed",
            Self::Finished => "finished",
            Self::Interrupted => "interrupted",
            Self::Preempted => "preempted",
            Self::Pruned => "pruned",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::StoppedEarly => "stopped-early",
        }
    }

    /// Whether the run has its final result.
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Finished | Self::StoppedEarly)
    }

    /// Whether nothing more is to be done: it has its result, or was given up.
    pub fn is_over(self) -> bool {
        self.is_answered() || self == Self::Pruned
    }

    /// Whether a worker may start or continue it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Interrupted | Self::Preempted)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_and_the_written_name_are_the_same_and_names_are_sorted() {
        let all = [
            RunState::Damaged,
            RunState::Failed,
            RunState::Finished,
            RunState::Interrupted,
            RunState::Preempted,
            RunState::Pruned,
            RunState::Queued,
            RunState::Running,
            RunState::StoppedEarly,
        ];
        for state in all {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        assert!(all.is_sorted() && all.map(RunState::name).is_sorted());
    }
}
