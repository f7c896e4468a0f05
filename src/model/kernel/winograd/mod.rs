//! Winograd's convolutions: shape, transforms of blocks and weights, and the passes over slabs.

#![expect(
    clippy::needless_range_loop,
    reason = "the loops turn arrays round, which iterators would hide"
)]

mod blocks;
mod lines;
mod shape;
mod slabs;
mod weights;

pub(super) use slabs::Winograd;
