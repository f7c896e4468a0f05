//! [`decide`] and [`promotions`]: pure functions of the curves on disk.
//!
//! Does not know about processes and folders.

use super::{
    asha::{Rank, rank, rungs},
    curve::{Better, Curve},
    outlook::Outlook,
    race::{Look, look, looks},
};
use crate::{record::RunState, spec::Prune};
use std::fmt;

/// Whether a cell continues after an epoch.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It continues.
    Keep,
    /// It is given up.
    Prune(Reason),
}

/// Why a cell is given up; its `Display` is a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    text: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Compares a cell after its latest epoch with `others`, which may contain the cell itself.
pub fn decide(rule: &Prune, better: Better, mine: &Curve<'_>, others: &[Curve<'_>]) -> Decision {
    let n_epochs = mine.scores.len();
    let at_rung = rule.kind.has_rungs() && rungs(rule, mine.epochs).contains(&n_epochs);
    let at_look = rule.kind.has_race() && looks(rule, mine.epochs).contains(&n_epochs);
    if !at_rung && !at_look {
        return Decision::Keep;
    }
    let Some((_, score)) = mine.best(better, n_epochs) else { return Decision::Keep };
    let others: Vec<Curve<'_>> = others
        .iter()
        .filter(|other| other.cell != mine.cell && other.epochs == mine.epochs)
        .copied()
        .collect();
    let outlook = Outlook::of(rule, better, &others, n_epochs);
    if outlook.is_none() && rule.min_cells > 0 {
        return Decision::Keep;
    }
    if at_rung {
        let rank = rank(rule, better, score, &others, n_epochs);
        let granting = outlook.filter(|_| rule.min_cells > 0);
        let is_out_of_reach = granting.is_none_or(|outlook| score + outlook.gain < outlook.score);
        if rank.place > rank.n_kept && is_out_of_reach {
            return Decision::Prune(of_rank(better, n_epochs, score, rank, granting.as_ref()));
        }
    }
    if at_look
        && let Some(outlook) = outlook
        && let Some(look) = look(rule, better, mine, &outlook)
        && look.p < look.limit
    {
        return Decision::Prune(of_look(n_epochs, look, &outlook));
    }
    Decision::Keep
}

/// Pruned cells that would not be pruned now, the best first.
pub fn promotions<'a>(rule: &Prune, better: Better, curves: &[Curve<'a>]) -> Vec<&'a str> {
    let mut back: Vec<(&str, f64)> = curves
        .iter()
        .filter(|curve| curve.state == RunState::Pruned)
        .filter(|curve| decide(rule, better, curve, curves) == Decision::Keep)
        .map(|curve| {
            let score = curve.best(better, usize::MAX).map_or(f64::NEG_INFINITY, |(_, s)| s);
            (curve.cell, score)
        })
        .collect();
    back.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    back.into_iter().map(|(cell, _)| cell).collect()
}

fn of_rank(
    better: Better,
    n_epochs: usize,
    score: f64,
    rank: Rank,
    outlook: Option<&Outlook<'_>>,
) -> Reason {
    let Rank { place, n_cells, n_kept } = rank;
    let rank = format!(
        "after epoch {n_epochs} its best score {:.4} is number {place} of {n_cells}; the \
         best {n_kept} continue",
        better.shown(score)
    );
    let text = match outlook {
        None => rank,
        Some(outlook) => format!(
            "{rank}; it may still reach {:.4}, and `{}` has {:.4}",
            better.shown(score + outlook.gain),
            outlook.incumbent.cell,
            better.shown(outlook.score)
        ),
    };
    Reason { text }
}

fn of_look(n_epochs: usize, look: Look, outlook: &Outlook<'_>) -> Reason {
    let Look { p, limit, n_cases, mean } = look;
    let text = format!(
        "after epoch {n_epochs}, even with a gain of {:.4} in later epochs, it is worse than `{}` \
         by {:.4} on {n_cases} cases: p = {p:.2e}, below {limit:.2e}",
        outlook.gain, outlook.incumbent.cell, -mean
    );
    Reason { text }
}
