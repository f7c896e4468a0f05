//! [`BlockEnd`]: squeeze-and-excitation, residual sum, `ReLU` and channel dropout in one pass.
//!
//! Does not know about the network around it.

use super::{
    buffer::Buffer,
    columns::{RUN, TASK, rounded, total},
    geometry::Extent,
    operation::{Block, Operation, View},
    simd::{Kernel, Lanes, Unit},
};
use rayon::prelude::*;
use std::sync::OnceLock;

/// `mask * relu(h * gate + residual)`, or `mask * h * gate` without a residual.
///
/// Inputs: `h` `[n, x, y, z, c]`; the residual of the same shape where there is one; and for the
/// gate, where there is one, the weights `[c, hidden]`, `[hidden]`, `[hidden, c]`, `[c]` of the two
/// dense layers that compute it from the means of the channels.
///
/// # Source
/// Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018.
#[derive(Debug)]
pub struct BlockEnd {
    residual: bool,
    gated: bool,
    mask: Vec<f32>,
    /// Found by the forward pass.
    found: OnceLock<Vec<Excitation>>,
}

/// The gate of a case and what led to it.
#[derive(Debug, Clone)]
struct Excitation {
    means: Vec<f64>,
    hidden: Vec<f64>,
    gate: Vec<f64>,
}

impl BlockEnd {
    /// `residual`: whether the second input is one; `gated`: whether the last four inputs are the
    /// gate's; `mask`: what each channel of each case is multiplied with, `[n x c]`, or empty.
    pub fn new(residual: bool, gated: bool, mask: Vec<f32>) -> Self {
        Self { residual, gated, mask, found: OnceLock::new() }
    }

    fn excitations(inputs: &[View<'_>]) -> Vec<Excitation> {
        let extent = inputs[0].extent();
        let c = extent.channels;
        let dense = &inputs[inputs.len() - 4..];
        let values = extent.voxels() * c;
        let cases = inputs[0].values.chunks(values);
        cases
            .map(|h| {
                let unit = Unit::dividing(c);
                let parts = h.par_chunks(TASK * c).map(|h| {
                    let mut sums = vec![0.0; c];
                    unit.run(Products { h, g: None, sums: &mut sums });
                    sums
                });
                let means: Vec<f64> =
                    total(parts.collect()).iter().map(|sum| sum / extent.voxels() as f64).collect();
                let hidden: Vec<f64> = layer(&means, dense[0], dense[1])
                    .into_iter()
                    .map(|value| value.max(0.0))
                    .collect();
                let gate = layer(&hidden, dense[2], dense[3])
                    .into_iter()
                    .map(|value| 1.0 / (1.0 + (-value).exp()))
                    .collect();
                Excitation { means, hidden, gate }
            })
            .collect()
    }

    fn gates(&self, inputs: &[View<'_>]) -> Vec<f32> {
        if !self.gated {
            return Vec::new();
        }
        let found = self.found.get_or_init(|| Self::excitations(inputs));
        found.iter().flat_map(|case| rounded(&case.gate)).collect()
    }

    /// The gate and the mask of a case, `[c]` each.
    fn of_case<'a>(&'a self, gates: &'a [f32], ones: &'a [f32], case: usize) -> [&'a [f32]; 2] {
        let c = ones.len();
        [gates, &self.mask].map(|all| if all.is_empty() { ones } else { &all[case * c..][..c] })
    }
}

/// `input * weight + bias` in `f64`: so few values that speed does not matter.
fn layer(input: &[f64], weight: View<'_>, bias: View<'_>) -> Vec<f64> {
    let mut output: Vec<f64> = bias.values.iter().map(|&value| f64::from(value)).collect();
    for (value, weights) in input.iter().zip(weight.values.chunks_exact(output.len())) {
        for (sum, weight) in output.iter_mut().zip(weights) {
            *sum += value * f64::from(*weight);
        }
    }
    output
}

impl Operation for BlockEnd {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let extent = inputs[0].extent();
        let c = extent.channels;
        let (gates, ones) = (self.gates(inputs), vec![1.0; c]);
        let mut y = Buffer::new(extent.values());
        let unit = Unit::dividing(c);
        let case = extent.voxels() * c;
        for (n, y) in y.chunks_mut(case).enumerate() {
            let [gate, mask] = self.of_case(&gates, &ones, n);
            let h = &inputs[0].values[n * case..][..case];
            let tasks = y.par_chunks_mut(TASK * c).zip(h.par_chunks(TASK * c));
            if self.residual {
                let residual = &inputs[1].values[n * case..][..case];
                tasks.zip(residual.par_chunks(TASK * c)).for_each(|((y, h), residual)| {
                    unit.run(SumAndActivate { h, residual, y, gate, mask });
                });
            } else {
                let factor: Vec<f32> = gate.iter().zip(mask).map(|(g, m)| g * m).collect();
                tasks.for_each(|(y, x)| unit.run(Scale { x, y, factor: &factor, add: None }));
            }
        }
        Block::volumes(y, extent)
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let extent = inputs[0].extent();
        let c = extent.channels;
        let (gates, ones) = (self.gates(inputs), vec![1.0; c]);
        let unit = Unit::dividing(c);
        let case = extent.voxels() * c;
        // The gradient of the sum, which is also that of the residual.
        let mut d_sum = Buffer::new(extent.values());
        for (n, d_sum) in d_sum.chunks_mut(case).enumerate() {
            let [gate, mask] = self.of_case(&gates, &ones, n);
            let range = n * case..(n + 1) * case;
            let gradient = &gradient.values[range.clone()];
            let tasks = d_sum.par_chunks_mut(TASK * c).zip(gradient.par_chunks(TASK * c));
            if self.residual {
                let h = inputs[0].values[range.clone()].par_chunks(TASK * c);
                let residual = inputs[1].values[range].par_chunks(TASK * c);
                tasks.zip(h.zip(residual)).for_each(|((d_sum, gradient), (h, residual))| {
                    unit.run(SumGradient { h, residual, gradient, d_sum, gate, mask });
                });
            } else {
                tasks.for_each(|(y, x)| unit.run(Scale { x, y, factor: mask, add: None }));
            }
        }
        let mut gradients: Vec<Option<Buffer>> = wanted.iter().map(|_| None).collect();
        if self.gated {
            self.through_gate(inputs, &d_sum, &mut gradients);
        } else {
            gradients[0] = Some(Buffer::copy_of(&d_sum));
        }
        if self.residual {
            gradients[1] = Some(d_sum);
        }
        gradients
    }
}

impl BlockEnd {
    fn through_gate(&self, inputs: &[View<'_>], d_sum: &[f32], gradients: &mut [Option<Buffer>]) {
        let extent = inputs[0].extent();
        let Extent { channels: c, .. } = extent;
        let dense = inputs.len() - 4;
        let hidden_units = inputs[dense + 1].values.len();
        let unit = Unit::dividing(c);
        let case = extent.voxels() * c;
        let mut dh = Buffer::new(extent.values());
        let mut d_first = [vec![0.0; c * hidden_units], vec![0.0; hidden_units]];
        let mut d_second = [vec![0.0; hidden_units * c], vec![0.0; c]];
        let found = self.found.get_or_init(|| Self::excitations(inputs));
        for (n, excitation) in found.iter().enumerate() {
            let range = n * case..(n + 1) * case;
            let (h, d_sum) = (&inputs[0].values[range.clone()], &d_sum[range.clone()]);
            let parts = h.par_chunks(TASK * c).zip(d_sum.par_chunks(TASK * c)).map(|(h, g)| {
                let mut sums = vec![0.0; c];
                unit.run(Products { h, g: Some(g), sums: &mut sums });
                sums
            });
            let d_gate = total(parts.collect());
            let Excitation { means, hidden, gate } = excitation;
            let before: Vec<f64> =
                d_gate.iter().zip(gate).map(|(d, gate)| d * gate * (1.0 - gate)).collect();
            let d_hidden = layer_back(hidden, inputs[dense + 2], &before, &mut d_second);
            let active: Vec<f64> = d_hidden
                .iter()
                .zip(hidden)
                .map(|(d, &hidden)| if hidden > 0.0 { *d } else { 0.0 })
                .collect();
            let d_means = layer_back(means, inputs[dense], &active, &mut d_first);
            let voxels = extent.voxels() as f64;
            let add = rounded(&d_means.iter().map(|d| d / voxels).collect::<Vec<_>>());
            let factor = rounded(gate);
            let tasks = dh[range].par_chunks_mut(TASK * c).zip(d_sum.par_chunks(TASK * c));
            tasks.for_each(|(y, x)| unit.run(Scale { x, y, factor: &factor, add: Some(&add) }));
        }
        gradients[0] = Some(dh);
        for (gradient, values) in gradients[dense..].iter_mut().zip(d_first.iter().chain(&d_second))
        {
            *gradient = Some(Buffer::copy_of(&rounded(values)));
        }
    }
}

/// Adds to the gradients of a dense layer's weight and bias, and gives that of its input.
fn layer_back(
    input: &[f64],
    weight: View<'_>,
    d_output: &[f64],
    [d_weight, d_bias]: &mut [Vec<f64>; 2],
) -> Vec<f64> {
    for (sum, d) in d_bias.iter_mut().zip(d_output) {
        *sum += d;
    }
    let rows = weight.values.chunks_exact(d_output.len());
    let d_rows = d_weight.chunks_exact_mut(d_output.len());
    let rows = input.iter().zip(rows).zip(d_rows);
    rows.map(|((input, weights), d_weights)| {
        for (sum, d) in d_weights.iter_mut().zip(d_output) {
            *sum += input * d;
        }
        weights.iter().zip(d_output).map(|(&weight, d)| f64::from(weight) * d).sum()
    })
    .collect()
}

/// `y = mask * max(h * gate + residual, 0)`.
struct SumAndActivate<'a> {
    h: &'a [f32],
    residual: &'a [f32],
    y: &'a mut [f32],
    gate: &'a [f32],
    mask: &'a [f32],
}

impl Kernel for SumAndActivate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.gate.len();
        let [gate, mask] = [self.gate, self.mask].map(L::vectors);
        let zero = lanes.splat(0.0);
        let rows = self.h.chunks_exact(c).zip(self.residual.chunks_exact(c));
        for ((h, residual), y) in rows.zip(self.y.chunks_exact_mut(c)) {
            let values = L::vectors(h).iter().zip(L::vectors(residual));
            let factors = gate.iter().zip(mask);
            for (((h, residual), y), (gate, mask)) in values.zip(L::vectors_mut(y)).zip(factors) {
                let sum = lanes.fma(*h, *gate, *residual);
                *y = lanes.mul(lanes.max(zero, sum), *mask);
            }
        }
    }
}

/// `d_sum = mask * gradient` where `h * gate + residual` is above 0.
struct SumGradient<'a> {
    h: &'a [f32],
    residual: &'a [f32],
    gradient: &'a [f32],
    d_sum: &'a mut [f32],
    gate: &'a [f32],
    mask: &'a [f32],
}

impl Kernel for SumGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.gate.len();
        let [gate, mask] = [self.gate, self.mask].map(L::vectors);
        let zero = lanes.splat(0.0);
        let rows = self.h.chunks_exact(c).zip(self.residual.chunks_exact(c));
        let gradients = self.gradient.chunks_exact(c).zip(self.d_sum.chunks_exact_mut(c));
        for ((h, residual), (gradient, d_sum)) in rows.zip(gradients) {
            let values = L::vectors(h).iter().zip(L::vectors(residual));
            let gradients = L::vectors(gradient).iter().zip(L::vectors_mut(d_sum));
            let factors = gate.iter().zip(mask);
            for (((h, residual), (g, d_sum)), (gate, mask)) in values.zip(gradients).zip(factors) {
                let sum = lanes.fma(*h, *gate, *residual);
                *d_sum = lanes.where_positive(sum, lanes.mul(*g, *mask), zero);
            }
        }
    }
}

/// `y = x * factor + add`.
struct Scale<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    factor: &'a [f32],
    add: Option<&'a [f32]>,
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.factor.len();
        let zeros;
        let add = if let Some(add) = self.add {
            add
        } else {
            zeros = vec![0.0; c];
            &zeros
        };
        let [factor, add] = [self.factor, add].map(L::vectors);
        for (x, y) in self.x.chunks_exact(c).zip(self.y.chunks_exact_mut(c)) {
            let line = factor.iter().zip(add);
            for ((x, y), (factor, add)) in L::vectors(x).iter().zip(L::vectors_mut(y)).zip(line) {
                *y = lanes.fma(*x, *factor, *add);
            }
        }
    }
}

/// Sums of `h`, or of `h * g`, over voxels.
struct Products<'a> {
    h: &'a [f32],
    g: Option<&'a [f32]>,
    sums: &'a mut [f64],
}

impl Kernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.sums.len();
        let mut run = vec![0.0; c];
        for (at, rows) in self.h.chunks(RUN * c).enumerate() {
            run.fill(0.0);
            let sums = L::vectors_mut(&mut run);
            match self.g {
                Some(g) => {
                    let g = &g[at * RUN * c..][..rows.len()];
                    for (h, g) in rows.chunks_exact(c).zip(g.chunks_exact(c)) {
                        for ((sum, h), g) in sums.iter_mut().zip(L::vectors(h)).zip(L::vectors(g)) {
                            *sum = lanes.fma(*h, *g, *sum);
                        }
                    }
                }
                None => {
                    for h in rows.chunks_exact(c) {
                        for (sum, h) in sums.iter_mut().zip(L::vectors(h)) {
                            *sum = lanes.add(*sum, *h);
                        }
                    }
                }
            }
            for (sum, value) in self.sums.iter_mut().zip(&run) {
                *sum += f64::from(*value);
            }
        }
    }
}
