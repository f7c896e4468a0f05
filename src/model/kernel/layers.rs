//! Convolutions of a network as [`Operation`]s.
//!
//! Does not know how they are computed.

use super::{
    buffer::Buffer,
    columns::sums_of_columns,
    geometry::{Extent, Geometry},
    operation::{Block, Operation, View},
};

/// Inputs: `x` `[n, x, y, z, i]`, weight `[o, i, kernel..]`, bias `[o]`.
#[derive(Debug)]
pub struct Convolution(pub Geometry);

impl Operation for Convolution {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let [x, weight, bias] = inputs else { unreachable!("three inputs") };
        let from = x.extent();
        let to = Extent { n: from.n, size: self.0.output(from.size), channels: weight.shape[0] };
        Block::volumes(self.0.convolve(from, x.values, weight.values, bias.values), to)
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let [x, weight, _] = inputs else { unreachable!("three inputs") };
        let (from, to) = (x.extent(), gradient.extent());
        vec![
            wanted[0].then(|| self.0.spread(to, gradient.values, weight.values, &[], from)),
            wanted[1].then(|| self.0.weight_gradient(from, x.values, gradient.values, to.channels)),
            wanted[2].then(|| sums_of_columns(gradient.values, to.channels)),
        ]
    }

    fn reads(&self, input: usize) -> bool {
        input < 2
    }
}

/// A transposed convolution whose places touch: inputs `x` `[n, x, y, z, i]`, weight
/// `[i, o, stride..]`, bias `[o]`.
#[derive(Debug)]
pub struct TransposedConvolution {
    /// Voxels that each voxel becomes along each axis.
    pub stride: [usize; 3],
}

impl Operation for TransposedConvolution {
    fn forward(&self, inputs: &[View<'_>]) -> Block {
        let [x, weight, bias] = inputs else { unreachable!("three inputs") };
        let from = x.extent();
        let size = std::array::from_fn(|a| from.size[a] * self.stride[a]);
        let to = Extent { n: from.n, size, channels: weight.shape[1] };
        let geometry = Geometry::blocks(self.stride);
        Block::volumes(geometry.spread(from, x.values, weight.values, bias.values, to), to)
    }

    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        wanted: &[bool],
    ) -> Vec<Option<Buffer>> {
        let [x, weight, _] = inputs else { unreachable!("three inputs") };
        let (from, to) = (x.extent(), gradient.extent());
        let geometry = Geometry::blocks(self.stride);
        vec![
            wanted[0].then(|| geometry.convolve(to, gradient.values, weight.values, &[])),
            wanted[1]
                .then(|| geometry.weight_gradient(to, gradient.values, x.values, from.channels)),
            wanted[2].then(|| sums_of_columns(gradient.values, to.channels)),
        ]
    }

    fn reads(&self, input: usize) -> bool {
        input < 2
    }
}
