//! The CPU's own operations: fast kernels over channels-last volumes, and their way into burn.
//!
//! From the registers up: `simd`, `product` and `packing`; `gather`, which convolutions
//! are made of; an [`Operation`] for each layer; and `tape`, which runs them on tensors.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is compiled without the vector unit's instructions"
)]

mod block_end;
mod buffer;
mod columns;
mod concatenation;
mod convolution;
#[cfg(test)]
mod convolution_tests;
mod gather;
mod geometry;
mod layers;
mod max_pool;
mod norm;
mod operation;
#[cfg(test)]
mod operation_tests;
mod packing;
mod padded;
mod peak;
mod product;
mod region_sums;
mod resize;
mod simd;
mod spread;
mod sum_of_squares;
mod tape;
mod winograd;

pub use block_end::BlockEnd;
pub use buffer::Buffer;
pub use concatenation::Concatenation;
pub use geometry::{Extent, Geometry};
pub use layers::{Convolution, TransposedConvolution};
pub use max_pool::MaxPool;
pub use norm::{Norm, Statistics};
pub use operation::{Block, Operation, View};
pub use peak::{MeasuredPeak, measured_peak};
pub use region_sums::RegionSums;
pub use resize::{Mixture, Resize};
pub use simd::Unit;
pub use sum_of_squares::SumOfSquares;
pub use tape::{Inputs, VolumeOps, apply};
