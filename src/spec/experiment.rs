//! [`Experiment`]: what a spec file asks for, every key with its type, default and meaning.
//!
//! These types are the only list of keys: the TOML schema, `seglab spec keys`, the defaults and
//! `resolved.toml` all come from them. A doc comment here is what a user reads there.
//!
//! Knows nothing of files, clap or burn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question, and everything that is needed to answer it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Experiment {
    /// What the experiment asks; shown at the head of every report.
    #[serde(default)]
    pub question: String,
    /// Name of the experiment and of its folder under `runs/`; default: the file's stem.
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
}

fn default_seed() -> u64 {
    42
}

/// Where the cases are and what their labels mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// Folder with `CT/` and `Segmentation/`, or nnU-Net's `imagesTr/`, `labelsTr/` and
    /// `dataset.json`; relative to where the command is run.
    pub root: String,
    /// Class names in label order; the first is the background.
    #[schemars(length(min = 2, max = 255))]
    pub classes: Vec<String>,
    /// Stored label value to class index; without it a stored value is the class.
    #[serde(default)]
    pub label_map: BTreeMap<String, u8>,
    /// Cases to leave out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Regular expression whose first group is the patient of a case name; cases of one patient
    /// never cross a split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// Phantom data set made once at `root` when nothing is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phantom: Option<Phantom>,
}

/// A made-up data set.
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
        /// Share that validates.
        #[serde(default = "default_valid")]
        #[schemars(range(min = 0.0, max = 0.95))]
        valid: f64,
        /// Share that tests.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 0.95))]
        test: f64,
    },
    /// One fold of k validates, the others train.
    KFold {
        /// Number of folds.
        #[schemars(range(min = 2, max = 100))]
        folds: usize,
        /// The fold that validates, from 0.
        #[serde(default)]
        fold: usize,
    },
    /// Named cases.
    Explicit {
        /// Cases that train; empty: all that are in neither other list.
        #[serde(default)]
        train: Vec<String>,
        /// Cases that validate.
        valid: Vec<String>,
        /// Cases that test.
        #[serde(default)]
        test: Vec<String>,
    },
}

fn default_valid() -> f64 {
    0.2
}

impl Default for SplitRule {
    fn default() -> Self {
        Self::Holdout { valid: default_valid(), test: 0.0 }
    }
}

/// From the stored volume to the network's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Preprocess {
    /// Voxel grid of the network's input.
    pub grid: TrainingGrid,
    /// Mapping of CT values to the network's input range 0 to 1.
    pub intensity: Intensity,
    /// Axes of the array: `ras` reorients to canonical axes, `as-stored` leaves them.
    pub orientation: OrientationPolicy,
    /// Keep preprocessed cases in memory between epochs.
    pub cache: bool,
}

impl Default for Preprocess {
    fn default() -> Self {
        Self {
            grid: TrainingGrid::XySize { size: 128 },
            intensity: Intensity::Percentile { lower: 1.0, upper: 99.0 },
            orientation: OrientationPolicy::Ras,
            cache: true,
        }
    }
}

/// Voxel grid of the network's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum TrainingGrid {
    /// Every slice resized to `size` x `size` with anti-aliasing; slices kept (the notebook's).
    XySize {
        /// Voxels along x and y.
        #[schemars(range(min = 1, max = 1024))]
        size: usize,
    },
    /// Resampled to one voxel size.
    Spacing {
        /// Millimetres along x, y and z.
        #[schemars(inner(range(min = 0.05, max = 50.0)))]
        mm: [f64; 3],
    },
    /// As stored.
    Native {},
}

/// Mapping of CT values to 0..1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum Intensity {
    /// Percentiles of the whole resized volume become 0 and 1 (the notebook's).
    Percentile {
        /// Percentile that becomes 0.
        #[serde(default = "default_lower_percentile")]
        #[schemars(range(min = 0.0, max = 100.0))]
        lower: f64,
        /// Percentile that becomes 1.
        #[serde(default = "default_upper_percentile")]
        #[schemars(range(min = 0.0, max = 100.0))]
        upper: f64,
    },
    /// A fixed window in HU becomes 0..1.
    Window {
        /// HU that become 0.
        #[schemars(range(min = -4096.0, max = 32767.0))]
        lower: f64,
        /// HU that become 1.
        #[schemars(range(min = -4096.0, max = 32767.0))]
        upper: f64,
    },
}

fn default_lower_percentile() -> f64 {
    1.0
}

fn default_upper_percentile() -> f64 {
    99.0
}

/// Which way the array's axes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrientationPolicy {
    /// Axes run to the patient's right, anterior and superior.
    Ras,
    /// Axes as the file stores them.
    AsStored,
}

/// Random changes of training cases; an operation that is absent is off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Augment {
    /// Mirror along axes, each with its own draw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flip: Option<Flip>,
    /// Rotate every slice by one angle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate: Option<Rotate>,
}

/// Mirror along axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Flip {
    /// Probability, drawn for each axis.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub p: f64,
    /// Axes that may be mirrored.
    #[serde(default = "default_flip_axes")]
    pub axes: Vec<Axis>,
}

fn half() -> f64 {
    0.5
}

fn default_flip_axes() -> Vec<Axis> {
    vec![Axis::X, Axis::Y]
}

/// An array axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// The first.
    X,
    /// The second.
    Y,
    /// The third, across slices.
    Z,
}

impl Axis {
    /// Position in an array's shape.
    pub fn index(self) -> usize {
        match self {
            Self::X => 0,
            Self::Y => 1,
            Self::Z => 2,
        }
    }
}

/// Rotate every slice by one angle about its centre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rotate {
    /// Probability.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub p: f64,
    /// The angle is uniform between minus and plus this many degrees.
    #[serde(default = "default_degrees")]
    #[schemars(range(min = 0.0, max = 180.0))]
    pub degrees: f64,
    /// What fills the corners: `reflect` mirrors the slice (the notebook's), `air` puts the
    /// lowest input value and background.
    #[serde(default)]
    pub fill: RotationFill,
}

fn default_degrees() -> f64 {
    15.0
}

/// What fills the corners of a rotated slice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RotationFill {
    /// The slice mirrored at its border pixels.
    #[default]
    Reflect,
    /// The lowest input value, labelled background.
    Air,
}

/// The network: a 3-D U-Net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Model {
    /// Channels of each level, from full resolution down to the bottleneck.
    #[schemars(length(min = 2, max = 8), inner(range(min = 1, max = 2048)))]
    pub widths: Vec<usize>,
    /// Normalisation after each convolution.
    pub norm: Norm,
    /// Reduction ratio of squeeze-and-excitation; 0 switches it off. Hidden units are
    /// max(1, channels / ratio).
    #[schemars(range(min = 0, max = 1024))]
    pub squeeze_excitation: usize,
    /// Add a 1x1x1 projection of a block's input to its output.
    pub residual: bool,
    /// Give every decoder level a head of its own in training.
    pub deep_supervision: bool,
    /// Probability that a channel is dropped after each pooling and each decoder block.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub dropout: f64,
    /// Probability that a channel is dropped after each encoder block, before its skip.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub skip_dropout: f64,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            widths: vec![32, 64, 128, 256],
            norm: Norm::Batch,
            squeeze_excitation: 16,
            residual: true,
            deep_supervision: true,
            dropout: 0.3,
            skip_dropout: 0.1,
        }
    }
}

/// Normalisation after a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Statistics of the batch in training, running ones in evaluation.
    Batch,
    /// Statistics of each channel of each case.
    Instance,
    /// Statistics of groups of at most 8 channels of each case.
    Group,
}

/// What training minimises: a weighted sum of soft Dice and cross-entropy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Loss {
    /// Soft Dice loss.
    pub dice: DiceLoss,
    /// Cross-entropy.
    pub cross_entropy: CrossEntropy,
    /// Weight of the mean loss of the deep heads beside the main head's.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub deep_supervision_weight: f64,
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            dice: DiceLoss::default(),
            cross_entropy: CrossEntropy::default(),
            deep_supervision_weight: 0.5,
        }
    }
}

/// Soft Dice loss: one minus the mean over cases and classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DiceLoss {
    /// Weight in the sum; 0 switches it off.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub weight: f64,
    /// Whether the background counts as a class.
    pub background: bool,
    /// What a class does that is absent from the reference.
    pub absent: AbsentClass,
    /// Added to numerator and denominator, in voxels.
    #[schemars(range(min = 0.0, max = 1e6))]
    pub smooth: f64,
}

impl Default for DiceLoss {
    fn default() -> Self {
        Self { weight: 1.0, background: true, absent: AbsentClass::Include, smooth: 1e-5 }
    }
}

/// What an absent class does in the Dice loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentClass {
    /// Counts, with nearly constant loss 1 unless nothing is predicted.
    Include,
    /// Is left out of the mean.
    Skip,
}

/// Cross-entropy, averaged over voxels with class weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CrossEntropy {
    /// Weight in the sum; 0 switches it off.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub weight: f64,
    /// Weight of each class: a rule, or one number per class.
    pub class_weights: ClassWeights,
    /// Background's weight under the rule `notebook`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub background_weight: f64,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        Self {
            weight: 0.7,
            class_weights: ClassWeights::Rule(ClassWeightRule::Notebook),
            background_weight: 0.1,
        }
    }
}

/// Weight of each class in the cross-entropy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ClassWeights {
    /// By a rule.
    Rule(ClassWeightRule),
    /// One weight per class, background first.
    Given(#[schemars(inner(range(min = 0.0, max = 1e6)))] Vec<f64>),
}

/// A rule for class weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeightRule {
    /// The notebook's formula, from the voxels of each batch.
    Notebook,
    /// All classes weigh 1.
    None,
    /// Inverse voxel frequency over the training split, mean 1.
    InverseFrequency,
}

/// How a step changes the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Optimizer {
    /// The rule.
    pub kind: OptimizerKind,
    /// Decoupled weight decay, on every parameter as in PyTorch.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub weight_decay: f64,
    /// Keep the largest second moment seen.
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
        }
    }
}

/// When a schedule advances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Advance {
    /// After each optimizer step.
    #[default]
    Step,
    /// After each epoch, though it is sized in steps.
    Epoch,
}

/// How long training goes on, and what is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Train {
    /// Passes over the training split.
    #[schemars(range(min = 1, max = 100_000))]
    pub epochs: usize,
    /// Cases per optimizer step; more than 1 needs cases of one shape on the training grid.
    #[schemars(range(min = 1, max = 1024))]
    pub batch: usize,
    /// Epochs without a better monitored score after which training stops; 0: never.
    pub patience: usize,
    /// Score that chooses the best checkpoint: `valid/loss`, `valid/dice/foreground` or
    /// `valid/dice/CLASS`.
    pub monitor: String,
}

impl Default for Train {
    fn default() -> Self {
        Self { epochs: 50, batch: 1, patience: 10, monitor: "valid/dice/foreground".into() }
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
}

impl Default for Evaluate {
    fn default() -> Self {
        Self { overlays: 3, overlay_window: [-160.0, 240.0] }
    }
}
