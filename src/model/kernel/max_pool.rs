//! [`MaxPool`] with channel dropout in one pass.
//!
//! Does not know about the network around it.

use super::{
    buffer::Buffer,
    geometry::Extent,
    operation::{Block, Operation, View},
    simd::{Kernel, Lanes, Unit},
};
use rayon::prelude::*;

/// `mask *` the largest of each window; voxels left over at the end of an axis are left out, as
/// PyTorch's `MaxPool3d` does. Of equal values the first gets the gradient.
///
/// Input: `[n, x, y, z, c]`, each axis at least as long as the window.
#[derive(Debug)]
pub struct MaxPool {
    /// Voxels of a window along each axis, which are also those from one to the next.
    pub window: [usize; 3],
    /// What each channel of each case is multiplied with, `[n x c]`; empty for nothing.
    pub mask: Vec<f32>,
}

impl MaxPool {
    fn output(&self, from: Extent) -> Extent {
        Extent { size: std::array::from_fn(|a| from.size[a] / self.window[a]), ..from }
    }

    fn mask_of(&self, case: usize, c: usize) -> Vec<f32> {
        if self.mask.is_empty() { vec![1.0; c] } else { self.mask[case * c..][..c].to_vec() }
    }

    fn windows(&self, from: Extent) -> Windows {
        let [wx, wy, wz] = self.window;
        let offsets = (0..wx * wy * wz)
            .map(|i| [i / (wy * wz), i / wz % wy, i % wz])
            .map(|[x, y, z]| x * from.plane() + (y * from.size[2] + z) * from.channels)
            .collect();
        Windows { offsets, from, to: self.output(from), steps: [wy, wz] }
    }
}

impl Operation for MaxPool {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let from = inputs[0].extent();
        let (unit, windows) = (Unit::dividing(from.channels), self.windows(from));
        let to = windows.to;
        let mut y = Buffer::new(to.values());
        y.par_chunks_mut(to.plane()).enumerate().for_each(|(plane, y)| {
            let (n, px) = (plane / to.size[0], plane % to.size[0]);
            let first = n * from.size[0] + px * self.window[0];
            let x = &inputs[0].values[first * from.plane()..];
            let (windows, mask) = (&windows, &self.mask_of(n, from.channels)[..]);
            unit.run(Largest { windows, x, y, mask });
        });
        Block::volumes(y, to)
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        _wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let from = inputs[0].extent();
        let (unit, windows) = (Unit::dividing(from.channels), self.windows(from));
        let to = windows.to;
        let mut dx = Buffer::new(from.values());
        dx.par_chunks_mut(from.plane() * from.size[0]).enumerate().for_each(|(n, dx)| {
            let x = &inputs[0].values[n * dx.len()..][..dx.len()];
            let slabs = dx.par_chunks_mut(from.plane() * self.window[0]);
            slabs.enumerate().for_each(|(px, dx)| {
                let is_left_over = self.window.iter().zip(from.size).any(|(w, size)| size % w > 0);
                if is_left_over {
                    dx.fill(0.0);
                }
                if px < to.size[0] {
                    let x = &x[px * self.window[0] * from.plane()..];
                    let plane = n * to.size[0] + px;
                    let gradient = &gradient.values[plane * to.plane()..][..to.plane()];
                    let (windows, mask) = (&windows, &self.mask_of(n, from.channels)[..]);
                    unit.run(ToLargest { windows, x, gradient, dx, mask });
                }
            });
        });
        vec![Some(dx)]
    }
}

/// Where the windows of a plane of outputs lie in the first of their planes of inputs.
struct Windows {
    /// Where the voxels of a window begin, from its first.
    offsets: Vec<usize>,
    from: Extent,
    to: Extent,
    /// Voxels from one window to the next along the last two axes.
    steps: [usize; 2],
}

impl Windows {
    /// Where the window of an output of the plane begins.
    #[inline(always)]
    fn first(&self, output: usize) -> usize {
        let (y, z) = (output / self.to.size[2], output % self.to.size[2]);
        (y * self.steps[0] * self.from.size[2] + z * self.steps[1]) * self.from.channels
    }
}

struct Largest<'a> {
    windows: &'a Windows,
    x: &'a [f32],
    y: &'a mut [f32],
    mask: &'a [f32],
}

impl Kernel for Largest<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.mask.len();
        let mask = L::vectors(self.mask);
        for (voxel, y) in self.y.chunks_exact_mut(c).enumerate() {
            let first = self.windows.first(voxel);
            let y = L::vectors_mut(y);
            for (i, &offset) in self.windows.offsets.iter().enumerate() {
                let x = L::vectors(&self.x[first + offset..][..c]);
                for (y, x) in y.iter_mut().zip(x) {
                    *y = if i == 0 { *x } else { lanes.max(*x, *y) };
                }
            }
            for (y, mask) in y.iter_mut().zip(mask) {
                *y = lanes.mul(*y, *mask);
            }
        }
    }
}

struct ToLargest<'a> {
    windows: &'a Windows,
    x: &'a [f32],
    gradient: &'a [f32],
    dx: &'a mut [f32],
    mask: &'a [f32],
}

impl Kernel for ToLargest<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.mask.len();
        let mask = L::vectors(self.mask);
        let zero = lanes.splat(0.0);
        for (voxel, gradient) in self.gradient.chunks_exact(c).enumerate() {
            let first = self.windows.first(voxel);
            for (v, (gradient, mask)) in L::vectors(gradient).iter().zip(mask).enumerate() {
                let at = |offset: usize| first + offset + v * L::N;
                let mut largest = L::vectors(&self.x[first + v * L::N..][..L::N])[0];
                for &offset in &self.windows.offsets[1..] {
                    largest = lanes.max(L::vectors(&self.x[at(offset)..][..L::N])[0], largest);
                }
                // What is left becomes 0 where it was given away, so that one voxel gets it.
                let mut left = lanes.mul(*gradient, *mask);
                for &offset in &self.windows.offsets {
                    let x = L::vectors(&self.x[at(offset)..][..L::N])[0];
                    let given = lanes.where_positive(lanes.sub(largest, x), zero, left);
                    left = lanes.sub(left, given);
                    L::vectors_mut(&mut self.dx[at(offset)..][..L::N])[0] = given;
                }
            }
        }
    }
}
