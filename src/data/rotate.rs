//! [`linear`] and [`nearest`]: every slice of a grid rotated by one angle about its centre.
//!
//! The same as scikit-image's `rotate(slice, degrees, mode="reflect")` with order 1 and 0 on
//! slices indexed `[x, y]`; the shape stays.
//!
//! Knows nothing of probabilities or of what a value means.

use crate::data::{
    axis_weights::{floor, mirror},
    volume::Grid,
};
use rayon::prelude::*;

/// What lies beyond a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beyond<T> {
    /// The slice, mirrored without repeating its border.
    Mirror,
    /// One value.
    Value(T),
}

/// Rotates by bilinear interpolation.
pub fn linear(input: &Grid<f32>, degrees: f64, beyond: Beyond<f32>) -> Grid<f32> {
    rotated(input, degrees, |lane, [x, y]| {
        lane.fill(0.0);
        let (left, low) = (floor(x), floor(y));
        let (x_share, y_share) = (x - x.floor(), y - y.floor());
        for (x, x_weight) in [(left, 1.0 - x_share), (left + 1, x_share)] {
            for (y, y_weight) in [(low, 1.0 - y_share), (low + 1, y_share)] {
                let weight = narrow(x_weight * y_weight);
                match source(input, [x, y], beyond) {
                    Ok(source) => {
                        for (value, source) in lane.iter_mut().zip(source) {
                            *value += weight * source;
                        }
                    }
                    Err(fill) => lane.iter_mut().for_each(|value| *value += weight * fill),
                }
            }
        }
    })
}

/// Rotates, each voxel taking the value of the nearest one.
pub fn nearest<T>(input: &Grid<T>, degrees: f64, beyond: Beyond<T>) -> Grid<T>
where
    T: Copy + Default + Send + Sync,
{
    rotated(input, degrees, |lane, [x, y]| {
        match source(input, [floor(x + 0.5), floor(y + 0.5)], beyond) {
            Ok(source) => lane.copy_from_slice(source),
            Err(fill) => lane.fill(fill),
        }
    })
}

/// Fills each lane along z from the place `[x, y]` that it is rotated from.
fn rotated<T>(
    input: &Grid<T>,
    degrees: f64,
    fill_lane: impl Fn(&mut [T], [f64; 2]) + Sync,
) -> Grid<T>
where
    T: Copy + Default + Send + Sync,
{
    let [n_x, n_y, n_z] = input.shape();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let centre = [n_x, n_y].map(|n| n as f64 / 2.0 - 0.5);
    let mut output = Grid::filled(input.shape(), T::default());
    output.values_mut().par_chunks_mut((n_y * n_z).max(1)).enumerate().for_each(|(x, slab)| {
        let x = x as f64 - centre[0];
        for (y, lane) in slab.chunks_exact_mut(n_z).enumerate() {
            let y = y as f64 - centre[1];
            fill_lane(lane, [y * sin + x * cos + centre[0], y * cos - x * sin + centre[1]]);
        }
    });
    output
}

/// The lane along z at `[x, y]`, or the value that stands for it beyond the slice.
fn source<T: Copy>(input: &Grid<T>, [x, y]: [isize; 2], beyond: Beyond<T>) -> Result<&[T], T> {
    let [n_x, n_y, n_z] = input.shape();
    let inside = [mirror(x, n_x), mirror(y, n_y)];
    match beyond {
        Beyond::Value(fill) if inside.map(usize::cast_signed) != [x, y] => Err(fill),
        _ => {
            let first = input.index([inside[0], inside[1], 0]);
            Ok(&input.values()[first..first + n_z])
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a weight for f32 values")]
fn narrow(weight: f64) -> f32 {
    weight as f32
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these values are exact")]

    use super::*;

    fn numbered() -> Grid<f32> {
        Grid::from_fn([5, 5, 2], |[x, y, z]| (x * 10 + y + z * 100) as f32)
    }

    #[test]
    fn no_angle_changes_nothing() {
        assert_eq!(linear(&numbered(), 0.0, Beyond::Mirror), numbered());
        assert_eq!(nearest(&numbered(), 0.0, Beyond::Value(-1.0)), numbered());
    }

    #[test]
    fn a_right_angle_turns_the_slice() {
        let turned = nearest(&numbered(), 90.0, Beyond::Mirror);
        let expected = Grid::from_fn([5, 5, 2], |[x, y, z]| numbered().at([y, 4 - x, z]));
        assert_eq!(turned, expected);
    }

    #[test]
    fn the_corners_take_what_lies_beyond() {
        let ones = Grid::filled([9, 9, 1], 1.0_f32);
        let filled = linear(&ones, 45.0, Beyond::Value(0.0));
        assert_eq!(filled.at([0, 0, 0]), 0.0);
        assert!((filled.at([4, 4, 0]) - 1.0).abs() < 1e-6);
        let mirrored = linear(&ones, 45.0, Beyond::Mirror);
        assert!(mirrored.values().iter().all(|value| (value - 1.0).abs() < 1e-6));
    }
}
