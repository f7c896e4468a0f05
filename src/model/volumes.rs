//! How volumes lie in memory inside of a network: channels last on the CPU, whose own operations
//! want them so, and channels first elsewhere.
//!
//! Does not know what is computed.

use super::kernel::{Concatenation, Inputs, apply};
use burn::tensor::{Device, Tensor};
use std::cell::Cell;

/// Whether the CPU's own operations compute with a tensor.
pub fn on_cpu<const D: usize>(x: &Tensor<D>) -> bool {
    is_cpu(&x.device())
}

/// Whether a device is the CPU, with or without autodiff.
pub fn is_cpu(device: &Device) -> bool {
    !BURNS_OWN.get() && device.clone().without_autodiff() == Device::flex()
}

thread_local! {
    static BURNS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread computes on the CPU as on other devices, to compare with.
#[derive(Debug)]
pub struct BurnsOwn;

impl BurnsOwn {
    /// From now on.
    pub fn here() -> Self {
        BURNS_OWN.set(true);
        Self
    }
}

impl Drop for BurnsOwn {
    fn drop(&mut self) {
        BURNS_OWN.set(false);
    }
}

/// `[n, c, x, y, z]` as it lies inside of a network.
pub fn enter(x: Tensor<5>) -> Tensor<5> {
    if on_cpu(&x) { x.permute([0, 2, 3, 4, 1]) } else { x }
}

/// As it lies inside of a network to `[n, c, x, y, z]`.
pub fn leave(x: Tensor<5>) -> Tensor<5> {
    if on_cpu(&x) { x.permute([0, 4, 1, 2, 3]) } else { x }
}

/// Voxels along each axis of a tensor inside of a network.
pub fn size(x: &Tensor<5>) -> [usize; 3] {
    match (on_cpu(x), x.dims()) {
        (true, [_, x, y, z, _]) | (false, [_, _, x, y, z]) => [x, y, z],
    }
}

/// Joins the channels of two tensors inside of a network.
pub fn concatenate(first: Tensor<5>, second: Tensor<5>) -> Tensor<5> {
    if on_cpu(&first) {
        apply(Inputs::Two(first.into_dispatch(), second.into_dispatch()), Concatenation)
    } else {
        Tensor::cat(vec![first, second], 1)
    }
}
