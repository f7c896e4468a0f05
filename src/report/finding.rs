//! [`findings`] and [`warnings`]: what the numbers say, and why they may not be comparable.
//!
//! Does not test anything: it says which mean is highest, never that a run is better.

use super::{
    text::{counted, score, shorten},
    view::{RunView, View},
};
use crate::analysis::{Incomparable, Mean, incomparable};

/// Longest fingerprint or list of classes in a warning, in characters.
const VALUE_WIDTH: usize = 40;

/// Sentences that repeat numbers of the tables.
pub(super) fn findings(view: &View<'_>) -> Vec<String> {
    let ranked = view.ranked(|row| row.valid_foreground.mean);
    let Some((best, highest)) = ranked.first() else {
        return vec!["No run has validation scores on the native grid yet.".into()];
    };
    let value = of_pairs(best.row.valid_foreground);
    let mut sentences = Vec::new();
    if !is_rankable(view) {
        return vec![
            "The runs were scored on different cases or classes, so none is ranked.".into(),
        ];
    }
    if ranked.len() == 1 {
        sentences.push(format!(
            "The one run with validation scores, {}, has a mean foreground Dice of {value} there.",
            spoken(best)
        ));
    } else {
        let shown = |value: &f64| score(Some(*value));
        let equals = ranked[1..].iter().take_while(|(_, other)| shown(other) == shown(highest));
        let tied: Vec<String> = equals.map(|(run, _)| spoken(run)).collect();
        let equal = if tied.is_empty() {
            String::new()
        } else {
            format!(" (to three decimals the same: {})", tied.join(", "))
        };
        sentences.push(format!(
            "Of {} with validation scores, {} has the highest mean foreground Dice: {value}{equal}.",
            counted(ranked.len(), "run"),
            spoken(best),
        ));
        let (lowest, _) = ranked[ranked.len() - 1];
        sentences.push(format!(
            "The lowest is {} with {}.",
            spoken(lowest),
            of_pairs(lowest.row.valid_foreground)
        ));
    }
    if best.row.test_foreground.mean.is_some() {
        let value = of_pairs(best.row.test_foreground);
        sentences.push(format!("On its test cases, {} has {value}.", spoken(best)));
    }
    if ranked.len() > 1 {
        sentences.push(
            "Single runs are not tested against each other; with few cases or one seed a difference may be chance.".into(),
        );
    }
    sentences
}

/// Whether all runs were scored alike on the same cases and classes, as far as that is known.
pub(super) fn is_rankable(view: &View<'_>) -> bool {
    incomparable_in(view).is_empty()
}

fn incomparable_in(view: &View<'_>) -> Vec<Incomparable> {
    incomparable(&view.runs.iter().map(|run| run.row).collect::<Vec<_>>())
}

fn spoken(run: &RunView<'_>) -> String {
    format!("run {} ({})", run.number, run.label)
}

fn of_pairs(mean: Mean) -> String {
    format!("{} (n {} case-class pairs)", score(mean.mean), mean.n)
}

/// Why the runs may not be comparable.
pub(super) fn warnings(view: &View<'_>) -> Vec<String> {
    let mut warnings: Vec<String> =
        incomparable_in(view).iter().map(|it| in_groups(view, it)).collect();
    let open = view.runs.iter().filter(|run| !run.row.status.is_answered());
    let open: Vec<String> = open.map(|run| format!("{} {}", run.number, run.row.status)).collect();
    if !open.is_empty() {
        warnings.push(format!(
            "Not every run finished ({}): of those the report shows what they left.",
            open.join(", ")
        ));
    }
    warnings
}

/// Which runs differ from which: `0badf00d: run 2 | 5f3c9a10: runs 1, 3`.
fn in_groups(view: &View<'_>, Incomparable { aspect, groups }: &Incomparable) -> String {
    let groups = groups.iter().map(|(value, members)| {
        let numbers: Vec<String> =
            members.iter().map(|idx| view.runs[*idx].number.to_string()).collect();
        let runs = if numbers.len() == 1 { "run" } else { "runs" };
        format!("{}: {runs} {}", shorten(value, VALUE_WIDTH), numbers.join(", "))
    });
    let groups = groups.collect::<Vec<_>>().join(" | ");
    format!("The runs {} ({groups}): {}.", aspect.difference(), aspect.consequence())
}
