//! `apply`: rotates every slice of a case by one angle about its centre.
//!
//! [`linear`] and [`nearest`] do the same as scikit-image's
//! `rotate(slice, degrees, mode="reflect")` with order 1 and 0 on slices indexed `[x, y]`; the shape
//! stays.

use crate::{
    base::random::Draw,
    data::{
        axis_weights::{floor, mirror},
        volume::Grid,
    },
    spec::{Rotate, RotationFill},
};
use rayon::prelude::*;
use std::borrow::Cow;

/// Values outside of a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Padding<T> {
    /// Those of the slice, mirrored without repeating its border.
    Reflect,
    /// One value everywhere.
    Constant(T),
}

/// Rotates image and labels by one angle, with the chance of `rule`.
pub(super) fn apply(
    rule: &Rotate,
    image: &mut Cow<'_, Grid<f32>>,
    labels: &mut Cow<'_, Grid<u8>>,
    draw: Draw<'_>,
) {
    let mut stream = draw.stream("rotate");
    if !stream.chance(rule.p) {
        return;
    }
    let degrees = stream.range(-rule.degrees, rule.degrees);
    let (of_image, of_labels) = match rule.fill {
        RotationFill::Reflect => (Padding::Reflect, Padding::Reflect),
        // Air is the low end of the input range, and background.
        RotationFill::Air => (Padding::Constant(0.0), Padding::Constant(0)),
    };
    *image = Cow::Owned(linear(image, degrees, of_image));
    *labels = Cow::Owned(nearest(labels, degrees, of_labels));
}

/// Rotates by bilinear interpolation.
pub fn linear(input: &Grid<f32>, degrees: f64, padding: Padding<f32>) -> Grid<f32> {
    rotated(input, degrees, padding, |lane, [x, y], lanes| {
        let (left, low) = (floor(x), floor(y));
        let (x_share, y_share) = (x - x.floor(), y - y.floor());
        let weight = |x: f64, y: f64| narrow(x * y);
        let weights = [
            weight(1.0 - x_share, 1.0 - y_share),
            weight(1.0 - x_share, y_share),
            weight(x_share, 1.0 - y_share),
            weight(x_share, y_share),
        ];
        let corners = [[left, low], [left, low + 1], [left + 1, low], [left + 1, low + 1]];
        let [a, b, c, d] = corners.map(|corner| lanes.at(corner).iter());
        for ((((value, a), b), c), d) in lane.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *value = 0.0 + weights[0] * a + weights[1] * b + weights[2] * c + weights[3] * d;
        }
    })
}

/// Rotates, each voxel taking the value of the nearest one.
pub fn nearest<T>(input: &Grid<T>, degrees: f64, padding: Padding<T>) -> Grid<T>
where
    T: Copy + Default + Send + Sync,
{
    rotated(input, degrees, padding, |lane, [x, y], lanes| {
        lane.copy_from_slice(lanes.at([floor(x + 0.5), floor(y + 0.5)]));
    })
}

/// Fills each lane along z from the place `[x, y]` that it is rotated from. `fill_lane` is given
/// what lies at a whole place: a lane of the input, or of the padding.
fn rotated<T>(
    input: &Grid<T>,
    degrees: f64,
    padding: Padding<T>,
    fill_lane: impl Fn(&mut [T], [f64; 2], &Lanes<'_, T>) + Sync,
) -> Grid<T>
where
    T: Copy + Default + Send + Sync,
{
    let [n_x, n_y, n_z] = input.shape();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let centre = [n_x, n_y].map(|n| n as f64 / 2.0 - 0.5);
    let outside = match padding {
        Padding::Reflect => None,
        Padding::Constant(fill) => Some(vec![fill; n_z]),
    };
    let lanes = Lanes { input, outside };
    let mut output = Grid::filled(input.shape(), T::default());
    output.values_mut().par_chunks_mut((n_y * n_z).max(1)).enumerate().for_each(|(x, slab)| {
        let x = x as f64 - centre[0];
        for (y, lane) in slab.chunks_exact_mut(n_z).enumerate() {
            let y = y as f64 - centre[1];
            let place = [y * sin + x * cos + centre[0], y * cos - x * sin + centre[1]];
            fill_lane(lane, place, &lanes);
        }
    });
    output
}

/// The lanes along z of a grid, and what lies beyond its slices.
struct Lanes<'a, T> {
    input: &'a Grid<T>,
    /// A lane of the padding; without one the slices are mirrored.
    outside: Option<Vec<T>>,
}

impl<T: Copy> Lanes<'_, T> {
    fn at(&self, [x, y]: [isize; 2]) -> &[T] {
        let [n_x, n_y, n_z] = self.input.shape();
        let inside = [mirror(x, n_x), mirror(y, n_y)];
        match &self.outside {
            Some(outside) if inside.map(usize::cast_signed) != [x, y] => outside,
            _ => &self.input.values()[self.input.index([inside[0], inside[1], 0])..][..n_z],
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
        assert_eq!(linear(&numbered(), 0.0, Padding::Reflect), numbered());
        assert_eq!(nearest(&numbered(), 0.0, Padding::Constant(-1.0)), numbered());
    }

    #[test]
    fn a_right_angle_turns_the_slice() {
        let turned = nearest(&numbered(), 90.0, Padding::Reflect);
        let expected = Grid::from_fn([5, 5, 2], |[x, y, z]| numbered().at([y, 4 - x, z]));
        assert_eq!(turned, expected);
    }

    #[test]
    fn the_corners_take_the_padding() {
        let ones = Grid::filled([9, 9, 1], 1.0_f32);
        let filled = linear(&ones, 45.0, Padding::Constant(0.0));
        assert_eq!(filled.at([0, 0, 0]), 0.0);
        assert!((filled.at([4, 4, 0]) - 1.0).abs() < 1e-6);
        let mirrored = linear(&ones, 45.0, Padding::Reflect);
        assert!(mirrored.values().iter().all(|value| (value - 1.0).abs() < 1e-6));
    }
}
