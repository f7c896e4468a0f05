//! [`SumOfSquares`], of which the norm of all gradients is made.
//!
//! Does not know what the values are.

use super::{
    buffer::Buffer,
    columns::{RUN, TASK, rounded, total},
    operation::{Block, Operation, View},
    simd::{Kernel, Lanes, Unit},
};
use rayon::prelude::*;

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
        Block { values: Buffer::copy_of(&rounded(&total(parts.collect()))), shape: vec![1] }
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
