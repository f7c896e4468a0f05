//! Gradients of every operation beside differences of its output.
//!
//! Does not know how they are computed.

use super::{
    BlockEnd, Concatenation, Convolution, Geometry, MaxPool, Norm, Operation, RegionSums, Resize,
    TransposedConvolution, View,
};
use std::{env, process::Command, sync::Arc};

/// Values between -1 and 1 in no order, from a seed.
pub(super) fn values(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

struct Input {
    shape: Vec<usize>,
    values: Vec<f32>,
}

fn input(shape: &[usize], seed: u32) -> Input {
    Input { shape: shape.to_vec(), values: values(shape.iter().product(), seed) }
}

fn views(inputs: &[Input]) -> Vec<View<'_>> {
    inputs.iter().map(|input| View { values: &input.values, shape: &input.shape }).collect()
}

/// A weighted sum of the output, in `f64`.
fn weighed(operation: &dyn Operation, inputs: &[Input], weights: &[f32]) -> f64 {
    let output = operation.forward(&views(inputs));
    output.values.iter().zip(weights).map(|(y, w)| f64::from(*y) * f64::from(*w)).sum()
}

/// Moves each input in a direction of its own and compares how the weighted output changes with
/// what its gradient says.
fn check(
    what: &str,
    make: &dyn Fn(&[Input]) -> Box<dyn Operation>,
    inputs: &mut [Input],
    fixed: &[usize],
) {
    let operation = make(inputs);
    let shape = operation.forward(&views(inputs)).shape;
    let weights = values(shape.iter().product(), 99);
    let gradient = View { values: &weights, shape: &shape };
    let wanted: Vec<bool> = (0..inputs.len()).map(|index| !fixed.contains(&index)).collect();
    let gradients = operation.backward(&views(inputs), gradient, &wanted);
    assert_eq!(gradients.len(), inputs.len(), "{what}");
    for (index, gradient) in gradients.iter().enumerate() {
        if !wanted[index] {
            continue;
        }
        let gradient = gradient.as_ref().unwrap();
        let direction = values(gradient.len(), [7, 8, 9, 10, 11, 12][index]);
        let told: f64 =
            gradient.iter().zip(&direction).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        // Small enough that few values cross a kink, large enough for what f32 can tell apart.
        let step = 1e-3;
        let mut at = |side: f32| {
            let kept = inputs[index].values.clone();
            for (value, d) in inputs[index].values.iter_mut().zip(&direction) {
                *value += side * step * d;
            }
            let sum = weighed(&*make(inputs), inputs, &weights);
            inputs[index].values = kept;
            sum
        };
        let found = (at(1.0) - at(-1.0)) / (2.0 * f64::from(step));
        let length = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        // A direction of random values sees about a gradient's length.
        assert!(
            (found - told).abs() < 0.02 * length + 1e-3,
            "{what}, input {index}: {found} {told}"
        );
    }
}

fn boxed(operation: impl Operation + 'static) -> Box<dyn Operation> {
    Box::new(operation)
}

#[test]
fn convolutions_have_the_gradients_of_their_outputs() {
    for (kernel, stride) in [([3, 3, 3], [1, 1, 1]), ([1, 3, 3], [1, 2, 2]), ([1, 1, 1], [1, 1, 1])]
    {
        let [x, y, z] = kernel;
        let mut inputs = [input(&[2, 4, 5, 3, 8], 1), input(&[16, 8, x, y, z], 2), input(&[16], 3)];
        let geometry = Geometry::centred(kernel, stride);
        check(&format!("{geometry:?}"), &|_| boxed(Convolution(geometry)), &mut inputs, &[]);
    }
    let mut inputs = [input(&[2, 2, 3, 2, 5], 1), input(&[5, 3, 1, 2, 2], 2), input(&[3], 3)];
    let transposed = |_: &[Input]| boxed(TransposedConvolution { stride: [1, 2, 2] });
    check("transposed", &transposed, &mut inputs, &[]);
}

/// A norm that takes its statistics from its input.
#[derive(Debug)]
struct Whole(Norm);
impl Whole {
    fn with<T>(&self, inputs: &[View<'_>], then: impl FnOnce(&[View<'_>]) -> T) -> T {
        let found = self.0.statistics(inputs[0]);
        let statistics = View { values: &found.values, shape: &found.shape };
        then(&[inputs[0], statistics, inputs[1], inputs[2]])
    }
}
impl Operation for Whole {
    fn forward(&self, inputs: &[View<'_>]) -> super::Block {
        self.with(inputs, |inputs| self.0.forward(inputs))
    }
    fn backward(
        &self,
        inputs: &[View<'_>],
        gradient: View<'_>,
        _: &[bool],
    ) -> Vec<Option<super::Buffer>> {
        let mut found = self
            .with(inputs, |inputs| self.0.backward(inputs, gradient, &[true, false, true, true]));
        assert!(found.remove(1).is_none());
        found
    }
}

#[test]
fn norms_have_the_gradients_of_their_outputs_through_the_statistics() {
    for (per_case, together) in [(false, 1), (true, 1), (true, 4)] {
        for slope in [1.0, 0.0, 0.01] {
            let norm = Norm { per_case, together, epsilon: 1e-5, slope };
            for channels in [8, 12] {
                let mut inputs = [
                    input(&[2, 3, 4, 5, channels], 1),
                    input(&[channels], 2),
                    input(&[channels], 3),
                ];
                check(&format!("{norm:?}"), &|_| boxed(Whole(norm)), &mut inputs, &[]);
            }
        }
    }
}

#[test]
fn ends_of_blocks_have_the_gradients_of_their_outputs() {
    for channels in [8, 3] {
        let shape = [2, 3, 4, 3, channels];
        let mask: Vec<f32> = (0..2 * channels).map(|i| [1.25, 0.0, 1.25][i % 3]).collect();
        let dense = |seed| {
            [
                input(&[channels, 2], seed),
                Input { shape: vec![2], values: vec![0.8, 0.9] },
                input(&[2, channels], seed + 2),
                input(&[channels], seed + 3),
            ]
        };
        for (residual, gated) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut inputs = vec![input(&shape, 1)];
            if residual {
                inputs.push(input(&shape, 2));
            }
            if gated {
                inputs.extend(dense(3));
            }
            let make = |_: &[Input]| boxed(BlockEnd::new(residual, gated, mask.clone()));
            let what = format!("residual {residual}, gated {gated}, {channels} channels");
            check(&what, &make, &mut inputs, &[]);
        }
    }
}

#[test]
fn the_other_layers_have_the_gradients_of_their_outputs() {
    let mask: Vec<f32> = (0..16).map(|i| [2.0, 0.0][i % 2]).collect();
    for window in [[2, 2, 2], [1, 2, 2]] {
        let make = |_: &[Input]| boxed(MaxPool { window, mask: mask.clone() });
        check("pool", &make, &mut [input(&[2, 5, 4, 3, 8], 1)], &[]);
    }
    let mut two = [input(&[2, 2, 3, 2, 5], 1), input(&[2, 2, 3, 2, 3], 2)];
    check("concatenation", &|_| boxed(Concatenation), &mut two, &[]);
    let grow = |_: &[Input]| {
        let axis = vec![vec![(0, 1.0)], vec![(0, 0.25), (1, 0.75)], vec![(1, 0.5), (0, 0.5)]];
        boxed(Resize { axes: [Some(axis.clone()), None, Some(axis)] })
    };
    check("resize", &grow, &mut [input(&[2, 2, 3, 2, 3], 1)], &[]);
    let labels: Arc<[u8]> = (0..24).map(|i: u8| i * 7 % 3).collect();
    let sums = |_: &[Input]| boxed(RegionSums { labels: Arc::clone(&labels) });
    check("sums", &sums, &mut [input(&[2, 3, 2, 2, 3], 1)], &[]);
}

#[test]
fn statistics_are_exact_far_from_zero_too() {
    let norm = Norm { per_case: false, together: 1, epsilon: 1e-5, slope: 1.0 };
    let shape = [1, 16, 16, 16, 8];
    let x: Vec<f32> = values(16 * 16 * 16 * 8, 5).iter().map(|v| 1000.0 + v).collect();
    let found = norm.statistics(View { values: &x, shape: &shape });
    for channel in 0..8 {
        let of: Vec<f64> = x[channel..].iter().step_by(8).map(|v| f64::from(*v)).collect();
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        let variance = of.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / of.len() as f64;
        assert!((f64::from(found.values[channel]) - mean).abs() < 1e-4);
        assert!((f64::from(found.values[8 + channel]) - variance).abs() < 1e-5 * variance);
    }
}

/// A loss that is not finite must be seen: no activation may turn a NaN into a number.
#[test]
fn what_is_not_a_number_stays_so() {
    let shape = [1, 2, 2, 2, 8];
    let mut x = input(&shape, 1);
    x.values[11] = f32::NAN;
    let lost = |operation: &dyn Operation, inputs: &[Input]| {
        operation.forward(&views(inputs)).values.iter().any(|value| value.is_nan())
    };
    let norm = Norm { per_case: false, together: 1, epsilon: 1e-5, slope: 0.0 };
    let statistics = Input { shape: vec![1, 2, 8], values: vec![1.0; 16] };
    let given = [x, statistics, input(&[8], 2), input(&[8], 3)];
    assert!(lost(&norm, &given));
    let [x, ..] = given;
    assert!(lost(&BlockEnd::new(true, false, Vec::new()), &[x, input(&shape, 4)]));
}

/// What is computed with each width is chosen once per process, hence the processes.
#[test]
fn narrower_vectors_pass_the_same_tests() {
    for limit in ["avx2", "plain"] {
        let output = Command::new(env::current_exe().unwrap())
            .args(["model::", "--skip", "narrower_vectors"])
            .env("SEGLAB_SIMD", limit)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains(" passed"), "{limit}: {said}");
    }
}
