//! polars frames of runs, epochs and scores, and [`csv`] of one of them.
//!
//! Columns are in snake case; those made from a class or a setting end in its name.
//!
//! Does not know about files, or which columns a terminal shows.

use super::{EpochRow, Mean, RunRow, ScoreRow, Tables, differing};
use crate::{
    base::{Error, Fault, Result},
    event::Split,
};
use polars::prelude::*;
use std::collections::BTreeMap;

/// One of the three frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A row a run.
    Runs,
    /// A row an epoch of a run.
    Epochs,
    /// A row a class of a case of a run.
    Scores,
}

/// A frame as CSV with a header; what is undefined is an empty field.
///
/// # Errors
/// When polars cannot build or write the frame.
pub fn csv(tables: &Tables, which: Frame) -> Result<String> {
    let frame = match which {
        Frame::Runs => runs(&tables.runs),
        Frame::Epochs => epochs(&tables.epochs, &tables.runs),
        Frame::Scores => scores(&tables.scores.iter().collect::<Vec<_>>()),
    };
    let mut bytes = Vec::new();
    frame
        .and_then(|mut frame| CsvWriter::new(&mut bytes).finish(&mut frame))
        .map_err(|error| unbuilt(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn unbuilt(error: &PolarsError) -> Error {
    Fault::new("cannot build the tables").caused_by(error).into()
}

/// A column of one value a row.
fn column<'a, Row, T, V>(name: &str, rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Column
where
    Series: NamedFrom<Vec<T>, V>,
    V: ?Sized,
{
    Series::new(name.into(), rows.iter().map(value).collect::<Vec<T>>()).into_column()
}

/// As polars counts; nothing in a run exceeds it.
fn count(n: usize) -> u64 {
    n as u64
}

fn runs(rows: &[RunRow]) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        column("experiment", rows, |run| run.experiment.as_str()),
        column("run", rows, |run| run.run.as_str()),
        column("status", rows, |run| run.status.name()),
        column("reason", rows, |run| run.reason.as_deref()),
        column("fold", rows, |run| count(run.fold)),
        column("seed", rows, |run| run.seed),
    ];
    for key in differing(rows) {
        let name = format!("setting.{key}");
        columns.push(column(&name, rows, |run| run.settings.get(&key).map(String::as_str)));
    }
    columns.extend(dice(rows, "valid", |run| (&run.valid_dice, run.valid_foreground)));
    columns.push(column("valid_accuracy", rows, |run| run.valid_accuracy));
    columns.extend(dice(rows, "test", |run| (&run.test_dice, run.test_foreground)));
    columns.extend([
        column("epochs", rows, |run| count(run.epochs)),
        column("epochs_asked", rows, |run| count(run.epochs_asked)),
        column("best_epoch", rows, |run| run.best_epoch.map(count)),
        column("best_monitored", rows, |run| run.best_monitored),
        column("n_parameters", rows, |run| run.n_parameters.map(count)),
        column("seconds", rows, |run| run.seconds),
        column("parent", rows, |run| run.parent.as_deref()),
        column("created", rows, |run| run.created.as_str()),
        column("commit", rows, |run| run.commit.as_deref()),
        column("dirty", rows, |run| run.dirty),
        column("device", rows, |run| run.device.as_deref()),
        column("data_fingerprint", rows, |run| run.data_fingerprint.as_deref()),
        column("split_fingerprint", rows, |run| run.split_fingerprint.as_deref()),
    ]);
    DataFrame::new(rows.len(), columns)
}

/// Mean and count of the foreground and of each class in one split.
fn dice(rows: &[RunRow], split: &str, of: impl Fn(&RunRow) -> (&Vec<Mean>, Mean)) -> Vec<Column> {
    let mut columns = vec![
        column(&format!("{split}_dice.foreground"), rows, |run| of(run).1.mean),
        column(&format!("{split}_n.foreground"), rows, |run| count(of(run).1.n)),
    ];
    for class in class_names(rows) {
        let mean = |run: &RunRow| {
            let class_idx = run.classes.iter().position(|name| *name == class)?;
            of(run).0.get(class_idx).copied()
        };
        columns.extend([
            column(&format!("{split}_dice.{class}"), rows, |run| mean(run)?.mean),
            column(&format!("{split}_n.{class}"), rows, |run| mean(run).map(|mean| count(mean.n))),
        ]);
    }
    columns
}

/// Class names of all runs, each once, in order of first appearance.
fn class_names(rows: &[RunRow]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(|run| &run.classes) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn epochs(rows: &[EpochRow], runs: &[RunRow]) -> PolarsResult<DataFrame> {
    let classes: BTreeMap<&str, &[String]> =
        runs.iter().map(|run| (run.run.as_str(), run.classes.as_slice())).collect();
    let mut columns = vec![
        column("run", rows, |row| row.run.as_str()),
        column("epoch", rows, |row| count(row.epoch)),
        column("step", rows, |row| count(row.step)),
        column("train_loss", rows, |row| row.train_loss),
        column("valid_loss", rows, |row| row.valid_loss),
        column("lr", rows, |row| row.lr),
        column("is_best", rows, |row| row.is_best),
        column("dice.foreground", rows, |row| row.dice_foreground),
    ];
    for class in class_names(runs) {
        let dice = |row: &EpochRow| {
            let class_idx =
                classes.get(row.run.as_str())?.iter().position(|name| *name == class)?;
            row.dice.get(class_idx).copied().flatten()
        };
        columns.push(column(&format!("dice.{class}"), rows, dice));
    }
    DataFrame::new(rows.len(), columns)
}

/// A row a class of a case of a run, as `cases.jsonl` has it.
pub(super) fn scores(rows: &[&ScoreRow]) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("run", rows, |row| row.run.as_str()),
        column("case", rows, |row| row.score.case.as_str()),
        column("split", rows, |row| row.score.split.name()),
        column("class", rows, |row| class_number(row.score.class)),
        column("class_name", rows, |row| row.score.class_name.as_str()),
        column("epoch", rows, |row| count(row.score.epoch)),
        column("true_positive", rows, |row| row.score.true_positive),
        column("false_positive", rows, |row| row.score.false_positive),
        column("false_negative", rows, |row| row.score.false_negative),
        column("dice", rows, |row| row.score.dice),
        column("iou", rows, |row| row.score.iou),
        column("precision", rows, |row| row.score.precision),
        column("recall", rows, |row| row.score.recall),
        column("reference_ml", rows, |row| row.score.reference_ml),
        column("prediction_ml", rows, |row| row.score.prediction_ml),
        column("ceiling_dice", rows, |row| row.score.ceiling_dice),
    ];
    DataFrame::new(rows.len(), columns)
}

/// A row a pair of reference and predicted class of a case of a run in one split.
pub(super) fn voxels(scores: &[&ScoreRow], split: Split) -> PolarsResult<DataFrame> {
    let pairs: Vec<(&ScoreRow, usize, u64)> = scores
        .iter()
        .copied()
        .filter(|row| row.score.split == split)
        .flat_map(|row| {
            let counts = row.score.predicted_as.iter().enumerate();
            counts.map(move |(predicted, voxels)| (row, predicted, *voxels))
        })
        .collect();
    let columns = vec![
        column("run", &pairs, |(row, ..)| row.run.as_str()),
        column("class", &pairs, |(row, ..)| class_number(row.score.class)),
        column("predicted", &pairs, |(_, predicted, _)| class_number(*predicted)),
        column("voxels", &pairs, |(_, _, voxels)| *voxels),
    ];
    DataFrame::new(pairs.len(), columns)
}

/// A class index as a column holds it; a label is at most 255.
fn class_number(class: usize) -> u32 {
    u32::try_from(class).unwrap_or(u32::MAX)
}
