//! `seglab runs show`: everything about one run.
//!
//! Does not know about files.

use super::Output;
use crate::{
    analysis::{self, EpochRow, Mean, Overlays, RunRow, ScoreRow, Tables},
    base::Result,
    cli::print::{UNDEFINED, aligned, commit, duration, json, mean, print, score},
    record::{self, CaseFacts, Provenance},
};
use serde::Serialize;
use std::{fmt::Display, io::Write, path::Path};

/// What `--json` prints.
#[derive(Serialize)]
struct RunJson<'a> {
    directory: String,
    runs: Vec<serde_json::Value>,
    epochs: &'a [EpochRow],
    scores: &'a [ScoreRow],
    cases: &'a [CaseFacts],
    provenance: &'a Provenance,
    notes: &'a [String],
}

pub(super) fn run(dir: &Path, form: Output, out: &mut dyn Write) -> Result<()> {
    let files = record::read_run(dir)?;
    let tables = analysis::load_run(dir, Overlays::Skip)?;
    if form == Output::Json {
        let Tables { runs, epochs, scores, cases, .. } = &tables;
        let answer = RunJson {
            directory: dir.display().to_string(),
            runs: runs.iter().map(RunRow::to_json).collect(),
            epochs,
            scores,
            cases,
            provenance: &files.provenance,
            notes: &files.notes,
        };
        return json(out, &answer);
    }
    let text = tables.runs.iter().map(|run| {
        let mut head = head(run);
        head.push(pair("host", files.provenance.machine.host.as_deref().unwrap_or(UNDEFINED)));
        head.push(pair("directory", dir.display()));
        head.extend(files.notes.iter().map(|note| pair("note", note)));
        let settings = run.settings.iter().map(|(key, value)| format!("  {key} = {value}\n"));
        let settings: String = settings.collect();
        let (head, scores, cases) = (aligned(&head), scores(run), cases(&tables.scores));
        format!("{head}\n{scores}\n{cases}\nsettings\n{settings}")
    });
    print(out, &text.collect::<String>())
}

fn head(run: &RunRow) -> Vec<Vec<String>> {
    let mut lines = vec![
        pair("run", &run.run),
        pair("question", &run.question),
        pair("status", run.status),
        pair("created", &run.created),
        pair("time", duration(run.seconds)),
        pair("epochs", format!("{} of {}", run.epochs, run.epochs_asked)),
        pair("commit", commit(run.commit.as_deref(), run.dirty)),
        pair("device", run.device.as_deref().unwrap_or(UNDEFINED)),
        pair("data", run.data_fingerprint.as_deref().unwrap_or(UNDEFINED)),
        pair("split", run.split_fingerprint.as_deref().unwrap_or(UNDEFINED)),
    ];
    if let Some(reason) = &run.reason {
        lines.insert(3, pair("reason", reason));
    }
    if let Some(class) = &run.failure {
        lines.insert(3, pair("failure", class));
    }
    if let Some(parent) = &run.parent {
        lines.insert(1, pair("parent", parent));
    }
    if let Some(epoch) = run.best_epoch {
        lines.push(pair("best", format!("epoch {epoch}, monitored {}", score(run.best_monitored))));
    }
    if let Some([train, valid, test]) = run.n_cases {
        lines.push(pair("cases", format!("{train} train, {valid} valid, {test} test")));
    }
    if let Some(n_parameters) = run.n_parameters {
        lines.push(pair("parameters", n_parameters));
    }
    lines
}

fn pair(key: &str, value: impl Display) -> Vec<String> {
    vec![key.to_owned(), value.to_string()]
}

/// Means by class, and the confusion matrix.
fn scores(run: &RunRow) -> String {
    let mut rows = vec![["dice (n)", "valid", "test"].map(str::to_owned).to_vec()];
    let row = |name: &str, valid: Mean, test: Mean| vec![name.to_owned(), mean(valid), mean(test)];
    rows.push(row("foreground", run.valid_foreground, run.test_foreground));
    for (class, (valid, test)) in run.classes.iter().zip(run.valid_dice.iter().zip(&run.test_dice))
    {
        rows.push(row(class, *valid, *test));
    }
    let means = aligned(&rows);
    if run.valid_confusion.is_empty() {
        return means;
    }
    let corner = format!("voxels (accuracy {})", score(run.valid_accuracy));
    let mut matrix = vec![vec![corner]];
    matrix[0].extend(run.classes.iter().map(|class| format!("as {class}")));
    for (class, voxels) in run.classes.iter().zip(&run.valid_confusion) {
        let mut line = vec![class.clone()];
        line.extend(voxels.iter().map(u64::to_string));
        matrix.push(line);
    }
    format!("{means}\n{}", aligned(&matrix))
}

fn cases(scores: &[ScoreRow]) -> String {
    if scores.is_empty() {
        return "no case has been evaluated\n".to_owned();
    }
    let header = [
        "case",
        "split",
        "class",
        "dice",
        "iou",
        "precision",
        "recall",
        "reference mL",
        "prediction mL",
        "ceiling",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(scores.iter().map(|row| {
        let found = &row.score;
        vec![
            found.case.clone(),
            found.split.name().to_owned(),
            found.class_name.clone(),
            score(found.dice),
            score(found.iou),
            score(found.precision),
            score(found.recall),
            format!("{:.1}", found.reference_ml),
            format!("{:.1}", found.prediction_ml),
            score(found.ceiling_dice),
        ]
    }));
    aligned(&rows)
}
