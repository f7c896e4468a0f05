//! [`DoubleConvolution`]: two convolutions with squeeze-and-excitation and a residual path.
//!
//! Does not know about levels, skips or heads.

use super::{
    convolution::convolve,
    dropout::ChannelMask,
    kernel::{BlockEnd, Inputs, apply},
    norm::{Activation, Normalisation},
    volumes::on_cpu,
    weights::FreshWeights,
};
use crate::spec;
use burn::{
    backend::DispatchTensor,
    module::{Module, Param},
    nn::{Linear, conv::Conv3d},
    tensor::{
        Tensor,
        activation::{relu, sigmoid},
    },
};

/// Weighs each channel by a gate computed from the means of all channels.
///
/// # Source
/// Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018.
#[derive(Module, Debug)]
pub struct SqueezeExcitation {
    squeeze: Linear,
    excite: Linear,
}

impl SqueezeExcitation {
    /// `reduction` is at least 1; there is always one hidden unit.
    pub fn new(channels: usize, reduction: usize, fresh: &mut FreshWeights<'_>) -> Self {
        let hidden = (channels / reduction).max(1);
        Self { squeeze: fresh.linear(channels, hidden), excite: fresh.linear(hidden, channels) }
    }

    /// Weights and biases of both dense layers, in order.
    fn weights(&self) -> [DispatchTensor; 4] {
        let of = |layer: &Linear| {
            // Made with a bias by `new`.
            let bias = layer.bias.as_ref().map_or_else(
                || Tensor::zeros([layer.weight.dims()[1]], &layer.weight.device()),
                Param::val,
            );
            [layer.weight.val().into_dispatch(), bias.into_dispatch()]
        };
        let ([a, b], [c, d]) = (of(&self.squeeze), of(&self.excite));
        [a, b, c, d]
    }

    /// # Shapes
    /// `[n, c, x, y, z]`, unchanged.
    fn forward(&self, input: Tensor<5>) -> Tensor<5> {
        let [n, c, x, y, z] = input.dims();
        // The adaptive pooling of the paper runs one thread a channel on CUDA; a sum does not.
        let means = input.clone().sum_dims(&[2, 3, 4]).div_scalar((x * y * z) as f64);
        let hidden = relu(self.squeeze.forward(means.reshape([n, c])));
        let gate = sigmoid(self.excite.forward(hidden)).reshape([n, c, 1, 1, 1]);
        input * gate
    }
}

/// Twice a convolution, norm and `ReLU`, gated; plus a 1x1x1 projection of the input; `ReLU`.
#[derive(Module, Debug)]
pub struct DoubleConvolution {
    first: Conv3d,
    first_norm: Normalisation,
    second: Conv3d,
    second_norm: Normalisation,
    gate: Option<SqueezeExcitation>,
    projection: Option<Conv3d>,
    projection_norm: Option<Normalisation>,
}

impl DoubleConvolution {
    /// The block of one level; `rules` say which of its parts it has.
    pub fn new(channels: [usize; 2], rules: &spec::Model, fresh: &mut FreshWeights<'_>) -> Self {
        let [c_in, c_out] = channels;
        let reduction = rules.squeeze_excitation;
        Self {
            first: fresh.convolution(c_in, c_out, 3),
            first_norm: Normalisation::new(rules.norm, c_out, fresh),
            second: fresh.convolution(c_out, c_out, 3),
            second_norm: Normalisation::new(rules.norm, c_out, fresh),
            gate: (reduction > 0).then(|| SqueezeExcitation::new(c_out, reduction, fresh)),
            projection: rules.residual.then(|| fresh.convolution(c_in, c_out, 1)),
            projection_norm: rules.residual.then(|| Normalisation::new(rules.norm, c_out, fresh)),
        }
    }

    /// Channels of the output.
    pub fn channels(&self) -> usize {
        self.second.weight.dims()[0]
    }

    /// # Shapes
    /// Inside of a network, as [`super::volumes`] says; `channels in` to `channels out`.
    pub fn forward(&self, input: Tensor<5>, mask: ChannelMask) -> Tensor<5> {
        let x = convolve(&self.first, input.clone());
        let x = self.first_norm.forward(x, Activation::Relu);
        let x = convolve(&self.second, x);
        let x = self.second_norm.forward(x, Activation::Relu);
        let residual = match (&self.projection, &self.projection_norm) {
            (Some(projection), Some(norm)) => {
                Some(norm.forward(convolve(projection, input), Activation::Identity))
            }
            _ => None,
        };
        end(x, residual, self.gate.as_ref(), mask)
    }
}

/// Gates `x` where there is a gate, adds the residual where there is one, with `ReLU`, and drops
/// channels.
fn end(
    x: Tensor<5>,
    residual: Option<Tensor<5>>,
    gate: Option<&SqueezeExcitation>,
    mask: ChannelMask,
) -> Tensor<5> {
    if on_cpu(&x) {
        let operation = BlockEnd::new(residual.is_some(), gate.is_some(), mask.into_values());
        let x = x.into_dispatch();
        let dense = gate.map(SqueezeExcitation::weights);
        let inputs = match (residual.map(Tensor::into_dispatch), dense) {
            (None, None) => Inputs::One(x),
            (Some(residual), None) => Inputs::Two(x, residual),
            (None, Some([a, b, c, d])) => Inputs::Five(x, a, b, c, d),
            (Some(residual), Some([a, b, c, d])) => Inputs::Six(x, residual, a, b, c, d),
        };
        return apply(inputs, operation);
    }
    let x = match gate {
        Some(gate) => gate.forward(x),
        None => x,
    };
    let x = match residual {
        Some(residual) => relu(x + residual),
        None => x,
    };
    mask.multiply(x)
}
