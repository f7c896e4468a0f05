//! [`compare_with_cpu`]: a device computes what every training step needs, and its values are compared
//! with the CPU's.
//!
//! That a value can be read shows nothing: where no kernel ran, it is whatever the memory held.
//!
//! Does not know which device it is.

use crate::{
    base::{Error, ErrorCode, Fault, Result, random::Draw},
    model::read_back::floats,
};
use burn::tensor::{Device, Tensor, TensorData, module, ops::ConvOptions};
use serde::Serialize;

/// The largest difference that is allowed, as a share of the sum of the absolute terms of a value.
///
/// # Why
/// CUDA's tensor cores multiply in TF32, which keeps 10 bits of a mantissa. A number that is cut to
/// them is off by less than 2^-10 of itself, and so a product of two by less than 2^-9, and a sum of
/// products by less than 2^-9 of the sum of their absolute values. Sums are kept in 32 bits: that they
/// are added in another order adds some 2^-20 here. A missing value is off by more: the sum of n
/// numbers of both signs is some 1 / sqrt(n) of the sum of their absolute values, here 4 % and more,
/// and of the many values of a part the largest counts.
const ALLOWED: f64 = 1.0 / 512.0;

/// Values that are summed.
const N_SUMMED: usize = 5000;
/// Rows, inner size and columns of the matrix product.
const MATRIX: [usize; 3] = [48, 32, 64];
/// Channels in, channels out and the volume of the convolution. Sixteen channels let kernels with
/// tensor cores take part, and sizes that are no powers of two show a wrong edge.
const CHANNELS: [usize; 2] = [16, 32];
const VOLUME: [usize; 3] = [9, 8, 7];
/// Of the normalisation, as in the network.
const EPSILON: f64 = 1e-5;

/// How far one part of the comparison is off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartDifference {
    /// What was computed.
    pub part: &'static str,
    /// The largest difference from the CPU, as a share of the sum of absolute terms; infinite for a
    /// value that is not finite.
    pub largest: f64,
    /// The largest that is allowed.
    pub allowed: f64,
}

impl PartDifference {
    /// Whether it is as the CPU's.
    pub fn is_equal(&self) -> bool {
        // Also false for a NaN.
        self.largest <= self.allowed
    }
}

/// Numbers for the device, the same each time.
#[derive(Debug, Clone)]
struct Inputs {
    summed: Vec<f32>,
    left: Vec<f32>,
    right: Vec<f32>,
    volume: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    /// The gradient of the convolution's result.
    upstream: Vec<f32>,
}

/// A part and its values.
type Values = (&'static str, Vec<f32>);

impl Inputs {
    fn new() -> Self {
        let draw = |what: &str, n: usize, from: f64| -> Vec<f32> {
            let mut stream = Draw { seed: 1, epoch: 0, case: "parity" }.stream(what);
            #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
            let numbers = (0..n).map(|_| stream.range(from, 1.0) as f32).collect();
            numbers
        };
        let numbers = |what: &str, n: usize| draw(what, n, -1.0);
        let [n_rows, n_inner, n_columns] = MATRIX;
        let [c_in, c_out] = CHANNELS;
        let n_voxels: usize = VOLUME.iter().product();
        Self {
            // Their sum is far from 0, so that a 0 in its place is seen.
            summed: draw("sum", N_SUMMED, -0.5),
            left: numbers("left", n_rows * n_inner),
            right: numbers("right", n_inner * n_columns),
            volume: numbers("volume", c_in * n_voxels),
            weight: numbers("weight", c_out * c_in * 27),
            bias: numbers("bias", c_out),
            upstream: numbers("upstream", c_out * n_voxels),
        }
    }

    /// The same without signs: sums of these are the sums of absolute terms.
    fn absolute(&self) -> Self {
        let absolute = |values: &[f32]| values.iter().map(|value| value.abs()).collect();
        Self {
            summed: absolute(&self.summed),
            left: absolute(&self.left),
            right: absolute(&self.right),
            volume: absolute(&self.volume),
            weight: absolute(&self.weight),
            bias: absolute(&self.bias),
            upstream: absolute(&self.upstream),
        }
    }

    /// Sum, matrix product, and the convolution with its gradients.
    fn sums_of_products(&self, device: &Device) -> Result<Vec<Values>> {
        let summed = tensor(&self.summed, [N_SUMMED], device).sum();
        let [n_rows, n_inner, n_columns] = MATRIX;
        let left = tensor(&self.left, [n_rows, n_inner], device);
        let right = tensor(&self.right, [n_inner, n_columns], device);
        let product = left.matmul(right);
        let ([c_in, c_out], [x, y, z]) = (CHANNELS, VOLUME);
        let learning = device.clone().autodiff();
        let volume = tensor(&self.volume, [1, c_in, x, y, z], &learning).require_grad();
        let weight = tensor(&self.weight, [c_out, c_in, 3, 3, 3], &learning).require_grad();
        let bias = tensor(&self.bias, [c_out], &learning).require_grad();
        let upstream = tensor(&self.upstream, [1, c_out, x, y, z], &learning);
        let options = ConvOptions::new([1; 3], [1; 3], [1; 3], 1);
        let convolved = module::conv3d(volume.clone(), weight.clone(), Some(bias.clone()), options);
        let gradients = (convolved.clone() * upstream).sum().backward();
        let missing = || Error::run(Fault::new("the device gave no gradient"));
        Ok(vec![
            ("sum", floats(summed)?),
            ("matrix product", floats(product)?),
            ("convolution", floats(convolved.inner())?),
            ("gradient of its input", floats(volume.grad(&gradients).ok_or_else(missing)?)?),
            ("gradient of its weight", floats(weight.grad(&gradients).ok_or_else(missing)?)?),
            ("gradient of its bias", floats(bias.grad(&gradients).ok_or_else(missing)?)?),
        ])
    }

    /// Batch normalisation in training, whose values are near 1 whatever goes in.
    fn norm(&self, device: &Device) -> Result<Values> {
        let ([c_in, _], [x, y, z]) = (CHANNELS, VOLUME);
        let volume = tensor(&self.volume, [1, c_in, x, y, z], device);
        let gamma = tensor(&self.bias[..c_in], [c_in], device);
        let beta = tensor(&self.bias[c_in..2 * c_in], [c_in], device);
        Ok(("norm", floats(module::batch_norm_train(volume, gamma, beta, EPSILON).output)?))
    }
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// Lets the device compute a sum, a matrix product, a 3x3x3 convolution with the gradients of input,
/// weight and bias, and a norm, and says how far each is from the CPU's.
///
/// # Errors
/// When the device fails.
pub fn compare_with_cpu(device: &Device) -> Result<Vec<PartDifference>> {
    let (inputs, cpu) = (Inputs::new(), Device::flex());
    let mut found = inputs.sums_of_products(device)?;
    let mut expected = inputs.sums_of_products(&cpu)?;
    let mut scales = inputs.absolute().sums_of_products(&cpu)?;
    found.push(inputs.norm(device)?);
    let norm = inputs.norm(&cpu)?;
    scales.push(("norm", vec![1.0; norm.1.len()]));
    expected.push(norm);
    let all = found.iter().zip(&expected).zip(&scales);
    Ok(all.map(|((found, expected), scale)| difference(found, &expected.1, &scale.1)).collect())
}

fn difference((part, found): &Values, expected: &[f32], scale: &[f32]) -> PartDifference {
    let share = |((found, expected), scale): ((&f32, &f32), &f32)| {
        let off = f64::from(found - expected).abs();
        if off.is_finite() { off / f64::from(*scale).max(f64::MIN_POSITIVE) } else { f64::INFINITY }
    };
    let largest = if found.len() == expected.len() {
        found.iter().zip(expected).zip(scale).map(share).fold(0.0, f64::max)
    } else {
        f64::INFINITY
    };
    PartDifference { part, largest, allowed: ALLOWED }
}

/// The parts that are not as the CPU's as an error; `None` when all are.
pub(super) fn unequal(parts: &[PartDifference]) -> Option<Error> {
    let wrong: Vec<&PartDifference> = parts.iter().filter(|part| !part.is_equal()).collect();
    if wrong.is_empty() {
        return None;
    }
    let mut fault = Fault::new("the device does not compute what the CPU computes");
    for part in wrong {
        fault = fault.detail(format!(
            "{}: off by {:.3} of its size, allowed {:.3}",
            part.part, part.largest, part.allowed
        ));
    }
    let fault = fault.hint(
        "nothing it computes can be trusted: look at `nvidia-smi` and `dmesg`, renew the driver, try \
         another GPU, or use `--device cpu`",
    );
    Some(Error::new(ErrorCode::DeviceSetup, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_agrees_with_itself_in_every_part() {
        let parts = compare_with_cpu(&Device::flex()).unwrap();
        let names: Vec<&str> = parts.iter().map(|part| part.part).collect();
        let expected = [
            "sum",
            "matrix product",
            "convolution",
            "gradient of its input",
            "gradient of its weight",
            "gradient of its bias",
            "norm",
        ];
        assert_eq!(names, expected);
        // Threads may add in another order, nothing more.
        assert!(parts.iter().all(|part| part.largest < 1e-5), "{parts:?}");
        assert_eq!(unequal(&parts), None);
    }

    #[test]
    fn zeros_rubbish_and_values_that_are_not_finite_are_noticed() {
        let inputs = Inputs::new();
        let values = inputs.sums_of_products(&Device::flex()).unwrap();
        let scales = inputs.absolute().sums_of_products(&Device::flex()).unwrap();
        for ((part, expected), (_, scale)) in values.iter().zip(&scales) {
            let of = |found: Vec<f32>| difference(&(*part, found), expected, scale);
            assert!(of(expected.clone()).is_equal(), "{part}");
            // What is read where no kernel ran.
            assert!(!of(vec![0.0; expected.len()]).is_equal(), "{part}");
            let mut last = expected.clone();
            *last.last_mut().unwrap() = f32::NAN;
            assert!(!of(last).is_equal(), "{part}");
            assert!(!of(expected[1..].to_vec()).is_equal(), "{part}");
        }
        let wrong = difference(&("sum", vec![0.0]), &[3.0], &[6.0]);
        let error = unequal(&[wrong]).unwrap();
        assert_eq!(error.code, ErrorCode::DeviceSetup);
        assert!(
            error.to_string().contains("sum: off by 0.500 of its size, allowed 0.002"),
            "{error}"
        );
    }

    #[test]
    fn numbers_cut_to_the_bits_of_tf32_pass_and_to_four_bits_do_not() {
        let exact = Inputs::new();
        let cut = |bits: u32| {
            let mask = !0_u32 << (23 - bits);
            let cut = |values: &[f32]| -> Vec<f32> {
                values.iter().map(|value| f32::from_bits(value.to_bits() & mask)).collect()
            };
            Inputs { left: cut(&exact.left), right: cut(&exact.right), ..exact.clone() }
        };
        let product = |inputs: &Inputs| {
            let mut values = inputs.sums_of_products(&Device::flex()).unwrap();
            values.swap_remove(1)
        };
        let (expected, scale) = (product(&exact).1, product(&exact.absolute()).1);
        let off = |bits: u32| difference(&product(&cut(bits)), &expected, &scale);
        assert!(off(10).is_equal() && off(10).largest > 0.0, "{:?}", off(10));
        assert!(!off(4).is_equal(), "{:?}", off(4));
    }
}
