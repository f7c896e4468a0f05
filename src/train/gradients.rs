//! [`clip_to_norm`]: the L2 norm of all gradients together, and clipping by it.
//!
//! burn clips each parameter by itself; PyTorch's `clip_grad_norm_` takes them as one vector.
//!
//! Does not know about optimizers.

use crate::{
    base::Result,
    model::{
        kernel::{Inputs, SumOfSquares, apply},
        read_back::scalar,
        volumes::on_cpu,
    },
};
use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};

/// Added to the norm before dividing, as PyTorch does.
const EPSILON: f64 = 1e-6;

/// L2 norm of all gradients, and the gradients scaled so that it is at most `limit`.
///
/// One value is read back from the device. A norm that is not finite leaves the gradients alone.
///
/// # Errors
/// When the device fails; an error of the backward pass shows here.
pub fn clip_to_norm<M: Module>(
    module: &M,
    gradients: GradientsParams,
    limit: Option<f64>,
) -> Result<(f64, GradientsParams)> {
    let mut squares = Squares { gradients: &gradients, terms: Vec::new() };
    module.visit(&mut squares);
    let terms = squares.terms;
    if terms.is_empty() {
        return Ok((0.0, gradients));
    }
    let norm = scalar(Tensor::cat(terms, 0).sum_dim(0).sqrt())?;
    Ok(match limit {
        Some(limit) if norm.is_finite() && norm > limit => {
            (norm, scaled(module, gradients, limit / (norm + EPSILON)))
        }
        _ => (norm, gradients),
    })
}

fn scaled<M: Module>(module: &M, gradients: GradientsParams, by: f64) -> GradientsParams {
    let mut scale = Scale { gradients, by };
    module.visit(&mut scale);
    scale.gradients
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    terms: Vec<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.terms.push(sum_of_squares(gradient));
        }
    }
}

fn sum_of_squares<const D: usize>(gradient: Tensor<D>) -> Tensor<1> {
    if on_cpu(&gradient) {
        return apply(Inputs::One(gradient.into_dispatch()), SumOfSquares);
    }
    let n = gradient.shape().num_elements();
    gradient.reshape([n]).square().sum_dim(0)
}

struct Scale {
    gradients: GradientsParams,
    by: f64,
}

impl ModuleVisitor for Scale {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient.mul_scalar(self.by));
        }
    }
}
