//! [`Winograd`]: convolutions 3x3x3 of stride 1 with 3.4 times fewer products.
//!
//! Blocks of 2x2x2 outputs are computed from 4x4x4 inputs as 64 small matrix products, one for each
//! "frequency" of the transformed blocks. A task takes two planes of outputs and passes over them
//! in groups of some 32 blocks, whose transforms stay in the cache.
//!
//! Does not know about tensors or other kernels.
//!
//! # Source
//! Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016: F(2, 3) along
//! each axis, with the last row of B^T negated, which saves negations in A^T.

use super::{
    super::{
        buffer::Buffer,
        columns::added,
        gather::{Correlate, Gather, Rows},
        geometry::{Extent, Geometry},
        padded::offset,
        simd::{Kernel, Lanes},
    },
    blocks::{Blocks, outputs_of},
    shape::{FREQUENCIES, GAP, Shape},
    weights::{WeightsBack, WeightsForth},
};
use rayon::prelude::*;

/// A convolution between volumes of one size.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Winograd {
    shape: Shape,
}

impl Winograd {
    /// For a geometry and so many channels of outputs; `None` where it does not apply or would not
    /// be faster, which the shape alone decides.
    pub(in super::super) fn of(geometry: &Geometry, from: Extent, outputs: usize) -> Option<Self> {
        let applies = *geometry == Geometry::centred([3; 3], [1; 3]);
        applies.then(|| Shape::new(from, outputs)).flatten().map(|shape| Self { shape })
    }

    /// Whether the gradient of the weights is to be had.
    pub(in super::super) fn has_weight_gradient(&self) -> bool {
        self.shape.has_weight_gradient()
    }

    /// `y = bias + x * weight`; `weight(output, input, tap)` are the weights.
    pub(in super::super) fn convolve(
        &self,
        x: &[f32],
        weight: impl Fn(usize, usize, usize) -> f32 + Sync,
        bias: &[f32],
    ) -> Buffer {
        let weights = self.transformed(weight);
        let case = self.shape.voxels();
        let plane = self.shape.size[1] * self.shape.size[2] * self.shape.outputs;
        let mut y = Buffer::new(self.shape.n * case * self.shape.outputs);
        y.par_chunks_mut(case * self.shape.outputs).enumerate().for_each(|(n, y)| {
            let x = &x[n * case * self.shape.inputs..][..case * self.shape.inputs];
            y.par_chunks_mut(2 * plane).enumerate().for_each(|(bx, y)| {
                let (weights, of) = (&weights[..], &self.shape);
                self.shape.unit.run(Slab { of, x, bx, weights, bias, y });
            });
        });
        y
    }

    /// The weights of each frequency, packed in panels.
    fn transformed(&self, weight: impl Fn(usize, usize, usize) -> f32 + Sync) -> Buffer {
        let panels = self.shape.panels();
        let by_panel: Vec<Buffer> = (0..panels.count())
            .into_par_iter()
            .map(|panel| {
                let mut found = Buffer::new(FREQUENCIES * panels.range(panel).len());
                let (weight, of) = (&weight, &self.shape);
                self.shape.unit.run(WeightsForth { of, panel, weight, found: &mut found });
                found
            })
            .collect();
        let mut weights = Buffer::new(FREQUENCIES * self.shape.matrix());
        for (f, matrix) in weights.chunks_mut(self.shape.matrix()).enumerate() {
            for (panel, found) in by_panel.iter().enumerate() {
                let range = panels.range(panel);
                let length = range.len();
                matrix[range].copy_from_slice(&found[f * length..][..length]);
            }
        }
        weights
    }

    /// The gradient of the weights, `[output, input, 27]`.
    pub(in super::super) fn weight_gradient(&self, x: &[f32], dy: &[f32]) -> Buffer {
        // Sums over fixed ranges of slabs, added in their order: the same bits on any number of
        // threads.
        let slabs = self.shape.n * self.shape.blocks()[0];
        let most = if self.shape.inputs * self.shape.outputs > 4096 { 4 } else { 8 };
        let ranges = slabs.min(most);
        let sums: Vec<Buffer> = (0..ranges)
            .into_par_iter()
            .map(|range| {
                let mut sums = Buffer::zeros(FREQUENCIES * self.shape.matrix());
                for slab in range * slabs / ranges..(range + 1) * slabs / ranges {
                    let (n, bx) = (slab / self.shape.blocks()[0], slab % self.shape.blocks()[0]);
                    let case = self.shape.voxels();
                    let x = &x[n * case * self.shape.inputs..][..case * self.shape.inputs];
                    let dy = &dy[n * case * self.shape.outputs..][..case * self.shape.outputs];
                    self.shape.unit.run(SlabGradient {
                        of: &self.shape,
                        x,
                        dy,
                        bx,
                        sums: &mut sums,
                    });
                }
                sums
            })
            .collect();
        let sums = added(sums);
        let panels = self.shape.panels();
        let mut gradient = Buffer::new(self.shape.outputs * self.shape.inputs * 27);
        let width = 2 * self.shape.unit.lanes();
        gradient.par_chunks_mut(width * self.shape.inputs * 27).enumerate().for_each(
            |(panel, target)| {
                let sums = &sums[panels.range(panel).start..];
                self.shape.unit.run(WeightsBack { of: &self.shape, panel, sums, target });
            },
        );
        gradient
    }
}

/// Where the blocks of a group lie: bases of rows of `channels` values.
fn bases(blocks: usize, channels: usize) -> Vec<u32> {
    (0..blocks).map(|block| offset(block * channels)).collect()
}

/// Two planes of outputs.
struct Slab<'a> {
    of: &'a Shape,
    /// The case.
    x: &'a [f32],
    bx: usize,
    weights: &'a [f32],
    bias: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel for Slab<'_> {
    type Output = ();
    const ANY_WIDTH: bool = false;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Shape { inputs, outputs, .. } = *self.of;
        let ([_, by, bz], rows) = (self.of.blocks(), self.of.rows());
        let blocks = rows * bz;
        let mut forth = Blocks::new(self.of, inputs);
        let step = blocks * outputs + GAP;
        let mut products = Buffer::new(FREQUENCIES * step);
        let (all_bases, all_places) = (bases(blocks, inputs), bases(blocks, outputs));
        let panels = self.of.panels();
        for first in (0..by).step_by(rows) {
            let n_rows = rows.min(by - first);
            let n_blocks = n_rows * bz;
            for row in 0..n_rows {
                forth.inputs(lanes, self.x, [self.bx, first + row], row);
            }
            let matrices = self.weights.chunks_exact(self.of.matrix());
            let targets = products.chunks_exact_mut(step);
            for ((source, weights), target) in forth.by_frequency().zip(matrices).zip(targets) {
                let (bases, places) = (&all_bases[..n_blocks], &all_places[..n_blocks]);
                let rows = Rows { source, bases, runs: &[0], depth: inputs };
                self.of.unit.run(Gather { rows, weights, panels, bias: &[], places, target });
            }
            for row in 0..n_rows {
                let products = &products[row * bz * outputs..];
                let (bias, by) = (self.bias, first + row);
                outputs_of(self.of, lanes, products, step, bias, by, self.y);
            }
        }
    }
}

/// Two planes of the gradient of the outputs.
struct SlabGradient<'a> {
    of: &'a Shape,
    x: &'a [f32],
    dy: &'a [f32],
    bx: usize,
    /// `[frequency]` of the gradient of the transformed weights, packed in panels.
    sums: &'a mut [f32],
}

impl Kernel for SlabGradient<'_> {
    type Output = ();
    const ANY_WIDTH: bool = false;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Shape { inputs, outputs, .. } = *self.of;
        let ([_, by, bz], rows) = (self.of.blocks(), self.of.rows());
        let (mut x, mut dy) = (Blocks::new(self.of, inputs), Blocks::new(self.of, outputs));
        let (all_bases, all_places) = (bases(rows * bz, inputs), bases(rows * bz, outputs));
        let panels = self.of.panels();
        for first in (0..by).step_by(rows) {
            let n_rows = rows.min(by - first);
            let n_blocks = n_rows * bz;
            for row in 0..n_rows {
                x.inputs(lanes, self.x, [self.bx, first + row], row);
                dy.outputs(lanes, self.dy, [self.bx, first + row], row);
            }
            let factors = x.by_frequency().zip(dy.by_frequency());
            let targets = self.sums.chunks_exact_mut(self.of.matrix());
            for ((source, values), target) in factors.zip(targets) {
                let (bases, places) = (&all_bases[..n_blocks], &all_places[..n_blocks]);
                for panel in 0..panels.count() {
                    let rows = Rows { source, bases, runs: &[0], depth: inputs };
                    let values = &values[panels.first_column(panel)..];
                    let vectors = panels.vectors_of(panel);
                    let target = &mut target[panels.range(panel)];
                    self.of.unit.run(Correlate { rows, values, places, vectors, target });
                }
            }
        }
    }
}
