//! [`MonitoredScore`]: finds the score that chooses the best checkpoint, and the best epoch.
//!
//! Does not know about checkpoints.

use super::TrainingState;
use crate::spec::{Experiment, Monitor};

/// `train.monitor`, with the position of its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MonitoredScore {
    /// Validation loss; less is better.
    Loss,
    /// Mean validation Dice of the foreground classes.
    Foreground,
    /// Validation Dice of one class.
    Class(usize),
}

impl MonitoredScore {
    /// The monitor of a checked spec.
    pub(super) fn of(experiment: &Experiment) -> Self {
        let class = match &experiment.train.monitor {
            Monitor::Loss => return Self::Loss,
            // A class may be named so.
            Monitor::Foreground => "foreground",
            Monitor::Class(class) | Monitor::Unknown(class) => class,
        };
        let idx = experiment.data.classes.iter().position(|known| known == class);
        idx.map_or(Self::Foreground, Self::Class)
    }

    /// Picks the monitored score out of an epoch's, or out of one case's.
    pub(super) fn pick(
        &self,
        loss: Option<f64>,
        dice: &[Option<f64>],
        foreground: Option<f64>,
    ) -> Option<f64> {
        match self {
            Self::Loss => loss,
            Self::Foreground => foreground,
            Self::Class(class) => dice.get(*class).copied().flatten(),
        }
    }

    /// Notes an epoch's score. Until there is any score, the latest epoch counts as the best, so
    /// that there is always one to evaluate; a tie keeps the earlier epoch.
    pub(super) fn note(&self, state: &mut TrainingState, epoch: usize, score: Option<f64>) {
        let is_better = match (score, state.best_score) {
            (Some(score), Some(best)) if *self == Self::Loss => score < best,
            (Some(score), Some(best)) => score > best,
            (Some(_), None) => true,
            (None, best) => best.is_none(),
        };
        if is_better {
            state.best_epoch = epoch;
            state.best_score = score;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_scores_and_any_score_over_none_is_best() {
        let mut state = TrainingState::default();
        let mut best = Vec::new();
        for (epoch, score) in
            [None, Some(0.2), Some(0.5), Some(0.5), None, Some(0.4)].into_iter().enumerate()
        {
            MonitoredScore::Foreground.note(&mut state, epoch + 1, score);
            best.push(state.best_epoch);
        }
        assert_eq!(best, [1, 2, 3, 3, 3, 3]);
        MonitoredScore::Loss.note(&mut state, 7, Some(0.1));
        assert_eq!(state.best_epoch, 7);
    }
}
