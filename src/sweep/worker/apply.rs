//! [`apply`]: turns a spec with a sweep into the plan on disk; [`Applied`] is the plan with the spec
//! of each cell.
//!
//! A sweep continues by applying its spec again: finished cells are found by their run ids. What a
//! cell means must not change under the same name.
//!
//! Does not know about processes.

use crate::{
    base::{Error, Fault, Result},
    data::{dataset::Reading, scan::FileCache},
    run::{DataSets, Planned},
    spec::{self, Experiment, Loaded},
    sweep::{
        self, Cell, Plan, PlannedCell,
        forecast::CellKind,
        store::{SweepFolder, SweepPlan, TrialFile},
    },
};
use chrono::DateTime;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What to do when a cell of the plan asks for something else than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanChange {
    /// Refuse it, and name the difference.
    Refuse,
    /// Accept it; finished runs stay as they are.
    Accept,
}

/// A sweep that was applied.
#[derive(Debug)]
pub struct Applied {
    /// Its folder.
    pub folder: SweepFolder,
    /// Its plan, with the cells of every trial proposed so far.
    pub plan: SweepPlan,
    /// The plan before run ids; it proposes further trials.
    pub source: Plan,
    /// The spec.
    pub loaded: Loaded,
    /// Whether no sweep of this name was applied before.
    pub is_new: bool,
    /// Cells that were not in the plan before.
    pub n_new: usize,
    /// Cells that are no longer in the plan.
    pub n_dropped: usize,
    /// Warnings about the data.
    pub warnings: Vec<String>,
    /// Where a phantom data set was made, if it was.
    pub made_phantom: Option<PathBuf>,
    datasets: DataSets,
    /// Whether the proposed trials belong to another spec.
    starts_search_anew: bool,
}

impl Applied {
    /// Writes the plan in place of the previous one.
    ///
    /// # Errors
    /// When it cannot be written or read back.
    pub fn commit(&mut self) -> Result<()> {
        if self.starts_search_anew {
            TrialFile::set_aside(&self.folder)?;
            self.starts_search_anew = false;
        }
        self.plan.write(&self.folder)?;
        self.plan = SweepPlan::read(&self.folder)?;
        Ok(())
    }

    /// Reads the plan from disk, where it is the same one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn adopt(&mut self) -> Result<()> {
        self.plan = SweepPlan::read(&self.folder)?;
        Ok(())
    }

    /// The spec of a cell.
    ///
    /// # Errors
    /// When a trial that another worker proposed does not fit the spec.
    pub(super) fn experiment(&self, cell: &Cell) -> Result<Experiment> {
        let known = self.source.cells.get(cell.number);
        let is_it = |known: &&PlannedCell| {
            (known.trial, known.seed, known.fold, &known.settings)
                == (cell.trial, cell.seed, cell.fold, &cell.settings)
        };
        if let Some(known) = known.filter(is_it) {
            return Ok(known.experiment.clone());
        }
        let cells = sweep::trial(&self.loaded, cell.trial.unwrap_or(0), &cell.settings, 0)?;
        let same = |it: &PlannedCell| it.seed == cell.seed && it.fold == cell.fold;
        cells.into_iter().find(same).map(|cell| cell.experiment).ok_or_else(|| {
            let message = format!("cell {} is not a cell of this spec", cell.number);
            Fault::new(message).hint("apply the spec again with `seglab sweep run SPEC`").into()
        })
    }

    /// Digest of an experiment on the data of the sweep.
    ///
    /// # Errors
    /// When the split cannot be drawn.
    pub(super) fn digest(&mut self, experiment: &Experiment) -> Result<String> {
        self.datasets.digest(experiment)
    }

    /// The kind of an experiment on the data of the sweep.
    ///
    /// # Errors
    /// When the split cannot be drawn.
    pub(super) fn kind(&mut self, experiment: &Experiment) -> Result<CellKind> {
        Ok(CellKind::of(experiment, &self.datasets.plan(experiment)?))
    }

    /// Names the cells of a trial that was proposed later.
    ///
    /// # Errors
    /// When the split cannot be drawn.
    pub(super) fn name(&mut self, cells: &[PlannedCell]) -> Result<Vec<Cell>> {
        let Self { source, datasets, .. } = self;
        cells.iter().map(|cell| name(datasets, source, cell)).collect()
    }
}

/// Plans a spec with a sweep, and compares the plan with the previous one. Nothing is written before
/// [`Applied::commit`].
///
/// # Errors
/// * everything that is wrong with any cell, or with the data
/// * when a cell means something else than before, unless that is accepted
/// * when the previous plan cannot be read, or lies in a folder of another name
pub fn apply(
    loaded: &Loaded,
    runs: &Path,
    change: PlanChange,
    cache: FileCache,
) -> Result<Applied> {
    if loaded.experiment.sweep.is_none() {
        let fault = Fault::new("the spec describes one run, not a sweep")
            .hint("add a `[sweep]` with `axes` or `seeds`, or use `seglab run SPEC`");
        return Err(fault.into());
    }
    let source = sweep::plan(loaded)?;
    // Makes the phantom where the spec has one, and reports every fault of the data.
    let reading = Reading { cache, prepare: None };
    let mut datasets = DataSets::of(loaded, reading).as_named_in(runs);
    let Planned { made_phantom, warnings, .. } = datasets.plan(&loaded.experiment)?;
    let cells: Vec<Cell> = source
        .cells
        .iter()
        .map(|cell| name(&mut datasets, &source, cell))
        .collect::<Result<_>>()?;
    let folder = own_folder(runs, &loaded.experiment.name)?;
    let before = if folder.exists() { Some(SweepPlan::read(&folder)?) } else { None };
    let proposed = match &before {
        Some(before) => proposed(before, loaded, &source, &mut datasets)?,
        None => Proposed::Still(Vec::new()),
    };
    if let (Some(before), PlanChange::Refuse, Proposed::Otherwise) = (&before, change, &proposed) {
        return Err(another_search(before, loaded)?);
    }
    let starts_search_anew = matches!(proposed, Proposed::Otherwise);
    let base = loaded.experiment.to_toml();
    if let (Some(before), PlanChange::Refuse) = (&before, change) {
        check_meaning(before, &cells, loaded)?;
    }
    let known: BTreeSet<&str> =
        before.iter().flat_map(|plan| &plan.cells).map(|cell| cell.run_id.as_str()).collect();
    let still = if let Proposed::Still(cells) = &proposed { cells.as_slice() } else { &[] };
    let asked: BTreeSet<&str> =
        cells.iter().chain(still).map(|cell| cell.run_id.as_str()).collect();
    let n_new = asked.difference(&known).count();
    let is_dropped = |cell: &&Cell| !asked.contains(cell.run_id.as_str());
    let n_dropped = before.iter().flat_map(|plan| &plan.cells).filter(is_dropped).count();
    let plan = SweepPlan {
        format: 0,
        experiment: loaded.experiment.name.clone(),
        question: loaded.experiment.question.clone(),
        created: before
            .as_ref()
            .map_or_else(|| DateTime::from(crate::base::fs::now()), |it| it.created),
        applied: DateTime::from(crate::base::fs::now()),
        spec: loaded.text.clone(),
        base,
        differing: sweep::differing(&source.cells),
        n_seeds: source.n_seeds,
        n_folds: source.n_folds,
        n_trials: source.search.as_ref().map(sweep::Search::n_trials),
        extends: loaded.bases.clone(),
        cells,
    };
    let loaded = loaded.clone();
    Ok(Applied {
        folder,
        plan,
        source,
        loaded,
        is_new: before.is_none(),
        n_new,
        n_dropped,
        warnings,
        made_phantom,
        datasets,
        starts_search_anew,
    })
}

/// The trials that a search has proposed before.
enum Proposed {
    /// They still mean the same: their cells.
    Still(Vec<Cell>),
    /// The spec makes other cells of them now, or has no search.
    Otherwise,
}

/// Compares the cells of proposed trials with those that the spec makes of their settings now.
fn proposed(
    before: &SweepPlan,
    loaded: &Loaded,
    source: &Plan,
    datasets: &mut DataSets,
) -> Result<Proposed> {
    let n_first =
        source.cells.iter().filter_map(|cell| cell.trial).max().map_or(0, |last| last + 1);
    let mut trials: BTreeMap<usize, Vec<&Cell>> = BTreeMap::new();
    for cell in &before.cells {
        // Those that depend on no result are compared as all others.
        if let Some(trial) = cell.trial.filter(|trial| *trial >= n_first) {
            trials.entry(trial).or_default().push(cell);
        }
    }
    let search = source.search.as_ref().filter(|search| search.learns());
    let n_trials = search.map_or(0, sweep::Search::n_trials);
    let mut still = Vec::new();
    for (number, cells) in trials {
        let now = if number < n_trials {
            sweep::trial(loaded, number, &cells[0].settings, 0).unwrap_or_default()
        } else {
            Vec::new()
        };
        let named = now.iter().map(|cell| name(datasets, source, cell));
        let now: BTreeSet<String> =
            named.map(|cell| cell.map(|cell| cell.run_id)).collect::<Result<_>>()?;
        if now != cells.iter().map(|cell| cell.run_id.clone()).collect() {
            return Ok(Proposed::Otherwise);
        }
        still.extend(cells.into_iter().cloned());
    }
    Ok(Proposed::Still(still))
}

/// The error that the spec makes other cells of the proposed trials.
fn another_search(before: &SweepPlan, loaded: &Loaded) -> Result<Error> {
    let mut fault = Fault::new("the trials of this sweep were proposed for another spec");
    let base = spec::load_resolved(&before.base)?;
    for difference in spec::differences(&base, &loaded.experiment) {
        let [then, now] = difference.values;
        fault = fault.detail(format!("{}  {then} -> {now}", difference.key));
    }
    if base.sweep != loaded.experiment.sweep {
        fault = fault.detail("its `[sweep]` has changed");
    }
    Ok(fault
        .hint("give the spec another `name`, to keep both searches")
        .hint("or start the search again with `--replan`: finished runs are kept")
        .into())
}

/// Refuses cells that mean something else than before.
fn check_meaning(before: &SweepPlan, cells: &[Cell], loaded: &Loaded) -> Result<()> {
    let named = |cell: &Cell| (cell.seed, cell.fold, cell.settings.clone());
    let key = |cell: &Cell| serde_json::to_string(&named(cell)).unwrap_or_default();
    let old: BTreeMap<String, &Cell> = before.cells.iter().map(|cell| (key(cell), cell)).collect();
    let changed: Vec<&Cell> = cells
        .iter()
        .filter(|cell| old.get(&key(cell)).is_some_and(|old| old.digest != cell.digest))
        .collect();
    let Some(first) = changed.first() else { return Ok(()) };
    let message = match changed.len() {
        1 => "a cell of this sweep means something else than before".to_owned(),
        n => format!("{n} cells of this sweep mean something else than before"),
    };
    let mut fault = Fault::new(message).detail(format!("such as   {}", first.what));
    let base = spec::load_resolved(&before.base)?;
    let differences = spec::differences(&base, &loaded.experiment);
    if differences.is_empty() {
        fault = fault.detail("the spec is the same, but the data or their split have changed");
    }
    for difference in differences {
        let [then, now] = difference.values;
        fault = fault.detail(format!("{}  {then} -> {now}", difference.key));
    }
    Err(fault
        .hint("give the spec another `name`, to keep both sweeps")
        .hint("or accept the change with `--replan`: finished runs are kept")
        .into())
}

/// The folder of a sweep. Its workers meet in the folder of its name, so one that was renamed is not
/// begun a second time beside it.
fn own_folder(runs: &Path, experiment: &str) -> Result<SweepFolder> {
    let (own, found) = (SweepFolder::new(runs, experiment), SweepPlan::folder(runs, experiment));
    if found == own {
        return Ok(own);
    }
    let (place, own) = (found.runs().display(), own.runs().display());
    let fault =
        Fault::new(format!("the sweep `{experiment}` lies in `{place}`, under another name"));
    Err(fault
        .hint(format!("name the folder `{own}` again, and the same command continues the sweep"))
        .hint("or move it out of the folder of runs, to begin the sweep anew")
        .into())
}

/// Names a cell by its spec and by the data.
fn name(datasets: &mut DataSets, plan: &Plan, cell: &PlannedCell) -> Result<Cell> {
    let experiment = &cell.experiment;
    let digest = datasets.digest(experiment)?;
    Ok(Cell {
        number: cell.number,
        trial: cell.trial,
        what: plan.words(cell),
        settings: cell.settings.clone(),
        seed: cell.seed,
        fold: cell.fold,
        run_id: Planned::run_id(experiment, &digest).to_string(),
        digest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs;

    #[test]
    fn a_sweep_in_a_folder_of_another_name_is_not_begun_beside_it() {
        let runs = tempfile::tempdir().unwrap();
        let runs = runs.path();
        assert_eq!(own_folder(runs, "tiny").unwrap(), SweepFolder::new(runs, "tiny"));
        let mut plan = SweepPlan {
            format: 0,
            experiment: "tiny".into(),
            question: String::new(),
            created: DateTime::UNIX_EPOCH,
            applied: DateTime::UNIX_EPOCH,
            spec: String::new(),
            base: String::new(),
            differing: Vec::new(),
            n_seeds: 1,
            n_folds: 1,
            n_trials: None,
            extends: Vec::new(),
            cells: Vec::new(),
        };
        plan.write(&SweepFolder::new(runs, "tiny")).unwrap();
        assert_eq!(own_folder(runs, "tiny").unwrap(), SweepFolder::new(runs, "tiny"));
        fs::rename(&runs.join("tiny"), &runs.join("tiny-2025")).unwrap();
        let error = own_folder(runs, "tiny").unwrap_err();
        let message = &error.faults[0].message;
        assert!(message.ends_with("tiny-2025`, under another name"), "{message}");
        assert!(own_folder(runs, "other").is_ok());
    }
}
