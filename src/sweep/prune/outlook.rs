//! [`Outlook`]: what the finished cells say about the epochs to come.
//!
//! Does not know about rungs and cases.

use super::curve::{Better, Curve};
use crate::spec::Prune;

/// The best finished cell, and how much a cell may still gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outlook<'a> {
    /// The best finished cell.
    pub(super) incumbent: Curve<'a>,
    /// Epoch, from 0, of its best score.
    pub(super) epoch: usize,
    /// Its turned score.
    pub(super) score: f64,
    /// What is granted to a cell for the epochs after this one.
    pub(super) gain: f64,
}

impl<'a> Outlook<'a> {
    /// The outlook after `n_epochs`; `None` as long as fewer than `min-cells` have finished with
    /// a score.
    pub(super) fn of(
        rule: &Prune,
        better: Better,
        others: &[Curve<'a>],
        n_epochs: usize,
    ) -> Option<Self> {
        let mut n_finished = 0;
        let mut best: Option<Self> = None;
        let mut gain = 0.0_f64;
        for other in others.iter().filter(|other| other.state.is_answered()) {
            let Some((epoch, score)) = other.best(better, usize::MAX) else { continue };
            n_finished += 1;
            if !score.is_finite() {
                continue;
            }
            if let Some((_, then)) = other.best(better, n_epochs)
                && then.is_finite()
            {
                gain = gain.max(score - then);
            }
            if best.is_none_or(|known| score > known.score) {
                best = Some(Self { incumbent: *other, epoch, score, gain: 0.0 });
            }
        }
        let enough = n_finished >= rule.min_cells.max(1);
        // The largest of m gains falls short of the next cell's once in m + 1 times.
        let gain = gain * (1.0 + rule.optimism / n_finished.max(1) as f64);
        best.filter(|_| enough).map(|best| Self { gain, ..best })
    }
}
