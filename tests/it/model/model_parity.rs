//! The network, interpolation and ten training steps against PyTorch.

use crate::support::golden;
use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::ModuleOptimizer,
    tensor::{Device, Tensor, TensorData},
    train::Learner,
};
use seglab::{
    base::random::Draw,
    data::{ClassCounts, batch::CaseBatch},
    model::{
        FreshWeights, Network, Objective, Weighting, load_pytorch, nearest, trilinear,
        volumes::{enter, leave},
    },
    spec::{self, Advance, Schedule},
    train::{CycledAdamW, LrSchedule, LrStepper, Segmenter, clip_to_norm},
};
use std::collections::BTreeMap;

fn notebook_model() -> spec::Model {
    spec::Model {
        widths: vec![16, 32, 64],
        dropout: 0.0,
        skip_dropout: 0.0,
        ..spec::Model::default()
    }
}

fn net(file: &str, prefix: &str, device: &Device) -> Network {
    load_pytorch(Network::new(&notebook_model(), 3, 1, device), &golden::path(file), prefix)
        .unwrap()
}

fn input(file: &str, name: &str, device: &Device) -> Tensor<5> {
    let (values, shape) = golden::tensor(file, name);
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[track_caller]
fn all_within(found: Tensor<5>, expected: &[f32], tolerance: f32) {
    let found: Vec<f32> = found.into_data().try_to_vec().unwrap();
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        // A NaN is within no tolerance.
        assert!((found - expected).abs() <= tolerance, "{index}: {found} is not {expected}");
    }
}

#[test]
fn evaluation_logits_are_pytorchs_also_at_odd_sizes() {
    let device = Device::flex();
    let (expected, _) = golden::tensor("unet3d_eval.safetensors", "logits");
    let image = input("unet3d_eval.safetensors", "input", &device);
    let logits = net("unet3d_eval.safetensors", "", &device).forward(image, None).main;
    all_within(logits, &expected, 1e-4);

    let (expected, _) = golden::tensor("train_parity.safetensors", "eval_logits");
    let image = input("train_parity.safetensors", "input.0", &device);
    let trained = net("train_parity.safetensors", "final.", &device);
    all_within(trained.forward(image, None).main, &expected, 1e-5);
}

#[test]
fn interpolation_and_its_gradient_are_pytorchs() {
    let device = Device::flex().autodiff();
    for case in golden::json("trilinear.json")["cases"].as_array().unwrap() {
        let dims = |key: &str| -> Vec<usize> {
            golden::numbers(&case[key]).iter().map(|&n| n as usize).collect()
        };
        let (shape, size) = (dims("shape"), dims("size"));
        let size = [size[0], size[1], size[2]];
        let n: usize = shape.iter().product();
        let values: Vec<f32> = (0..n).map(|i| (((i * 29) % 31) as f32 - 15.0) / 8.0).collect();
        let x = Tensor::<5>::from_data(TensorData::new(values, shape), &device).require_grad();
        let y = match case["mode"].as_str().unwrap() {
            "trilinear" => trilinear(enter(x.clone()), size),
            _ => nearest(enter(x.clone()), size),
        };
        let y = leave(y);
        let expected: Vec<f32> =
            golden::numbers(&case["output"]).iter().map(|&v| v as f32).collect();
        let upstream: Vec<f32> =
            (0..expected.len()).map(|i| (((i * 37) % 23) as f32 - 11.0) / 16.0).collect();
        let upstream = Tensor::<5>::from_data(TensorData::new(upstream, y.dims()), &device);
        let gradients = (y.clone() * upstream).sum().backward();
        all_within(y, &expected, 1e-5);
        let expected: Vec<f32> = golden::numbers(&case["grad"]).iter().map(|&v| v as f32).collect();
        all_within(x.grad(&gradients).unwrap(), &expected, 1e-5);
    }
}

#[test]
fn the_up_convolution_has_the_gradients_of_its_definition() {
    let device = Device::flex().autodiff();
    let mut stream = Draw { seed: 4, epoch: 0, case: "" }.stream("test");
    let mut fresh = FreshWeights::new(&mut stream, &device);
    let up = seglab::model::UpConvolution::new(3, 2, &mut fresh);
    let x = fresh.uniform([2, 3, 2, 3, 2], 1.0).val();
    let y = leave(up.forward(enter(x.clone())));
    let upstream = fresh.uniform(y.dims(), 1.0).val().detach();
    let ours = (y.clone() * upstream.clone()).sum().backward();

    // burn's own transposed convolution is slow on a GPU but right on the CPU.
    let options = burn::tensor::ops::ConvTransposeOptions::new([2; 3], [0; 3], [0; 3], [1; 3], 1);
    let bias = Some(up.bias.val());
    let reference =
        burn::tensor::module::conv_transpose3d(x.clone(), up.weight.val(), bias, options);
    let expected: Vec<f32> = reference.clone().into_data().try_to_vec().unwrap();
    all_within(y, &expected, 1e-6);
    let theirs = (reference * upstream).sum().backward();
    let values = |t: Tensor<5>| -> Vec<f32> { t.into_data().try_to_vec().unwrap() };
    all_within(x.grad(&ours).unwrap(), &values(x.grad(&theirs).unwrap()), 1e-5);
    let weight = up.weight.val();
    all_within(weight.grad(&ours).unwrap(), &values(weight.grad(&theirs).unwrap()), 1e-5);
}

/// Parameters by path.
struct Collect {
    path: Vec<String>,
    values: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.values.insert(self.path.join("."), param.val().into_data().try_to_vec().unwrap());
    }
}

fn parameters(net: &Network) -> BTreeMap<String, Vec<f32>> {
    let mut collect = Collect { path: Vec::new(), values: BTreeMap::new() };
    net.visit(&mut collect);
    collect.values
}

fn batch(index: usize) -> CaseBatch {
    let (image, shape) = golden::tensor("train_parity.safetensors", &format!("input.{index}"));
    let (labels, label_shape) =
        golden::tensor("train_parity.safetensors", &format!("label.{index}"));
    let labels: Vec<i32> = labels.iter().map(|&v| v as i32).collect();
    let mut class_counts = ClassCounts::empty(3);
    class_counts.add_case(&labels.iter().map(|&v| v as u8).collect::<Vec<_>>());
    CaseBatch {
        cases: vec![index.to_string()],
        image: TensorData::new(image, shape),
        labels: TensorData::new(labels, label_shape),
        class_counts,
        step_seed: 0,
    }
}

fn l2(values: impl Iterator<Item = f32>) -> f64 {
    values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt()
}

/// Tolerances are those of the golden README: five times what correct float32 programs differ by.
#[test]
fn ten_training_steps_are_pytorchs() {
    let golden = golden::json("train_parity.json");
    for (key, final_prefix) in [("cycled", Some("final.")), ("fixed_beta1", None)] {
        let device = Device::flex().autodiff();
        let schedule = Schedule::OneCycle {
            max_lr: 1e-3,
            pct_start: 0.3,
            div_factor: 25.0,
            final_div_factor: 1000.0,
            cycle_momentum: key == "cycled",
            advance: Advance::Step,
            on_extend: None,
        };
        let curve = LrSchedule::new(&schedule, 0.9, 30, 1);
        let loss = spec::Loss::default();
        let objective = Objective::new(loss.clone(), Weighting::new(&loss.cross_entropy, &[0; 3]));
        let start = net("train_parity.safetensors", "init.", &device);
        let before = parameters(&start);
        let optimizer = CycledAdamW::new(&spec::Optimizer::default(), curve.clone());
        let mut learner = Learner::new(
            Segmenter::new(start, objective),
            ModuleOptimizer::from(optimizer),
            LrStepper::new(curve.clone()),
        );
        let series = &golden[key]["f32"];
        let tolerance = &golden[key]["tolerance_rel_per_step"];
        let at = |values: &serde_json::Value, name: &str, step: usize| {
            values[name][step].as_f64().unwrap()
        };
        for step in 0..10 {
            let output = learner.train_step(batch(step % 3));
            let total = f64::from(output.item.loss.into_scalar::<f32>());
            let (norm, gradients) = clip_to_norm(&learner.model(), output.grads, None).unwrap();
            learner.lr_step();
            learner.optimizer_step(gradients);
            golden::close(curve.at(step).lr, at(series, "lr", step), 1e-12, "lr");
            golden::close(curve.at(step).beta1, at(series, "beta1", step), 1e-12, "beta1");
            let name = format!("{key}, total loss of step {step}");
            golden::close(
                total,
                at(series, "total_loss", step),
                at(tolerance, "total_loss", step),
                &name,
            );
            let name = format!("{key}, gradient norm of step {step}");
            golden::close(
                norm,
                at(series, "grad_norm", step),
                at(tolerance, "grad_norm", step),
                &name,
            );
        }
        if let Some(prefix) = final_prefix {
            let trained = learner.model().valid().net;
            compare_final(
                &before,
                &trained,
                &net("train_parity.safetensors", prefix, &Device::flex()),
            );
        }
    }
}

fn compare_final(before: &BTreeMap<String, Vec<f32>>, trained: &Network, expected: &Network) {
    let (found, expected) = (parameters(trained), parameters(expected));
    assert_eq!(found.len(), 128, "parameters and running statistics");
    let (mut off, mut moved) = (0.0, 0.0);
    for (name, expected) in &expected {
        let found = &found[name];
        let largest = |tolerance: f32| {
            let is_close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance);
            assert!(is_close, "{name} is more than {tolerance} off");
        };
        // A bias before a norm has no true gradient: float32 moves it by rounding noise alone.
        let noise = [".first.bias", ".second.bias", ".projection.bias", ".up.bias"];
        if name.ends_with("running_mean") {
            largest(0.1);
        } else if name.ends_with("running_var") {
            largest(0.03);
        } else if !noise.iter().any(|end| name.ends_with(end)) {
            off += l2(found.iter().zip(expected).map(|(a, b)| a - b)).powi(2);
            moved += l2(before[name].iter().zip(expected).map(|(a, b)| a - b)).powi(2);
        }
    }
    let share = (off / moved).sqrt();
    assert!(share <= 0.3, "final weights are {share} of the distance moved off");
}
