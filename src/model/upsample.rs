//! Growing a volume: [`UpConvolution`] doubles it with learned weights, [`trilinear`] and
//! [`nearest`] bring it to a size.
//!
//! The CPU has operations of its own. Elsewhere all three are matrix products and selections:
//! burn's own transposed convolution has no GEMM on CUDA and its linear interpolation no gradient
//! there.
//!
//! Does not know about the network around it.

use super::{
    kernel::{Inputs, Mixture, Resize, TransposedConvolution, apply},
    volumes::{on_cpu, size as size_of},
    weights::FreshWeights,
};
use burn::{
    module::{Module, Param},
    tensor::{Int, Tensor, TensorData},
};

/// Transposed convolution with kernel 2 and stride 2: every voxel becomes a 2x2x2 block.
#[derive(Module, Debug)]
pub struct UpConvolution {
    /// `[channels in, channels out, 2, 2, 2]`, as PyTorch stores it.
    pub weight: Param<Tensor<5>>,
    /// `[channels out]`.
    pub bias: Param<Tensor<1>>,
}

impl UpConvolution {
    /// Initialised as PyTorch's `ConvTranspose3d`: uniform within 1 / sqrt(8 x channels out).
    pub fn new(c_in: usize, c_out: usize, fresh: &mut FreshWeights<'_>) -> Self {
        let bound = 1.0 / (8.0 * c_out as f64).sqrt();
        let weight = fresh.uniform([c_in, c_out, 2, 2, 2], bound);
        Self { weight, bias: fresh.uniform([c_out], bound) }
    }

    /// # Shapes
    /// Inside of a network, as [`super::volumes`] says; `channels in` to `channels out`, and each
    /// axis of twice the length.
    pub fn forward(&self, input: Tensor<5>) -> Tensor<5> {
        let weight = self.weight.val();
        if on_cpu(&input) {
            let inputs = Inputs::Three(
                input.into_dispatch(),
                weight.into_dispatch(),
                self.bias.val().into_dispatch(),
            );
            return apply(inputs, TransposedConvolution { stride: [2; 3] });
        }
        let [n, c_in, x, y, z] = input.dims();
        let c_out = weight.dims()[1];
        let weight = weight.reshape([1, c_in, c_out * 8]).swap_dims(1, 2); // [1, c_out*8, c_in]
        let blocks = weight.matmul(input.reshape([n, c_in, x * y * z])); // [n, c_out*8, xyz]
        let output = blocks
            .reshape([n, c_out, 2, 2, 2, x, y, z])
            .permute([0, 1, 5, 2, 6, 3, 7, 4])
            .reshape([n, c_out, 2 * x, 2 * y, 2 * z]);
        output + self.bias.val().reshape([1, c_out, 1, 1, 1])
    }
}

/// Trilinear interpolation to `size` with half-pixel centres, as PyTorch's
/// `interpolate(mode="trilinear", align_corners=False)`.
///
/// # Shapes
/// Inside of a network, as [`super::volumes`] says; each axis gets the length that `size` says.
pub fn trilinear(x: Tensor<5>, size: [usize; 3]) -> Tensor<5> {
    if on_cpu(&x) {
        return resize(x, size, linear_parts);
    }
    (0..3).fold(x, |x, axis| linear_along(x, axis + 2, size[axis]))
}

/// By the CPU's own operation; `mixture(from, to)` says what becomes of an axis.
fn resize(x: Tensor<5>, size: [usize; 3], mixture: impl Fn(usize, usize) -> Mixture) -> Tensor<5> {
    let from = size_of(&x);
    if from == size {
        return x;
    }
    let axes = std::array::from_fn(|axis| {
        (from[axis] != size[axis]).then(|| mixture(from[axis], size[axis]))
    });
    apply(Inputs::One(x.into_dispatch()), Resize { axes })
}

fn linear_along(x: Tensor<5>, axis: usize, size: usize) -> Tensor<5> {
    let shape = x.dims();
    let length = shape[axis];
    if length == size {
        return x;
    }
    let matrix = linear_matrix(length, size);
    let matrix = Tensor::<2>::from_data(TensorData::new(matrix, [length, size]), &x.device());
    let moved = x.swap_dims(axis, 4);
    let mut moved_shape = moved.dims();
    let rows = moved_shape[..4].iter().product();
    moved_shape[4] = size;
    moved.reshape([rows, length]).matmul(matrix).reshape::<5, _>(moved_shape).swap_dims(axis, 4)
}

/// For each of `to` places, the one or two of `from` places that it lies between, with their
/// weights.
fn linear_parts(from: usize, to: usize) -> Mixture {
    let parts = |target: usize| {
        let last = from - 1;
        let source = (target as f64 + 0.5) * from as f64 / to as f64 - 0.5;
        let source = source.clamp(0.0, last as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..from")]
        let lower = source as usize;
        #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
        let [near, far] = [1.0 - source.fract(), source.fract()].map(|weight| weight as f32);
        let both = [(lower, near), ((lower + 1).min(last), far)];
        both.into_iter().filter(|(_, weight)| *weight > 0.0).collect()
    };
    (0..to).map(parts).collect()
}

/// The same as a matrix `[from, to]`, row-major.
fn linear_matrix(from: usize, to: usize) -> Vec<f32> {
    let mut matrix = vec![0.0; from * to];
    for (target, parts) in linear_parts(from, to).into_iter().enumerate() {
        for (source, weight) in parts {
            matrix[source * to + target] = weight;
        }
    }
    matrix
}

/// Nearest neighbour to `size`, as PyTorch's `interpolate` of that mode: floor(i x from / to).
///
/// # Shapes
/// Inside of a network, as [`super::volumes`] says; each axis gets the length that `size` says.
pub fn nearest(x: Tensor<5>, size: [usize; 3]) -> Tensor<5> {
    select_voxels(x, size, |index, from, to| index * from / to)
}

/// Takes the voxels `source(index, from, to)` along each axis whose length differs.
pub(super) fn select_voxels(
    x: Tensor<5>,
    size: [usize; 3],
    source: impl Fn(usize, usize, usize) -> usize,
) -> Tensor<5> {
    if on_cpu(&x) {
        return resize(x, size, |from, to| {
            (0..to).map(|index| vec![(source(index, from, to), 1.0)]).collect()
        });
    }
    let device = x.device();
    (0..3).fold(x, |x, axis| {
        let (from, to) = (x.dims()[axis + 2], size[axis]);
        if from == to {
            return x;
        }
        let picked: Vec<i32> = (0..to)
            .map(|index| i32::try_from(source(index, from, to)).unwrap_or(i32::MAX))
            .collect();
        let picked = Tensor::<1, Int>::from_data(TensorData::new(picked, [to]), &device);
        x.select(axis + 2, picked)
    })
}
