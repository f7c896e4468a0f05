//! [`Preprocess`] and [`Augment`]: the keys between a stored volume and the network's input.
//!
//! Knows nothing of files, volumes or burn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
