//! [`Blocks`]: a group of blocks of inputs or of gradients in their frequencies, and outputs back.
//!
//! Does not know about weights.

use super::{
    super::{buffer::Buffer, simd::Lanes},
    lines::{at, inputs_forth, outputs_back, outputs_forth},
    shape::{FREQUENCIES, GAP, Shape},
};
use std::{array, ops::Range};

/// Blocks of a group in their frequencies.
pub(super) struct Blocks<'a> {
    of: &'a Shape,
    channels: usize,
    /// `[frequency of x and y][voxel of a row, with one before and some after][channel]`.
    planar: Buffer,
    planar_step: usize,
    /// `[frequency][block][channel]`.
    found: Buffer,
    step: usize,
    zeros: Vec<f32>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(of: &'a Shape, channels: usize) -> Self {
        let [_, _, bz] = of.blocks();
        let planar_step = (2 * bz + 2) * channels + GAP;
        let step = of.rows() * bz * channels + GAP;
        Self {
            of,
            channels,
            planar: Buffer::new(16 * planar_step),
            planar_step,
            found: Buffer::new(FREQUENCIES * step),
            step,
            zeros: vec![0.0; of.size[2] * channels],
        }
    }

    /// Blocks of each frequency, `[block][channel]`.
    pub(super) fn by_frequency(&self) -> std::slice::ChunksExact<'_, f32> {
        self.found.chunks_exact(self.step)
    }

    /// Transforms a row of blocks of inputs.
    #[inline(always)]
    pub(super) fn inputs<L: Lanes>(
        &mut self,
        lanes: L,
        values: &[f32],
        [bx, by]: [usize; 2],
        row: usize,
    ) {
        let source = Source { of: self.of, channels: self.channels, values, zeros: &self.zeros };
        let rows: [[&[L::V]; 4]; 4] = array::from_fn(|x| {
            array::from_fn(|y| {
                let [x, y] = [(bx, x), (by, y)].map(|(b, d)| (2 * b + d).checked_sub(1));
                source.row::<L>(x, y)
            })
        });
        let (length, vectors) = (rows[0][0].len(), self.channels / L::N);
        let step = self.planar_step;
        let targets = planes::<L>(lanes, &mut self.planar, step, vectors..vectors + length);
        let zero = lanes.splat(0.0);
        for e in 0..length {
            let mut along_x = [[zero; 4]; 4];
            for y in 0..4 {
                let d = [rows[0][y][e], rows[1][y][e], rows[2][y][e], rows[3][y][e]];
                along_x[y] = inputs_forth(lanes, d);
            }
            for x in 0..4 {
                let d = [along_x[0][x], along_x[1][x], along_x[2][x], along_x[3][x]];
                let found = inputs_forth(lanes, d);
                for y in 0..4 {
                    targets[x * 4 + y][e] = found[y];
                }
            }
        }
        self.along_z::<L, false>(lanes, row);
    }

    /// Transforms a row of blocks of gradients of outputs.
    #[inline(always)]
    pub(super) fn outputs<L: Lanes>(
        &mut self,
        lanes: L,
        values: &[f32],
        [bx, by]: [usize; 2],
        row: usize,
    ) {
        let source = Source { of: self.of, channels: self.channels, values, zeros: &self.zeros };
        let rows: [[&[L::V]; 2]; 2] = array::from_fn(|x| {
            array::from_fn(|y| source.row::<L>(Some(2 * bx + x), Some(2 * by + y)))
        });
        let length = rows[0][0].len();
        let targets = planes::<L>(lanes, &mut self.planar, self.planar_step, 0..length);
        for e in 0..length {
            let along_x = [
                outputs_forth(lanes, [rows[0][0][e], rows[1][0][e]]),
                outputs_forth(lanes, [rows[0][1][e], rows[1][1][e]]),
            ];
            for x in 0..4 {
                let found = outputs_forth(lanes, [along_x[0][x], along_x[1][x]]);
                for y in 0..4 {
                    targets[x * 4 + y][e] = found[y];
                }
            }
        }
        self.along_z::<L, true>(lanes, row);
    }

    /// Transforms along the last axis: blocks begin at every second voxel.
    #[inline(always)]
    fn along_z<L: Lanes, const OF_OUTPUTS: bool>(&mut self, lanes: L, row: usize) {
        let [_, _, bz] = self.of.blocks();
        let vectors = self.channels / L::N;
        let length = bz * self.channels;
        let planes = self.planar.chunks_exact(self.planar_step);
        for (plane, targets) in planes.zip(self.found.chunks_exact_mut(4 * self.step)) {
            let voxels = L::vectors(plane);
            let mut targets = targets.chunks_exact_mut(self.step);
            let targets: [&mut [L::V]; 4] = array::from_fn(|_| {
                let target = targets.next().unwrap_or(&mut []);
                L::vectors_mut(&mut target[row * length..][..length])
            });
            for block in 0..bz {
                for v in 0..vectors {
                    let voxels = &voxels[2 * block * vectors + v..][..=3 * vectors];
                    let found = if OF_OUTPUTS {
                        outputs_forth(lanes, [voxels[0], voxels[vectors]])
                    } else {
                        let [a, b] = [voxels[0], voxels[vectors]];
                        inputs_forth(lanes, [a, b, voxels[2 * vectors], voxels[3 * vectors]])
                    };
                    for z in 0..4 {
                        targets[z][block * vectors + v] = found[z];
                    }
                }
            }
        }
    }
}

/// A case to be transformed.
struct Source<'a> {
    of: &'a Shape,
    channels: usize,
    values: &'a [f32],
    zeros: &'a [f32],
}

impl<'a> Source<'a> {
    /// Voxels of a row along the last axis; zeros outside of the volume.
    #[inline(always)]
    fn row<L: Lanes>(&self, x: Option<usize>, y: Option<usize>) -> &'a [L::V] {
        let [sx, sy, sz] = self.of.size;
        let length = sz * self.channels;
        let row = match (x.filter(|x| *x < sx), y.filter(|y| *y < sy)) {
            (Some(x), Some(y)) => &self.values[(x * sy + y) * length..][..length],
            _ => self.zeros,
        };
        &L::vectors(row)[..length / L::N]
    }
}

/// The part of each of 16 planes that is written next; what lies around it is set to zero.
#[inline(always)]
fn planes<L: Lanes>(
    lanes: L,
    planar: &mut [f32],
    step: usize,
    written: Range<usize>,
) -> [&mut [L::V]; 16] {
    let zero = lanes.splat(0.0);
    let mut planes = planar.chunks_exact_mut(step);
    array::from_fn(|_| {
        let plane = L::vectors_mut(planes.next().unwrap_or(&mut []));
        plane[..written.start].fill(zero);
        plane[written.end..].fill(zero);
        &mut plane[written.clone()]
    })
}

/// Writes a row of blocks of outputs from their products.
#[inline(always)]
pub(super) fn outputs_of<L: Lanes>(
    shape: &Shape,
    lanes: L,
    products: &[f32],
    step: usize,
    bias: &[f32],
    by: usize,
    y: &mut [f32],
) {
    let ([_, _, bz], [_, sy, sz]) = (shape.blocks(), shape.size);
    let channels = shape.outputs;
    let zero = lanes.splat(0.0);
    let planes = y.len() / (sy * sz * channels);
    for block in 0..bz {
        for v in 0..channels / L::N {
            let place = block * channels + v * L::N;
            let mut along_x = [[[zero; 2]; 2]; 4];
            for x in 0..4 {
                let mut along_z = [[zero; 2]; 4];
                for y in 0..4 {
                    let first = (x * 4 + y) * 4 * step + place;
                    let [a, b, c, d] = [first, first + step, first + 2 * step, first + 3 * step];
                    let m = [
                        at::<L>(products, a),
                        at::<L>(products, b),
                        at::<L>(products, c),
                        at::<L>(products, d),
                    ];
                    along_z[y] = outputs_back(lanes, m);
                }
                for z in 0..2 {
                    let m = [along_z[0][z], along_z[1][z], along_z[2][z], along_z[3][z]];
                    let found = outputs_back(lanes, m);
                    along_x[x][0][z] = found[0];
                    along_x[x][1][z] = found[1];
                }
            }
            let start = match bias.get(v * L::N..(v + 1) * L::N) {
                Some(bias) => L::vectors(bias)[0],
                None => zero,
            };
            for dy in 0..2 {
                for dz in 0..2 {
                    let [a, b] = [along_x[0][dy][dz], along_x[1][dy][dz]];
                    let [c, d] = [along_x[2][dy][dz], along_x[3][dy][dz]];
                    let found = outputs_back(lanes, [a, b, c, d]);
                    let (row, column) = (2 * by + dy, 2 * block + dz);
                    if row >= sy || column >= sz {
                        continue;
                    }
                    for dx in 0..planes.min(2) {
                        let voxel = (dx * sy + row) * sz + column;
                        let target = &mut y[voxel * channels + v * L::N..][..L::N];
                        L::vectors_mut(target)[0] = lanes.add(found[dx], start);
                    }
                }
            }
        }
    }
}
