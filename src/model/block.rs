//! [`DoubleConvolution`]: two convolutions with squeeze-and-excitation and a residual path.
//!
//! Does not know about levels, skips or heads.

use super::{norm::Normalisation, weights::FreshWeights};
use crate::spec;
use burn::{
    module::Module,
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

    /// # Shapes
    /// `[n, c, x, y, z]`, unchanged.
    pub fn forward(&self, input: Tensor<5>) -> Tensor<5> {
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

    /// # Shapes
    /// `[n, channels in, x, y, z]` to `[n, channels out, x, y, z]`.
    pub fn forward(&self, input: Tensor<5>) -> Tensor<5> {
        let x = relu(self.first_norm.forward(self.first.forward(input.clone())));
        let x = relu(self.second_norm.forward(self.second.forward(x)));
        let x = match &self.gate {
            Some(gate) => gate.forward(x),
            None => x,
        };
        match (&self.projection, &self.projection_norm) {
            (Some(projection), Some(norm)) => relu(x + norm.forward(projection.forward(input))),
            _ => x,
        }
    }
}
