//! [`Overlay`]: a case in three planes, each as CT, reference, prediction and errors side by side.
//!
//! ```text
//! cut      three slices, where the most is to be seen
//! colour   a palette of CT greys, each also in the tint of a class or an error
//! paint    slices to a picture
//! ```
//!
//! Does not know about scores or folders.

mod colour;
mod cut;
mod paint;

pub(super) use cut::cut;

use cut::Plane;

/// Slices cut out of a case.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// Index of the axial slice from the feet, from 0.
    pub slice: usize,
    /// CT window in HU.
    pub window: [f64; 2],
    /// Axial, coronal, sagittal.
    planes: [Plane; 3],
}
