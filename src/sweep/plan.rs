//! [`Plan`]: every cell of a sweep, in the order in which they should run.
//!
//! The order is balanced: every setting gets its first seed and fold before any gets its second,
//! so that settings stay comparable when a sweep is cut short.
//!
//! Does not know which cells have run.

use super::{
    axis::Domain,
    cell::{PlannedCell, differing},
    grid::{combinations, is_excluded},
    search::Search,
};
use crate::{
    base::{Error, Fault, Place, Result},
    spec::{
        Experiment, Loaded, Origin, Override, Settings, SplitRule, Sweep, short_keys, toml_text,
    },
};
use rayon::prelude::*;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The cells of a sweep.
#[derive(Debug)]
pub struct Plan {
    /// The known ones, in order.
    pub cells: Vec<PlannedCell>,
    /// How many settings they have.
    pub n_settings: usize,
    /// How many seeds each setting has.
    pub n_seeds: usize,
    /// How many folds each setting has.
    pub n_folds: usize,
    /// How many settings `exclude` left out of a grid.
    pub n_excluded: usize,
    /// How many settings are left out because they mean the same as an earlier one.
    pub n_repeated: usize,
    /// How many trials follow that depend on the results of these cells.
    pub n_following: usize,
    /// What proposes them; `None` for a grid.
    pub search: Option<Search>,
    /// Keys that differ between cells, and their short names.
    pub(super) differing: Vec<String>,
    pub(super) short: Vec<String>,
}

impl Plan {
    /// How a cell differs from the others: `max-lr = 0.001, seed 2`.
    pub fn words(&self, cell: &PlannedCell) -> String {
        let named = self.differing.iter().zip(&self.short);
        let mut parts: Vec<String> = named
            .filter_map(|(key, short)| {
                Some(format!("{short} = {}", toml_text(cell.settings.get(key)?)))
            })
            .collect();
        if self.n_seeds > 1 {
            parts.push(format!("seed {}", cell.seed));
        }
        if self.n_folds > 1 {
            parts.push(format!("fold {}", cell.fold));
        }
        if parts.is_empty() { "as the spec says".into() } else { parts.join(", ") }
    }
}

/// A setting before it is checked.
struct PlannedSetting {
    trial: Option<usize>,
    settings: Settings,
    /// Its position in `include`, from 0.
    included: Option<usize>,
}

/// The cells of a spec. A spec without a sweep has one cell.
///
/// # Errors
/// Everything that is wrong with any cell, each fault once, with the first cell that has it.
pub fn plan(loaded: &Loaded) -> Result<Plan> {
    let experiment = &loaded.experiment;
    let sweep = experiment.sweep.clone().unwrap_or_default();
    let search = Search::new(experiment);
    let (planned, n_excluded) = settings(&sweep, search.as_ref());
    let n_sampled = planned.iter().filter(|it| it.trial.is_some()).count();
    let n_following = match &search {
        Some(search) if search.learns() => search.n_trials() - n_sampled,
        _ => 0,
    };
    let mut found = Faults::default();
    if search.is_some() {
        look_at_ends(loaded, &sweep, &planned, &mut found);
    }
    let mut seen = BTreeSet::new();
    let mut n_repeated = 0;
    let mut judged: Vec<(PlannedSetting, Experiment)> = Vec::new();
    for (one, outcome) in judge(loaded, planned) {
        match outcome {
            Err(error) => found.add(error, &one.settings),
            Ok((experiment, meaning)) => {
                if seen.insert(meaning) {
                    judged.push((one, experiment));
                } else {
                    n_repeated += 1;
                }
            }
        }
    }
    let seeds = sweep.seeds.clone().unwrap_or_else(|| vec![experiment.seed]);
    check_folds(&judged, &sweep, loaded, &mut found);
    Error::unless_empty(found.faults)?;
    let n_settings = judged.len();
    let cells = cells(&judged, &seeds, sweep.folds.as_deref());
    if cells.is_empty() {
        let fault = Fault::new("the sweep has no cells").detail("`sweep.exclude` leaves none");
        return Err(fault.hint("`seglab spec show SPEC` prints the resolved sweep").into());
    }
    let differing = differing(&cells);
    let short = short_keys(&differing);
    let n_folds = sweep.folds.as_ref().map_or(1, Vec::len);
    let n_seeds = seeds.len();
    Ok(Plan {
        cells,
        n_settings,
        n_seeds,
        n_folds,
        n_excluded,
        n_repeated,
        n_following,
        search,
        differing,
        short,
    })
}

/// The cells of one trial of a search, numbered from `first_number` on.
///
/// # Errors
/// Everything that is wrong with its settings.
pub fn trial(
    loaded: &Loaded,
    number: usize,
    settings: &Settings,
    first_number: usize,
) -> Result<Vec<PlannedCell>> {
    let sweep = loaded.experiment.sweep.clone().unwrap_or_default();
    let one = PlannedSetting { trial: Some(number), settings: settings.clone(), included: None };
    let experiment = loaded.with(&laid(loaded, &one))?;
    let seeds = sweep.seeds.clone().unwrap_or_else(|| vec![loaded.experiment.seed]);
    let mut cells = cells(&[(one, experiment)], &seeds, sweep.folds.as_deref());
    for cell in &mut cells {
        cell.number += first_number;
    }
    Ok(cells)
}

/// A setting with its experiment, and a text that is equal for settings that mean the same.
type Judged = (PlannedSetting, Result<(Experiment, String)>);

/// Checks every setting, in their order.
fn judge(loaded: &Loaded, planned: Vec<PlannedSetting>) -> Vec<Judged> {
    let judge = |one: PlannedSetting| {
        let outcome = loaded.with(&laid(loaded, &one)).map(|experiment| {
            // Only a number that is not finite could fail here, and a spec cannot hold one.
            let meaning = serde_json::to_string(&experiment).unwrap_or_default();
            (experiment, meaning)
        });
        (one, outcome)
    };
    planned.into_par_iter().map(judge).collect()
}

/// The settings that are known before anything ran, and how many are left out.
fn settings(sweep: &Sweep, search: Option<&Search>) -> (Vec<PlannedSetting>, usize) {
    let included = sweep.include.iter().enumerate().map(|(idx, settings)| PlannedSetting {
        trial: None,
        settings: settings.clone(),
        included: Some(idx),
    });
    if let Some(search) = search {
        // What the user lists comes before what is drawn.
        let trials = search.first(search.n_trials()).into_iter().enumerate();
        let trials = trials.map(|(number, settings)| PlannedSetting {
            trial: Some(number),
            settings,
            included: None,
        });
        return (included.chain(trials).collect(), 0);
    }
    let domains: Vec<(&String, Domain)> =
        sweep.axes.iter().map(|(key, axis)| (key, Domain::new(key, axis))).collect();
    let values: Vec<&[Json]> =
        domains.iter().map(|(_, domain)| domain.values().unwrap_or_default()).collect();
    let named = |values: Vec<Json>| -> Settings {
        domains.iter().map(|(key, _)| (*key).clone()).zip(values).collect()
    };
    let mut n_excluded = 0;
    let mut planned: Vec<PlannedSetting> = Vec::new();
    for settings in combinations(&values).map(named) {
        if is_excluded(&settings, &sweep.exclude) {
            n_excluded += 1;
        } else {
            planned.push(PlannedSetting { trial: None, settings, included: None });
        }
    }
    planned.extend(included);
    (planned, n_excluded)
}

/// Settings with their places in the spec file.
fn laid(loaded: &Loaded, planned: &PlannedSetting) -> Vec<Override> {
    let sweep = loaded.experiment.sweep.as_ref();
    let origin = |key: &String, value: &Json| -> Origin {
        if let Some(idx) = planned.included {
            return loaded.origins.of_key(&format!("sweep.include[{idx}]"));
        }
        let item = sweep.and_then(|sweep| sweep.axes.get(key)?.index_of(value));
        let item = item.map(|idx| format!("sweep.axes.{key}[{idx}]"));
        loaded.origins.of_key(&item.unwrap_or_else(|| format!("sweep.axes.{key}")))
    };
    let setting = |(key, value): (&String, &Json)| Override {
        key: key.clone(),
        value: value.clone(),
        origin: origin(key, value),
    };
    planned.settings.iter().map(setting).collect()
}

/// Checks every value of every axis with the other values of the first trial: a sampler may draw it
/// late.
fn look_at_ends(loaded: &Loaded, sweep: &Sweep, planned: &[PlannedSetting], found: &mut Faults) {
    let Some(first) = planned.iter().find(|it| it.trial.is_some()) else { return };
    for (key, axis) in &sweep.axes {
        for value in Domain::new(key, axis).samples() {
            let mut settings = first.settings.clone();
            settings.insert(key.clone(), value);
            let one = PlannedSetting { trial: None, settings, included: None };
            if is_excluded(&one.settings, &sweep.exclude) {
                continue;
            }
            if let Err(error) = loaded.with(&laid(loaded, &one)) {
                found.add(error, &one.settings);
            }
        }
    }
}

/// Checks the folds against the split of each setting, because axes may change it.
fn check_folds(
    judged: &[(PlannedSetting, Experiment)],
    sweep: &Sweep,
    loaded: &Loaded,
    found: &mut Faults,
) {
    let Some(most) = sweep.folds.iter().flatten().max() else { return };
    for (one, experiment) in judged {
        let n_folds = match experiment.split {
            SplitRule::KFold { folds, .. } => folds,
            SplitRule::Holdout { .. } | SplitRule::Explicit { .. } => 0,
        };
        if *most >= n_folds {
            let fault = Fault::new(format!("not every setting has a fold {most}"))
                .detail(format!("expected  folds below {n_folds}"))
                .hint("remove folds from `sweep.folds`, or the split from the axes");
            let place = loaded.origins.of_key("sweep.folds").place();
            let error = Error::from(Fault { place, ..fault });
            found.add(error, &one.settings);
            return;
        }
    }
}

/// Settings with all their seeds and folds, in balanced order.
fn cells(
    judged: &[(PlannedSetting, Experiment)],
    seeds: &[u64],
    folds: Option<&[usize]>,
) -> Vec<PlannedCell> {
    let folds: Vec<Option<usize>> =
        folds.map_or_else(|| vec![None], |folds| folds.iter().copied().map(Some).collect());
    let mut cells = Vec::with_capacity(judged.len() * seeds.len() * folds.len());
    for &seed in seeds {
        for &asked in &folds {
            for (one, experiment) in judged {
                let mut experiment = experiment.clone();
                share_split(&mut experiment, seed);
                if let (SplitRule::KFold { fold, .. }, Some(asked)) = (&mut experiment.split, asked)
                {
                    *fold = asked;
                }
                let fold = experiment.split.fold();
                let PlannedSetting { trial, settings, .. } = one;
                let (number, trial, settings) = (cells.len(), *trial, settings.clone());
                cells.push(PlannedCell { number, trial, settings, seed, fold, experiment });
            }
        }
    }
    cells
}

/// Gives an experiment another seed, but not its split: all seeds share it, so that scores can be
/// compared case by case.
fn share_split(experiment: &mut Experiment, seed: u64) {
    let of_spec = std::mem::replace(&mut experiment.seed, seed);
    if let SplitRule::Holdout { seed: own, .. } | SplitRule::KFold { seed: own, .. } =
        &mut experiment.split
        && seed != of_spec
    {
        own.get_or_insert(of_spec);
    }
}

/// A fault's message, place and details.
type Told = (String, Option<(usize, usize)>, Vec<String>);

/// Faults of cells, each once.
#[derive(Default)]
struct Faults {
    faults: Vec<Fault>,
    told: BTreeSet<Told>,
}

impl Faults {
    fn add(&mut self, error: Error, settings: &Settings) {
        for mut fault in error.faults {
            let place = fault.place.as_ref().and_then(|place: &Place| place.line_column);
            if self.told.insert((fault.message.clone(), place, fault.details.clone())) {
                let named = settings.iter().map(|(key, it)| format!("{key} = {}", toml_text(it)));
                let cell = named.collect::<Vec<_>>().join(", ");
                fault.details.push(format!("cell      {cell}"));
                self.faults.push(fault);
            }
        }
    }
}
