//! [`Work`]: an estimate of how much a network has to do, from its widths.
//!
//! It compares networks. It does not predict seconds.

use crate::spec::Experiment;

/// A number that reaches memory costs as much time as this many multiply-adds. With it, steps of
/// networks from 4 to 128 channels on one CPU thread are estimated to within about a third.
const ACTIVATION: f64 = 250.0;
/// Voxels of a level by those of the level above it.
const SHARE: f64 = 0.125;

/// The work of a training batch for each voxel of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Work {
    /// Grows as the time does: multiply-adds, and numbers in memory counted as some of them.
    pub(super) time: f64,
    /// Grows as the memory does: numbers that are kept for the backward pass.
    pub(super) memory: f64,
}

impl Work {
    pub(super) fn of(experiment: &Experiment) -> Self {
        let widths: Vec<f64> = experiment.model.widths.iter().map(|width| *width as f64).collect();
        let (mut multiply_adds, mut activations) = (0.0, 0.0);
        let (mut above, mut share) = (1.0, 1.0);
        for (level, width) in widths.iter().enumerate() {
            // Two convolutions of 3x3x3, each with norm and activation.
            multiply_adds += share * 27.0 * (above * width + width * width);
            activations += share * 6.0 * width;
            if let Some(below) = widths.get(level + 1) {
                // The same on the way up, after a transposed convolution and beside the skip.
                multiply_adds += share * (below * width + 81.0 * width * width);
                activations += share * 11.0 * width;
            }
            (above, share) = (*width, share * SHARE);
        }
        let batch = experiment.train.batch as f64;
        Self {
            time: batch * (multiply_adds + ACTIVATION * activations),
            memory: batch * activations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    /// `seglab bench train --device cpu --shape 32,32,24` on one core of a Xeon: seconds of
    /// processor time of a step, and bytes beyond those before the first.
    const MEASURED: [([usize; 3], f64, f64); 4] = [
        ([4, 8, 16], 0.11, 33.8e6),
        ([8, 16, 32], 0.22, 45.9e6),
        ([16, 32, 64], 0.47, 74.1e6),
        ([32, 64, 128], 1.25, 138.5e6),
    ];

    fn work(widths: [usize; 3]) -> Work {
        let text = format!(
            "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't', 'u']\n\
             [model]\nwidths = {widths:?}\n"
        );
        Work::of(&load_resolved(&text).unwrap())
    }

    #[test]
    fn time_grows_as_that_of_measured_steps() {
        let (widths, seconds, _) = MEASURED[0];
        let first = seconds / work(widths).time;
        for (widths, seconds, _) in MEASURED {
            let factor = seconds / work(widths).time / first;
            assert!((0.75..1.34).contains(&factor), "{widths:?}: {factor}");
        }
    }

    #[test]
    fn memory_grows_in_a_line_with_the_activations() {
        let [(first, _, low), .., (last, _, high)] = MEASURED;
        let (from, to) = (work(first).memory, work(last).memory);
        for (widths, _, bytes) in MEASURED {
            let share = (work(widths).memory - from) / (to - from);
            let expected = low + share * (high - low);
            assert!((bytes / expected - 1.0).abs() < 0.15, "{widths:?}: {bytes} {expected}");
        }
    }
}
