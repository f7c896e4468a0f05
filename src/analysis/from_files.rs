//! Rows of one run from its files: [`run_row`], [`epoch_rows`], [`score_rows`].
//!
//! Means of scores are not filled in here: [`fill_means`](super::aggregate::fill_means) does that
//! for many runs at once.
//!
//! Does not know about what was compacted.

use super::{EpochRow, RunRow, ScoreRow, settings::flatten};
use crate::{
    base::Error,
    event::{CaseRow, Event},
    record::{AttemptSpan, RunFiles, RunPlace, RunState, Status},
    spec::setting_digest,
    statistics::quantile,
};
use chrono::{SecondsFormat, TimeDelta};
use std::path::Path;

/// The row of a run, without the means of its scores.
pub(super) fn run_row(files: &RunFiles) -> RunRow {
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
        extends: files.extends.first().map(|base| base.name.clone()),
        bases: files.extends.clone(),
        setting: Some(setting_digest(&files.experiment)),
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
        packed_fingerprint: files.provenance.packed_fingerprint.clone(),
        split_fingerprint: Some(files.provenance.split_fingerprint.clone()),
        score_definitions: Some(files.provenance.scores),
        ..named(&run.experiment, &run.run_id)
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

/// How long its processes worked on it: each attempt from its first event to its last, without the
/// pauses between attempts.
fn seconds(files: &RunFiles) -> f64 {
    let (created, updated) = (files.run.created, files.status.updated);
    let newest = files.spans.keys().next_back();
    let worked = files.spans.iter().map(|(attempt, AttemptSpan { first, last })| {
        let first = if *attempt == 1 { created.min(*first) } else { *first };
        let last = if newest == Some(attempt) { updated.max(*last) } else { *last };
        last - first
    });
    let worked: TimeDelta = if newest.is_none() { updated - created } else { worked.sum() };
    worked.num_milliseconds().max(0) as f64 / 1000.0
}

/// The row of a run that cannot be read.
pub(super) fn damaged_row(dir: &Path, error: &Error) -> RunRow {
    let reason = error.faults.iter().map(|fault| {
        let cause = fault.causes.first().and_then(|cause| cause.lines().next());
        cause.map_or_else(|| fault.message.clone(), |cause| format!("{}: {cause}", fault.message))
    });
    let place = RunPlace::of(dir);
    RunRow {
        status: RunState::Damaged,
        reason: Some(reason.collect::<Vec<_>>().join("; ")),
        ..named(&place.experiment, &place.run_id)
    }
}

/// A row with a name and nothing else.
fn named(experiment: &str, run: &str) -> RunRow {
    RunRow { experiment: experiment.to_owned(), run: run.to_owned(), ..RunRow::default() }
}

/// The epochs that count, in order.
pub(super) fn epoch_rows(files: &RunFiles) -> Vec<EpochRow> {
    let rows = files.events.iter().filter_map(|entry| match &entry.event {
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
    });
    rows.collect()
}

/// Scores of a run in order of case and class.
pub(super) fn score_rows(run: &str, scores: &[CaseRow]) -> Vec<ScoreRow> {
    let row = |score: &CaseRow| ScoreRow { run: run.to_owned(), score: score.clone() };
    let mut rows: Vec<ScoreRow> = scores.iter().map(row).collect();
    rows.sort_by(|a, b| (&a.score.case, a.score.class).cmp(&(&b.score.case, b.score.class)));
    rows
}
