//! [`Optimizer`], [`Schedule`], [`Train`] and [`Evaluate`]: the keys of training and evaluation.
//!
//! Does not know about burn.

use super::{Monitor, duration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a step changes the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Optimizer {
    /// The rule.
    pub kind: OptimizerKind,
    /// Decoupled weight decay, on every parameter as in PyTorch.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub weight_decay: f64,
    /// Use the largest second moment so far.
    pub amsgrad: bool,
    /// Added to the denominator.
    #[schemars(range(min = 1e-16, max = 1.0))]
    pub epsilon: f64,
    /// First-moment decay when the schedule does not cycle it.
    #[schemars(range(min = 0.0, max = 0.9999))]
    pub beta1: f64,
    /// Second-moment decay.
    #[schemars(range(min = 0.0, max = 0.99999))]
    pub beta2: f64,
    /// Largest L2 norm of all gradients together; absent: no clipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1e-6, max = 1e9))]
    pub clip_norm: Option<f64>,
}

impl Default for Optimizer {
    fn default() -> Self {
        Self {
            kind: OptimizerKind::Adamw,
            weight_decay: 0.01,
            amsgrad: true,
            epsilon: 1e-8,
            beta1: 0.9,
            beta2: 0.999,
            clip_norm: None,
        }
    }
}

/// The update rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Adam with decoupled weight decay.
    Adamw,
}

/// How the learning rate moves, advanced once per optimizer step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum Schedule {
    /// PyTorch's OneCycleLR with cosine annealing.
    OneCycle {
        /// Peak learning rate.
        #[serde(default = "default_max_lr")]
        #[schemars(range(min = 1e-9, max = 1.0))]
        max_lr: f64,
        /// Share of the steps that rise.
        #[serde(default = "default_pct_start")]
        #[schemars(range(min = 0.01, max = 0.99))]
        pct_start: f64,
        /// The first learning rate is the peak over this.
        #[serde(default = "default_div_factor")]
        #[schemars(range(min = 1.0, max = 1e9))]
        div_factor: f64,
        /// The last learning rate is the first over this.
        #[serde(default = "default_final_div_factor")]
        #[schemars(range(min = 1.0, max = 1e12))]
        final_div_factor: f64,
        /// Move beta1 between 0.95 and 0.85, against the learning rate.
        #[serde(default = "yes")]
        cycle_momentum: bool,
        /// When it advances; `epoch` repeats the notebook's mistake, for comparison.
        #[serde(default)]
        advance: Advance,
        /// How `seglab run --extend` continues a cycle that has ended; absent: it refuses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_extend: Option<OnExtend>,
    },
    /// One learning rate throughout.
    Constant {
        /// Learning rate.
        #[serde(default = "default_max_lr")]
        #[schemars(range(min = 1e-9, max = 1.0))]
        max_lr: f64,
    },
    /// Linear warm-up, then half a cosine.
    Cosine {
        /// Peak learning rate.
        #[serde(default = "default_max_lr")]
        #[schemars(range(min = 1e-9, max = 1.0))]
        max_lr: f64,
        /// Last learning rate.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        min_lr: f64,
        /// Share of the steps that rise from 0.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 0.99))]
        warmup: f64,
    },
    /// max-lr x (1 - step / steps) ^ power, as nnU-Net.
    Poly {
        /// First learning rate.
        #[serde(default = "default_max_lr")]
        #[schemars(range(min = 1e-9, max = 1.0))]
        max_lr: f64,
        /// Exponent.
        #[serde(default = "default_power")]
        #[schemars(range(min = 0.0, max = 10.0))]
        power: f64,
    },
}

fn default_max_lr() -> f64 {
    1e-3
}

fn default_pct_start() -> f64 {
    0.3
}

fn default_div_factor() -> f64 {
    25.0
}

fn default_final_div_factor() -> f64 {
    1000.0
}

fn default_power() -> f64 {
    0.9
}

fn yes() -> bool {
    true
}

impl Default for Schedule {
    fn default() -> Self {
        Self::OneCycle {
            max_lr: default_max_lr(),
            pct_start: default_pct_start(),
            div_factor: default_div_factor(),
            final_div_factor: default_final_div_factor(),
            cycle_momentum: true,
            advance: Advance::Step,
            on_extend: None,
        }
    }
}

/// How a cycle that has ended continues when the run is extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnExtend {
    /// A new cycle over the epochs that are added.
    Restart,
    /// The cycle of all epochs together, entered where the finished run ended.
    Stretch,
}

/// When a schedule advances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Advance {
    /// After each optimizer step.
    #[default]
    Step,
    /// After each epoch, although its length counts steps.
    Epoch,
}

/// How long training goes on, and what is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Train {
    /// Passes over the training split.
    #[schemars(range(min = 1, max = 100_000))]
    pub epochs: usize,
    /// Cases that go through the network together; more than 1 needs cases of one shape on the
    /// training grid.
    #[schemars(range(min = 1, max = 1024))]
    pub batch: usize,
    /// Batches per optimizer step: their gradients are added up, and the loss is averaged over all
    /// their cases. The last step of an epoch takes the batches that are left. A step needs the
    /// device memory of one batch. Unless `model.norm = "batch"`, it equals a step of one batch
    /// that is so many times as large.
    #[schemars(range(min = 1, max = 1024))]
    pub accumulate: usize,
    /// Epochs without a better monitored score after which training stops; 0: never.
    pub patience: usize,
    /// Score that chooses the best checkpoint: `valid/loss`, `valid/dice/foreground` or
    /// `valid/dice/CLASS`.
    #[schemars(with = "String")]
    pub monitor: Monitor,
    /// Time after which the program stops with a checkpoint, to be continued later, for example
    /// `"7h50m"`; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub walltime: Option<String>,
}

impl Train {
    /// The wall time, when it is set and valid.
    pub fn walltime(&self) -> Option<Duration> {
        duration(self.walltime.as_deref()?)
    }
}

impl Default for Train {
    fn default() -> Self {
        Self {
            epochs: 50,
            batch: 1,
            accumulate: 1,
            patience: 10,
            monitor: Monitor::Foreground,
            walltime: None,
        }
    }
}

/// What is done with the best checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Evaluate {
    /// Cases to draw: best, median and worst first; 0: none.
    #[schemars(range(min = 0, max = 100))]
    pub overlays: usize,
    /// CT window of the overlays in HU, lower and upper.
    pub overlay_window: [f64; 2],
    /// Distances in mm up to which a surface counts as met (NSD), one score each.
    #[schemars(length(min = 1, max = 8), inner(range(min = 0.01, max = 100.0)))]
    pub surface_tolerance_mm: Vec<f64>,
}

impl Default for Evaluate {
    fn default() -> Self {
        Self { overlays: 3, overlay_window: [-160.0, 240.0], surface_tolerance_mm: vec![1.0, 2.0] }
    }
}
