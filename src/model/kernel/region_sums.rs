//! [`RegionSums`]: all that soft Dice and cross-entropy need of the logits, in one pass.
//!
//! Does not know how losses are made of the sums.

use super::{
    buffer::Buffer,
    columns::{TASK, rounded, total},
    operation::{Block, Operation, View},
};
use rayon::prelude::*;
use std::sync::Arc;

/// Sums over the voxels of each case: of the probability where the reference is of the class, of
/// the probability, of the reference, and of `-log` of the probability where the reference is of
/// the class.
///
/// Input: logits `[n, x, y, z, classes]`; output: `[n, 4, classes]`, in this order.
#[derive(Debug)]
pub struct RegionSums {
    /// The class of each voxel, `[n, x, y, z]`.
    pub labels: Arc<[u8]>,
}

/// Sums of a case.
const SUMS: usize = 4;

impl Operation for RegionSums {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let extent = inputs[0].extent();
        let c = extent.channels;
        let mut values = Buffer::new(extent.n * SUMS * c);
        let voxels = extent.voxels();
        let cases = inputs[0].values.chunks(voxels * c).zip(self.labels.chunks(voxels));
        for ((logits, labels), target) in cases.zip(values.chunks_mut(SUMS * c)) {
            let tasks = logits.par_chunks(TASK * c).zip(labels.par_chunks(TASK));
            let parts = tasks.map(|(logits, labels)| {
                let mut sums = vec![0.0; SUMS * c];
                let mut p = vec![0.0; c];
                for (logits, &label) in logits.chunks_exact(c).zip(labels) {
                    let class = usize::from(label);
                    let log_sum = softmax(logits, &mut p);
                    sums[class] += f64::from(p[class]);
                    for (sum, p) in sums[c..].iter_mut().zip(&p) {
                        *sum += f64::from(*p);
                    }
                    sums[2 * c + class] += 1.0;
                    sums[3 * c + class] += f64::from(log_sum - logits[class]);
                }
                sums
            });
            target.copy_from_slice(&rounded(&total(parts.collect())));
        }
        Block { values, shape: vec![extent.n, SUMS, c] }
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        _wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let extent = inputs[0].extent();
        let c = extent.channels;
        let voxels = extent.voxels();
        let mut d_logits = Buffer::new(extent.values());
        let cases = inputs[0].values.chunks(voxels * c).zip(self.labels.chunks(voxels));
        let cases = cases.zip(d_logits.chunks_mut(voxels * c));
        for (((logits, labels), d_logits), g) in cases.zip(gradient.values.chunks(SUMS * c)) {
            let tasks = logits.par_chunks(TASK * c).zip(labels.par_chunks(TASK));
            tasks.zip(d_logits.par_chunks_mut(TASK * c)).for_each(
                |((logits, labels), d_logits)| {
                    let mut p = vec![0.0; c];
                    let voxels =
                        logits.chunks_exact(c).zip(labels).zip(d_logits.chunks_exact_mut(c));
                    for ((logits, &label), d) in voxels {
                        let class = usize::from(label);
                        softmax(logits, &mut p);
                        // Gradient of each probability, then through the softmax.
                        d.copy_from_slice(&g[c..2 * c]);
                        d[class] += g[class];
                        let mean: f32 = d.iter().zip(&p).map(|(d, p)| d * p).sum();
                        let surprise = g[3 * c + class];
                        for (d, p) in d.iter_mut().zip(&p) {
                            *d = p * (*d - mean + surprise);
                        }
                        d[class] -= surprise;
                    }
                },
            );
        }
        vec![Some(d_logits)]
    }
}

/// Fills `p` with the probabilities and gives the logarithm of the sum of exponentials.
#[inline(always)]
fn softmax(logits: &[f32], p: &mut [f32]) -> f32 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (p, logit) in p.iter_mut().zip(logits) {
        *p = (logit - largest).exp();
        sum += *p;
    }
    for p in p.iter_mut() {
        *p /= sum;
    }
    largest + sum.ln()
}
