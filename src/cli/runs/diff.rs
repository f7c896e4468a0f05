//! `seglab runs diff`: what differs between two runs, and their scores side by side.
//!
//! Does not know about files.

use super::Output;
use crate::{
    analysis::{self, Incomparable, Mean, Overlays, RunRow, differing, incomparable, json_value},
    base::Result,
    cli::print::{aligned, commit, duration, json, mean, print, score, setting, short},
};
use serde::Serialize;
use serde_json::Value as Json;
use std::{collections::BTreeMap, io::Write, path::Path};

/// What `--json` prints.
#[derive(Serialize)]
struct DiffJson<'a> {
    runs: [&'a str; 2],
    settings: BTreeMap<&'a str, [Option<Json>; 2]>,
    scores: BTreeMap<String, [Option<Mean>; 2]>,
    warnings: Vec<String>,
}

pub(super) fn run(dirs: [&Path; 2], form: Output, out: &mut dyn Write) -> Result<()> {
    let mut runs = Vec::new();
    for dir in dirs {
        runs.extend(analysis::load_run(dir, Overlays::Skip)?.runs);
    }
    let keys = differing(&runs);
    let [first, second] = runs.as_slice() else { return Ok(()) };
    let both = [first, second];
    if form == Output::Json {
        let value = |run: &RunRow, key| run.settings.get(key).map(|value| json_value(value));
        let settings = keys.iter().map(|key| (key.as_str(), both.map(|run| value(run, key))));
        let answer = DiffJson {
            runs: both.map(|run| run.run.as_str()),
            settings: settings.collect(),
            scores: scores(both).into_iter().collect(),
            warnings: warnings(both),
        };
        return json(out, &answer);
    }
    let row = |name: &str, cells: [String; 2]| {
        let [first, second] = cells;
        vec![name.to_owned(), first, second]
    };
    let mut rows = vec![row("run", both.map(|run| run.run.clone()))];
    rows.push(row("status", both.map(|run| run.status.to_string())));
    rows.extend(keys.iter().map(|key| row(key, both.map(|run| setting(run.settings.get(key))))));
    rows.extend(scores(both).into_iter().map(|(name, means)| {
        row(&format!("{name} dice (n)"), means.map(|score| score.map_or("-".into(), mean)))
    }));
    rows.push(row("valid accuracy", both.map(|run| score(run.valid_accuracy))));
    rows.push(row("epochs", both.map(|run| format!("{}/{}", run.epochs, run.epochs_asked))));
    rows.push(row("time", both.map(|run| duration(run.seconds))));
    rows.push(row("commit", both.map(|run| commit(run.commit.as_deref(), run.dirty))));
    print(out, &(text_of(&warnings(both)) + &aligned(&rows)))
}

/// The warnings above everything else, so that no number is read without them.
fn text_of(warnings: &[String]) -> String {
    let mut lines: Vec<String> = warnings.iter().map(|it| format!("warning: {it}\n")).collect();
    if !lines.is_empty() {
        lines.push("\n".to_owned());
    }
    lines.concat()
}

/// Dice of the foreground and of each class of either run; `None` where a run lacks the class.
fn scores(both: [&RunRow; 2]) -> Vec<(String, [Option<Mean>; 2])> {
    let mut scores =
        vec![("valid foreground".to_owned(), both.map(|run| Some(run.valid_foreground)))];
    let [first, second] = both;
    let only_second = second.classes.iter().filter(|class| !first.classes.contains(class));
    for class in first.classes.iter().chain(only_second) {
        let of_class = |run: &RunRow| {
            let class_idx = run.classes.iter().position(|name| name == class)?;
            run.valid_dice.get(class_idx).copied()
        };
        scores.push((format!("valid {class}"), both.map(of_class)));
    }
    if both.iter().any(|run| run.test_foreground.n > 0) {
        scores.push(("test foreground".to_owned(), both.map(|run| Some(run.test_foreground))));
    }
    scores
}

/// Why the scores may not compare.
fn warnings(both: [&RunRow; 2]) -> Vec<String> {
    let found = incomparable(&both);
    let warning = |Incomparable { aspect, groups }: &Incomparable| {
        let mut sides: Vec<(usize, String)> = Vec::new();
        for (value, runs) in groups {
            sides.extend(runs.iter().map(|idx| (*idx, short(value))));
        }
        sides.sort();
        let sides = sides.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" and ");
        format!("the runs {} ({sides}): {}", aspect.difference(), aspect.consequence())
    };
    found.iter().map(warning).collect()
}
