//! [`Affine`], [`Spacing`] and [`Orientation`]: where a grid lies in the patient.
//!
//! Axes, said once: an array is `[x, y, z]` as NIfTI stores it, a tensor
//! `[batch, channel, x, y, z]`; world coordinates are RAS millimetres (x to the patient's right,
//! y to the front, z to the head).
//!
//! Knows nothing of files or voxel values.

/// Millimetres per voxel in array axis order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spacing(pub [f64; 3]);

impl Spacing {
    /// Volume of one voxel in mL.
    pub fn voxel_ml(self) -> f64 {
        self.0.iter().product::<f64>() / 1000.0
    }
}

/// Voxel index `[i, j, k, 1]` to RAS millimetres: the upper three rows of a 4x4 matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine(pub [[f64; 4]; 3]);
