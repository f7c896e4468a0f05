//! [`Experiment`]: what a spec file describes, every key with its type, default and meaning.
//!
//! These types (with those of `preprocess`, `augment`, `network`, `training`, `storage` and `sweep`) are the only list of keys: the
//! TOML schema, `seglab spec keys`, the defaults and `resolved.toml` all come from them. A doc
//! comment here is what a user reads there.
//!
//! Does not know about files, clap or burn.

use super::{
    Augment, Checkpoint, Disk, Evaluate, Loss, Model, Optimizer, Preprocess, ProvenanceRules,
    Schedule, Sweep, Train,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question, and everything that is needed to answer it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Experiment {
    /// The question that the experiment answers; shown at the head of every report.
    #[serde(default)]
    pub question: String,
    /// Name of the experiment and of its folder under `runs/`; default: the name of the spec file without `.toml`.
    #[serde(default)]
    pub name: String,
    /// Seed of every random draw.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// Where the cases are and what their labels mean.
    pub data: Data,
    /// Which cases train, validate and test.
    #[serde(default)]
    pub split: SplitRule,
    /// From the stored volume to the network's input.
    #[serde(default)]
    pub preprocess: Preprocess,
    /// Random changes of training cases; an operation that is absent is off.
    #[serde(default)]
    pub augment: Augment,
    /// The network.
    #[serde(default)]
    pub model: Model,
    /// What training minimises.
    #[serde(default)]
    pub loss: Loss,
    /// How a step changes the weights.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// How the learning rate moves.
    #[serde(default)]
    pub schedule: Schedule,
    /// How long, and what is watched.
    #[serde(default)]
    pub train: Train,
    /// What is done with the best checkpoint.
    #[serde(default)]
    pub evaluate: Evaluate,
    /// When checkpoints are written, and which are kept.
    #[serde(default)]
    pub checkpoint: Checkpoint,
    /// Which state of the code may run.
    #[serde(default)]
    pub provenance: ProvenanceRules,
    /// How much disk space a run may use.
    #[serde(default)]
    pub disk: Disk,
    /// Which settings, seeds and folds are compared; absent: one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
}

fn default_seed() -> u64 {
    42
}

/// Where the cases are and what their labels mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// Folder with `CT/` and `Segmentation/`, or nnU-Net's `imagesTr/`, `labelsTr/` and
    /// `dataset.json`; relative to where the command is run. `~`, `$NAME` and `${NAME}` are
    /// expanded.
    pub root: String,
    /// Class names in label order; the first is the background. Without them they are taken from
    /// `dataset.json`.
    #[schemars(length(min = 2, max = 255))]
    pub classes: Vec<String>,
    /// Stored label value to class index; without it a stored value is the class.
    #[serde(default)]
    pub label_map: BTreeMap<String, u8>,
    /// Cases to leave out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Regular expression for case names; its first group is the patient. Cases of one patient are
    /// always in the same part of a split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// Synthetic data set, made once at `root` when the folder is empty or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phantom: Option<Phantom>,
}

/// A synthetic data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Phantom {
    /// Number of cases.
    #[schemars(range(min = 1, max = 9999))]
    pub cases: usize,
    /// Voxels along x, y and z.
    #[schemars(inner(range(min = 8, max = 1024)))]
    pub shape: [usize; 3],
    /// Seed of the phantom.
    #[serde(default = "default_phantom_seed")]
    pub seed: u64,
}

fn default_phantom_seed() -> u64 {
    7
}

/// Which cases train, validate and test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum SplitRule {
    /// Random shares of the cases (of the patients, with `data.patient`).
    Holdout {
        /// Share for validation.
        #[serde(default = "default_valid")]
        #[schemars(range(min = 0.001, max = 0.95))]
        valid: f64,
        /// Share for the test.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 0.95))]
        test: f64,
        /// Seed of the draw; absent: `seed`. The seeds of a sweep share one split, that of the
        /// spec's own `seed`: otherwise they would be scored on different cases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
    /// One fold of k validates, the others train.
    KFold {
        /// Number of folds.
        #[schemars(range(min = 2, max = 100))]
        folds: usize,
        /// The fold that validates, from 0.
        #[serde(default)]
        fold: usize,
        /// Seed of the draw; absent: `seed`. The seeds of a sweep share the folds of the spec's
        /// own `seed`: otherwise they would be scored on different cases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
    /// Cases by name.
    Explicit {
        /// Cases that train; empty: all that are in neither other list.
        #[serde(default)]
        train: Vec<String>,
        /// Cases that validate.
        #[schemars(length(min = 1))]
        valid: Vec<String>,
        /// Cases that test.
        #[serde(default)]
        test: Vec<String>,
    },
}

impl SplitRule {
    /// The fold that validates, from 0; 0 without folds.
    pub fn fold(&self) -> usize {
        match self {
            Self::KFold { fold, .. } => *fold,
            Self::Holdout { .. } | Self::Explicit { .. } => 0,
        }
    }
}

fn default_valid() -> f64 {
    0.2
}

impl Default for SplitRule {
    fn default() -> Self {
        Self::Holdout { valid: default_valid(), test: 0.0, seed: None }
    }
}
