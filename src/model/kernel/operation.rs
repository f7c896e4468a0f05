//! [`Operation`]: a differentiable computation over values in host memory.
//!
//! Does not know about tapes or back ends.

use super::{buffer::Buffer, geometry::Extent};
use std::fmt;

/// Values of a tensor, contiguous.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The values; empty where the operation said that it does not read them.
    pub values: &'a [f32],
    /// Shape of the tensor.
    pub shape: &'a [usize],
}

impl View<'_> {
    /// The batch of volumes that a tensor `[n, x, y, z, channels]` is.
    pub fn extent(&self) -> Extent {
        match *self.shape {
            [n, x, y, z, channels] => Extent { n, size: [x, y, z], channels },
            _ => unreachable!("a batch of volumes has five axes"),
        }
    }
}

/// Values with their shape.
#[derive(Debug)]
pub struct Block {
    /// The values.
    pub values: Buffer,
    /// Shape of the tensor.
    pub shape: Vec<usize>,
}

impl Block {
    /// Values of a batch of volumes.
    pub fn volumes(values: Buffer, extent: Extent) -> Self {
        let Extent { n, size: [x, y, z], channels } = extent;
        Self { values, shape: vec![n, x, y, z, channels] }
    }
}

/// One output from a few inputs, and the way back.
///
/// An instance is used for one forward and at most one backward pass, so that it may keep what it
/// found out on the way.
pub trait Operation: fmt::Debug + Send + Sync {
    /// The output.
    fn forward(&self, inputs: &[View<'_>]) -> Block;

    /// Gradients of the inputs that are wanted, in their order, from that of the output.
    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        wanted: &[bool],
    ) -> Vec<Option<Buffer>>;

    /// Whether the way back reads the values of an input, which must then be kept.
    fn reads(&self, _input: usize) -> bool {
        true
    }
}
