//! [`Normalisation`]: batch, instance or group statistics with a learned scale and shift.
//!
//! All three go through burn's training batch normalisation, whose backward pass is analytic:
//! instance statistics are batch statistics once cases are folded into channels.
//!
//! Does not know about the network around it.

use super::weights::FreshWeights;
use crate::spec::Norm;
use burn::{
    module::{Module, Param, RunningState},
    tensor::{Tensor, module},
};

const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;
const GROUP_CHANNELS: usize = 8;

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
    /// `[n, channels, x, y, z]`, unchanged.
    pub fn forward(&self, input: Tensor<5>) -> Tensor<5> {
        match (self.kind, &self.running_mean, &self.running_var) {
            (Norm::Batch, Some(mean), Some(var)) => self.batch(input, mean, var),
            (Norm::Instance, ..) => self.instance(input),
            _ => self.group(input),
        }
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
        let n_values = (n * x * y * z) as f64;
        let result = module::batch_norm_train(input, gamma, beta, EPSILON);
        // PyTorch normalises with the biased variance but remembers the unbiased one.
        let unbiased = n_values / (n_values - 1.0).max(1.0);
        remember(running_mean, result.mean);
        remember(running_var, result.variance.mul_scalar(unbiased));
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
        let per_group = (1..=GROUP_CHANNELS.min(c)).rev().find(|size| c % size == 0).unwrap_or(1);
        let groups = n * c / per_group;
        let device = input.device();
        let folded = input.reshape([1, groups, per_group * x, y, z]);
        let (one, zero) = (Tensor::ones([groups], &device), Tensor::zeros([groups], &device));
        let output = module::batch_norm_train(folded, one, zero, EPSILON).output;
        output.reshape([n, c, x, y, z]) * self.gamma.val().reshape([1, c, 1, 1, 1])
            + self.beta.val().reshape([1, c, 1, 1, 1])
    }
}

fn remember(running: &RunningState<Tensor<1>>, value: Tensor<1>) {
    let old = running.value_sync().mul_scalar(1.0 - MOMENTUM);
    running.update(old.add(value.detach().mul_scalar(MOMENTUM)).detach());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Draw;
    use burn::tensor::{Device, TensorData};

    /// Every case and channel on its own must come out with mean 0 and variance 1.
    #[test]
    fn instance_and_group_statistics_are_per_case() {
        let device = Device::flex().autodiff();
        let mut stream = Draw { seed: 1, epoch: 0, case: "" }.stream("test");
        let values: Vec<f64> = (0..1920).map(|_| stream.range(3.0, 10.0)).collect();
        let input = Tensor::<5>::from_data(TensorData::new(values, [2, 16, 4, 3, 5]), &device);
        let mut fresh = FreshWeights::new(&mut stream, &device);
        for (kind, per_group) in [(Norm::Instance, 1), (Norm::Group, 8)] {
            let output = Normalisation::new(kind, 16, &mut fresh).forward(input.clone());
            let values: Vec<f32> = output.into_data().try_to_vec().unwrap();
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
