//! [`Normalisation`]: batch, instance or group statistics with a learned scale and shift.
//!
//! The CPU has an operation of its own. Elsewhere all three go through burn's training batch
//! normalisation, whose backward pass is analytic: instance statistics are batch statistics once
//! cases are folded into channels.
//!
//! Does not know about the network around it.

use super::{
    kernel::{self, Inputs, Statistics, apply},
    volumes::on_cpu,
    weights::FreshWeights,
};
use crate::spec::Norm;
use burn::{
    module::{Module, Param, RunningState},
    tensor::{Tensor, activation::relu, module},
};

const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;
const GROUP_CHANNELS: usize = 8;

/// What follows a normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// Values below 0 become 0.
    Relu,
}

impl Activation {
    /// What values below 0 are multiplied with.
    fn slope(self) -> f32 {
        match self {
            Self::Identity => 1.0,
            Self::Relu => 0.0,
        }
    }
}

/// Normalises channels, then scales and shifts each.
#[derive(Module, Debug)]
pub struct Normalisation {
    /// Scale, `[channels]`.
    pub gamma: Param<Tensor<1>>,
    /// Shift, `[channels]`.
    pub beta: Param<Tensor<1>>,
    /// Running mean, `[channels]`; batch statistics only.
    pub running_mean: Option<RunningState<Tensor<1>>>,
    /// Running unbiased variance, `[channels]`; batch statistics only.
    pub running_var: Option<RunningState<Tensor<1>>>,
    #[module(skip)]
    kind: Norm,
}

impl Normalisation {
    /// Scale 1, shift 0, running mean 0 and variance 1, as PyTorch.
    pub fn new(kind: Norm, channels: usize, fresh: &mut FreshWeights<'_>) -> Self {
        let (gamma, beta) = (fresh.constant(channels, 1.0), fresh.constant(channels, 0.0));
        let mut running = |value: f64| {
            (kind == Norm::Batch).then(|| {
                let tensor = Tensor::full([channels], value, fresh.device());
                RunningState::with_id(fresh.id(), tensor)
            })
        };
        let (running_mean, running_var) = (running(0.0), running(1.0));
        Self { gamma, beta, running_mean, running_var, kind }
    }

    /// # Shapes
    /// Inside of a network, as [`super::volumes`] says; unchanged.
    pub fn forward(&self, input: Tensor<5>, activation: Activation) -> Tensor<5> {
        if on_cpu(&input) {
            return self.on_cpu(input, activation);
        }
        let output = match (self.kind, &self.running_mean, &self.running_var) {
            (Norm::Batch, Some(mean), Some(var)) => self.batch(input, mean, var),
            (Norm::Instance, ..) => self.instance(input),
            _ => self.group(input),
        };
        match activation {
            Activation::Identity => output,
            Activation::Relu => relu(output),
        }
    }

    fn on_cpu(&self, input: Tensor<5>, activation: Activation) -> Tensor<5> {
        let [n, x, y, z, c] = input.dims();
        let norm = kernel::Norm {
            per_case: self.kind != Norm::Batch,
            together: if self.kind == Norm::Group { group_of(c) } else { 1 },
            #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
            epsilon: EPSILON as f32,
            slope: activation.slope(),
        };
        let statistics = match (&self.running_mean, &self.running_var) {
            (Some(mean), Some(var)) if !input.device().is_autodiff() => {
                let both = [mean.value(), var.value()].map(|row| row.reshape([1, 1, c]));
                Tensor::<3>::cat(both.into(), 1)
            }
            (mean, var) => {
                // A leaf that asks for gradients still does so when it is detached.
                let constant = input.clone().detach().set_require_grad(false);
                let found = Inputs::One(constant.into_dispatch());
                let found: Tensor<3> = apply(found, Statistics(norm));
                if let (Some(mean), Some(var)) = (mean, var) {
                    let row = |at: usize| found.clone().narrow(1, at, 1).reshape([c]);
                    remember([mean, var], [row(0), row(1)], n * x * y * z);
                }
                found
            }
        };
        let inputs = Inputs::Four(
            input.into_dispatch(),
            statistics.into_dispatch(),
            self.gamma.val().into_dispatch(),
            self.beta.val().into_dispatch(),
        );
        apply(inputs, norm)
    }

    fn batch(
        &self,
        input: Tensor<5>,
        running_mean: &RunningState<Tensor<1>>,
        running_var: &RunningState<Tensor<1>>,
    ) -> Tensor<5> {
        let (gamma, beta) = (self.gamma.val(), self.beta.val());
        if !input.device().is_autodiff() {
            let (mean, var) = (running_mean.value(), running_var.value());
            return module::batch_norm(input, gamma, beta, mean, var, EPSILON);
        }
        let [n, _, x, y, z] = input.dims();
        let result = module::batch_norm_train(input, gamma, beta, EPSILON);
        let found = [result.mean, result.variance];
        remember([running_mean, running_var], found, n * x * y * z);
        result.output
    }

    fn instance(&self, input: Tensor<5>) -> Tensor<5> {
        let [n, c, x, y, z] = input.dims();
        let folded = input.reshape([1, n * c, x, y, z]);
        let (gamma, beta) = (self.gamma.val().repeat(&[n]), self.beta.val().repeat(&[n]));
        module::batch_norm_train(folded, gamma, beta, EPSILON).output.reshape([n, c, x, y, z])
    }

    fn group(&self, input: Tensor<5>) -> Tensor<5> {
        let [n, c, x, y, z] = input.dims();
        let per_group = group_of(c);
        let groups = n * c / per_group;
        let device = input.device();
        let folded = input.reshape([1, groups, per_group * x, y, z]);
        let (one, zero) = (Tensor::ones([groups], &device), Tensor::zeros([groups], &device));
        let output = module::batch_norm_train(folded, one, zero, EPSILON).output;
        output.reshape([n, c, x, y, z]) * self.gamma.val().reshape([1, c, 1, 1, 1])
            + self.beta.val().reshape([1, c, 1, 1, 1])
    }
}

/// Moves the running mean and variance towards those of a batch with so many values.
fn remember(
    running: [&RunningState<Tensor<1>>; 2],
    [mean, variance]: [Tensor<1>; 2],
    n_values: usize,
) {
    // PyTorch normalises with the biased variance but remembers the unbiased one.
    let n_values = n_values as f64;
    let unbiased = n_values / (n_values - 1.0).max(1.0);
    for (running, value) in running.into_iter().zip([mean, variance.mul_scalar(unbiased)]) {
        let old = running.value_sync().mul_scalar(1.0 - MOMENTUM);
        running.update(old.add(value.detach().mul_scalar(MOMENTUM)).detach());
    }
}

/// Channels that share statistics in a group norm of so many.
fn group_of(channels: usize) -> usize {
    (1..=GROUP_CHANNELS.min(channels))
        .rev()
        .find(|size| channels.is_multiple_of(*size))
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::random::Draw,
        model::volumes::{enter, leave},
    };
    use burn::tensor::{Device, TensorData};

    #[test]
    fn an_input_that_asks_for_gradients_itself_gets_them() {
        let device = Device::flex().autodiff();
        let mut stream = Draw { seed: 1, epoch: 0, case: "" }.stream("test");
        let mut fresh = FreshWeights::new(&mut stream, &device);
        let input = fresh.uniform([1, 2, 3, 4, 8], 1.0).val().detach().require_grad();
        let norm = Normalisation::new(Norm::Batch, 8, &mut fresh);
        let output = norm.forward(input.clone(), Activation::Relu);
        let gradients = (output.clone() * output).sum().backward();
        assert_eq!(input.grad(&gradients).unwrap().dims(), [1, 2, 3, 4, 8]);
    }

    /// Every case and channel on its own must come out with mean 0 and variance 1.
    #[test]
    fn instance_and_group_statistics_are_per_case() {
        let device = Device::flex().autodiff();
        let mut stream = Draw { seed: 1, epoch: 0, case: "" }.stream("test");
        let values: Vec<f64> = (0..1920).map(|_| stream.range(3.0, 10.0)).collect();
        let input = Tensor::<5>::from_data(TensorData::new(values, [2, 16, 4, 3, 5]), &device);
        let input = enter(input);
        let mut fresh = FreshWeights::new(&mut stream, &device);
        for (kind, per_group) in [(Norm::Instance, 1), (Norm::Group, 8)] {
            let norm = Normalisation::new(kind, 16, &mut fresh);
            let output = norm.forward(input.clone(), Activation::Identity);
            let values: Vec<f32> = leave(output).into_data().try_to_vec().unwrap();
            for group in values.chunks(per_group * 60) {
                let mean = group.iter().sum::<f32>() / group.len() as f32;
                let var =
                    group.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / group.len() as f32;
                assert!(mean.abs() < 1e-5, "{kind:?} mean {mean}");
                assert!((var - 1.0).abs() < 1e-4, "{kind:?} variance {var}");
            }
        }
    }
}
