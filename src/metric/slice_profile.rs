//! [`SliceProfile`]: where along the body the voxels are right and wrong.
//!
//! Does not know about classes.

use super::{axial_axis::AxialAxis, mask::Mask};
use serde::{Deserialize, Serialize};

/// Bins of a [`SliceProfile`].
pub const N_PROFILE_BINS: usize = 20;

/// Voxels by position along the patient's feet-head axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceProfile {
    /// `[true positive, false positive, false negative]` voxels of [`N_PROFILE_BINS`] equal
    /// parts of the volume, feet first.
    pub bins: Vec<[u64; 3]>,
}

impl SliceProfile {
    /// Counts the voxels of three masks.
    pub(super) fn of(counted: [&Mask; 3], feet_head: &AxialAxis) -> Self {
        let mut bins = vec![[0; 3]; N_PROFILE_BINS];
        for (kind, mask) in counted.into_iter().enumerate() {
            for voxel in mask.voxels() {
                let position = feet_head.position(voxel.map(|index| index as f64));
                bins[bin(position)][kind] += 1;
            }
        }
        Self { bins }
    }
}

fn bin(position: f64) -> usize {
    // A slice that ends where a bin does must not fall into the next one by rounding.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20")]
    let bin = (position * N_PROFILE_BINS as f64 + 1e-9) as usize;
    bin.min(N_PROFILE_BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::geometry::{Affine, Spacing};

    #[test]
    fn a_slice_is_counted_where_it_lies() {
        let shape = [2, 3, 40];
        let mut affine = Affine::diagonal(Spacing([1.0, 1.0, 2.0]));
        let (mut right, mut wrong) = (Mask::empty(shape), Mask::empty(shape));
        right.fill([0, 0], 0, 3);
        wrong.fill([1, 2], 38, 40);
        let upward = AxialAxis::of(&affine, shape);
        let found = SliceProfile::of([&right, &wrong, &Mask::empty(shape)], &upward);
        let mut expected = vec![[0; 3]; 20];
        (expected[0][0], expected[1][0], expected[19][1]) = (2, 1, 2);
        assert_eq!(found.bins, expected);
        affine.0[2][2] = -2.0;
        let downward = AxialAxis::of(&affine, shape);
        let found = SliceProfile::of([&right, &wrong, &Mask::empty(shape)], &downward);
        expected.reverse();
        assert_eq!(found.bins, expected);
    }
}
