//! [`Search`]: which settings a sweep tries where it does not try them all.
//!
//! A proposal is a function of the spec, the trial's number and the finished trials before it. A
//! search that is killed and started again proposes the same.
//!
//! Does not know about seeds, folds or runs.

use super::{
    axis::Domain,
    grid::{combinations, is_excluded},
    sampler::{Random, Sampler, ScoredPoint, Sobol, Space},
    tpe::Tpe,
};
use crate::spec::{Experiment, Sampling, Settings, Sweep};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// A trial that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Trial {
    /// Its number, from 0.
    pub number: usize,
    /// The value of every axis.
    pub settings: Settings,
    /// The monitored score, over all its seeds and folds; `None` when it failed, which counts as
    /// the worst.
    pub score: Option<f64>,
}

/// A search over the axes of a sweep.
#[derive(Debug)]
pub struct Search {
    space: Space,
    sampler: Box<dyn Sampler>,
    exclude: Vec<Settings>,
    n_trials: usize,
    /// 1 when less is better, -1 when more is.
    sign: f64,
}

/// Attempts at a setting that is new and not excluded, before all are searched in order.
const MOST_ATTEMPTS: usize = 100;
/// The most settings that are searched in order.
const MOST_LOOKED_THROUGH: usize = 100_000;

impl Search {
    /// The search of a spec; `None` for a grid or a single run.
    pub fn new(experiment: &Experiment) -> Option<Self> {
        let sweep = experiment.sweep.as_ref()?;
        let (sampler, n_trials): (Box<dyn Sampler>, usize) = match sweep.sampler {
            Sampling::Grid {} => return None,
            Sampling::Random { trials, seed } => (Box::new(Random { seed }), trials),
            Sampling::Sobol { trials, seed } => (Box::new(Sobol { seed }), trials),
            Sampling::Tpe { trials, seed } => (Box::new(Tpe { seed }), trials),
        };
        Some(Self {
            space: space(sweep),
            sampler,
            exclude: sweep.exclude.clone(),
            n_trials,
            sign: if experiment.train.monitor.is_lower_better() { 1.0 } else { -1.0 },
        })
    }

    /// How many trials the spec has.
    pub fn n_trials(&self) -> usize {
        self.n_trials
    }

    /// Whether later trials depend on the results of earlier ones.
    pub fn learns(&self) -> bool {
        self.sampler.n_blind() < self.n_trials
    }

    /// The settings of trial `number`, from 0, once the trials of `history` have ended. Their
    /// order does not matter, and neither do trials that are not before `number`.
    ///
    /// `None` when every setting has been tried.
    pub fn propose(&self, number: usize, history: &[Trial]) -> Option<Settings> {
        self.propose_beside(number, history, &[])
    }

    /// As [`propose`](Self::propose), while cells with the settings `taken` run: the same ones
    /// would teach nothing.
    pub fn propose_beside(
        &self,
        number: usize,
        history: &[Trial],
        taken: &[Settings],
    ) -> Option<Settings> {
        if number < self.sampler.n_blind() {
            let mut first = self.first(number + 1);
            return if first.len() > number { first.pop() } else { None };
        }
        let mut before: Vec<&Trial> = history.iter().filter(|it| it.number < number).collect();
        before.sort_by_key(|trial| trial.number);
        before.dedup_by_key(|trial| trial.number);
        let seen: Vec<ScoredPoint> =
            before.into_iter().filter_map(|trial| self.seen(trial)).collect();
        let under_way = taken.iter().filter_map(|settings| self.point(settings));
        let ended = seen.iter().map(|seen| seen.point.clone());
        let taken = ended.chain(under_way).map(|point| bits(&point)).collect();
        self.next(number, &seen, &taken)
    }

    /// The first trials, as far as they depend on no history: all `n_trials` of them unless the
    /// sampler learns. Fewer when that is all there are.
    pub fn first(&self, n_trials: usize) -> Vec<Settings> {
        let mut first = Vec::new();
        let mut taken = BTreeSet::new();
        for number in 0..n_trials.min(self.sampler.n_blind()) {
            let Some(settings) = self.next(number, &[], &taken) else { break };
            taken.extend(self.point(&settings).as_deref().map(bits));
            first.push(settings);
        }
        first
    }

    /// A setting that is new and may be tried.
    fn next(
        &self,
        number: usize,
        seen: &[ScoredPoint],
        taken: &BTreeSet<Vec<u64>>,
    ) -> Option<Settings> {
        let may_be = |settings: &Settings| {
            let is_new = self.point(settings).is_some_and(|point| !taken.contains(&bits(&point)));
            is_new && !is_excluded(settings, &self.exclude)
        };
        let named = |values: Vec<Json>| -> Settings {
            self.space.keys.iter().cloned().zip(values).collect()
        };
        let draw = |attempt| named(self.sampler.draw(&self.space, number, attempt, seen));
        if let Some(settings) = (0..MOST_ATTEMPTS).map(draw).find(may_be) {
            return Some(settings);
        }
        let values: Vec<&[Json]> =
            self.space.domains.iter().map(Domain::values).collect::<Option<_>>()?;
        combinations(&values).take(MOST_LOOKED_THROUGH).map(named).find(may_be)
    }

    /// A trial on the inner scales; `None` when it belongs to another search.
    fn seen(&self, trial: &Trial) -> Option<ScoredPoint> {
        let score = trial.score.filter(|score| !score.is_nan());
        let loss = score.map_or(f64::INFINITY, |score| self.sign * score);
        Some(ScoredPoint { point: self.point(&trial.settings)?, loss })
    }

    fn point(&self, settings: &Settings) -> Option<Vec<f64>> {
        let axes = self.space.keys.iter().zip(&self.space.domains);
        axes.map(|(key, domain)| domain.inner(settings.get(key)?)).collect()
    }
}

fn space(sweep: &Sweep) -> Space {
    let domains = sweep.axes.iter().map(|(key, axis)| Domain::new(key, axis)).collect();
    Space { keys: sweep.axes.keys().cloned().collect(), domains }
}

/// A point as a key.
fn bits(point: &[f64]) -> Vec<u64> {
    point.iter().map(|inner| inner.to_bits()).collect()
}
