//! [`Augment`]: the keys of random changes to training cases, one table an operation.
//!
//! `data/augment/mod.rs` says how to add one. Does not know how an operation works.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    #[schemars(length(min = 1, max = 3))]
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
