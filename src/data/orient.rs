//! [`reorient`]: the same voxels at the same place with their axes running another way.
//!
//! Only permutes and flips, so values are never interpolated and the way back is exact; an
//! oblique grid stays oblique, its axes named after the closest of the patient's.
//!
//! Does not know about files or what a value means.

use crate::data::{
    geometry::Orientation,
    permute::{Line, permute},
    volume::Placed,
};

/// Makes the array axes run as `to`; `reorient(.., original orientation)` undoes it.
pub fn reorient<T>(placed: Placed<T>, to: Orientation) -> Placed<T>
where
    T: Copy + Default + Send + Sync,
{
    let from = placed.affine.orientation();
    if from == to {
        return placed;
    }
    let shape = placed.voxels.shape();
    let strides = [shape[1] * shape[2], shape[2], 1];
    let lines = from.moves_to(to).map(|step| Line {
        length: shape[step.axis],
        stride: strides[step.axis],
        run: step.run,
    });
    let (_, affine) = placed.affine.reoriented(shape, to);
    Placed { voxels: permute(placed.voxels.values(), lines, |value| value), affine }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{geometry::Affine, volume::Grid};

    #[test]
    fn canonical_and_back_is_the_same_volume() {
        let stored = Placed {
            voxels: Grid::from_fn([2, 3, 4], |[x, y, z]| x * 12 + y * 4 + z),
            affine: Affine([[0.0, 0.0, -3.0, 9.0], [0.0, 2.0, 0.0, -4.0], [-1.0, 0.0, 0.0, 1.0]]),
        };
        let original = stored.affine.orientation();
        assert_eq!(original.to_string(), "IAL");
        let canonical = reorient(stored.clone(), Orientation::RAS);
        assert_eq!(canonical.voxels.shape(), [4, 3, 2]);
        assert_eq!(canonical.affine.orientation(), Orientation::RAS);
        assert_eq!(canonical.voxels.at([0, 1, 0]), stored.voxels.at([1, 1, 3]));
        assert_eq!(reorient(canonical, original), stored);
    }
}
