//! [`findings`] and [`warnings`]: what the numbers say, and why they may not be comparable.
//!
//! Knows nothing of statistics: it says which mean is highest, never that a run is better.

use super::text::{UNDEFINED, counted, score};
use super::view::{RunView, View};
use crate::table::{Mean, RunRow};
use std::collections::BTreeSet;

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
            "No difference is tested here; with few cases or one seed it may be chance.".into(),
        );
    }
    sentences
}

/// Whether all runs were scored on the same cases and classes, as far as that is known.
pub(super) fn is_rankable(view: &View<'_>) -> bool {
    let n_distinct = |of: &dyn Fn(&RunRow) -> Option<String>| {
        view.runs.iter().filter_map(|run| of(run.row)).collect::<BTreeSet<_>>().len()
    };
    n_distinct(&|row| row.data_fingerprint.clone()) <= 1
        && n_distinct(&|row| row.split_fingerprint.clone()) <= 1
        && n_distinct(&|row| (!row.classes.is_empty()).then(|| row.classes.join(", "))) <= 1
}

fn spoken(run: &RunView<'_>) -> String {
    format!("run {} ({})", run.number, run.label)
}

fn of_pairs(mean: Mean) -> String {
    format!("{} (n {} case-class pairs)", score(mean.mean), mean.n)
}

/// Why the runs may not be comparable.
pub(super) fn warnings(view: &View<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut compare = |what: &str, consequence: &str, of: &dyn Fn(&RunRow) -> Option<String>| {
        let known: Vec<_> =
            view.runs.iter().filter_map(|run| Some((of(run.row)?, run.number))).collect();
        let values: BTreeSet<&String> = known.iter().map(|(value, _)| value).collect();
        if values.len() > 1 {
            let groups = values.iter().map(|value| {
                let numbers = known.iter().filter(|(other, _)| other == *value);
                numbers.map(|(_, number)| number.to_string()).collect::<Vec<_>>().join(", ")
            });
            let groups = groups.collect::<Vec<_>>().join(" | ");
            warnings.push(format!("The runs {what} (runs {groups}): {consequence}."));
        }
    };
    let apart = "their scores are of different cases and cannot be compared case by case";
    compare("saw different data", apart, &|row| row.data_fingerprint.clone());
    compare("split the data differently", apart, &|row| row.split_fingerprint.clone());
    let uneven = "foreground means average different things";
    let classes = |row: &RunRow| (!row.classes.is_empty()).then(|| row.classes.join(", "));
    compare("have different classes", uneven, &classes);
    let open = view.runs.iter().filter(|run| !is_done(&run.row.status));
    let open: Vec<String> = open.map(|run| format!("{} {}", run.number, run.row.status)).collect();
    if !open.is_empty() {
        warnings.push(format!(
            "Not every run finished ({}): of those the report shows what they left.",
            open.join(", ")
        ));
    }
    warnings
}

/// Whether a run of this status will get no more scores from going on.
fn is_done(status: &str) -> bool {
    matches!(status, "finished" | "stopped-early")
}

/// Why a run ended, in the words it left.
pub(super) fn reason(row: &RunRow) -> &str {
    row.reason.as_deref().unwrap_or(UNDEFINED)
}
