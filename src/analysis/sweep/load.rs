//! [`load_sweep`]: a sweep's folder and its runs as rows.
//!
//! Does not know how rows are worked out; it brings together what they need.

use super::{
    SweepTables, axes, cells, compute, failures, next,
    settings::{self, RankedSettings},
    sources::Sources,
    values::Base,
};
use crate::{
    analysis::{Overlays, Tables, case_table::CaseTable, load},
    base::Result,
    record::{self, RunPlace},
    sweep::store::{SweepFolder, SweepPlan, WorkerEvent, cell_statuses, worker_events},
};
use chrono::SecondsFormat;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Rows of the sweep of an experiment, finished or not. Pictures are read of one run of the best
/// setting and one of the worst.
///
/// # Errors
/// * when no sweep was ever applied there
/// * when the plan, or a run that was replaced, cannot be read
pub fn load_sweep(runs: &Path, experiment: &str) -> Result<SweepTables> {
    let folder = SweepFolder::new(runs, experiment);
    let plan = SweepPlan::read(&folder)?;
    let statuses = cell_statuses(&folder, &plan)?;
    let has_runs = statuses.iter().any(|cell_status| cell_status.run.is_some());
    // The folder may have been given another name since: its runs stay those of the plan.
    let named = [plan.experiment.clone()];
    let mut tables = if has_runs { load(runs, &named, Overlays::Skip)? } else { Tables::default() };
    // Runs that are no longer in the plan are left out.
    let run_id = |dir: &Path| RunPlace::of(dir).run_id;
    let run_ids: Vec<Option<String>> =
        statuses.iter().map(|it| it.run.as_deref().map(run_id)).collect();
    let dirs: BTreeMap<String, PathBuf> = run_ids
        .iter()
        .zip(&statuses)
        .filter_map(|(run_id, it)| Some((run_id.clone()?, it.run.clone()?)))
        .collect();
    keep_asked(&mut tables, &run_ids);
    let places: BTreeMap<&str, usize> =
        tables.runs.iter().enumerate().map(|(idx, run)| (run.run.as_str(), idx)).collect();
    let sources = Sources {
        base: Base::read(&plan),
        worker_events: worker_events(&folder)?,
        run_of: run_ids.iter().map(|run| places.get(run.as_deref()?).copied()).collect(),
        cases: CaseTable::new(&tables.runs, &tables.scores),
        tables: &tables,
        statuses,
        plan,
    };
    let RankedSettings { settings, place_of, enough } = settings::rows(&sources);
    let cells = cells::rows(&sources, &place_of);
    let axes = axes::rows(&sources, &cells, &settings);
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
        let row = tables.runs.iter_mut().find(|row| row.run == run);
        if let (Some(row), Some(dir)) = (row, dirs.get(&run)) {
            row.overlays = record::overlays(dir)?;
        }
    }
    sweep.tables = tables;
    Ok(sweep)
}

fn keep_asked(tables: &mut Tables, run_ids: &[Option<String>]) {
    let asked: BTreeSet<&str> = run_ids.iter().flatten().map(String::as_str).collect();
    tables.runs.retain(|row| asked.contains(row.run.as_str()));
    tables.epochs.retain(|row| asked.contains(row.run.as_str()));
    tables.scores.retain(|row| asked.contains(row.run.as_str()));
}

fn describe(sweep: &mut SweepTables, base: &Base) {
    let Some(experiment) = &base.experiment else { return };
    sweep.monitor = experiment.train.monitor.to_string();
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
fn as_of(sources: &Sources<'_>) -> Option<String> {
    let statuses = sources.statuses.iter().filter_map(|cell_status| cell_status.status.as_ref());
    let times = statuses.map(|status| status.updated);
    let worker_events = sources
        .worker_events
        .iter()
        .filter(|done| !matches!(done.event, WorkerEvent::Began { .. }));
    let newest = times.chain(worker_events.map(|done| done.time)).max()?;
    Some(newest.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A run of the best setting and one of the worst that is ranked.
fn pictured(sweep: &SweepTables) -> Vec<String> {
    let ranked: Vec<_> = sweep.settings.iter().filter(|it| it.rank.is_some()).collect();
    let ends = [ranked.first(), ranked.last().filter(|_| ranked.len() > 1)];
    ends.into_iter().flatten().filter_map(|setting| setting.runs.first().cloned()).collect()
}
