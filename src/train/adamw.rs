//! [`CycledAdamW`]: AdamW with amsgrad, PyTorch's order of operations, and a first-moment decay
//! that may follow the schedule.
//!
//! burn's own AdamW cannot cycle beta1. Here beta1 is a function of the state's step count, so
//! that a resumed optimizer needs only its record.
//!
//! Does not know about modules.

use super::LrSchedule;
use crate::{model::volumes::on_cpu, spec};
use burn::{
    optim::{AdamWState, AdaptiveMomentumState, LearningRate, Optimizer},
    tensor::{Device, Tensor, TensorData},
};
use rayon::prelude::*;

/// AdamW under an [`LrSchedule`].
///
/// # Source
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization"; PyTorch's `AdamW`.
#[derive(Debug, Clone)]
pub struct CycledAdamW {
    rules: spec::Optimizer,
    schedule: LrSchedule,
}

impl CycledAdamW {
    /// The optimizer of a spec over the steps of `schedule`.
    pub fn new(rules: &spec::Optimizer, schedule: LrSchedule) -> Self {
        Self { rules: rules.clone(), schedule }
    }
}

impl Optimizer for CycledAdamW {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let spec::Optimizer { weight_decay, amsgrad, epsilon, beta2, .. } = self.rules;
        let old = state.map(|state| state.momentum);
        let done = old.as_ref().map_or(0, |state| state.time);
        let beta1 = self.schedule.at(done).beta1;
        let time = done + 1;
        if on_cpu(&tensor) {
            let pass = Pass::new(&self.rules, lr, beta1, time);
            let (tensor, momentum) = pass.over(tensor, grad, old);
            return (tensor, Some(AdamWState::new(momentum)));
        }

        let first = grad.clone().mul_scalar(1.0 - beta1);
        let second = grad.square().mul_scalar(1.0 - beta2);
        let (moment_1, moment_2, old_max) = match old {
            Some(old) => (
                old.moment_1.mul_scalar(beta1) + first,
                old.moment_2.mul_scalar(beta2) + second,
                old.max_moment_2,
            ),
            None => (first, second, None),
        };
        let max_moment_2 = amsgrad.then(|| match old_max {
            Some(max) => max.max_pair(moment_2.clone()),
            None => moment_2.clone(),
        });

        let exponent = time as f64;
        let correction_1 = 1.0 - beta1.powf(exponent);
        let correction_2 = (1.0 - beta2.powf(exponent)).sqrt();
        let largest = max_moment_2.clone().unwrap_or_else(|| moment_2.clone());
        let denominator = largest.sqrt().div_scalar(correction_2).add_scalar(epsilon);
        let update = moment_1.clone().div(denominator).mul_scalar(lr / correction_1);
        let tensor = tensor.mul_scalar(1.0 - lr * weight_decay) - update;

        let mut momentum = AdaptiveMomentumState::new(time, moment_1, moment_2);
        momentum.max_moment_2 = max_moment_2;
        (tensor, Some(AdamWState::new(momentum)))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        AdamWState::new(state.momentum.to_device(device))
    }
}

/// The update of every value of a parameter, in one pass over host memory and in the order of
/// operations of [`CycledAdamW::step`].
#[derive(Debug, Clone, Copy)]
struct Pass {
    kept: f32,
    beta1: f32,
    one_less_beta1: f32,
    beta2: f32,
    one_less_beta2: f32,
    correction_2: f32,
    epsilon: f32,
    rate: f32,
    amsgrad: bool,
    time: usize,
}

/// Values of a parallel task.
const TASK: usize = 1 << 14;

#[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
impl Pass {
    fn new(rules: &spec::Optimizer, lr: f64, beta1: f64, time: usize) -> Self {
        let spec::Optimizer { weight_decay, amsgrad, epsilon, beta2, .. } = *rules;
        let exponent = time as f64;
        Self {
            kept: (1.0 - lr * weight_decay) as f32,
            beta1: beta1 as f32,
            one_less_beta1: (1.0 - beta1) as f32,
            beta2: beta2 as f32,
            one_less_beta2: (1.0 - beta2) as f32,
            correction_2: (1.0 - beta2.powf(exponent)).sqrt() as f32,
            epsilon: epsilon as f32,
            rate: (lr / (1.0 - beta1.powf(exponent))) as f32,
            amsgrad,
            time,
        }
    }

    fn over<const D: usize>(
        &self,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        old: Option<AdaptiveMomentumState<D>>,
    ) -> (Tensor<D>, AdaptiveMomentumState<D>) {
        let (device, shape) = (tensor.device(), tensor.shape());
        let n = shape.num_elements();
        let mut values = host(tensor);
        let grad = grad.into_data();
        let Ok(grad) = grad.as_slice::<f32>() else { unreachable!("the CPU computes in f32") };
        let (mut first, mut second, largest) = match old {
            Some(old) => (host(old.moment_1), host(old.moment_2), old.max_moment_2.map(host)),
            None => (vec![0.0; n], vec![0.0; n], None),
        };
        // Without amsgrad the second moment is its own maximum.
        let mut largest = match (self.amsgrad, largest) {
            (true, None) => vec![0.0; n],
            (true, Some(largest)) => largest,
            (false, _) => Vec::new(),
        };
        let moments = first.par_chunks_mut(TASK).zip(second.par_chunks_mut(TASK));
        let tasks = values.par_chunks_mut(TASK).zip(grad.par_chunks(TASK)).zip(moments);
        if self.amsgrad {
            tasks.zip(largest.par_chunks_mut(TASK)).for_each(
                |(((values, grad), (first, second)), largest)| {
                    self.chunk(values, grad, first, second);
                    for ((value, first), (second, largest)) in
                        values.iter_mut().zip(first).zip(second.iter().zip(largest))
                    {
                        *largest = largest.max(*second);
                        *value -= self.update(*first, *largest);
                    }
                },
            );
        } else {
            tasks.for_each(|((values, grad), (first, second))| {
                self.chunk(values, grad, first, second);
                for ((value, first), second) in values.iter_mut().zip(first).zip(second) {
                    *value -= self.update(*first, *second);
                }
            });
        }
        let back =
            |values: Vec<f32>| Tensor::from_data(TensorData::new(values, shape.clone()), &device);
        let mut momentum = AdaptiveMomentumState::new(self.time, back(first), back(second));
        momentum.max_moment_2 = self.amsgrad.then(|| back(largest));
        (back(values), momentum)
    }

    /// Decays the values and moves both moments.
    fn chunk(&self, values: &mut [f32], grad: &[f32], first: &mut [f32], second: &mut [f32]) {
        let moments = first.iter_mut().zip(second);
        for ((value, grad), (first, second)) in values.iter_mut().zip(grad).zip(moments) {
            *first = *first * self.beta1 + grad * self.one_less_beta1;
            *second = *second * self.beta2 + grad * grad * self.one_less_beta2;
            *value *= self.kept;
        }
    }

    fn update(&self, first: f32, second: f32) -> f32 {
        first / (second.sqrt() / self.correction_2 + self.epsilon) * self.rate
    }
}

/// The values of a tensor of the CPU, without a copy where no one else holds them.
fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    match data.try_into_vec() {
        Ok(values) => values,
        Err(_) => unreachable!("the CPU computes in f32"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::volumes::BurnsOwn, spec::Schedule};

    /// Values and largest second moments after three steps.
    fn trained(amsgrad: bool) -> Vec<f32> {
        let rules = spec::Optimizer { amsgrad, ..spec::Optimizer::default() };
        let optimizer = CycledAdamW::new(&rules, LrSchedule::new(&Schedule::default(), 0.9, 3, 1));
        let device = Device::flex();
        let values = |step: usize| {
            let values: Vec<f32> =
                (0..60).map(|i| ((i * 7 + step * 13) % 11) as f32 / 5.0 - 1.0).collect();
            Tensor::<2>::from_data(TensorData::new(values, [6, 10]), &device)
        };
        let (mut tensor, mut state) = (values(0), None);
        for step in 1..=3 {
            (tensor, state) = optimizer.step(1e-2, tensor, values(step), state);
        }
        let momentum = state.unwrap().momentum;
        assert_eq!((momentum.time, momentum.max_moment_2.is_some()), (3, amsgrad));
        let last = momentum.max_moment_2.unwrap_or(momentum.moment_2);
        [tensor, last]
            .into_iter()
            .flat_map(|it| it.into_data().iter::<f32>().collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn one_pass_on_the_cpu_does_what_the_operations_do_one_by_one() {
        for amsgrad in [true, false] {
            let found = trained(amsgrad);
            let _guard = BurnsOwn::here();
            for (found, expected) in found.into_iter().zip(trained(amsgrad)) {
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }
}
