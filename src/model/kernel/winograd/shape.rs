//! [`Shape`]: what is convolved, cut into blocks.
//!
//! Does not know what is computed.

use super::super::{geometry::Extent, packing::Panels, simd::Unit};

/// Frequencies of a block.
pub(super) const FREQUENCIES: usize = 64;

/// Values between the rows of two frequencies: distances of powers of two share few cache lines.
pub(super) const GAP: usize = 16;

/// Blocks that are transformed at once, at least, where there are so many.
const BLOCKS: usize = 32;

/// Weights of a layer up to which its gradient is computed here.
const MOST_WEIGHTS: usize = 128 * 128;

/// Volumes of one size, with the channels of inputs and outputs.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Shape {
    pub(super) unit: Unit,
    pub(super) n: usize,
    pub(super) size: [usize; 3],
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl Shape {
    /// For `from` to as many channels as `outputs`; `None` where it would not be faster, which
    /// the shape alone decides.
    pub(in super::super) fn new(from: Extent, outputs: usize) -> Option<Self> {
        let Extent { n, size, channels: inputs } = from;
        let blocks = n * size.iter().map(|length| length.div_ceil(2)).product::<usize>();
        let pays = blocks >= 128
            && inputs.is_multiple_of(8)
            && outputs.is_multiple_of(8)
            && inputs * outputs > 64;
        let unit = if inputs.is_multiple_of(16) {
            Unit::dividing(outputs)
        } else {
            Unit::dividing(inputs)
        };
        pays.then_some(Self { unit, n, size, inputs, outputs })
    }

    /// Whether the gradient of the weights is to be had.
    pub(in super::super) fn has_weight_gradient(&self) -> bool {
        self.inputs * self.outputs <= MOST_WEIGHTS
    }

    /// Blocks along each axis.
    pub(super) fn blocks(&self) -> [usize; 3] {
        self.size.map(|length| length.div_ceil(2))
    }

    /// Rows of blocks along the last axis in a group.
    pub(super) fn rows(&self) -> usize {
        let [_, by, bz] = self.blocks();
        BLOCKS.div_ceil(bz).min(by)
    }

    /// How the weights of a frequency are packed.
    pub(super) fn panels(&self) -> Panels {
        Panels::new(self.unit.lanes(), self.inputs, self.outputs)
    }

    /// Length of a frequency of the transformed weights.
    pub(super) fn matrix(&self) -> usize {
        self.inputs * self.outputs + GAP
    }

    /// Voxels of a case.
    pub(super) fn voxels(&self) -> usize {
        self.size.iter().product()
    }
}
