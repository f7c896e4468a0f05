//! [`SweepPruner`]: whether a run is given up because other cells of its sweep are better.
//!
//! Everything it uses is on disk, so that every process decides the same.
//!
//! Does not know how training works, or the rules themselves.

use crate::{
    base::Result,
    record::{self, MetricHistory},
    run::Pruner,
    spec::{Experiment, Monitor, Prune, load_resolved},
    sweep::{
        Cell,
        prune::{self, Better, Curve, Decision, looks, rungs},
        store::{SweepFolder, SweepPlan},
    },
};
use std::{
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
};

/// Lists the ids of the runs that a run is compared with. It may contain the run itself.
type Siblings = Rc<dyn Fn() -> Result<Vec<String>>>;

/// Compares a run with the other cells of its sweep by the sweep's rule.
#[derive(Clone)]
pub struct SweepPruner {
    rule: Prune,
    better: Better,
    /// Epochs after which the rule decides.
    due: Vec<usize>,
    runs: PathBuf,
    siblings: Siblings,
}

impl SweepPruner {
    /// Compares runs of `experiment` with the siblings in the folder `runs`. The siblings are
    /// listed whenever the rule decides, because a search proposes new cells while others run.
    pub fn new(
        rule: &Prune,
        experiment: &Experiment,
        runs: PathBuf,
        siblings: impl Fn() -> Result<Vec<String>> + 'static,
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
        Self { rule: rule.clone(), better, due, runs, siblings: Rc::new(siblings) }
    }

    /// The pruner of a cell, by the rule of its sweep; `None` when the sweep has none.
    ///
    /// # Errors
    /// When the plan cannot be understood.
    pub fn of_cell(
        folder: &SweepFolder,
        plan: &SweepPlan,
        experiment: &Experiment,
    ) -> Result<Option<Self>> {
        let Some(rule) = load_resolved(&plan.base)?.sweep.map(|sweep| sweep.prune) else {
            return Ok(None);
        };
        // Of one seed and fold: on other cases, or from other weights, a cell may be the best of
        // its round and still have the lowest score.
        let round = (experiment.seed, experiment.split.fold());
        let place = folder.clone();
        let siblings = move || {
            let mut cells = SweepPlan::read(&place)?.cells;
            cells.retain(|cell| cell.round() == round);
            Ok(cells.into_iter().map(|Cell { run_id, .. }| run_id).collect())
        };
        Ok(Some(Self::new(&rule, experiment, folder.runs().to_owned(), siblings)))
    }
}

impl fmt::Debug for SweepPruner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SweepPruner").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl Pruner for SweepPruner {
    fn prune(&self, run_dir: &Path, epoch: usize) -> Result<Option<String>> {
        // Any other epoch costs nothing.
        if !self.due.contains(&epoch) {
            return Ok(None);
        }
        let mine = record::metric_history(run_dir)?;
        let mut others = histories(&self.runs, &(self.siblings)()?);
        others.retain(|other| other.compares_with(&mine));
        let others: Vec<Curve<'_>> = others.iter().map(curve).collect();
        match prune::decide(&self.rule, self.better, &curve(&mine), &others) {
            Decision::Keep => Ok(None),
            Decision::Prune(reason) => Ok(Some(reason.to_string())),
        }
    }
}

/// Those of the runs with these ids in `folder` that were pruned and would not be now; the best
/// first among runs with the same validation cases.
pub fn promotions(
    rule: &Prune,
    monitor: &Monitor,
    folder: &Path,
    run_ids: &[String],
) -> Vec<String> {
    let mut left = histories(folder, run_ids);
    let mut back = Vec::new();
    while let Some(first) = left.first().cloned() {
        let (group, others) = left.into_iter().partition(|history| history.compares_with(&first));
        let group: Vec<MetricHistory> = group;
        let curves: Vec<Curve<'_>> = group.iter().map(curve).collect();
        let promoted = prune::promotions(rule, better(monitor), &curves);
        back.extend(promoted.into_iter().map(str::to_owned));
        left = others;
    }
    back
}

/// Those that can be read. A run that was not begun or is damaged does not count.
fn histories(folder: &Path, run_ids: &[String]) -> Vec<MetricHistory> {
    run_ids.iter().filter_map(|id| record::metric_history(&folder.join(id)).ok()).collect()
}

fn curve(history: &MetricHistory) -> Curve<'_> {
    Curve {
        cell: &history.run_id,
        epochs: history.epochs,
        scores: &history.monitored,
        cases: &history.by_case,
        state: history.status.state(),
    }
}

/// Which values of a monitored score are better.
fn better(monitor: &Monitor) -> Better {
    if monitor.is_lower_better() { Better::Smaller } else { Better::Greater }
}
