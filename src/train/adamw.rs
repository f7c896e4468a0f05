//! [`CycledAdamW`]: AdamW with amsgrad, PyTorch's order of operations, and a first-moment decay
//! that may follow the schedule.
//!
//! burn's own AdamW cannot cycle beta1. Here beta1 is a function of the state's step count, so
//! that a resumed optimizer needs only its record.
//!
//! Does not know about modules.

use super::LrSchedule;
use crate::spec;
use burn::{
    optim::{AdamWState, AdaptiveMomentumState, LearningRate, Optimizer},
    tensor::{Device, Tensor},
};

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
