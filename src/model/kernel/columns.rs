//! Sums over the voxels of each channel, exact to the rounding of a few thousand `f32`.
//!
//! Does not know what is summed.

use super::{
    buffer::Buffer,
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

/// A sum as the network's `f32`.
#[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
pub(super) fn narrow(value: f64) -> f32 {
    value as f32
}

/// Sums as the network's `f32`.
pub(super) fn rounded(values: &[f64]) -> Vec<f32> {
    values.iter().copied().map(narrow).collect()
}

/// Adds up buffers of one length, in their order.
pub(super) fn added(parts: Vec<Buffer>) -> Buffer {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_else(|| Buffer::new(0));
    let others: Vec<Buffer> = parts.collect();
    total.par_chunks_mut(TASK).enumerate().for_each(|(chunk, sums)| {
        for other in &others {
            for (sum, value) in sums.iter_mut().zip(&other[chunk * TASK..]) {
                *sum += value;
            }
        }
    });
    total
}

/// Sum of each column of rows of `channels` values.
pub(super) fn sums_of_columns(values: &[f32], channels: usize) -> Buffer {
    let unit = Unit::dividing(channels);
    let parts = values.par_chunks(TASK * channels).map(|rows| {
        let mut sums = vec![0.0; channels];
        unit.run(Sums { rows, sums: &mut sums });
        sums
    });
    Buffer::copy_of(&rounded(&total(parts.collect())))
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
