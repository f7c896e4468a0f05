//! [`findings`] and [`warnings`] of a sweep, and a sentence on its [`compute`].
//!
//! Does not know about statistics: it repeats the verdicts of the rows, and adds none.

use super::super::text::{counted, duration, score};
use crate::analysis::{Interval, RunRow, RunState, STATES, SettingRow, SweepTables, incomparable};
use std::collections::{BTreeMap, BTreeSet};

/// What the sweep came to, a sentence each.
pub(super) fn findings(sweep: &SweepTables) -> Vec<String> {
    let states = STATES.into_iter().filter(|state| sweep.n_in(*state) > 0);
    let states: Vec<String> =
        states.map(|state| format!("{} {state}", sweep.n_in(state))).collect();
    let as_of = sweep.as_of.as_ref().map(|time| format!(" as of {time}")).unwrap_or_default();
    let mut sentences = vec![format!(
        "{} of {}{as_of}: {}.",
        counted(sweep.cells.len(), "cell"),
        counted(sweep.settings.len(), "setting"),
        states.join(", ")
    )];
    let Some(best) = sweep.best() else {
        sentences.push("No setting has scores on the native grid yet.".into());
        return sentences;
    };
    sentences.push(format!(
        "Of {} with validation scores, {} is ranked first: mean foreground Dice {}.",
        counted(sweep.n_scored(), "setting"),
        quoted(best),
        with_interval(best.score.mean, best.interval, best.score.n, best.n_seeds)
    ));
    sentences.extend(others(sweep));
    if best.test.mean.is_some() {
        sentences.push(format!(
            "On its test cases, which chose nothing, it has {}.",
            with_interval(best.test.mean, best.test_interval, best.test.n, best.n_seeds)
        ));
    }
    sentences.push(format!(
        "The validation cases chose the checkpoint of every run and the setting among {}: their score is optimistic.",
        sweep.n_scored()
    ));
    sentences
}

fn quoted(setting: &SettingRow) -> String {
    format!("“{}”", setting.name)
}

fn with_interval(
    mean: Option<f64>,
    interval: Option<Interval>,
    n: usize,
    n_seeds: usize,
) -> String {
    let interval = interval.map(|Interval { low, high }| {
        format!("95 % interval {} to {}, ", score(Some(low)), score(Some(high)))
    });
    format!(
        "{} ({}{}, {})",
        score(mean),
        interval.unwrap_or_default(),
        counted(n, "case"),
        counted(n_seeds, "seed")
    )
}

/// What the verdicts say of the other settings, by verdict.
fn others(sweep: &SweepTables) -> Option<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for verdict in sweep.settings.iter().filter_map(|setting| Some(setting.to_best?.words())) {
        match counts.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, n)) => *n += 1,
            None => counts.push((verdict, 1)),
        }
    }
    let words: Vec<String> =
        counts.into_iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
    (!words.is_empty()).then(|| format!("The others, against it: {}.", words.join("; ")))
}

/// Where the time went, in a sentence.
pub(super) fn compute(sweep: &SweepTables) -> String {
    let compute = &sweep.compute;
    let percent = 100.0 * compute.wasted() / compute.spent.max(1e-9);
    let mut sentences = vec![format!(
        "{} spent in {}, of which {} ({percent:.1} %) wasted: failed or done twice.",
        duration(compute.spent),
        counted_processes(compute.n_ended),
        duration(compute.wasted()),
    )];
    if compute.n_resumed > 0 {
        sentences.push(format!("Cut-off runs were taken up again {}.", times(compute.n_resumed)));
    }
    if compute.n_without_end > 0 {
        sentences.push(format!(
            "{} more {} no recorded end, so their time is unknown: they still run, or died with their worker.",
            compute.n_without_end,
            if compute.n_without_end == 1 { "has" } else { "have" }
        ));
    }
    sentences.join(" ")
}

fn counted_processes(n: usize) -> String {
    if n == 1 { "1 process".into() } else { format!("{n} processes") }
}

fn times(n: usize) -> String {
    if n == 1 { "once".into() } else { format!("{n} times") }
}

/// Why the numbers may say less than they seem to.
pub(super) fn warnings(sweep: &SweepTables) -> Vec<String> {
    let mut warnings = unlike(sweep);
    let n_answered = sweep.n_in(RunState::Finished) + sweep.n_in(RunState::Pruned);
    let n_cells = sweep.cells.len();
    if n_answered < n_cells {
        warnings.push(format!(
            "{} of {} without an answer: what follows is of the others.",
            n_cells - n_answered,
            counted(n_cells, "cell")
        ));
    }
    let scored = || sweep.settings.iter().filter(|setting| setting.score.mean.is_some());
    let n_unranked = scored().filter(|setting| setting.rank.is_none()).count();
    if n_unranked > 0 {
        warnings.push(format!(
            "{} not finished in the seeds and folds that most have, and so not ranked.",
            were(n_unranked, "setting")
        ));
    }
    let is_partly_pruned = |setting: &&SettingRow| setting.states.contains_key(&RunState::Pruned);
    let n_partly_pruned = scored().filter(is_partly_pruned).count();
    if n_partly_pruned > 0 {
        warnings.push(format!(
            "Of {} some runs were pruned: their means are over those that were not, which favours them.",
            counted(n_partly_pruned, "scored setting")
        ));
    }
    warnings.extend(uneven_seeds(sweep));
    let changed: BTreeSet<&str> =
        sweep.cells.iter().filter_map(|cell| cell.changed.as_deref()).collect();
    let n_changed = sweep.cells.iter().filter(|cell| cell.changed.is_some()).count();
    if n_changed > 0 {
        warnings.push(format!(
            "{} run with other settings than asked, since memory did not suffice: {}.",
            were(n_changed, "cell"),
            changed.into_iter().collect::<Vec<_>>().join(" | ")
        ));
    }
    warnings
}

fn uneven_seeds(sweep: &SweepTables) -> Option<String> {
    let seeds: Vec<usize> =
        sweep.settings.iter().filter(|it| it.rank.is_some()).map(|it| it.n_seeds).collect();
    let (low, high) = (*seeds.iter().min()?, *seeds.iter().max()?);
    (low < high).then(|| {
        format!("Ranked settings have {low} to {high} seeds: means of few seeds vary more.")
    })
}

fn were(n: usize, noun: &str) -> String {
    format!("{} {}", counted(n, noun), if n == 1 { "was" } else { "were" })
}

/// Runs that were asked or scored on something else; folds differ in their split by intent.
fn unlike(sweep: &SweepTables) -> Vec<String> {
    let mut by_fold: BTreeMap<usize, Vec<&RunRow>> = BTreeMap::new();
    for run in &sweep.tables.runs {
        by_fold.entry(run.fold).or_default().push(run);
    }
    let found = by_fold
        .values()
        .flat_map(|runs| incomparable(runs))
        .map(|it| format!("The runs {}: {}.", it.aspect.difference(), it.aspect.consequence()));
    let mut warnings: Vec<String> = Vec::new();
    for warning in found {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}
