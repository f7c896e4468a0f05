//! [`load`]: everything under `runs/` as plain rows; [`load_runs`]: a row a run and no more.
//!
//! What [`compact`](super::compact()) kept of an ended run is used as long as it holds, and the
//! logs otherwise. A run that cannot be read becomes a row with the status `damaged` and the
//! reason; the others are none the worse.
//!
//! Knows nothing of who shows the rows.

use super::{
    EpochRow, RunRow, ScoreRow, Tables,
    aggregate::{Aggregates, accuracy},
    compact::{Half, Kept, is_over},
    frames::unbuilt,
    settings::flatten,
};
use crate::{
    base::{Error, Fault, Result},
    event::{CaseRow, Event, Split},
    record::{self, RunFiles, RunState, Span, Status, Witness, experiment_of, id_of},
    statistics::quantile,
};
use chrono::{SecondsFormat, TimeDelta};
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

/// Rows of the runs of some experiments, or of all when none is named. Runs that have ended and
/// are not compacted yet are compacted on the way, where that is possible.
///
/// # Errors
/// * when there is no folder `runs`, or it cannot be listed
/// * when an experiment has no folder there: those that have are listed
pub fn load(runs: &Path, experiments: &[String], overlays: Overlays) -> Result<Tables> {
    let dirs = dirs(runs, experiments)?;
    let read: Vec<_> = dirs.par_iter().map(|dir| read(dir, overlays)).collect();
    let tables = tables(&dirs, read)?;
    let facts = dirs.iter().filter_map(|dir| record::case_facts(dir).ok());
    Ok(Tables {
        cases: facts.into_iter().find(|facts| !facts.is_empty()).unwrap_or_default(),
        ..tables
    })
}

/// The runs of [`load`] without epochs, scores and pictures, which takes a fraction of the time.
///
/// # Errors
/// As [`load`].
pub fn load_runs(runs: &Path, experiments: &[String]) -> Result<Vec<RunRow>> {
    let dirs = dirs(runs, experiments)?;
    let read = |dir: &PathBuf| match Kept::read(dir) {
        Some(kept) => Ok(Read { row: kept.into_row(), ..Read::default() }),
        None => read_logs(dir),
    };
    let read: Vec<_> = dirs.par_iter().map(read).collect();
    tables(&dirs, read).map(|tables| tables.runs)
}

/// Rows of one run.
///
/// # Errors
/// When the run cannot be read.
pub fn load_run(dir: &Path, overlays: Overlays) -> Result<Tables> {
    tables(&[dir.to_owned()], [Ok(read(dir, overlays)?)])
}

/// Rows of a run from its logs.
pub(super) fn rows_of(files: &RunFiles) -> Result<Tables> {
    tables(std::slice::from_ref(&files.dir), [Ok(Read::of(files))])
}

/// Directories of the runs of some experiments.
///
/// # Errors
/// As [`load`].
pub(super) fn dirs(runs: &Path, experiments: &[String]) -> Result<Vec<PathBuf>> {
    let mut dirs = record::list(runs)?;
    if !experiments.is_empty() {
        check_known(&dirs, runs, experiments)?;
        dirs.retain(|dir| experiments.contains(&experiment_of(dir)));
    }
    Ok(dirs)
}

/// A run as far as it needs no aggregation.
#[derive(Default)]
struct Read {
    row: RunRow,
    epochs: Vec<EpochRow>,
    scores: Vec<ScoreRow>,
    /// Whether the means of the scores are still missing from the row.
    is_raw: bool,
    /// What is to be kept with the row once it has its means.
    half: Option<Half>,
}

impl Read {
    fn of(files: &RunFiles) -> Self {
        Self {
            row: run_row(files),
            epochs: epoch_rows(files).collect(),
            scores: score_rows(&files.run.run_id, &files.cases),
            is_raw: true,
            half: None,
        }
    }
}

fn read(dir: &Path, overlays: Overlays) -> Result<Read> {
    let mut read = match read_kept(dir) {
        Some(read) => read,
        None => read_logs(dir)?,
    };
    if overlays == Overlays::Load {
        read.row.overlays = record::overlays(dir)?;
    }
    Ok(read)
}

fn read_kept(dir: &Path) -> Option<Read> {
    let (row, epochs) = Kept::read(dir)?.rows(dir)?;
    let scores = score_rows(&row.run, &record::read_cases(dir).ok()?);
    Some(Read { row, epochs, scores, ..Read::default() })
}

fn read_logs(dir: &Path) -> Result<Read> {
    let sources = Witness::take(dir);
    let files = record::read_run(dir)?;
    let mut read = Read::of(&files);
    if is_over(dir) {
        // For the next time. Where it cannot be kept, as on a read-only disk, nothing is lost.
        read.half =
            sources.and_then(|sources| Half::of(sources, &files)).ok().map(|(half, _)| half);
    }
    Ok(read)
}

/// The rows of all runs. On one thread, since polars aggregates: whoever waits for polars in a
/// thread of a pool is given the next run to read meanwhile, and so on until the stack ends.
fn tables(dirs: &[PathBuf], read: impl IntoIterator<Item = Result<Read>>) -> Result<Tables> {
    let mut tables = Tables::default();
    let mut raw = Vec::new();
    let mut scores = Vec::new();
    for (dir, read) in dirs.iter().zip(read) {
        match read {
            Ok(read) => {
                if read.is_raw {
                    raw.push((tables.runs.len(), dir, read.half));
                    scores.extend(read.scores.iter().cloned());
                }
                tables.epochs.extend(read.epochs);
                tables.scores.extend(read.scores);
                tables.runs.push(read.row);
            }
            Err(error) => tables.runs.push(damaged(dir, &error)),
        }
    }
    if raw.is_empty() {
        return Ok(tables);
    }
    let aggregates = Aggregates::of(&scores).map_err(|error| unbuilt(&error))?;
    for (run_idx, ..) in &raw {
        let run = &mut tables.runs[*run_idx];
        let (id, n_classes) = (&run.run, run.classes.len());
        run.valid_dice = aggregates.dice(id, Split::Valid, n_classes);
        run.valid_foreground = aggregates.foreground(id, Split::Valid);
        run.test_dice = aggregates.dice(id, Split::Test, n_classes);
        run.test_foreground = aggregates.foreground(id, Split::Test);
        run.valid_confusion = aggregates.confusion(id, n_classes);
        run.valid_accuracy = accuracy(&run.valid_confusion);
    }
    raw.into_par_iter().for_each(|(run_idx, dir, half)| {
        // As above: nothing is lost where it cannot be kept.
        let _ = half.map(|half| half.complete(dir, &tables.runs[run_idx]));
    });
    Ok(tables)
}

/// The run as far as it needs no aggregation.
fn run_row(files: &RunFiles) -> RunRow {
    let (run, git) = (&files.run, files.provenance.git.as_ref());
    let (reason, failure) = match &files.status.status {
        Status::Failed(failure) => (Some(&failure.reason), Some(failure.class)),
        Status::Pruned { reason } => (Some(reason).filter(|reason| !reason.is_empty()), None),
        _ => (None, None),
    };
    let mut row = RunRow {
        question: run.question.clone(),
        status: files.status.status.state(),
        reason: reason.cloned(),
        failure: failure.map(|class| class.name().to_owned()),
        fold: run.fold,
        seed: run.seed,
        extends: files.extends.clone(),
        parent: run.parent.clone(),
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
        score_definitions: Some(files.provenance.scores),
        ..unread(&run.experiment, &run.run_id)
    };
    let mut latencies = Vec::new();
    for entry in &files.events {
        match &entry.event {
            Event::CaseScored { seconds, .. } => latencies.extend(*seconds),
            Event::Memory { bytes, .. } => row.memory_bytes = row.memory_bytes.max(Some(*bytes)),
            Event::Started { n_cases, n_parameters, .. } => {
                row.n_cases = Some(*n_cases);
                row.n_parameters = Some(*n_parameters);
            }
            Event::Epoch { epoch, step, monitored, is_best, .. } => {
                (row.epochs, row.steps) = (*epoch, *step);
                if *is_best {
                    (row.best_epoch, row.best_monitored) = (Some(*epoch), *monitored);
                }
            }
            _ => {}
        }
    }
    latencies.sort_by(f64::total_cmp);
    row.seconds_per_case = quantile(&latencies, 0.5);
    row
}

/// How long somebody worked on it: of each attempt from its first sign of life to its last, and
/// not the pauses between them.
fn seconds(files: &RunFiles) -> f64 {
    let (created, updated) = (files.run.created, files.status.updated);
    let newest = files.spans.keys().next_back();
    let worked = files.spans.iter().map(|(attempt, Span { first, last })| {
        let first = if *attempt == 1 { created.min(*first) } else { *first };
        let last = if newest == Some(attempt) { updated.max(*last) } else { *last };
        last - first
    });
    let worked: TimeDelta = if newest.is_none() { updated - created } else { worked.sum() };
    worked.num_milliseconds().max(0) as f64 / 1000.0
}

fn damaged(dir: &Path, error: &Error) -> RunRow {
    let reason = error.faults.iter().map(|fault| {
        let cause = fault.causes.first().and_then(|cause| cause.lines().next());
        cause.map_or_else(|| fault.message.clone(), |cause| format!("{}: {cause}", fault.message))
    });
    RunRow {
        status: RunState::Damaged,
        reason: Some(reason.collect::<Vec<_>>().join("; ")),
        ..unread(&experiment_of(dir), &id_of(dir))
    }
}

/// A run of which only the name is known.
fn unread(experiment: &str, run: &str) -> RunRow {
    RunRow { experiment: experiment.to_owned(), run: run.to_owned(), ..RunRow::default() }
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

fn score_rows(run: &str, scores: &[CaseRow]) -> Vec<ScoreRow> {
    let row = |score: &CaseRow| ScoreRow { run: run.to_owned(), score: score.clone() };
    let mut rows: Vec<ScoreRow> = scores.iter().map(row).collect();
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
