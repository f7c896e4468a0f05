//! [`Padded`]: volumes with zeros around them.
//!
//! Does not know what is computed.

use super::{buffer::Buffer, geometry::Extent};
use rayon::prelude::*;

/// A batch with zeros around each case, or the batch itself where none are needed.
#[derive(Debug)]
pub(super) struct Padded<'a> {
    values: Values<'a>,
    /// Voxels along each axis, with the zeros.
    pub(super) size: [usize; 3],
    channels: usize,
}

#[derive(Debug)]
enum Values<'a> {
    Borrowed(&'a [f32]),
    Copied(Buffer),
}

impl<'a> Padded<'a> {
    pub(super) fn new(
        of: Extent,
        values: &'a [f32],
        before: [usize; 3],
        after: [usize; 3],
    ) -> Self {
        let size: [usize; 3] = std::array::from_fn(|a| of.size[a] + before[a] + after[a]);
        let channels = of.channels;
        if size == of.size {
            return Self { values: Values::Borrowed(values), size, channels };
        }
        let plane = size[1] * size[2] * channels;
        let mut copied = Buffer::new(of.n * size[0] * plane);
        copied.par_chunks_mut(plane).enumerate().for_each(|(index, target)| {
            let (n, x) = (index / size[0], index % size[0]);
            if x < before[0] || x >= before[0] + of.size[0] {
                target.fill(0.0);
                return;
            }
            let source = &values[(n * of.size[0] + x - before[0]) * of.plane()..][..of.plane()];
            let row = size[2] * channels;
            let (left, inner) = (before[2] * channels, of.size[2] * channels);
            for (y, target) in target.chunks_mut(row).enumerate() {
                if y < before[1] || y >= before[1] + of.size[1] {
                    target.fill(0.0);
                    continue;
                }
                target[..left].fill(0.0);
                target[left..left + inner]
                    .copy_from_slice(&source[(y - before[1]) * inner..][..inner]);
                target[left + inner..].fill(0.0);
            }
        });
        Self { values: Values::Copied(copied), size, channels }
    }

    /// The values from a plane of a case on.
    pub(super) fn plane(&self, n: usize, x: usize) -> &[f32] {
        let values = match &self.values {
            Values::Borrowed(values) => values,
            Values::Copied(values) => &values[..],
        };
        let plane = self.size[1] * self.size[2] * self.channels;
        &values[(n * self.size[0] + x) * plane..]
    }

    /// Where the rows of a plane of outputs begin.
    pub(super) fn places(&self, to: [usize; 3], stride: [usize; 3]) -> Vec<u32> {
        let place =
            |y: usize, z: usize| (y * stride[1] * self.size[2] + z * stride[2]) * self.channels;
        (0..to[1]).flat_map(|y| (0..to[2]).map(move |z| offset(place(y, z)))).collect()
    }

    pub(super) fn runs(&self, [kx, ky]: [usize; 2]) -> Vec<u32> {
        let row = self.size[2] * self.channels;
        (0..kx * ky).map(|run| offset((run / ky * self.size[1] + run % ky) * row)).collect()
    }
}

/// Where the voxels of a plane lie.
pub(super) fn consecutive(of: Extent) -> Vec<u32> {
    (0..of.size[1] * of.size[2]).map(|v| offset(v * of.channels)).collect()
}

/// Offsets are within a few planes, far below the limit of `u32`.
pub(super) fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Each voxel with zeros after its channels.
pub(super) fn fill_up(values: &[f32], channels: usize, to: usize) -> Buffer {
    let mut filled = Buffer::new(values.len() / channels * to);
    let rows = filled.par_chunks_mut(to * 4096).zip(values.par_chunks(channels * 4096));
    rows.for_each(|(target, source)| {
        for (target, source) in target.chunks_mut(to).zip(source.chunks(channels)) {
            target[..channels].copy_from_slice(source);
            target[channels..].fill(0.0);
        }
    });
    filled
}
