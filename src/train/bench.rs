//! [`time_steps`]: the real training step on synthetic data, timed.
//!
//! The step, the data and the printed fields are those of the PyTorch program it is measured
//! beside: the notebook's network, loss and optimizer, uniform noise, boxes of 3 % and 1 %.
//!
//! Does not know about the command line.

use super::{CycledAdamW, LrSchedule, LrStepper, Segmenter, clip_to_norm, device::ComputeDevice};
use crate::{
    base::{Error, Fault, Result, proc, random::Draw},
    data::{batch::CaseBatch, volume::Grid},
    event::MemoryOf,
    model::{
        Network, Objective, Weighting, device_error, n_trainable,
        read_back::{classes, floats, scalar},
    },
    spec,
    statistics::median,
};
use burn::{
    module::Module,
    optim::ModuleOptimizer,
    tensor::{Device, Tensor},
    train::{InferenceStep, Learner},
};
use serde::Serialize;
use std::time::Instant;

const N_CLASSES: usize = 3;

/// What to time.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Channels of each level.
    pub widths: Vec<usize>,
    /// Voxels along x, y and z.
    pub shape: [usize; 3],
    /// Cases per step.
    pub batch: usize,
    /// Steps before those that are timed.
    pub warmup: usize,
    /// Steps that are timed.
    pub steps: usize,
    /// Seed of data and weights.
    pub seed: u64,
}

/// Seconds of a step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StepSeconds {
    /// Median.
    pub median: f64,
    /// Shortest.
    pub min: f64,
    /// Longest.
    pub max: f64,
}

/// One line of results; field for field what the PyTorch program prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are the other program's")]
pub struct Timing {
    pub peer: &'static str,
    pub burn: &'static str,
    pub mode: &'static str,
    pub device: String,
    pub threads: usize,
    pub dtype: &'static str,
    pub features: Vec<usize>,
    pub params: usize,
    pub batch: usize,
    pub shape: [usize; 3],
    pub cases: usize,
    pub data: &'static str,
    pub warmup: usize,
    pub steps: usize,
    pub first_step_s: f64,
    pub step_s: StepSeconds,
    pub voxels_per_s: f64,
    pub cpu_s_median: Option<f64>,
    pub load_average: Option<f64>,
    pub peak_memory_bytes: Option<u64>,
    pub peak_memory_is: &'static str,
    pub peak_reserved_bytes: Option<u64>,
    pub resident_before_first_step_bytes: Option<u64>,
    pub loss_first: f64,
    pub loss_last: f64,
    pub eval_main_loss_after: f64,
}

/// Times whole training steps: loading aside, all that happens from one batch to the next,
/// reading the loss included.
///
/// # Errors
/// When the device fails.
pub fn time_steps(work: &Workload, chosen: &ComputeDevice) -> Result<Timing> {
    let rules = spec::Model { widths: work.widths.clone(), ..spec::Model::default() };
    let loss = spec::Loss::default();
    let weighting = Weighting::new(&loss.cross_entropy, &[1; N_CLASSES]);
    let device: Device = chosen.device.clone().autodiff();
    let net = Network::new(&rules, N_CLASSES, work.seed, &device);
    let params = n_trainable(&net);
    let n_steps = work.warmup + work.steps;
    let schedule = LrSchedule::new(&spec::Schedule::default(), 0.9, n_steps.max(2), 1);
    let mut learner = Learner::new(
        Segmenter::new(net, Objective::new(loss, weighting)),
        ModuleOptimizer::from(CycledAdamW::new(&spec::Optimizer::default(), schedule.clone())),
        LrStepper::new(schedule),
    );
    let batch = synthetic(work)?;
    let before = proc::memory_resident();
    let (mut seconds, mut cpu, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n_steps {
        let (began, burnt) = (Instant::now(), proc::cpu_seconds());
        let output = learner.train_step(batch.clone());
        let (_, gradients) = clip_to_norm(&learner.model(), output.grads, None)?;
        learner.lr_step();
        learner.optimizer_step(gradients);
        losses.push(scalar(output.item.loss)?);
        device.sync().map_err(|error| device_error(&error))?;
        seconds.push(began.elapsed().as_secs_f64());
        cpu.extend(burnt.zip(proc::cpu_seconds()).map(|(from, to)| to - from));
    }
    let after = InferenceStep::step(&learner.model().valid(), batch);
    let timed = &seconds[work.warmup..];
    let median_s = median(timed);
    let voxels = work.batch * work.shape.iter().product::<usize>();
    let pool = chosen.id.is_gpu().then(|| device.memory_pool_usage()).flatten();
    Ok(Timing {
        peer: "seglab",
        burn: "0.22.1",
        mode: "train",
        device: chosen.name(),
        threads: rayon::current_num_threads(),
        dtype: "fp32",
        features: work.widths.clone(),
        params,
        batch: work.batch,
        shape: work.shape,
        cases: work.batch,
        data: "synthetic",
        warmup: work.warmup,
        steps: work.steps,
        first_step_s: seconds[0],
        step_s: StepSeconds {
            median: median_s,
            min: timed.iter().copied().fold(f64::INFINITY, f64::min),
            max: timed.iter().copied().fold(0.0, f64::max),
        },
        voxels_per_s: voxels as f64 / median_s,
        cpu_s_median: cpu.get(work.warmup..).map(median),
        load_average: proc::load_average(),
        peak_memory_bytes: match &pool {
            Some(pool) => Some(pool.bytes_in_use),
            None => proc::memory_peak(),
        },
        peak_memory_is: if pool.is_some() {
            "in use on the GPU after the last step"
        } else {
            "resident set of the process"
        },
        peak_reserved_bytes: pool.map(|pool| pool.bytes_reserved),
        resident_before_first_step_bytes: before,
        loss_first: losses[0],
        loss_last: losses[n_steps - 1],
        eval_main_loss_after: scalar(after.loss)?,
    })
}

/// Logits of the same network and image on two devices.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogitComparison {
    /// One device.
    pub device: String,
    /// The other.
    pub other: String,
    /// Largest absolute difference of two logits.
    pub largest_difference: f64,
    /// Largest absolute logit.
    pub largest_logit: f64,
    /// Voxels whose class differs.
    pub n_voxels_that_differ: usize,
}

/// Compares the logits of one network on two devices.
///
/// # Errors
/// When a device fails.
pub fn compare_logits(
    work: &Workload,
    one: &ComputeDevice,
    other: &ComputeDevice,
) -> Result<LogitComparison> {
    let rules = spec::Model { widths: work.widths.clone(), ..spec::Model::default() };
    let batch = synthetic(work)?;
    let logits = |chosen: &ComputeDevice| -> Result<(Vec<f64>, Vec<u8>)> {
        let net = Network::new(&rules, N_CLASSES, work.seed, &chosen.device);
        let image = Tensor::from_data(batch.image.clone(), &chosen.device);
        let logits = net.forward(image, None).main;
        let classes = classes(logits.clone().argmax(1))?;
        Ok((floats(logits)?.into_iter().map(f64::from).collect(), classes))
    };
    let ((first, first_classes), (second, second_classes)) = (logits(one)?, logits(other)?);
    if let Some(strange) = first.iter().chain(&second).find(|logit| !logit.is_finite()) {
        return Err(Error::run(Fault::new(format!("a logit is {strange}"))));
    }
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    Ok(LogitComparison {
        device: one.name(),
        other: other.name(),
        largest_difference: largest(&mut first.iter().zip(&second).map(|(a, b)| (a - b).abs())),
        largest_logit: largest(&mut first.iter().map(|logit| logit.abs())),
        n_voxels_that_differ: first_classes
            .iter()
            .zip(&second_classes)
            .filter(|(a, b)| a != b)
            .count(),
    })
}

/// Uniform noise, and boxes that cover 3 % and 1 % of the volume.
fn synthetic(work: &Workload) -> Result<CaseBatch> {
    let mut stream = Draw { seed: work.seed, epoch: 0, case: "" }.stream("bench");
    let side = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
        let side = |n: usize| ((n as f64 * share.cbrt()).round() as usize).max(1);
        work.shape.map(side)
    };
    let (large, small) = (side(0.03), side(0.01));
    let within = |place: [usize; 3], from: [usize; 3], size: [usize; 3]| {
        (0..3).all(|axis| (from[axis]..from[axis] + size[axis]).contains(&place[axis]))
    };
    let label = |place| {
        if within(place, [0; 3], large) { 1 } else { u8::from(within(place, large, small)) * 2 }
    };
    let grids: Vec<(Grid<f32>, Grid<u8>)> = (0..work.batch)
        .map(|_| {
            #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
            let image = Grid::from_fn(work.shape, |_| stream.uniform() as f32);
            (image, Grid::from_fn(work.shape, label))
        })
        .collect();
    let names = (0..work.batch).map(|index| index.to_string()).collect();
    CaseBatch::stack(names, &grids, N_CLASSES, work.seed)
        .filter(|batch| batch.class_counts.voxels[1..].iter().any(|n| *n > 0))
        .ok_or_else(|| Error::run(Fault::new("the benchmark's data could not be made")))
}

/// Most memory that the process had, or what it has reserved of its GPU; `None` where the system
/// does not say.
pub fn memory_taken(chosen: &ComputeDevice) -> Option<(u64, MemoryOf)> {
    if chosen.id.is_gpu() {
        return Some((chosen.device.memory_pool_usage()?.bytes_reserved, MemoryOf::Gpu));
    }
    Some((proc::memory_peak()?, MemoryOf::Process))
}
