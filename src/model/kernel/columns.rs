//! Sums over the voxels of each channel, exact to the rounding of a few thousand `f32`.
//!
//! Does not know what is summed.

use super::{
    buffer::Buffer,
    operation::{Block, Operation, View},
    simd::{Kernel, Lanes, Unit},
};
use rayon::prelude::*;

/// Voxels of a parallel task: fixed, so that sums are the same on any number of threads.
pub(super) const TASK: usize = 2048;

/// Voxels that are summed in `f32` before they are added to a sum in `f64`.
pub(super) const RUN: usize = 64;

/// Adds up what parallel tasks found, in their order.
pub(super) fn total(parts: Vec<Vec<f64>>) -> Vec<f64> {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        for (sum, value) in total.iter_mut().zip(part) {
            *sum += value;
        }
    }
    total
}

/// The `f64` as the network's `f32`.
#[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
pub(super) fn rounded(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Sum of each column of rows of `channels` values.
pub(super) fn sums_of_columns(values: &[f32], channels: usize) -> Buffer {
    let unit = Unit::dividing(channels);
    let parts = values.par_chunks(TASK * channels).map(|rows| {
        let mut sums = vec![0.0; channels];
        unit.run(Sums { rows, sums: &mut sums });
        sums
    });
    let sums = rounded(&total(parts.collect()));
    let mut buffer = Buffer::new(channels);
    buffer.copy_from_slice(&sums);
    buffer
}

/// The sum of the squares of all values of its one input, `[1]`; not on the tape.
#[derive(Debug)]
pub struct SumOfSquares;

impl Operation for SumOfSquares {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let unit = Unit::dividing(LINE);
        let parts = inputs[0].values.par_chunks(TASK * LINE).map(|values| {
            let mut lanes = vec![0.0; LINE];
            unit.run(Squares { values, sums: &mut lanes });
            let rest = values.chunks_exact(LINE).remainder();
            let rest: f64 = rest.iter().map(|&value| f64::from(value).powi(2)).sum();
            vec![lanes.iter().sum::<f64>() + rest]
        });
        let mut values = Buffer::new(1);
        values.copy_from_slice(&rounded(&total(parts.collect())));
        Block { values, shape: vec![1] }
    }

    fn backward(&self, _: &[View<'_>], _: View<'_>, _: &[bool]) -> Vec<Option<Buffer>> {
        vec![None]
    }
}

/// Values that are summed side by side.
const LINE: usize = 16;

struct Squares<'a> {
    values: &'a [f32],
    sums: &'a mut [f64],
}

impl Kernel for Squares<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for values in self.values.chunks(RUN * LINE) {
            let mut run = [0.0; LINE];
            for row in values.chunks_exact(LINE) {
                for (sum, value) in L::vectors_mut(&mut run).iter_mut().zip(L::vectors(row)) {
                    *sum = lanes.fma(*value, *value, *sum);
                }
            }
            for (sum, value) in self.sums.iter_mut().zip(run) {
                *sum += f64::from(value);
            }
        }
    }
}

struct Sums<'a> {
    rows: &'a [f32],
    sums: &'a mut [f64],
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.sums.len();
        let mut run = vec![0.0; channels];
        for rows in self.rows.chunks(RUN * channels) {
            run.fill(0.0);
            for row in rows.chunks_exact(channels) {
                for (sum, value) in L::vectors_mut(&mut run).iter_mut().zip(L::vectors(row)) {
                    *sum = lanes.add(*sum, *value);
                }
            }
            for (sum, value) in self.sums.iter_mut().zip(&run) {
                *sum += f64::from(*value);
            }
        }
    }
}
