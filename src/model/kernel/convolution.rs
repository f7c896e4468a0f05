//! Convolutions of any small kernel and stride over channels-last volumes, and the gradient of the
//! weights.
//!
//! Does not know about tensors or the network.

use super::{
    buffer::Buffer,
    columns::added,
    gather::{Correlate, Gather, Rows},
    geometry::{Extent, Geometry},
    packing::Panels,
    padded::{Padded, consecutive, fill_up},
    simd::Unit,
    winograd::Winograd,
};
use rayon::prelude::*;

impl Geometry {
    /// `y[o] = bias + sum over t, i of x[o * stride + t - padding, i] * weight[c, i, t]`.
    ///
    /// # Shapes
    /// `x` as `from` says; `weight` `[channels, from.channels, kernel..]`; `bias` `[channels]` or
    /// empty. The result has [`Geometry::output`]'s size and `channels`.
    pub fn convolve(&self, from: Extent, x: &[f32], weight: &[f32], bias: &[f32]) -> Buffer {
        let channels = weight.len() / (self.taps() * from.channels);
        if let Some(winograd) = Winograd::of(self, from, channels) {
            let inputs = from.channels;
            return winograd.convolve(x, |o, i, tap| weight[(o * inputs + i) * 27 + tap], bias);
        }
        let to = Extent { n: from.n, size: self.output(from.size), channels };
        let mut y = Buffer::new(to.values());
        let unit = Unit::for_columns(channels);
        let [kx, ky, kz] = self.kernel;
        let depth = kz * from.channels;
        let panels = Panels::new(unit.lanes(), kx * ky * depth, channels);
        let taps = self.taps();
        let packed = panels.pack(from.channels, |row, column| {
            let (tap, i) = (row / from.channels, row % from.channels);
            weight[(column * from.channels + i) * taps + tap]
        });
        let bias = panels.fill_up(bias);
        let padded = Padded::new(from, x, self.padding, self.padding);
        let rows = padded.places(to.size, self.stride);
        let runs = padded.runs([kx, ky]);
        let places = consecutive(to);
        y.par_chunks_mut(to.plane()).enumerate().for_each(|(plane, target)| {
            let (n, x) = (plane / to.size[0], plane % to.size[0]);
            let source = padded.plane(n, x * self.stride[0]);
            let rows = Rows { source, bases: &rows, runs: &runs, depth };
            let (weights, places) = (&packed[..], &places[..]);
            unit.run(Gather { rows, weights, panels, bias: &bias, places, target });
        });
        y
    }

    /// The gradient of [`Self::convolve`] for its weight: `dw[c, i, t] = sum over o of
    /// x[o * stride + t - padding, i] * dy[o, c]`.
    ///
    /// # Shapes
    /// `x` as `from` says, `dy` `[n, output.., channels]`; `[channels, from.channels, kernel..]`.
    pub fn weight_gradient(&self, from: Extent, x: &[f32], dy: &[f32], channels: usize) -> Buffer {
        if let Some(winograd) =
            Winograd::of(self, from, channels).filter(Winograd::has_weight_gradient)
        {
            return winograd.weight_gradient(x, dy);
        }
        let to = Extent { n: from.n, size: self.output(from.size), channels };
        let unit = Unit::for_columns(channels);
        let [kx, ky, kz] = self.kernel;
        let depth = kz * from.channels;
        let panels = Panels::new(unit.lanes(), kx * ky * depth, channels);
        let filled;
        let (dy, step) = if channels.is_multiple_of(unit.lanes()) {
            (dy, channels)
        } else {
            filled = fill_up(dy, channels, panels.padded_columns());
            (&filled[..], panels.padded_columns())
        };
        let padded = Padded::new(from, x, self.padding, self.padding);
        let bases = padded.places(to.size, self.stride);
        let runs = padded.runs([kx, ky]);
        let places = consecutive(Extent { channels: step, ..to });
        // Sums over fixed ranges of planes, added in their order: the same bits on any number of
        // threads. Panels are independent, so more of them need fewer ranges.
        let n_planes = to.n * to.size[0];
        let n_ranges = (8 / panels.count()).clamp(1, n_planes);
        let mut sums: Vec<Buffer> = (0..n_ranges).map(|_| Buffer::zeros(panels.len())).collect();
        let tasks: Vec<(usize, usize, &mut [f32])> = sums
            .iter_mut()
            .enumerate()
            .flat_map(|(range, sums)| {
                let parts = panels.split(sums).into_iter().enumerate();
                parts.map(move |(panel, part)| (range, panel, part))
            })
            .collect();
        tasks.into_par_iter().for_each(|(range, panel, target)| {
            for plane in range * n_planes / n_ranges..(range + 1) * n_planes / n_ranges {
                let (n, x) = (plane / to.size[0], plane % to.size[0]);
                let source = padded.plane(n, x * self.stride[0]);
                let rows = Rows { source, bases: &bases, runs: &runs, depth };
                let values =
                    &dy[plane * to.size[1] * to.size[2] * step + panels.first_column(panel)..];
                let vectors = panels.vectors_of(panel);
                let (places, target) = (&places[..], &mut *target);
                unit.run(Correlate { rows, values, places, vectors, target });
            }
        });
        let packed = added(sums);
        let taps = self.taps();
        let mut gradient = Buffer::new(channels * from.channels * taps);
        gradient.par_chunks_mut(from.channels * taps).enumerate().for_each(|(column, target)| {
            for (i, target) in target.chunks_mut(taps).enumerate() {
                for (tap, value) in target.iter_mut().enumerate() {
                    *value = packed[panels.place(tap * from.channels + i, column)];
                }
            }
        });
        gradient
    }
}
