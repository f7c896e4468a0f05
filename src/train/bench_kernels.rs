//! [`time_kernels`]: the CPU's own operations beside burn's, timed one by one.
//!
//! Does not know about the command line.

use crate::{
    base::random::Draw,
    model::{
        Activation, ChannelMask, FreshWeights, Normalisation, UpConvolution, convolve,
        kernel::{MeasuredPeak, measured_peak},
        max_pool,
        volumes::{BurnsOwn, enter},
    },
    spec,
    statistics::median,
};
use burn::tensor::{Device, Tensor};
use std::time::Instant;

/// Seconds of one operation.
#[derive(Debug, Clone)]
pub struct KernelTiming {
    /// Which operation, with channels and voxels.
    pub name: String,
    /// Products and sums of the forward pass as its definition has them; 0 where they do not count.
    pub flops: f64,
    /// Seconds of the forward pass, ours and burn's.
    pub forward: [f64; 2],
    /// Seconds of the backward pass, ours and burn's.
    pub backward: [f64; 2],
}

/// Seconds of many operations on one machine.
#[derive(Debug, Clone)]
pub struct KernelTimings {
    /// What the machine can do at most.
    pub peak: MeasuredPeak,
    /// An operation each.
    pub rows: Vec<KernelTiming>,
}

/// Times convolutions and the layers between them; each figure is a median of `repeat`.
pub fn time_kernels(repeat: usize) -> KernelTimings {
    let peak = measured_peak();
    let mut rows = Vec::new();
    for (inputs, outputs, kernel, size) in [
        (1, 16, 3, [64, 64, 72]),
        (8, 8, 3, [48, 48, 24]),
        (16, 16, 3, [64, 64, 72]),
        (32, 16, 3, [64, 64, 72]),
        (32, 32, 3, [64, 64, 32]),
        (64, 64, 3, [32, 32, 16]),
        (128, 128, 3, [16, 16, 8]),
        (256, 256, 3, [8, 8, 2]),
        (32, 16, 1, [64, 64, 72]),
        (16, 3, 1, [64, 64, 72]),
    ] {
        let voxels: usize = size.iter().product();
        let taps: usize = kernel * kernel * kernel;
        let flops = 2.0 * (inputs * outputs * taps * voxels) as f64;
        let name = format!("convolution {kernel}x{kernel}x{kernel} {inputs} to {outputs}");
        rows.push(timed(&name, inputs, size, flops, repeat, |fresh| {
            let layer = fresh.convolution(inputs, outputs, kernel);
            Box::new(move |x| convolve(&layer, x))
        }));
    }
    let size = [32, 32, 36];
    let flops = 2.0 * (32 * 16 * 8 * size.iter().product::<usize>()) as f64;
    rows.push(timed("transposed 2x2x2 32 to 16", 32, size, flops, repeat, |fresh| {
        let layer = UpConvolution::new(32, 16, fresh);
        Box::new(move |x| layer.forward(x))
    }));
    for (name, kind) in [("batch", spec::Norm::Batch), ("instance", spec::Norm::Instance)] {
        let name = format!("{name} norm and ReLU 16");
        rows.push(timed(&name, 16, [64, 64, 72], 0.0, repeat, |fresh| {
            let norm = Normalisation::new(kind, 16, fresh);
            Box::new(move |x| norm.forward(x, Activation::Relu))
        }));
    }
    rows.push(timed("max pooling 2x2x2 16", 16, [64, 64, 72], 0.0, repeat, |_| {
        Box::new(|x| max_pool(x, ChannelMask::default()))
    }));
    KernelTimings { peak, rows }
}

type Layer = Box<dyn Fn(Tensor<5>) -> Tensor<5>>;

fn timed(
    name: &str,
    inputs: usize,
    size: [usize; 3],
    flops: f64,
    repeat: usize,
    layer: impl Fn(&mut FreshWeights<'_>) -> Layer,
) -> KernelTiming {
    let device = Device::flex().autodiff();
    let mut stream = Draw { seed: 1, epoch: 0, case: "" }.stream("bench");
    let mut fresh = FreshWeights::new(&mut stream, &device);
    let [nx, ny, nz] = size;
    let image = fresh.uniform([1, inputs, nx, ny, nz], 1.0).val().detach();
    let layer = layer(&mut fresh);
    let measure = || {
        let x = enter(image.clone());
        let x = (x * 1.0).detach().require_grad(); // as it lies inside of a network
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        for _ in 0..repeat.max(1) {
            let began = Instant::now();
            let y = layer(x.clone());
            forward.push(began.elapsed().as_secs_f64());
            let upstream = Tensor::ones(y.dims(), &device);
            let sum = (y * upstream).sum();
            let began = Instant::now();
            let gradients = sum.backward();
            backward.push(began.elapsed().as_secs_f64());
            drop(gradients);
        }
        [forward, backward].map(|seconds| median(&seconds))
    };
    let ours = measure();
    let burns = {
        let _guard = BurnsOwn::here();
        measure()
    };
    KernelTiming {
        name: format!("{name}, {nx}x{ny}x{nz}"),
        flops,
        forward: [ours[0], burns[0]],
        backward: [ours[1], burns[1]],
    }
}
