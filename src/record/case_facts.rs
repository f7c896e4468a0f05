//! [`CaseFacts`]: what a run knew of each of its cases, so that its data can be spoken of where they
//! no longer lie.
//!
//! Does not know about files.

use crate::event::Split;
use serde::{Deserialize, Serialize};

/// One case of a run's data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// The case.
    pub case: String,
    /// The part it plays.
    pub split: Split,
    /// Voxels along the axes, once oriented.
    pub shape: [usize; 3],
    /// Millimetres along the axes, once oriented.
    pub spacing_mm: [f64; 3],
    /// How its axes run in the file, as `RAS` or `LPS`.
    pub stored_axes: String,
    /// Lowest and highest value in HU.
    pub hu: [f32; 2],
    /// Volume of a voxel in mL.
    pub voxel_ml: f64,
    /// Voxels by class, background first.
    pub class_voxels: Vec<u64>,
}
