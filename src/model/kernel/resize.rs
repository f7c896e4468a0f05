//! [`Resize`]: linear interpolation and selection along the axes of volumes.
//!
//! Does not know about the network around it.

use super::{
    buffer::Buffer,
    geometry::Extent,
    operation::{Block, Operation, View},
};
use rayon::prelude::*;

/// For each place along an axis, the places that it is a sum of, with their weights.
pub type Mixture = Vec<Vec<(usize, f32)>>;

/// Makes each axis another length; each new place is a weighted sum of old ones.
///
/// Input: `[n, x, y, z, c]`.
#[derive(Debug)]
pub struct Resize {
    /// What becomes of each axis; `None` leaves it as it is.
    pub axes: [Option<Mixture>; 3],
}

impl Resize {
    fn output(&self, from: Extent) -> Extent {
        let size = std::array::from_fn(|a| self.axes[a].as_ref().map_or(from.size[a], Vec::len));
        Extent { size, ..from }
    }
}

impl Operation for Resize {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let mut extent = inputs[0].extent();
        let mut values = None;
        // The last axis first: the volume is then smallest where strides are.
        for axis in [2, 1, 0] {
            let Some(mixture) = &self.axes[axis] else {
                continue;
            };
            let source = values.as_deref().unwrap_or(inputs[0].values);
            let (mixed, size) = mix(source, extent, axis, mixture);
            (values, extent) = (Some(mixed), size);
        }
        Block::volumes(values.unwrap_or_else(|| Buffer::copy_of(inputs[0].values)), extent)
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        _wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let from = inputs[0].extent();
        let mut extent = self.output(from);
        let mut values = None;
        for axis in 0..3 {
            let Some(mixture) = &self.axes[axis] else {
                continue;
            };
            let source = values.as_deref().unwrap_or(gradient.values);
            let (mixed, size) = mix(source, extent, axis, &turned(mixture, from.size[axis]));
            (values, extent) = (Some(mixed), size);
        }
        vec![Some(values.unwrap_or_else(|| Buffer::copy_of(gradient.values)))]
    }

    fn reads(&self, _input: usize) -> bool {
        false
    }
}

/// Who sends to whom, the other way round.
fn turned(mixture: &Mixture, length: usize) -> Mixture {
    let mut turned = vec![Vec::new(); length];
    for (to, parts) in mixture.iter().enumerate() {
        for &(from, weight) in parts {
            turned[from].push((to, weight));
        }
    }
    turned
}

fn mix(values: &[f32], of: Extent, axis: usize, mixture: &Mixture) -> (Buffer, Extent) {
    let inner: usize = of.size[axis + 1..].iter().product::<usize>() * of.channels;
    let mut to = of;
    to.size[axis] = mixture.len();
    let mut mixed = Buffer::new(to.values());
    let (length, block) = (of.size[axis] * inner, mixture.len() * inner);
    mixed.par_chunks_mut(block).enumerate().for_each(|(outer, target)| {
        let source = &values[outer * length..][..length];
        target.par_chunks_mut(inner).zip(mixture).for_each(|(target, parts)| {
            let Some((&(from, weight), others)) = parts.split_first() else {
                target.fill(0.0);
                return;
            };
            for (to, value) in target.iter_mut().zip(&source[from * inner..]) {
                *to = weight * value;
            }
            for &(from, weight) in others {
                for (to, value) in target.iter_mut().zip(&source[from * inner..]) {
                    *to += weight * value;
                }
            }
        });
    });
    (mixed, to)
}
