//! [`Load`]: how much a network has to do with a case, estimated from its widths.
//!
//! Good for comparing networks, not for foretelling seconds.
//!
//! Knows nothing of devices.

use crate::spec::{Experiment, Model};

/// A number that reaches memory costs as much as so many multiply-adds: on one CPU thread, steps of
/// networks from 4 to 128 channels take within about a third of what this gives.
const ACTIVATION: f64 = 250.0;

/// What a training batch, or what is worked on beside it, amounts to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Grows as the time does: multiply-adds, and what reaches memory counted as some.
    pub time: f64,
    /// Grows as the memory does: numbers that are kept for the way back.
    pub memory: f64,
}

impl Load {
    /// That of a batch of cases of so many voxels.
    pub fn of(experiment: &Experiment, voxels: f64) -> Self {
        let [multiply_adds, activations] =
            by_voxel(&experiment.model, experiment.data.classes.len() as f64);
        let voxels = voxels * experiment.train.batch as f64;
        Self {
            time: voxels * (multiply_adds + ACTIVATION * activations),
            memory: voxels * activations,
        }
    }
}

/// Multiply-adds and activations of a forward pass for one voxel of the input.
fn by_voxel(model: &Model, n_classes: f64) -> [f64; 2] {
    let widths: Vec<f64> = model.widths.iter().map(|width| *width as f64).collect();
    let mut sum = [0.0; 2];
    let mut add = |level: usize, [multiply_adds, activations]: [f64; 2]| {
        // Each level has an eighth of the voxels of the one above.
        let share = 0.125_f64.powi(i32::try_from(level).unwrap_or(i32::MAX));
        sum[0] += share * multiply_adds;
        sum[1] += share * activations;
    };
    for (level, width) in widths.iter().enumerate() {
        let from = if level == 0 { 1.0 } else { widths[level - 1] };
        add(level, block(from, *width, model));
    }
    for (level, pair) in widths.windows(2).enumerate() {
        let (width, below) = (pair[0], pair[1]);
        // Transposed convolution, norm, rectifier, and the skip beside it.
        add(level, [below * width, 5.0 * width]);
        add(level, block(2.0 * width, width, model));
        if model.deep_supervision {
            add(level, [width * n_classes, n_classes]);
            // Brought to the input's size.
            add(0, [8.0 * n_classes, n_classes]);
        }
    }
    add(0, [widths.first().copied().unwrap_or(0.0) * n_classes, 3.0 * n_classes]);
    sum
}

/// Two convolutions of 3x3x3 with norm and rectifier, and a projection beside them.
fn block(from: f64, to: f64, model: &Model) -> [f64; 2] {
    let (projection, sum) = if model.residual { (from * to, 2.0 * to) } else { (0.0, 0.0) };
    let excitation = if model.squeeze_excitation > 0 { to } else { 0.0 };
    [27.0 * (from * to + to * to) + projection, 6.0 * to + sum + excitation]
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

    fn load(widths: [usize; 3]) -> Load {
        let text = format!(
            "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't', 'u']\n\
             [model]\nwidths = {widths:?}\n"
        );
        Load::of(&load_resolved(&text).unwrap(), 32.0 * 32.0 * 24.0)
    }

    #[test]
    fn time_grows_as_that_of_measured_steps() {
        let (widths, seconds, _) = MEASURED[0];
        let first = seconds / load(widths).time;
        for (widths, seconds, _) in MEASURED {
            let factor = seconds / load(widths).time / first;
            assert!((0.75..1.34).contains(&factor), "{widths:?}: {factor}");
        }
    }

    #[test]
    fn memory_grows_in_a_line_with_the_activations() {
        let [(first, _, low), .., (last, _, high)] = MEASURED;
        let (from, to) = (load(first).memory, load(last).memory);
        for (widths, _, bytes) in MEASURED {
            let share = (load(widths).memory - from) / (to - from);
            let expected = low + share * (high - low);
            assert!((bytes / expected - 1.0).abs() < 0.15, "{widths:?}: {bytes} {expected}");
        }
    }
}
