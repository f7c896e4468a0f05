//! [`load_sweep`]: a sweep's folder and its runs as rows.
//!
//! Knows nothing of how rows are worked out; it brings together what they need.

use super::{
    CellRow, SweepTables, axes, cells, compute, failures, next,
    scores::RunScores,
    settings::{self, Settled},
    values::Base,
};
use crate::{
    analysis::{Overlays, RunRow, Tables, load},
    base::Result,
    record,
    sweep::store::{
        CellStatus, Done, SweepFolder, SweepPlan, WorkerEvent, cell_statuses, worker_events,
    },
};
use chrono::SecondsFormat;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What the rows are worked out from.
pub(super) struct Sources {
    pub(super) plan: SweepPlan,
    pub(super) base: Base,
    /// One a cell of the plan, in its order.
    pub(super) standings: Vec<CellStatus>,
    /// What the workers did, in order of time.
    pub(super) worker_events: Vec<Done>,
    /// What the rows of the runs say beside their scores, by run.
    pub(super) runs: BTreeMap<String, Ran>,
    /// Scores of each run that has any.
    pub(super) scores: BTreeMap<String, RunScores>,
}

/// What a run took, and how far it came.
pub(super) struct Ran {
    pub(super) seconds: f64,
    pub(super) best_monitored: Option<f64>,
}

impl Ran {
    fn of(run: &RunRow) -> (String, Self) {
        let &RunRow { seconds, best_monitored, .. } = run;
        (run.run.clone(), Self { seconds, best_monitored })
    }
}

/// Rows of the sweep of an experiment, at whatever moment. Pictures are read of the run of the
/// best setting and of that of the worst alone.
///
/// # Errors
/// * when no sweep was ever applied there
/// * when the plan, or a run that another stands in for, cannot be read
pub fn load_sweep(runs: &Path, experiment: &str) -> Result<SweepTables> {
    let folder = SweepFolder::new(runs, experiment);
    let plan = SweepPlan::read(&folder)?;
    let standings = cell_statuses(&folder, &plan)?;
    let has_runs = standings.iter().any(|standing| standing.run.is_some());
    let named = [experiment.to_owned()];
    let mut tables = if has_runs { load(runs, &named, Overlays::Skip)? } else { Tables::default() };
    let sources = Sources {
        base: Base::read(&plan),
        standings,
        worker_events: worker_events(&folder)?,
        runs: tables.runs.iter().map(Ran::of).collect(),
        scores: RunScores::of(&tables.scores),
        plan,
    };
    let Settled { settings, place_of, enough } = settings::rows(&sources);
    let cells = cells::rows(&sources, &place_of);
    // Runs that the plan no longer asks for are no part of its answer.
    keep_asked(&mut tables, &cells);
    let axes = axes::rows(&sources, &cells, &settings, &tables.epochs);
    let mut sweep = SweepTables {
        experiment: sources.plan.experiment.clone(),
        question: sources.plan.question.clone(),
        n_seeds: sources.plan.n_seeds,
        n_folds: sources.plan.n_folds,
        n_trials_left: n_trials_left(&sources.plan),
        as_of: as_of(&sources),
        compute: compute::of(&sources),
        failures: failures::rows(&sources),
        cells,
        settings,
        axes,
        ..SweepTables::default()
    };
    describe(&mut sweep, &sources.base);
    sweep.next = next::steps(&sweep, &sources, enough);
    for run in pictured(&sweep) {
        if let Some(row) = tables.runs.iter_mut().find(|row| row.run == run) {
            row.overlays = record::overlays(&folder.runs().join(&run))?;
        }
    }
    sweep.tables = tables;
    Ok(sweep)
}

fn keep_asked(tables: &mut Tables, cells: &[CellRow]) {
    let asked: BTreeSet<&str> = cells.iter().filter_map(|cell| cell.run.as_deref()).collect();
    tables.runs.retain(|row| asked.contains(row.run.as_str()));
    tables.epochs.retain(|row| asked.contains(row.run.as_str()));
    tables.scores.retain(|row| asked.contains(row.run.as_str()));
}

fn describe(sweep: &mut SweepTables, base: &Base) {
    let Some(experiment) = &base.experiment else { return };
    sweep.monitor.clone_from(&experiment.train.monitor);
    base.text("sweep.sampler.kind").unwrap_or("grid").clone_into(&mut sweep.sampler);
    sweep.pruning = match base.text("sweep.prune.kind") {
        None | Some("none") => None,
        Some("asha") => Some("by rank at rungs (asha)".to_owned()),
        Some("race") => Some("by a paired race against the best finished cell".to_owned()),
        Some(kind) => Some(kind.to_owned()),
    };
}

fn n_trials_left(plan: &SweepPlan) -> usize {
    let proposed = plan.cells.iter().filter_map(|cell| cell.trial).map(|trial| trial + 1).max();
    plan.n_trials.unwrap_or(0).saturating_sub(proposed.unwrap_or(0))
}

/// The newest time that anything carries: a report must not ask the clock.
fn as_of(sources: &Sources) -> Option<String> {
    let statuses = sources.standings.iter().filter_map(|standing| standing.status.as_ref());
    let times = statuses.map(|status| status.updated);
    let worker_events =
        sources.worker_events.iter().filter(|done| !matches!(done.deed, WorkerEvent::Began { .. }));
    let newest = times.chain(worker_events.map(|done| done.time)).max()?;
    Some(newest.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A run of the best setting and one of the worst that is ranked.
fn pictured(sweep: &SweepTables) -> Vec<String> {
    let ranked: Vec<_> = sweep.settings.iter().filter(|it| it.rank.is_some()).collect();
    let ends = [ranked.first(), ranked.last().filter(|_| ranked.len() > 1)];
    ends.into_iter().flatten().filter_map(|setting| setting.runs.first().cloned()).collect()
}
