//! Convolutions beside the sums that define them.
//!
//! Does not know how they are computed.

use super::{
    geometry::{Extent, Geometry},
    operation_tests::values,
    winograd::Winograd,
};

/// Every product of a convolution: `(input, weight, output)`.
fn each_product(
    geometry: &Geometry,
    from: Extent,
    channels: usize,
    mut visit: impl FnMut(usize, usize, usize),
) {
    let Geometry { kernel, stride, padding } = *geometry;
    let out = geometry.output(from.size);
    let index = |at: [usize; 3], size: [usize; 3]| (at[0] * size[1] + at[1]) * size[2] + at[2];
    let all = |size: [usize; 3]| {
        (0..size.iter().product())
            .map(move |i: usize| [i / (size[1] * size[2]), i / size[2] % size[1], i % size[2]])
    };
    for n in 0..from.n {
        for o in all(out) {
            for t in all(kernel) {
                let p: [usize; 3] = std::array::from_fn(|a| o[a] * stride[a] + t[a]);
                if (0..3).any(|a| p[a] < padding[a] || p[a] - padding[a] >= from.size[a]) {
                    continue;
                }
                let p = std::array::from_fn(|a| p[a] - padding[a]);
                let (input, output) = (
                    (n * from.voxels() + index(p, from.size)) * from.channels,
                    (n * out.iter().product::<usize>() + index(o, out)) * channels,
                );
                for i in 0..from.channels {
                    for c in 0..channels {
                        let taps = kernel.iter().product::<usize>();
                        let weight = (c * from.channels + i) * taps + index(t, kernel);
                        visit(input + i, weight, output + c);
                    }
                }
            }
        }
    }
}

fn assert_close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1.0, |most: f64, value| most.max(value.abs()));
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        // Sums of up to 9 000 products, each rounded to f32: some sqrt(9 000) x 6e-8.
        let off = (f64::from(found) - expected).abs();
        assert!(off < 6e-6 * largest.max(4.0), "{what} at {i}: {found}, not {expected}");
    }
}

fn check(geometry: Geometry, from: Extent, channels: usize) {
    let what = format!("{geometry:?} {from:?} to {channels}");
    let to = Extent { n: from.n, size: geometry.output(from.size), channels };
    let taps: usize = geometry.kernel.iter().product();
    let (x, dy) = (values(from.values(), 1), values(to.values(), 2));
    let (weight, bias) = (values(channels * from.channels * taps, 3), values(channels, 4));
    let in_bias = values(from.channels, 5);
    let mut y: Vec<f64> = (0..to.values()).map(|i| f64::from(bias[i % channels])).collect();
    let mut dx: Vec<f64> =
        (0..from.values()).map(|i| f64::from(in_bias[i % from.channels])).collect();
    let mut dw = vec![0.0; weight.len()];
    each_product(&geometry, from, channels, |i, w, o| {
        y[o] += f64::from(x[i]) * f64::from(weight[w]);
        dx[i] += f64::from(dy[o]) * f64::from(weight[w]);
        dw[w] += f64::from(x[i]) * f64::from(dy[o]);
    });
    assert_close(&geometry.convolve(from, &x, &weight, &bias), &y, &format!("y of {what}"));
    let found = geometry.spread(to, &dy, &weight, &in_bias, from);
    assert_close(&found, &dx, &format!("dx of {what}"));
    let found = geometry.weight_gradient(from, &x, &dy, channels);
    assert_close(&found, &dw, &format!("dw of {what}"));
}

#[test]
fn every_kernel_stride_and_size_agrees_with_the_sums_that_define_it() {
    for kernel in [[3, 3, 3], [1, 3, 3], [1, 1, 1], [3, 3, 1]] {
        for stride in [[1, 1, 1], [2, 2, 2], [1, 2, 2], [2, 1, 1]] {
            for size in [[1, 1, 1], [2, 3, 1], [5, 4, 7]] {
                let from = Extent { n: 2, size, channels: 3 };
                check(Geometry::centred(kernel, stride), from, 5);
            }
        }
    }
    for (block, size) in [([2, 2, 2], [4, 6, 2]), ([1, 2, 2], [3, 4, 4]), ([2, 2, 2], [2, 2, 2])] {
        check(Geometry::blocks(block), Extent { n: 2, size, channels: 6 }, 9);
    }
}

#[test]
fn any_number_of_channels_agrees() {
    let geometry = Geometry::centred([3; 3], [1; 3]);
    for (inputs, outputs) in [(1, 16), (16, 1), (8, 24), (17, 33), (40, 48), (320, 64), (33, 320)] {
        check(geometry, Extent { n: 1, size: [3, 2, 4], channels: inputs }, outputs);
    }
}

#[test]
fn blocks_of_outputs_agree_at_any_size() {
    let geometry = Geometry::centred([3; 3], [1; 3]);
    for (size, inputs, outputs) in [
        ([8, 8, 16], 16, 16),
        ([7, 9, 21], 8, 24),
        ([1, 30, 20], 24, 8),
        ([40, 3, 9], 16, 40),
        ([9, 25, 1], 40, 32),
    ] {
        let from = Extent { n: 2, size, channels: inputs };
        assert!(Winograd::of(&geometry, from, outputs).is_some());
        check(geometry, from, outputs);
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let geometry = Geometry::centred([3; 3], [1; 3]);
    // One by Winograd's way, one by gathered rows.
    for channels in [16, 5] {
        let from = Extent { n: 2, size: [9, 8, 12], channels };
        assert_eq!(Winograd::of(&geometry, from, channels).is_some(), channels == 16);
        let (x, weight) = (values(from.values(), 1), values(channels * channels * 27, 2));
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let y = geometry.convolve(from, &x, &weight, &[]);
                let dx = geometry.spread(from, &x, &weight, &[], from);
                let dw = geometry.weight_gradient(from, &x, &y, channels);
                [y.to_vec(), dx.to_vec(), dw.to_vec()]
                    .map(|v| v.iter().map(|f| f.to_bits()).collect::<Vec<_>>())
            })
        };
        let one = run(1);
        for threads in [2, 4] {
            assert!(run(threads) == one, "{channels} channels, {threads} threads");
        }
    }
}
