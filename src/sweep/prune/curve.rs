//! [`Curve`]: the scores of a cell so far.
//!
//! Does not know about rules.

use crate::record::RunState;

/// Which scores are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Greater ones, as Dice.
    Greater,
    /// Smaller ones, as a loss.
    Smaller,
}

impl Better {
    /// The score with the sign for which greater is better; what is not finite is the worst.
    pub(super) fn turned(self, score: f64) -> f64 {
        match self {
            _ if !score.is_finite() => f64::NEG_INFINITY,
            Self::Greater => score,
            Self::Smaller => -score,
        }
    }

    /// Undoes [`Better::turned`], for messages.
    pub(super) fn shown(self, turned: f64) -> f64 {
        match self {
            Self::Greater => turned,
            Self::Smaller => -turned,
        }
    }
}

/// A cell's monitored score by epoch, and the same by case.
///
/// Curves that are compared have the same validation cases, and so the same fold, and the same
/// number of planned epochs: otherwise their learning rates differ after the same epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve<'a> {
    /// Name of the cell.
    pub cell: &'a str,
    /// Epochs planned.
    pub epochs: usize,
    /// The score of each epoch done; `None` where it was not measured.
    pub scores: &'a [Option<f64>],
    /// The score by epoch and case, all curves in one order of cases; empty when not kept.
    pub cases: &'a [Vec<Option<f64>>],
    /// The state of its run.
    pub state: RunState,
}

impl Curve<'_> {
    /// Epoch, from 0, and turned score of the best checkpoint after `n_epochs`: the one that
    /// would be evaluated. The first of equal scores, as training keeps it. `None` when nothing
    /// was measured, `-inf` when nothing was a number.
    pub(super) fn best(&self, better: Better, n_epochs: usize) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        for (epoch, score) in self.scores.iter().take(n_epochs).enumerate() {
            let Some(score) = score.map(|score| better.turned(score)) else { continue };
            if best.is_none_or(|(_, known)| score > known) {
                best = Some((epoch, score));
            }
        }
        best
    }

    /// Whether it counts after `n_epochs`: it got there, or finished before.
    pub(super) fn reaches(&self, n_epochs: usize) -> bool {
        self.scores.len() >= n_epochs || self.state.is_answered()
    }
}
