//! [`Preprocess`]: the keys between a stored volume and the network's input.
//!
//! Does not know about files, volumes or burn.

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
    /// Keep prepared cases in memory; otherwise each is read and prepared again in every epoch.
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
