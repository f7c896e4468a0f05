//! [`AxialAxis`]: how far up the patient a voxel lies.
//!
//! Does not know about masks.

use crate::data::geometry::Affine;

/// The volume's extent along the patient's feet-head axis (z of RAS), from the lowest to the
/// highest corner of its outer voxels.
#[derive(Debug, Clone, Copy)]
pub(super) struct AxialAxis {
    row: [f64; 3],
    start: f64,
    length: f64,
}

impl AxialAxis {
    /// Of a volume.
    pub(super) fn of(affine: &Affine, shape: [usize; 3]) -> Self {
        let row = [0, 1, 2].map(|axis: usize| affine.0[2][axis]);
        // A voxel reaches half a step to either side of its centre.
        let start = (0..3).map(|axis: usize| {
            let ends = [-0.5, shape[axis] as f64 - 0.5].map(|index| index * row[axis]);
            ends[0].min(ends[1])
        });
        let length = (0..3).map(|axis: usize| (row[axis] * shape[axis] as f64).abs()).sum();
        Self { row, start: start.sum(), length }
    }

    /// 0 at the feet's end, 1 at the head's.
    pub(super) fn position(&self, voxel: [f64; 3]) -> f64 {
        let along: f64 = voxel.iter().zip(self.row).map(|(index, step)| index * step).sum();
        // Axes that span no space have no ends; the readers of files refuse them.
        if self.length > 0.0 { ((along - self.start) / self.length).clamp(0.0, 1.0) } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::geometry::Spacing;

    #[test]
    fn ends_are_at_the_outer_faces() {
        let mut affine = Affine::diagonal(Spacing([1.0, 1.0, 5.0]));
        let upward = AxialAxis::of(&affine, [4, 4, 10]);
        assert!((upward.position([3.0, 0.0, 0.0]) - 0.05).abs() < 1e-12);
        assert!((upward.position([0.0, 3.0, 9.0]) - 0.95).abs() < 1e-12);
        affine.0[2][2] = -5.0;
        let downward = AxialAxis::of(&affine, [4, 4, 10]);
        assert!((downward.position([0.0, 0.0, 0.0]) - 0.95).abs() < 1e-12);
        let flat = AxialAxis::of(&affine, [4, 4, 1]);
        assert!((flat.position([0.0, 0.0, 0.0]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_tilted_volume_ends_at_its_corners() {
        let (sin, cos) = 0.3_f64.sin_cos();
        let affine = Affine([[1.0, 0.0, 0.0, 9.0], [0.0, cos, -sin, 8.0], [0.0, sin, cos, 7.0]]);
        let tilted = AxialAxis::of(&affine, [4, 5, 6]);
        assert!(tilted.position([1.0, -0.5, -0.5]).abs() < 1e-12);
        assert!((tilted.position([1.0, 4.5, 5.5]) - 1.0).abs() < 1e-12);
    }
}
