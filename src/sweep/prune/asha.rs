//! [`rungs`]: asynchronous successive halving (Li et al. 2018) on epochs, as a rule that
//! stops cells.
//!
//! Does not know about cases.

use super::curve::{Better, Curve};
use crate::spec::Prune;

/// The epochs at which cells are ranked: the first after `min-epochs` and `min-share`, each next
/// one `reduction` times as late, all before the last epoch.
pub fn rungs(rule: &Prune, epochs: usize) -> Vec<usize> {
    let mut rungs = Vec::new();
    let mut rung = first_look(rule, epochs);
    while rung < epochs {
        rungs.push(rung);
        rung = times(rung, rule.reduction).max(rung + 1);
    }
    rungs
}

/// The first epoch after which a cell may be given up.
pub(super) fn first_look(rule: &Prune, epochs: usize) -> usize {
    rule.min_epochs.max(times(epochs, rule.min_share)).max(1)
}

/// The whole number from `n` times `factor` on.
pub(super) fn times(n: usize, factor: f64) -> usize {
    // A product such as 10 x 0.3 = 3.0000000000000004 counts as 3.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and >= 0")]
    let product = (n as f64 * factor - 1e-9).ceil() as usize;
    product
}

/// A rank at a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rank {
    /// Place, from 1; equal scores share the better one.
    pub(super) place: usize,
    /// Cells that have a score here.
    pub(super) n_cells: usize,
    /// Cells that continue.
    pub(super) n_kept: usize,
}

/// The rank of `score` among `others` after `n_epochs`. It depends on which cells have come this
/// far, not on the order in which they came.
pub(super) fn rank(
    rule: &Prune,
    better: Better,
    score: f64,
    others: &[Curve<'_>],
    n_epochs: usize,
) -> Rank {
    let mut rank = Rank { place: 1, n_cells: 1, n_kept: 1 };
    for other in others.iter().filter(|other| other.reaches(n_epochs)) {
        if let Some((_, known)) = other.best(better, n_epochs) {
            rank.n_cells += 1;
            rank.place += usize::from(known > score);
        }
    }
    rank.n_kept = times(rank.n_cells, 1.0 / rule.reduction).max(1);
    rank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_begin_where_they_may_and_end_before_the_last_epoch() {
        let rule = Prune { min_epochs: 3, min_share: 0.0, reduction: 3.0, ..Prune::default() };
        assert_eq!(rungs(&rule, 81), [3, 9, 27]);
        assert_eq!(rungs(&rule, 82), [3, 9, 27, 81]);
        assert_eq!(rungs(&Prune { min_share: 0.3, ..rule.clone() }, 10), [3, 9]);
        assert_eq!(rungs(&Prune { min_share: 0.5, ..rule.clone() }, 50), [25]);
        assert_eq!(rungs(&Prune { reduction: 1.1, ..rule.clone() }, 7), [3, 4, 5, 6]);
        assert!(rungs(&rule, 3).is_empty());
    }
}
