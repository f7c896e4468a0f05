//! [`Model`] and [`Loss`]: the keys of the network and of what it minimises.
//!
//! Does not know about burn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// How a class counts that is absent from the reference.
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

/// How an absent class counts in the Dice loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentClass {
    /// It counts: its loss is nearly 1, unless nothing of it is predicted.
    Include,
    /// It is left out of the mean.
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
