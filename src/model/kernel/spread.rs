//! The gradient of a convolution for its input, which is also the transposed convolution.
//!
//! Inputs that are reached by the same taps are a class; the inputs of a class in a plane are one
//! product of gathered outputs with the weights of these taps.
//!
//! Does not know about tensors or the network.

use super::{
    buffer::Buffer,
    gather::{Gather, Rows},
    geometry::{Extent, Geometry},
    packing::Panels,
    padded::{Padded, offset},
    simd::Unit,
    winograd::Winograd,
};
use rayon::prelude::*;

impl Geometry {
    /// The gradient of [`Self::convolve`] for its input, which is also the transposed
    /// convolution: `x[p, i] = bias + sum over o, t with o * stride + t - padding = p, and c, of
    /// y[o, c] * weight[c, i, t]`.
    ///
    /// # Shapes
    /// `y` as `from` says; `weight` `[from.channels, to.channels, kernel..]`; the result as `to`.
    pub fn spread(
        &self,
        from: Extent,
        y: &[f32],
        weight: &[f32],
        bias: &[f32],
        to: Extent,
    ) -> Buffer {
        if let Some(winograd) = Winograd::of(self, from, to.channels) {
            // The same convolution with the kernel turned round and channels exchanged.
            let outputs = to.channels;
            return winograd.convolve(
                y,
                |o, i, tap| weight[(i * outputs + o) * 27 + 26 - tap],
                bias,
            );
        }
        let mut x = Buffer::new(to.values());
        let unit = Unit::for_columns(to.channels);
        let axes: [Axis; 3] = std::array::from_fn(|a| self.axis(a, from.size[a], to.size[a]));
        let padded = Padded::new(
            from,
            y,
            std::array::from_fn(|a| axes[a].before),
            std::array::from_fn(|a| axes[a].after),
        );
        let classes = Classes { geometry: self, unit, from, to, axes: &axes, padded: &padded };
        let parts: Vec<Vec<Class>> = (0..self.stride[0]).map(|rx| classes.of(rx, weight)).collect();
        let bias = Panels::new(unit.lanes(), 0, to.channels).fill_up(bias);
        x.par_chunks_mut(to.plane()).enumerate().for_each(|(plane, target)| {
            let (n, p) = (plane / to.size[0], plane % to.size[0]);
            let rest = (p + self.padding[0]) % self.stride[0];
            let residue = &axes[0].residues[rest];
            let first = (p + self.padding[0] - rest) / self.stride[0] + axes[0].before + 1;
            let source = padded.plane(n, first - residue.taps.max(1));
            for class in &parts[rest] {
                let (bases, runs, depth) = (&class.bases[..], &class.runs[..], class.depth);
                let rows = Rows { source, bases, runs, depth };
                let (weights, panels) = (&class.weights[..], class.panels);
                let (bias, places) = (&bias[..], &class.places[..]);
                let target = &mut *target;
                unit.run(Gather { rows, weights, panels, bias, places, target });
            }
        });
        x
    }

    /// Which outputs reach the inputs along an axis.
    fn axis(&self, axis: usize, outputs: usize, inputs: usize) -> Axis {
        let (kernel, stride, padding) = (self.kernel[axis], self.stride[axis], self.padding[axis]);
        let residues: Vec<Residue> = (0..stride)
            .map(|rest| Residue { rest, taps: kernel.saturating_sub(rest).div_ceil(stride) })
            .collect();
        let most = residues.iter().map(|residue| residue.taps).max().unwrap_or(1).max(1);
        // The last input is reached from at most this output.
        let last = (inputs - 1 + padding) / stride;
        Axis { residues, before: most - 1, after: (last + 1).saturating_sub(outputs) }
    }
}

/// Along one axis, the inputs whose place plus the padding leaves `rest` when divided by the
/// stride: they are reached by the taps `rest`, `rest + stride`, ..
#[derive(Debug)]
struct Residue {
    rest: usize,
    taps: usize,
}

#[derive(Debug)]
struct Axis {
    residues: Vec<Residue>,
    /// Zeros that the outputs need around them.
    before: usize,
    after: usize,
}

impl Axis {
    /// The inputs of a residue: `(input, first of the outputs that reach it, in padded outputs)`.
    fn inputs(
        &self,
        residue: &Residue,
        inputs: usize,
        stride: usize,
        padding: usize,
    ) -> Vec<(usize, usize)> {
        (0..inputs)
            .filter(|p| (p + padding) % stride == residue.rest)
            .map(|p| {
                (p, (p + padding - residue.rest) / stride + self.before + 1 - residue.taps.max(1))
            })
            .collect()
    }
}

/// Inputs of a plane that are reached by the same taps.
#[derive(Debug)]
struct Class {
    bases: Vec<u32>,
    places: Vec<u32>,
    runs: Vec<u32>,
    depth: usize,
    weights: Buffer,
    panels: Panels,
}

#[derive(Debug, Clone, Copy)]
struct Classes<'a> {
    geometry: &'a Geometry,
    unit: Unit,
    from: Extent,
    to: Extent,
    axes: &'a [Axis; 3],
    padded: &'a Padded<'a>,
}

impl Classes<'_> {
    /// The classes of the planes of one residue of the first axis.
    fn of(&self, rx: usize, weight: &[f32]) -> Vec<Class> {
        let [_, y, z] = self.axes;
        y.residues
            .iter()
            .flat_map(|ry| z.residues.iter().map(move |rz| [ry, rz]))
            .map(|[ry, rz]| self.class([&self.axes[0].residues[rx], ry, rz], weight))
            .collect()
    }

    fn class(&self, residues: [&Residue; 3], weight: &[f32]) -> Class {
        let Geometry { kernel, stride, padding } = *self.geometry;
        let [_, py, pz] = self.padded.size;
        let (c, channels) = (self.from.channels, self.to.channels);
        let [ys, zs]: [Vec<(usize, usize)>; 2] = [1, 2]
            .map(|a| self.axes[a].inputs(residues[a], self.to.size[a], stride[a], padding[a]));
        let mut bases = Vec::with_capacity(ys.len() * zs.len());
        let mut places = Vec::with_capacity(ys.len() * zs.len());
        for &(py_in, oy) in &ys {
            for &(pz_in, oz) in &zs {
                bases.push(offset((oy * pz + oz) * c));
                places.push(offset((py_in * self.to.size[2] + pz_in) * channels));
            }
        }
        let [tx, ty, tz] = residues.map(|residue| residue.taps);
        let reached = tx * ty * tz > 0;
        let depth = if reached { tz * c } else { 1 };
        let runs: Vec<u32> = if reached {
            (0..tx * ty).map(|run| offset((run / ty * py + run % ty) * pz * c)).collect()
        } else {
            Vec::new()
        };
        let panels = Panels::new(self.unit.lanes(), runs.len() * depth, channels);
        let taps = self.geometry.taps();
        let weights = panels.pack(c, |row, column| {
            let (run, in_run) = (row / depth, row % depth);
            // Outputs in rising order are reached by falling taps.
            let at = [run / ty, run % ty, in_run / c];
            let tap: [usize; 3] = std::array::from_fn(|a| {
                residues[a].rest + stride[a] * (residues[a].taps - 1 - at[a])
            });
            let tap = (tap[0] * kernel[1] + tap[1]) * kernel[2] + tap[2];
            weight[((in_run % c) * channels + column) * taps + tap]
        });
        Class { bases, places, runs, depth, weights, panels }
    }
}
