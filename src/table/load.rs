//! [`load`]: everything under `runs/` as plain rows.
//!
//! A run that cannot be read becomes a row with the status `damaged` and the reason; the others
//! are none the worse.
//!
//! Knows nothing of who shows the rows.

use super::{
    EpochRow, Mean, RunRow, ScoreRow, Tables,
    aggregate::{Aggregates, accuracy},
    frames::unbuilt,
    settings::flatten,
};
use crate::{
    error::{Error, Fault, Result},
    event::{Event, Split},
    record::{self, RunFiles, Status, experiment_of, id_of},
};
use chrono::SecondsFormat;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Whether the pictures are wanted; they are most of a run's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlays {
    /// Leave [`RunRow::overlays`] empty.
    Skip,
    /// Read them all.
    Load,
}

/// Rows of the runs of some experiments, or of all when none is named.
///
/// # Errors
/// * when there is no folder `runs`, or it cannot be listed
/// * when an experiment has no folder there: those that have are listed
pub fn load(runs: &Path, experiments: &[String], overlays: Overlays) -> Result<Tables> {
    let mut dirs = record::list(runs)?;
    if !experiments.is_empty() {
        check_known(&dirs, runs, experiments)?;
        dirs.retain(|dir| experiments.contains(&experiment_of(dir)));
    }
    let read: Vec<_> = dirs.par_iter().map(|dir| read(dir, overlays)).collect();
    tables(dirs.iter().zip(read))
}

/// Rows of one run.
///
/// # Errors
/// When the run cannot be read.
pub fn load_run(dir: &Path, overlays: Overlays) -> Result<Tables> {
    tables([(&dir.to_owned(), Ok(read(dir, overlays)?))])
}

type Pictures = Vec<(String, Vec<u8>)>;

fn read(dir: &Path, overlays: Overlays) -> Result<(RunFiles, Pictures)> {
    let pictures = match overlays {
        Overlays::Skip => Vec::new(),
        Overlays::Load => record::overlays(dir)?,
    };
    Ok((record::read_run(dir)?, pictures))
}

fn tables<'a>(
    read: impl IntoIterator<Item = (&'a PathBuf, Result<(RunFiles, Pictures)>)>,
) -> Result<Tables> {
    let mut tables = Tables::default();
    for (dir, files) in read {
        match files {
            Ok((files, overlays)) => {
                tables.epochs.extend(epoch_rows(&files));
                tables.scores.extend(score_rows(&files));
                tables.runs.push(RunRow { overlays, ..run_row(&files) });
            }
            Err(error) => tables.runs.push(damaged(dir, &error)),
        }
    }
    let aggregates = Aggregates::of(&tables.scores).map_err(|error| unbuilt(&error))?;
    for run in &mut tables.runs {
        let (id, n_classes) = (&run.run, run.classes.len());
        run.valid_dice = aggregates.dice(id, Split::Valid, n_classes);
        run.valid_foreground = aggregates.foreground(id, Split::Valid);
        run.test_dice = aggregates.dice(id, Split::Test, n_classes);
        run.test_foreground = aggregates.foreground(id, Split::Test);
        run.valid_confusion = aggregates.confusion(id, n_classes);
        run.valid_accuracy = accuracy(&run.valid_confusion);
    }
    Ok(tables)
}

/// The run as far as it needs no aggregation.
fn run_row(files: &RunFiles) -> RunRow {
    let (run, git) = (&files.run, files.provenance.git.as_ref());
    let mut row = RunRow {
        question: run.question.clone(),
        status: files.status.status.name().to_owned(),
        reason: match &files.status.status {
            Status::Failed(failure) => Some(failure.reason.clone()),
            _ => None,
        },
        fold: run.fold,
        seed: run.seed,
        settings: flatten(&files.resolved),
        classes: files.experiment.data.classes.clone(),
        epochs_asked: files.experiment.train.epochs,
        seconds: seconds(files),
        created: run.created.to_rfc3339_opts(SecondsFormat::Secs, true),
        commit: git.and_then(|git| git.commit.clone()),
        dirty: git.is_some_and(|git| git.dirty),
        device: Some(files.provenance.device.clone()),
        data_fingerprint: Some(files.provenance.data_fingerprint.clone()),
        split_fingerprint: Some(files.provenance.split_fingerprint.clone()),
        ..unread(&run.experiment, &run.run_id)
    };
    for entry in &files.events {
        match &entry.event {
            Event::Started { n_cases, n_parameters, .. } => {
                row.n_cases = Some(*n_cases);
                row.n_parameters = Some(*n_parameters);
            }
            Event::Epoch { epoch, monitored, is_best, .. } => {
                row.epochs = *epoch;
                if *is_best {
                    (row.best_epoch, row.best_monitored) = (Some(*epoch), *monitored);
                }
            }
            _ => {}
        }
    }
    row
}

/// From the beginning to the last sign of life.
fn seconds(files: &RunFiles) -> f64 {
    let last = files.events.last().map_or(files.status.updated, |entry| entry.time);
    let end = last.max(files.status.updated);
    (end - files.run.created).num_milliseconds().max(0) as f64 / 1000.0
}

fn damaged(dir: &Path, error: &Error) -> RunRow {
    let reason = error.faults.iter().map(|fault| {
        let cause = fault.causes.first().and_then(|cause| cause.lines().next());
        cause.map_or_else(|| fault.message.clone(), |cause| format!("{}: {cause}", fault.message))
    });
    RunRow {
        status: "damaged".to_owned(),
        reason: Some(reason.collect::<Vec<_>>().join("; ")),
        ..unread(&experiment_of(dir), &id_of(dir))
    }
}

/// A run of which only the name is known.
fn unread(experiment: &str, run: &str) -> RunRow {
    RunRow {
        experiment: experiment.to_owned(),
        run: run.to_owned(),
        question: String::new(),
        status: String::new(),
        reason: None,
        fold: 0,
        seed: 0,
        settings: [].into(),
        classes: Vec::new(),
        n_parameters: None,
        n_cases: None,
        epochs: 0,
        epochs_asked: 0,
        best_epoch: None,
        best_monitored: None,
        valid_dice: Vec::new(),
        valid_foreground: Mean::default(),
        test_dice: Vec::new(),
        test_foreground: Mean::default(),
        valid_accuracy: None,
        valid_confusion: Vec::new(),
        seconds: 0.0,
        created: String::new(),
        commit: None,
        dirty: false,
        device: None,
        data_fingerprint: None,
        split_fingerprint: None,
        overlays: Vec::new(),
    }
}

fn epoch_rows(files: &RunFiles) -> impl Iterator<Item = EpochRow> {
    files.events.iter().filter_map(|entry| match &entry.event {
        Event::Epoch {
            epoch,
            step,
            train_loss,
            valid_loss,
            lr,
            dice,
            dice_foreground,
            is_best,
            ..
        } => Some(EpochRow {
            run: files.run.run_id.clone(),
            epoch: *epoch,
            step: *step,
            train_loss: *train_loss,
            valid_loss: *valid_loss,
            lr: *lr,
            dice: dice.clone(),
            dice_foreground: *dice_foreground,
            is_best: *is_best,
        }),
        _ => None,
    })
}

fn score_rows(files: &RunFiles) -> Vec<ScoreRow> {
    let run = &files.run.run_id;
    let mut rows: Vec<ScoreRow> = files
        .cases
        .iter()
        .map(|score| ScoreRow { run: run.clone(), score: score.clone() })
        .collect();
    rows.sort_by(|a, b| (&a.score.case, a.score.class).cmp(&(&b.score.case, b.score.class)));
    rows
}

fn check_known(dirs: &[PathBuf], runs: &Path, experiments: &[String]) -> Result<()> {
    let mut known: Vec<String> = dirs.iter().map(|dir| experiment_of(dir)).collect();
    known.dedup();
    let unknown = experiments.iter().filter(|experiment| !known.contains(experiment));
    Error::unless_empty(
        unknown
            .map(|experiment| {
                Fault::new(format!("no run of `{experiment}` in `{}`", runs.display()))
                    .detail(format!("experiments there: {}", known.join(", ")))
                    .hint("name one of these, or run it first: `seglab run SPEC`")
            })
            .collect(),
    )
}
