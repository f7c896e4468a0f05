//! [`Affine`], [`Spacing`] and [`Orientation`]: where a grid lies in the patient.
//!
//! Axes, said once: an array is `[x, y, z]` as NIfTI stores it, a tensor
//! `[batch, channel, x, y, z]`; world coordinates are RAS millimetres (x to the patient's right,
//! y to the front, z to the head).
//!
//! Does not know about files or voxel values.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Millimetres per voxel in array axis order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spacing(pub [f64; 3]);

impl fmt::Display for Spacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.0;
        write!(f, "{x:.2}x{y:.2}x{z:.2} mm")
    }
}

/// Which way an array axis runs in the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the patient's right.
    Right,
    /// To the patient's left.
    Left,
    /// To the front.
    Anterior,
    /// To the back.
    Posterior,
    /// To the head.
    Superior,
    /// To the feet.
    Inferior,
}

impl Direction {
    /// World axis: 0 for x, 1 for y, 2 for z.
    fn world_axis(self) -> usize {
        match self {
            Self::Right | Self::Left => 0,
            Self::Anterior | Self::Posterior => 1,
            Self::Superior | Self::Inferior => 2,
        }
    }

    /// The direction along a world axis with the sign of `step`.
    fn along(world_axis: usize, step: f64) -> Self {
        match (world_axis, step < 0.0) {
            (0, false) => Self::Right,
            (0, true) => Self::Left,
            (1, false) => Self::Anterior,
            (1, true) => Self::Posterior,
            (_, false) => Self::Superior,
            (_, true) => Self::Inferior,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Right => 'R',
            Self::Left => 'L',
            Self::Anterior => 'A',
            Self::Posterior => 'P',
            Self::Superior => 'S',
            Self::Inferior => 'I',
        }
    }
}

/// Where the three array axes run; shown as `RAS` or `LPS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation(pub [Direction; 3]);

impl Orientation {
    /// Right, anterior, superior: the canonical axes.
    pub const RAS: Self = Self([Direction::Right, Direction::Anterior, Direction::Superior]);

    /// For each axis of `to`, the axis of `self` it comes from and whether that one is reversed.
    pub fn moves_to(self, to: Self) -> [Move; 3] {
        to.0.map(|wanted| {
            let axis = self.0.iter().position(|own| own.world_axis() == wanted.world_axis());
            // Both hold each world axis once, so there is always such an axis.
            let axis = axis.unwrap_or_default();
            let run = if self.0[axis] == wanted { Run::Forward } else { Run::Backward };
            Move { axis, run }
        })
    }
}

impl fmt::Display for Orientation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|direction| write!(f, "{}", direction.letter()))
    }
}

/// Where an array axis comes from when axes are permuted and flipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The old axis.
    pub axis: usize,
    /// How it is walked.
    pub run: Run,
}

/// How an axis is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// From its first index to its last.
    Forward,
    /// From its last index to its first.
    Backward,
}

/// Voxel index `[i, j, k, 1]` to RAS millimetres: the upper three rows of a 4x4 matrix.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Affine(pub [[f64; 4]; 3]);

impl Affine {
    /// Axes along the world's, voxel `[0, 0, 0]` at the world's origin.
    pub fn diagonal(spacing: Spacing) -> Self {
        let [x, y, z] = spacing.0;
        Self([[x, 0.0, 0.0, 0.0], [0.0, y, 0.0, 0.0], [0.0, 0.0, z, 0.0]])
    }

    /// The same place with all lengths multiplied.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self(self.0.map(|row| row.map(|length| length * factor)))
    }

    /// RAS millimetres of a voxel index.
    pub fn apply(&self, [i, j, k]: [f64; 3]) -> [f64; 3] {
        self.0.map(|[x, y, z, origin]| x * i + y * j + z * k + origin)
    }

    /// Millimetres of one step along an array axis.
    pub fn step(&self, axis: usize) -> [f64; 3] {
        self.0.map(|row| row[axis])
    }

    /// Signed volume of a voxel in mm3; 0 or not finite when the axes span no space.
    pub fn determinant(&self) -> f64 {
        dot(self.step(0), cross(self.step(1), self.step(2)))
    }

    /// Volume of one voxel in mL; a sheared voxel holds less than its edges multiply to.
    pub fn voxel_ml(&self) -> f64 {
        self.determinant().abs() / 1000.0
    }

    /// RAS millimetres to voxel index; `None` when the axes span no space.
    pub fn inverse(&self) -> Option<Self> {
        let determinant = self.determinant();
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        let [x, y, z] = [0, 1, 2].map(|axis| self.step(axis));
        let origin = self.step(3);
        Some(Self([cross(y, z), cross(z, x), cross(x, y)].map(|row| {
            let row = row.map(|value| value / determinant);
            [row[0], row[1], row[2], -dot(row, origin)]
        })))
    }

    /// Length of one step along each array axis.
    pub fn spacing(&self) -> Spacing {
        Spacing([0, 1, 2].map(|axis| norm(self.step(axis))))
    }

    /// Largest cosine between two array axes: 0 when voxels are boxes.
    pub fn shear(&self) -> f64 {
        let cosine = |a: usize, b: usize| {
            let (a, b) = (self.step(a), self.step(b));
            (dot(a, b) / (norm(a) * norm(b))).abs()
        };
        cosine(0, 1).max(cosine(0, 2)).max(cosine(1, 2))
    }

    /// The patient's axes that the array axes run closest to.
    pub fn orientation(&self) -> Orientation {
        const ORDERS: [[usize; 3]; 6] =
            [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let spacing = self.spacing().0;
        let closeness = |order: &[usize; 3]| -> f64 {
            (0..3).map(|axis| (self.0[order[axis]][axis] / spacing[axis]).abs()).sum()
        };
        let mut best = ORDERS[0];
        for order in &ORDERS[1..] {
            if closeness(order) > closeness(&best) {
                best = *order;
            }
        }
        Orientation([0, 1, 2].map(|axis| Direction::along(best[axis], self.0[best[axis]][axis])))
    }

    /// Shape and affine of the same voxels once their axes run as `to`.
    pub fn reoriented(&self, shape: [usize; 3], to: Orientation) -> ([usize; 3], Self) {
        let moves = self.orientation().moves_to(to);
        let mut rows = self.0;
        for (row, old) in rows.iter_mut().zip(&self.0) {
            for (axis, from) in moves.iter().enumerate() {
                row[axis] = old[from.axis];
                if from.run == Run::Backward {
                    row[axis] = -old[from.axis];
                    row[3] += old[from.axis] * shape[from.axis].saturating_sub(1) as f64;
                }
            }
        }
        (moves.map(|from| shape[from.axis]), Self(rows))
    }

    /// Largest distance in mm between the corner voxels of one shape placed by `self` and `other`.
    pub fn corner_distance(&self, other: &Self, shape: [usize; 3]) -> f64 {
        let last = shape.map(|length| length.saturating_sub(1) as f64);
        let corners = (0..8).map(|corner: usize| {
            let index =
                [0, 1, 2].map(|axis| if corner >> axis & 1 == 1 { last[axis] } else { 0.0 });
            let (a, b) = (self.apply(index), other.apply(index));
            norm([a[0] - b[0], a[1] - b[1], a[2] - b[2]])
        });
        corners.fold(0.0, f64::max)
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rotated 30 degrees about z, x stored to the left, as a tilted scanner would.
    fn oblique() -> Affine {
        let (sin, cos) = 30.0_f64.to_radians().sin_cos();
        Affine([
            [-2.0 * cos, -sin, 0.0, 10.0],
            [-2.0 * sin, cos, 0.0, 20.0],
            [0.0, 0.0, 5.0, -30.0],
        ])
    }

    #[test]
    fn spacing_and_orientation_of_an_oblique_grid() {
        let affine = oblique();
        assert_eq!(affine.spacing().to_string(), "2.00x1.00x5.00 mm");
        assert_eq!(affine.orientation().to_string(), "LAS");
        assert!(affine.shear() < 1e-12);
        assert!((affine.determinant() + 10.0).abs() < 1e-12, "2 x 1 x 5 mm, left-handed");
    }

    #[test]
    fn inverse_undoes_the_affine() {
        let affine = oblique();
        let back = affine.inverse().unwrap().apply(affine.apply([3.0, -4.0, 7.0]));
        for (found, expected) in back.iter().zip([3.0, -4.0, 7.0]) {
            assert!((found - expected).abs() < 1e-12);
        }
        let mut flat = affine;
        for row in &mut flat.0 {
            row[2] = row[1];
        }
        assert_eq!(flat.inverse(), None);
    }

    #[test]
    fn reoriented_voxels_stay_where_they_were() {
        // Array axes run inferior, posterior, left.
        let affine =
            Affine([[0.0, 0.0, -3.0, 50.0], [0.0, -2.0, 0.0, 60.0], [-1.0, 0.0, 0.0, 70.0]]);
        assert_eq!(affine.orientation().to_string(), "IPL");
        let (shape, canonical) = affine.reoriented([4, 5, 6], Orientation::RAS);
        assert_eq!(shape, [6, 5, 4]);
        assert_eq!(canonical.orientation(), Orientation::RAS);
        let far = |a: [f64; 3], b: [f64; 3]| norm([a[0] - b[0], a[1] - b[1], a[2] - b[2]]);
        // The last voxel of every stored axis is the first of every canonical one.
        assert!(far(canonical.apply([0.0; 3]), affine.apply([3.0, 4.0, 5.0])) < 1e-12);
        assert!(far(canonical.apply([5.0, 4.0, 3.0]), affine.apply([0.0; 3])) < 1e-12);
    }

    #[test]
    fn corner_distance_is_that_of_the_farthest_corner() {
        let one = Affine::diagonal(Spacing([1.0, 1.0, 1.0]));
        let mut other = one;
        other.0[0][0] = 1.01;
        assert!((one.corner_distance(&other, [101, 5, 5]) - 1.0).abs() < 1e-9);
    }
}
