//! [`Norm`]: statistics of channels, and scale, shift and activation in one pass.
//!
//! Does not know about running statistics.

use super::{
    buffer::Buffer,
    columns::{RUN, TASK, narrow, rounded, total},
    geometry::Extent,
    operation::{Block, Operation, View},
    simd::{Kernel, Lanes, Unit},
};
use rayon::prelude::*;

/// Normalises channels by given statistics, scales, shifts and activates them.
///
/// Inputs: `x` `[n, x, y, z, c]`, statistics as [`Norm::statistics`] gives them, scale `[c]` and
/// shift `[c]`. The gradient of `x` takes the statistics to be those of `x` itself.
#[derive(Debug, Clone, Copy)]
pub struct Norm {
    /// Whether each case has statistics of its own.
    pub per_case: bool,
    /// Neighbouring channels that share statistics; divides the channels.
    pub together: usize,
    /// Added to the variance.
    pub epsilon: f32,
    /// What values below 0 are multiplied with, from 0 to 1; 1 is no activation.
    pub slope: f32,
}

impl Norm {
    /// Mean and biased variance, `[n or 1, 2, c]`.
    pub fn statistics(&self, x: View<'_>) -> Block {
        let extent = x.extent();
        let (c, groups) = (extent.channels, self.groups(extent));
        let mut values = Buffer::new(groups * 2 * c);
        let of_group = extent.values() / groups;
        let unit = Unit::dividing(c);
        for (x, target) in x.values.chunks(of_group).zip(values.chunks_mut(2 * c)) {
            let pivot: Vec<f32> = (0..c).map(|i| x[i - i % self.together]).collect();
            let parts = x.par_chunks(TASK * c).map(|rows| {
                let mut sums = vec![0.0; 2 * c];
                unit.run(Moments { rows, pivot: &pivot, sums: &mut sums });
                sums
            });
            let sums = total(parts.collect());
            let count = (of_group / c * self.together) as f64;
            let (means, variances) = target.split_at_mut(c);
            for first in (0..c).step_by(self.together) {
                let channels = first..first + self.together;
                let [moved, squares] =
                    [0, c].map(|at| channels.clone().map(|i| sums[at + i]).sum::<f64>() / count);
                means[channels.clone()].fill(narrow(f64::from(pivot[first]) + moved));
                variances[channels].fill(narrow((squares - moved * moved).max(0.0)));
            }
        }
        Block { values, shape: vec![groups, 2, c] }
    }

    fn groups(&self, extent: Extent) -> usize {
        if self.per_case { extent.n } else { 1 }
    }

    /// For each group: what `x` is multiplied with, and what is added.
    fn lines(&self, statistics: &[f32], gamma: &[f32], beta: &[f32]) -> Vec<f32> {
        let c = gamma.len();
        let mut lines = Vec::with_capacity(statistics.len());
        for group in statistics.chunks_exact(2 * c) {
            let (mean, variance) = group.split_at(c);
            let scale: Vec<f32> =
                (0..c).map(|i| gamma[i] / (variance[i] + self.epsilon).sqrt()).collect();
            lines.extend_from_slice(&scale);
            lines.extend((0..c).map(|i| (-mean[i]).mul_add(scale[i], beta[i])));
        }
        lines
    }
}

impl Operation for Norm {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let [x, statistics, gamma, beta] = inputs else { unreachable!("four inputs") };
        let extent = x.extent();
        let c = extent.channels;
        let of_group = extent.values() / (statistics.values.len() / (2 * c));
        let lines = self.lines(statistics.values, gamma.values, beta.values);
        let mut y = Buffer::new(extent.values());
        let unit = Unit::dividing(c);
        for ((x, y), line) in
            x.values.chunks(of_group).zip(y.chunks_mut(of_group)).zip(lines.chunks_exact(2 * c))
        {
            let tasks = x.par_chunks(TASK * c).zip(y.par_chunks_mut(TASK * c));
            tasks.for_each(|(x, y)| unit.run(Apply { x, y, line, slope: self.slope }));
        }
        Block::volumes(y, extent)
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let [x, statistics, gamma, beta] = inputs else { unreachable!("four inputs") };
        let extent = x.extent();
        let c = extent.channels;
        let groups = statistics.values.len() / (2 * c);
        let of_group = extent.values() / groups;
        let lines = self.lines(statistics.values, gamma.values, beta.values);
        let unit = Unit::dividing(c);
        let (mut d_gamma, mut d_beta) = (vec![0.0; c], vec![0.0; c]);
        let mut dx = Buffer::new(extent.values());
        for group in 0..groups {
            let range = group * of_group..(group + 1) * of_group;
            let (x, gradient) = (&x.values[range.clone()], &gradient.values[range.clone()]);
            let (mean, variance) = statistics.values[group * 2 * c..][..2 * c].split_at(c);
            let line = &lines[group * 2 * c..][..2 * c];
            let parts = x.par_chunks(TASK * c).zip(gradient.par_chunks(TASK * c));
            let parts = parts.map(|(x, gradient)| {
                let mut sums = vec![0.0; 2 * c];
                let slope = self.slope;
                unit.run(GradientSums { x, gradient, line, mean, slope, sums: &mut sums });
                sums
            });
            let sums = total(parts.collect());
            let inverse: Vec<f64> =
                variance.iter().map(|&v| 1.0 / f64::from(v + self.epsilon).sqrt()).collect();
            for i in 0..c {
                d_beta[i] += sums[i];
                d_gamma[i] += sums[c + i] * inverse[i];
            }
            // dx = g * scale - (x - mean) * tilt - level, with sums over the channels together.
            let count = (of_group / c * self.together) as f64;
            let (mut tilt, mut level) = (vec![0.0; c], vec![0.0; c]);
            for first in (0..c).step_by(self.together) {
                let channels = first..first + self.together;
                let weighed = |at: usize| -> f64 {
                    channels.clone().map(|i| f64::from(gamma.values[i]) * sums[at + i]).sum()
                };
                let (flat, leaning) = (weighed(0), weighed(c));
                for i in channels.clone() {
                    tilt[i] = inverse[i].powi(3) * leaning / count;
                    level[i] = inverse[i] * flat / count - f64::from(mean[i]) * tilt[i];
                }
            }
            let coefficients: Vec<f32> =
                rounded(&tilt).into_iter().chain(rounded(&level)).collect();
            let tasks = x.par_chunks(TASK * c).zip(gradient.par_chunks(TASK * c));
            tasks.zip(dx[range].par_chunks_mut(TASK * c)).for_each(|((x, gradient), dx)| {
                let (coefficients, slope) = (&coefficients[..], self.slope);
                unit.run(InputGradient { x, gradient, dx, line, coefficients, slope });
            });
        }
        vec![
            wanted[0].then_some(dx),
            None,
            wanted[2].then(|| Buffer::copy_of(&rounded(&d_gamma))),
            wanted[3].then(|| Buffer::copy_of(&rounded(&d_beta))),
        ]
    }
}

/// [`Norm::statistics`] of its one input, through which no gradient flows.
#[derive(Debug, Clone, Copy)]
pub struct Statistics(pub Norm);

impl Operation for Statistics {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        self.0.statistics(inputs[0])
    }

    fn backward(&self, _: &[View<'_>], _: View<'_>, _: &[bool]) -> Vec<Option<Buffer>> {
        vec![None]
    }

    fn reads(&self, _input: usize) -> bool {
        false
    }
}

/// Sums of the distances from a pivot and of their squares: without the pivot, a mean far from 0
/// would take the digits of the variance.
struct Moments<'a> {
    rows: &'a [f32],
    pivot: &'a [f32],
    sums: &'a mut [f64],
}

impl Kernel for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.pivot.len();
        let pivot = L::vectors(self.pivot);
        let mut run = vec![0.0; 2 * c];
        for rows in self.rows.chunks(RUN * c) {
            run.fill(0.0);
            let (sums, squares) = run.split_at_mut(c);
            let (sums, squares) = (L::vectors_mut(sums), L::vectors_mut(squares));
            for row in rows.chunks_exact(c) {
                let terms = L::vectors(row).iter().zip(pivot);
                for ((sum, square), (x, pivot)) in
                    sums.iter_mut().zip(squares.iter_mut()).zip(terms)
                {
                    let distance = lanes.sub(*x, *pivot);
                    *sum = lanes.add(*sum, distance);
                    *square = lanes.fma(distance, distance, *square);
                }
            }
            for (sum, value) in self.sums.iter_mut().zip(&run) {
                *sum += f64::from(*value);
            }
        }
    }
}

/// `y = activation(x * scale + shift)`.
struct Apply<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    line: &'a [f32],
    slope: f32,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.line.len() / 2;
        let (scale, shift) = self.line.split_at(c);
        let (scale, shift) = (L::vectors(scale), L::vectors(shift));
        let slope = lanes.splat(self.slope);
        for (x, y) in self.x.chunks_exact(c).zip(self.y.chunks_exact_mut(c)) {
            let line = scale.iter().zip(shift);
            for ((x, y), (scale, shift)) in L::vectors(x).iter().zip(L::vectors_mut(y)).zip(line) {
                let value = lanes.fma(*x, *scale, *shift);
                *y = lanes.max(value, lanes.mul(value, slope));
            }
        }
    }
}

/// Sums of the gradient before the activation, and of its products with `x - mean`.
struct GradientSums<'a> {
    x: &'a [f32],
    gradient: &'a [f32],
    line: &'a [f32],
    mean: &'a [f32],
    slope: f32,
    sums: &'a mut [f64],
}

impl Kernel for GradientSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.mean.len();
        let (scale, shift) = self.line.split_at(c);
        let [scale, shift, mean] = [scale, shift, self.mean].map(L::vectors);
        let slope = lanes.splat(self.slope);
        let mut run = vec![0.0; 2 * c];
        for (x, gradient) in self.x.chunks(RUN * c).zip(self.gradient.chunks(RUN * c)) {
            run.fill(0.0);
            let (flat, leaning) = run.split_at_mut(c);
            let (flat, leaning) = (L::vectors_mut(flat), L::vectors_mut(leaning));
            for (x, gradient) in x.chunks_exact(c).zip(gradient.chunks_exact(c)) {
                let (x, gradient) = (L::vectors(x), L::vectors(gradient));
                let line = scale.iter().zip(shift).zip(mean);
                let sums = flat.iter_mut().zip(leaning.iter_mut());
                for (((flat, leaning), (x, g)), ((scale, shift), mean)) in
                    sums.zip(x.iter().zip(gradient)).zip(line)
                {
                    let value = lanes.fma(*x, *scale, *shift);
                    let g = lanes.where_positive(value, *g, lanes.mul(*g, slope));
                    *flat = lanes.add(*flat, g);
                    *leaning = lanes.fma(g, lanes.sub(*x, *mean), *leaning);
                }
            }
            for (sum, value) in self.sums.iter_mut().zip(&run) {
                *sum += f64::from(*value);
            }
        }
    }
}

/// `dx = g * scale - x * tilt - level`, `g` being the gradient before the activation.
struct InputGradient<'a> {
    x: &'a [f32],
    gradient: &'a [f32],
    dx: &'a mut [f32],
    line: &'a [f32],
    coefficients: &'a [f32],
    slope: f32,
}

impl Kernel for InputGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let c = self.line.len() / 2;
        let (scale, shift) = self.line.split_at(c);
        let (tilt, level) = self.coefficients.split_at(c);
        let [scale, shift, tilt, level] = [scale, shift, tilt, level].map(L::vectors);
        let slope = lanes.splat(self.slope);
        let rows = self.x.chunks_exact(c).zip(self.gradient.chunks_exact(c));
        for ((x, gradient), dx) in rows.zip(self.dx.chunks_exact_mut(c)) {
            let values = L::vectors(x).iter().zip(L::vectors(gradient));
            let line = scale.iter().zip(shift).zip(tilt.iter().zip(level));
            for (((x, g), dx), ((scale, shift), (tilt, level))) in
                values.zip(L::vectors_mut(dx)).zip(line)
            {
                let value = lanes.fma(*x, *scale, *shift);
                let g = lanes.where_positive(value, *g, lanes.mul(*g, slope));
                let across = lanes.fma(*x, *tilt, *level);
                *dx = lanes.sub(lanes.mul(g, *scale), across);
            }
        }
    }
}
