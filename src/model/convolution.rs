//! [`convolve`]: a convolution layer inside of a network.
//!
//! Does not know about the layers around it.

use super::{
    kernel::{Convolution, Geometry, Inputs, apply},
    volumes::on_cpu,
};
use burn::{nn::conv::Conv3d, tensor::Tensor};

/// The layer's output: by the CPU's own operation, and by burn's elsewhere.
///
/// # Shapes
/// Inside of a network, as [`super::volumes`] says; `channels in` to `channels out`.
pub fn convolve(layer: &Conv3d, x: Tensor<5>) -> Tensor<5> {
    let Some(bias) = layer.bias.as_ref().filter(|_| on_cpu(&x)) else {
        return layer.forward(x);
    };
    let geometry = Geometry::centred(layer.kernel_size, layer.stride);
    let (weight, bias) = (layer.weight.val(), bias.val());
    let inputs = Inputs::Three(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    apply(inputs, Convolution(geometry))
}
