//! [`Canvas`]: a CT that is painted ellipsoid by ellipsoid in millimetres, then made to look
//! scanned.
//!
//! Does not know about anatomy.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "HU fit f32, and a float cast to an index saturates at the grid's first voxel"
)]

use crate::{
    base::random::Stream,
    data::{axis_weights::AxisWeights, geometry::Spacing, resize::mix, volume::Grid},
};
use rayon::prelude::*;
use std::{f64::consts::TAU, ops::Range};

/// HU of air, which is what an empty canvas shows.
pub(super) const AIR: f64 = -1000.0;

/// A filled ellipsoid. Coordinates are millimetres to the right, front and head of the middle of
/// the canvas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ellipsoid {
    pub(super) centre: [f64; 3],
    pub(super) radii: [f64; 3],
    /// Radians from right to front about the head-foot axis.
    pub(super) turn: f64,
}

impl Ellipsoid {
    pub(super) fn new(centre: [f64; 3], radii: [f64; 3]) -> Self {
        Self { centre, radii, turn: 0.0 }
    }

    pub(super) fn turned(self, turn: f64) -> Self {
        Self { turn, ..self }
    }

    /// The same ellipsoid with a layer of `thickness` millimetres around it.
    pub(super) fn grown(self, thickness: f64) -> Self {
        Self { radii: self.radii.map(|radius| (radius + thickness).max(0.1)), ..self }
    }

    pub(super) fn contains(&self, point: [f64; 3]) -> bool {
        let [x, y, z] = [0, 1, 2].map(|axis| point[axis] - self.centre[axis]);
        let (sin, cos) = self.turn.sin_cos();
        let along = [x * cos + y * sin, y * cos - x * sin, z];
        (0..3).map(|axis| (along[axis] / self.radii[axis]).powi(2)).sum::<f64>() <= 1.0
    }
}

/// What a painted ellipsoid is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Material {
    /// Mean HU.
    pub(super) hu: f64,
    /// Standard deviation in HU of slow changes within it.
    pub(super) texture: f64,
    /// Class of its voxels.
    pub(super) class: u8,
}

impl Material {
    /// Of the background.
    pub(super) fn healthy(hu: f64) -> Self {
        Self { hu, texture: 6.0, class: 0 }
    }
}

/// The box of voxels, its middle at the origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) shape: [usize; 3],
    pub(super) spacing: Spacing,
}

impl Frame {
    /// Half of each side in millimetres.
    pub(super) fn half_extent(self) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.shape[axis] as f64 * self.spacing.0[axis] / 2.0)
    }

    fn millimetres(self, axis: usize, index: usize) -> f64 {
        (index as f64 + 0.5) * self.spacing.0[axis] - self.half_extent()[axis]
    }

    /// Voxels of an axis within `reach` millimetres of `centre`.
    fn reached(self, axis: usize, centre: f64, reach: f64) -> Range<usize> {
        let index = |place: f64| (place + self.half_extent()[axis]) / self.spacing.0[axis] - 0.5;
        let end = ((index(centre + reach) + 1.0).floor() as usize).min(self.shape[axis]);
        (index(centre - reach).ceil() as usize).min(end)..end
    }
}

/// HU and classes under the brush.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) frame: Frame,
    hu: Grid<f32>,
    labels: Grid<u8>,
    /// Wave vectors in radians per millimetre, and phases: their sum is the texture.
    waves: Vec<([f64; 3], f64)>,
}

impl Canvas {
    /// Air everywhere.
    pub(super) fn new(frame: Frame, mut stream: Stream) -> Self {
        let mut wave = || {
            let direction = [0; 3].map(|_| stream.normal());
            let norm = direction.iter().map(|part| part * part).sum::<f64>().sqrt().max(1e-9);
            let per_mm = TAU / stream.range(22.0, 60.0) / norm;
            (direction.map(|part| part * per_mm), stream.range(0.0, TAU))
        };
        Self {
            frame,
            hu: Grid::filled(frame.shape, AIR as f32),
            labels: Grid::filled(frame.shape, 0),
            waves: (0..6).map(|_| wave()).collect(),
        }
    }

    /// Paints over what is there, within `bounds` where given.
    pub(super) fn paint(
        &mut self,
        shape: Ellipsoid,
        material: Material,
        bounds: Option<Ellipsoid>,
    ) {
        let Self { frame, hu, labels, waves } = self;
        let [_, n_y, n_z] = frame.shape;
        let across = shape.radii[0].max(shape.radii[1]);
        let [xs, ys, zs] = [(0, across), (1, across), (2, shape.radii[2])]
            .map(|(axis, reach)| frame.reached(axis, shape.centre[axis], reach));
        let slabs = hu.values_mut().par_chunks_mut(n_y * n_z);
        let slabs = slabs.zip(labels.values_mut().par_chunks_mut(n_y * n_z)).enumerate();
        slabs.skip(xs.start).take(xs.len()).for_each(|(x, (hu, labels))| {
            for y in ys.clone() {
                for z in zs.clone() {
                    let point = [(0, x), (1, y), (2, z)]
                        .map(|(axis, index)| frame.millimetres(axis, index));
                    if shape.contains(point) && bounds.is_none_or(|bounds| bounds.contains(point)) {
                        let voxel = y * n_z + z;
                        let texture = material.texture * ripple(waves, point);
                        hu[voxel] = (material.hu + texture) as f32;
                        labels[voxel] = material.class;
                    }
                }
            }
        });
    }

    /// Blurs as a scanner does, adds its grainy noise of standard deviation `noise` HU and rounds.
    pub(super) fn scan(self, noise: f64, mut stream: Stream) -> (Grid<f32>, Grid<u8>) {
        let shape = self.frame.shape;
        let blur = |sigmas: [f64; 3]| {
            [0, 1, 2].map(|axis: usize| AxisWeights::blur(shape[axis], sigmas[axis]))
        };
        let mut hu = mix(&self.hu, &blur([0.55, 0.55, 0.35]));
        let white = Grid::from_fn(shape, |_| stream.normal() as f32);
        let grain = mix(&white, &blur([0.6, 0.6, 0.0]));
        let n_voxels = grain.values().len() as f64;
        let variance = grain.values().iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
        let scale = (noise / (variance / n_voxels).sqrt().max(1e-9)) as f32;
        for (value, grain) in hu.values_mut().iter_mut().zip(grain.values()) {
            *value = (*value + scale * grain).round().clamp(-1024.0, 3071.0);
        }
        (hu, self.labels)
    }
}

/// A slowly changing number of mean 0 and variance 1 over space.
fn ripple(waves: &[([f64; 3], f64)], point: [f64; 3]) -> f64 {
    let sum: f64 = waves
        .iter()
        .map(|(wave, phase)| {
            (wave[0] * point[0] + wave[1] * point[1] + wave[2] * point[2] + phase).sin()
        })
        .sum();
    sum / (waves.len() as f64 / 2.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Draw;

    fn canvas(shape: [usize; 3]) -> Canvas {
        let frame = Frame { shape, spacing: Spacing([2.0, 2.0, 4.0]) };
        Canvas::new(frame, Draw { seed: 1, epoch: 0, case: "" }.stream("test"))
    }

    #[test]
    fn an_ellipsoid_has_its_volume() {
        let mut canvas = canvas([64, 64, 32]);
        let ball = Ellipsoid::new([3.0, -4.0, 5.0], [30.0, 20.0, 40.0]).turned(0.6);
        canvas.paint(ball, Material { hu: 50.0, texture: 0.0, class: 1 }, None);
        let n_painted: u32 = canvas.labels.values().iter().map(|&class| u32::from(class)).sum();
        let expected = 4.0 / 3.0 * std::f64::consts::PI * 30.0 * 20.0 * 40.0 / 16.0;
        // The voxels at the surface, one in eight, are right to about a tenth.
        assert!((f64::from(n_painted) / expected - 1.0).abs() < 0.02, "{n_painted} for {expected}");
    }

    #[test]
    fn what_reaches_beyond_the_canvas_is_cut() {
        let mut canvas = canvas([8, 8, 8]);
        let material = Material { hu: 50.0, texture: 0.0, class: 1 };
        canvas.paint(Ellipsoid::new([100.0, 0.0, 0.0], [5.0; 3]), material, None);
        assert!(canvas.labels.values().iter().all(|&class| class == 0));
        canvas.paint(Ellipsoid::new([0.0; 3], [500.0; 3]), material, None);
        assert!(canvas.labels.values().iter().all(|&class| class == 1));
    }

    #[test]
    fn noise_has_the_strength_asked_for() {
        let (hu, _) =
            canvas([32, 32, 8]).scan(5.0, Draw { seed: 1, epoch: 0, case: "" }.stream("n"));
        let n = hu.values().len() as f64;
        let deviation = |hu: f32| (f64::from(hu) - AIR).powi(2);
        let sd = (hu.values().iter().map(|&hu| deviation(hu)).sum::<f64>() / n).sqrt();
        // Rounding to whole HU adds a variance of 1/12.
        assert!((sd - 5.0).abs() < 0.1, "{sd}");
    }
}
