//! [`looks`]: paired-case racing against the best finished cell.
//!
//! Does not know about ranks.

use super::{
    asha::first_look,
    curve::{Better, Curve},
    outlook::Outlook,
};
use crate::{spec::Prune, statistics::p_below};

/// Most looks at one cell.
const MOST_LOOKS: usize = 6;

/// The epochs at which a cell is compared case by case: evenly from the first that is allowed to
/// the last but one. Their number is fixed beforehand, because the chance of an error is shared
/// out among them.
pub fn looks(rule: &Prune, epochs: usize) -> Vec<usize> {
    let first = first_look(rule, epochs);
    let n_epochs = epochs.saturating_sub(first);
    let n_looks = n_epochs.min(MOST_LOOKS);
    (0..n_looks).map(|idx| first + idx * n_epochs / n_looks).collect()
}

/// The result of a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// Chance of a difference like this when the cell is no worse.
    pub(super) p: f64,
    /// The limit: the cell is given up below it.
    pub(super) limit: f64,
    /// Cases compared.
    pub(super) n_cases: usize,
    /// Mean difference over them, turned, with what the cell is granted.
    pub(super) mean: f64,
}

/// Compares the best checkpoint so far with the incumbent's, case by case; `None` when there is no
/// case with both scores.
pub(super) fn look(
    rule: &Prune,
    better: Better,
    mine: &Curve<'_>,
    outlook: &Outlook<'_>,
) -> Option<Look> {
    let (epoch, _) = mine.best(better, usize::MAX)?;
    let (ours, theirs) = (mine.cases.get(epoch)?, outlook.incumbent.cases.get(outlook.epoch)?);
    if ours.len() != theirs.len() {
        return None;
    }
    let differences: Vec<f64> = ours
        .iter()
        .zip(theirs)
        .filter_map(|(ours, theirs)| Some((better.turned((*ours)?), better.turned((*theirs)?))))
        .filter(|(ours, theirs)| ours.is_finite() && theirs.is_finite())
        .map(|(ours, theirs)| ours + outlook.gain - theirs)
        .collect();
    let n_cases = differences.len();
    if n_cases == 0 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / n_cases as f64;
    let n_looks = looks(rule, mine.epochs).len().max(1);
    let limit = (1.0 - rule.confidence) / n_looks as f64;
    // The monitored score is the mean: many small losses must not hide one large gain.
    let p = if mean < 0.0 { p_below(&differences) } else { 1.0 };
    Some(Look { p, limit, n_cases, mean })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_even_and_before_the_last_epoch() {
        let rule = Prune { min_epochs: 5, min_share: 0.3, ..Prune::default() };
        assert_eq!(looks(&rule, 50), [15, 20, 26, 32, 38, 44]);
        assert_eq!(looks(&rule, 8), [5, 6, 7]);
        assert!(looks(&rule, 5).is_empty() && looks(&rule, 1).is_empty());
    }
}
