//! [`Prune`]: the keys that say when a sweep stops a cell before its last epoch.
//!
//! Does not know how a cell is compared with others; that is [`crate::sweep::prune`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a cell of a sweep stops before its last epoch. It keeps its state and can be promoted:
/// then it continues where it stopped.
///
/// The defaults come from the replay in `tests/it/prune_replay`, which says how often each rule
/// stops the best cell, and what it saves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Prune {
    /// The rule.
    pub kind: PruneKind,
    /// Epochs that every cell gets.
    #[schemars(range(min = 1, max = 100_000))]
    pub min_epochs: usize,
    /// Share of its epochs that every cell gets. With a schedule such as `one-cycle` most of the
    /// gain comes late, and differs between cells: ranks say little before the peak, which is at
    /// a share of `schedule.pct-start`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_share: f64,
    /// Cells that must have finished before one is stopped; 0: `asha` does not wait and adds no
    /// allowance, as in the textbook.
    #[schemars(range(min = 0, max = 100_000))]
    pub min_cells: usize,
    /// `asha`: one in this many goes on at a rung, and the next rung has this many times the
    /// epochs.
    #[schemars(range(min = 1.1, max = 100.0))]
    pub reduction: f64,
    /// Before a cell is compared with the best finished one, its score is raised by the largest
    /// gain that any of the m finished cells made after the same epoch, times 1 + `optimism` / m.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub optimism: f64,
    /// `race`: one minus the chance that a cell which is not worse on cases of this kind is stopped,
    /// over all its comparisons together.
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub confidence: f64,
}

impl Default for Prune {
    fn default() -> Self {
        Self {
            kind: PruneKind::None,
            min_epochs: 5,
            min_share: 0.5,
            min_cells: 4,
            reduction: 2.0,
            optimism: 6.0,
            confidence: 0.95,
        }
    }
}

/// When a cell is stopped early.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PruneKind {
    /// Every cell gets all its epochs.
    #[default]
    None,
    /// By its rank among the cells that reached the same epoch.
    Asha,
    /// By a paired test against the best finished cell, on the same validation cases.
    Race,
    /// By either.
    AshaRace,
}

impl PruneKind {
    /// Whether ranks at rungs count.
    pub fn has_rungs(self) -> bool {
        matches!(self, Self::Asha | Self::AshaRace)
    }

    /// Whether cases are compared.
    pub fn has_race(self) -> bool {
        matches!(self, Self::Race | Self::AshaRace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_in_kebab_case_and_unknown_ones_refused() {
        let rule: Prune = toml::from_str("kind = \"asha-race\"\nmin-epochs = 7").unwrap();
        let expected = Prune { kind: PruneKind::AshaRace, min_epochs: 7, ..Prune::default() };
        assert_eq!(rule, expected);
        assert_eq!(toml::from_str::<Prune>(&toml::to_string(&rule).unwrap()).unwrap(), rule);
        assert!(toml::from_str::<Prune>("min_epochs = 7").is_err());
        assert!(toml::from_str::<Prune>("kind = \"median\"").is_err());
    }
}
