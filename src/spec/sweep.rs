//! [`Sweep`]: the keys of a question with several settings, seeds and folds.
//!
//! Does not know how cells are laid out or run.

use super::Prune;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Values of dotted keys, such as `{ "schedule.max-lr" = 1e-3 }`.
pub type Settings = BTreeMap<String, Json>;

/// Settings to compare: a run for every cell, which is a setting, a seed and a fold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Sweep {
    /// Seeds that every setting is trained with; absent: `seed` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000))]
    pub seeds: Option<Vec<u64>>,
    /// Folds that every setting is trained on, with `split.kind = "k-fold"`; absent:
    /// `split.fold` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub folds: Option<Vec<usize>>,
    /// What varies: a dotted key and its values, as in `axes."schedule.max-lr" = [1e-3, 3e-3]`
    /// or `{ from = 1e-4, to = 1e-2, steps = 3, log = true }`.
    pub axes: BTreeMap<String, SweepAxis>,
    /// Settings to leave out: all that have every value of one of these tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Settings>,
    /// Settings to add to those of the axes, also when `exclude` matches them; a key that a table
    /// does not name is as in the rest of the spec.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Settings>,
    /// How settings are taken from the axes.
    pub sampler: Sampling,
    /// When a cell is stopped before its last epoch.
    pub prune: Prune,
}

/// The values of one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SweepAxis {
    /// These values.
    List(#[schemars(length(min = 1, max = 10_000))] Vec<Json>),
    /// Numbers between two ends.
    Range(AxisRange),
}

impl SweepAxis {
    /// The place of a value in the list; `None` for a range, or when it is not there.
    pub fn index_of(&self, value: &Json) -> Option<usize> {
        match self {
            Self::List(values) => values.iter().position(|it| it == value),
            Self::Range(_) => None,
        }
    }
}

/// Numbers between two ends; whole ones where the key wants whole ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AxisRange {
    /// The smallest.
    pub from: f64,
    /// The largest.
    pub to: f64,
    /// How many numbers, both ends among them; absent, for samplers other than `grid`: any
    /// number between the ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 10_000))]
    pub steps: Option<usize>,
    /// Whether the numbers are spaced by equal factors.
    #[serde(default)]
    pub log: bool,
}

/// How settings are taken from the axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum Sampling {
    /// Every combination.
    Grid {},
    /// Each trial draws every key by itself.
    Random {
        /// How many settings.
        #[schemars(range(min = 1, max = 10_000))]
        trials: usize,
        /// Seed of the draws.
        #[serde(default = "default_seed")]
        seed: u64,
    },
    /// Trials spread evenly: a scrambled Sobol sequence.
    Sobol {
        /// How many settings.
        #[schemars(range(min = 1, max = 10_000))]
        trials: usize,
        /// Seed of the scrambling.
        #[serde(default = "default_seed")]
        seed: u64,
    },
    /// Trials near the best so far: a tree-structured Parzen estimator. The first ten have
    /// no results to go by and are spread evenly, as by `sobol`.
    Tpe {
        /// How many settings.
        #[schemars(range(min = 1, max = 10_000))]
        trials: usize,
        /// Seed of the draws.
        #[serde(default = "default_seed")]
        seed: u64,
    },
}

impl Default for Sampling {
    fn default() -> Self {
        Self::Grid {}
    }
}

fn default_seed() -> u64 {
    1
}
