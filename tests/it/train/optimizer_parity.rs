//! The one-cycle schedule and `AdamW` against PyTorch.

use crate::support::golden;
use burn::{
    optim::Optimizer,
    tensor::{Device, Tensor, TensorData},
};
use seglab::{
    spec::{self, Advance, Schedule},
    train::{CycledAdamW, LrSchedule},
};

fn one_cycle(max_lr: f64, cycle_momentum: bool, advance: Advance) -> Schedule {
    Schedule::OneCycle {
        max_lr,
        pct_start: 0.3,
        div_factor: 25.0,
        final_div_factor: 1000.0,
        cycle_momentum,
        advance,
        on_extend: None,
    }
}

#[test]
fn one_cycle_is_pytorchs_by_step_and_as_the_notebook_stepped_it() {
    let golden = golden::json("losses_schedule_optimizer.json");
    let by_step = LrSchedule::new(&one_cycle(1e-3, true, Advance::Step), 0.9, 10, 10);
    for (step, row) in golden["onecycle_total100_lr_beta1"].as_array().unwrap().iter().enumerate() {
        golden::close(by_step.at(step).lr, row[0].as_f64().unwrap(), 1e-12, "lr");
        golden::close(by_step.at(step).beta1, row[1].as_f64().unwrap(), 1e-12, "beta1");
    }
    let by_epoch = LrSchedule::new(&one_cycle(1e-3, true, Advance::Epoch), 0.9, 40, 50);
    let rows = golden["onecycle_seed_per_epoch_N40_50steps"].as_array().unwrap();
    for (epoch, row) in rows.iter().take(50).enumerate() {
        golden::close(by_epoch.at(epoch * 40).lr, row[0].as_f64().unwrap(), 1e-12, "lr");
        golden::close(by_epoch.at(epoch * 40 + 39).lr, row[0].as_f64().unwrap(), 1e-12, "lr");
    }
}

/// Takes `n_steps` and compares the values after each with `expected`.
#[track_caller]
fn follows(
    optimizer: &CycledAdamW,
    lr: impl Fn(usize) -> f64,
    start: &[f64],
    gradient: impl Fn(usize, usize) -> f64,
    expected: &[Vec<f64>],
    tolerance: f64,
) {
    let device = Device::flex();
    let tensor = |values: Vec<f64>| {
        let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
        let n = values.len();
        Tensor::<1>::from_data(TensorData::new(values, [n]), &device)
    };
    let (mut weights, mut state) = (tensor(start.to_vec()), None);
    for (step, expected) in expected.iter().enumerate() {
        let gradients = tensor((0..start.len()).map(|i| gradient(step, i)).collect());
        (weights, state) = optimizer.step(lr(step), weights, gradients, state);
        let found: Vec<f32> = weights.clone().into_data().try_to_vec().unwrap();
        for (found, expected) in found.iter().zip(expected) {
            let off = (f64::from(*found) - expected).abs();
            assert!(off < tolerance, "step {step}: {found} is {off} from {expected}");
        }
    }
}

/// float32 is within 2.6e-7 of these float64 rows; leaving amsgrad out is 8e-5 off.
#[test]
fn adamw_under_one_cycle_is_pytorchs() {
    let golden = golden::json("optimizer.json");
    for (key, cycle_momentum) in [("cycled", true), ("fixed_beta1", false)] {
        let rows: Vec<Vec<f64>> =
            golden[key]["rows"].as_array().unwrap().iter().map(golden::numbers).collect();
        let curve = LrSchedule::new(&one_cycle(0.01, cycle_momentum, Advance::Step), 0.9, 60, 1);
        for (step, row) in rows.iter().enumerate() {
            golden::close(curve.at(step).lr, row[0], 1e-12, "lr");
            golden::close(curve.at(step).beta1, row[1], 1e-12, "beta1");
        }
        let optimizer = CycledAdamW::new(&spec::Optimizer::default(), curve.clone());
        let values: Vec<Vec<f64>> = rows.iter().map(|row| row[2..].to_vec()).collect();
        let gradient = |step: usize, i: usize| {
            (0.1 * step as f64 + i as f64).cos() * 0.8_f64.powf(step as f64)
        };
        let start = golden::numbers(&golden["start"]);
        follows(&optimizer, |step| curve.at(step).lr, &start, gradient, &values, 5e-6);
    }
}

#[test]
fn adamw_with_and_without_amsgrad_is_pytorchs() {
    let golden = golden::json("losses_schedule_optimizer.json");
    for amsgrad in [true, false] {
        let case = &golden[if amsgrad { "adamw_amsgrad_True" } else { "adamw_amsgrad_False" }];
        let rules = spec::Optimizer { amsgrad, ..spec::Optimizer::default() };
        let curve = LrSchedule::new(&Schedule::Constant { max_lr: 0.01 }, 0.9, 30, 1);
        let rows: Vec<Vec<f64>> =
            case["traj"].as_array().unwrap().iter().map(golden::numbers).collect();
        let gradient = |step: usize, i: usize| {
            let t = step as f64;
            match i {
                0 => (0.9 * t).sin(),
                1 => 2.0 * (0.4 * t).cos() / (1.0 + t),
                2 => 1e-3 * (t - 10.0),
                _ => {
                    if step.is_multiple_of(2) {
                        1.0
                    } else {
                        -1.0
                    }
                }
            }
        };
        let start = golden::numbers(&case["init"]);
        follows(&CycledAdamW::new(&rules, curve), |_| 0.01, &start, gradient, &rows, 2e-5);
    }
}
