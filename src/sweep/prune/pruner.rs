//! [`SweepPruner`]: whether a run is given up in favour of the other cells of its sweep.
//!
//! All that it knows stands on disk, so that it judges the same in every process.
//!
//! Knows nothing of how training goes, or of the rules themselves.

use crate::{
    base::Result,
    record::{self, MetricHistory},
    run::Pruner,
    spec::{Experiment, Prune},
    sweep::prune::{self, Better, Curve, Decision, looks, rungs},
};
use std::{
    fmt::Debug,
    path::{Path, PathBuf},
};

/// Judges a run beside the other cells of its sweep, by the sweep's rule.
#[derive(Debug, Clone)]
pub struct SweepPruner {
    rule: Prune,
    better: Better,
    /// Epochs at which the rule looks at a run.
    due: Vec<usize>,
    folder: PathBuf,
    run_ids: Vec<String>,
}

impl SweepPruner {
    /// The judge of runs of `experiment` by `rule`, among the runs with these ids in `folder`; the
    /// judged one may be named too.
    pub fn new(
        rule: &Prune,
        experiment: &Experiment,
        folder: PathBuf,
        run_ids: Vec<String>,
    ) -> Self {
        let (kind, epochs) = (rule.kind, experiment.train.epochs);
        let mut due = Vec::new();
        if kind.has_rungs() {
            due.extend(rungs(rule, epochs));
        }
        if kind.has_race() {
            due.extend(looks(rule, epochs));
        }
        let better = better(&experiment.train.monitor);
        Self { rule: rule.clone(), better, due, folder, run_ids }
    }
}

impl Pruner for SweepPruner {
    fn prune(&self, run_dir: &Path, epoch: usize) -> Result<Option<String>> {
        // Any other epoch costs nothing.
        if !self.due.contains(&epoch) {
            return Ok(None);
        }
        let mine = record::metric_history(run_dir)?;
        let mut others = courses(&self.folder, &self.run_ids);
        others.retain(|other| other.compares_with(&mine));
        let others: Vec<Curve<'_>> = others.iter().map(curve).collect();
        match prune::decide(&self.rule, self.better, &curve(&mine), &others) {
            Decision::Keep => Ok(None),
            Decision::Prune(reason) => Ok(Some(reason.to_string())),
        }
    }
}

/// Those of the runs with these ids in `folder` that were given up and would not be now; the best
/// first among runs with the same validation cases.
pub fn promotions(rule: &Prune, monitor: &str, folder: &Path, run_ids: &[String]) -> Vec<String> {
    let mut left = courses(folder, run_ids);
    let mut back = Vec::new();
    while let Some(first) = left.first().cloned() {
        let (group, others) = left.into_iter().partition(|course| course.compares_with(&first));
        let group: Vec<MetricHistory> = group;
        let curves: Vec<Curve<'_>> = group.iter().map(curve).collect();
        let promoted = prune::promotions(rule, better(monitor), &curves);
        back.extend(promoted.into_iter().map(str::to_owned));
        left = others;
    }
    back
}

/// The runs that can be read. One that was not begun, or is damaged, is no evidence.
fn courses(folder: &Path, run_ids: &[String]) -> Vec<MetricHistory> {
    run_ids.iter().filter_map(|id| record::metric_history(&folder.join(id)).ok()).collect()
}

fn curve(course: &MetricHistory) -> Curve<'_> {
    Curve {
        cell: &course.run_id,
        epochs: course.epochs,
        scores: &course.monitored,
        cases: &course.by_case,
        state: course.status.state(),
    }
}

/// Which values of a monitored score are better.
fn better(monitor: &str) -> Better {
    if monitor == "valid/loss" { Better::Smaller } else { Better::Greater }
}
