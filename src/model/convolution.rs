//! [`convolve`]: a convolution layer inside of a network.
//!
//! Does not know about the layers around it.

use super::{
    kernel::{Convolution, Geometry, Inputs, apply},
    volumes::on_cpu,
};
use burn::{module::Param, nn::conv::Conv3d, tensor::Tensor};

/// The layer's output: by the CPU's own operation, and by burn's elsewhere.
///
/// # Shapes
/// Inside of a network, as [`super::volumes`] says; `channels in` to `channels out`.
pub fn convolve(layer: &Conv3d, x: Tensor<5>) -> Tensor<5> {
    if !on_cpu(&x) {
        return layer.forward(x);
    }
    let geometry = Geometry::centred(layer.kernel_size, layer.stride);
    let weight = layer.weight.val();
    let none = || Tensor::zeros([weight.dims()[0]], &weight.device());
    let bias = layer.bias.as_ref().map_or_else(none, Param::val);
    let inputs = Inputs::Three(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    apply(inputs, Convolution(geometry))
}
