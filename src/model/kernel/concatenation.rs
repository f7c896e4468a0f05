//! [`Concatenation`] of the channels of two batches of volumes.
//!
//! Does not know about the network around it.

use super::{
    buffer::Buffer,
    columns::TASK,
    geometry::Extent,
    operation::{Block, Operation, View},
};
use rayon::prelude::*;

/// Inputs: `[n, x, y, z, a]` and `[n, x, y, z, b]`; the output is `[n, x, y, z, a + b]`.
#[derive(Debug)]
pub struct Concatenation;

impl Operation for Concatenation {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let (first, second) = (inputs[0].extent(), inputs[1].extent());
        let [a, b] = [first.channels, second.channels];
        let to = Extent { channels: a + b, ..first };
        let mut y = Buffer::new(to.values());
        let sources =
            inputs[0].values.par_chunks(TASK * a).zip(inputs[1].values.par_chunks(TASK * b));
        y.par_chunks_mut(TASK * (a + b)).zip(sources).for_each(|(y, (first, second))| {
            let voxels = first.chunks_exact(a).zip(second.chunks_exact(b));
            for (y, (first, second)) in y.chunks_exact_mut(a + b).zip(voxels) {
                y[..a].copy_from_slice(first);
                y[a..].copy_from_slice(second);
            }
        });
        Block::volumes(y, to)
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let (first, second) = (inputs[0].extent(), inputs[1].extent());
        let [a, b] = [first.channels, second.channels];
        let part = |of: Extent, begin: usize| {
            let mut dx = Buffer::new(of.values());
            let tasks = dx.par_chunks_mut(TASK * of.channels);
            tasks.zip(gradient.values.par_chunks(TASK * (a + b))).for_each(|(dx, gradient)| {
                let voxels = gradient.chunks_exact(a + b);
                for (dx, gradient) in dx.chunks_exact_mut(of.channels).zip(voxels) {
                    dx.copy_from_slice(&gradient[begin..][..of.channels]);
                }
            });
            dx
        };
        vec![wanted[0].then(|| part(first, 0)), wanted[1].then(|| part(second, a))]
    }

    fn reads(&self, _input: usize) -> bool {
        false
    }
}
