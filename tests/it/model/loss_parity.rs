//! Loss, class weights and gradients against PyTorch.

use crate::support::golden;
use burn::tensor::{Device, Tensor, TensorData};
use seglab::{
    data::ClassCounts,
    model::{Objective, Reference, Weighting, dice_loss, region_sums, weighted_cross_entropy},
    spec::{CrossEntropy, DiceLoss, Loss},
};

#[test]
fn dice_cross_entropy_weights_and_gradients_are_pytorchs() {
    let golden = golden::json("losses_schedule_optimizer.json");
    let device = Device::flex().autodiff();
    let logits: Vec<f64> = golden::numbers(&golden["loss"]["logits"]);
    let logits: Vec<f32> = logits.iter().map(|&v| v as f32).collect();
    let loss = Loss::default();
    assert_eq!(loss.cross_entropy, CrossEntropy { weight: 0.7, ..CrossEntropy::default() });
    for (name, case) in golden["loss"]["cases"].as_object().unwrap() {
        let target: Vec<i32> = golden::numbers(&case["target"]).iter().map(|&v| v as i32).collect();
        let mut counts = ClassCounts::empty(3);
        for case in target.chunks(3 * 4 * 5) {
            counts.add_case(&case.iter().map(|&class| class as u8).collect::<Vec<_>>());
        }
        let reference =
            Reference::new(TensorData::new(target, [2, 3, 4, 5]), counts.clone(), &device);
        let weighting = Weighting::new(&loss.cross_entropy, &counts.voxels);
        let weights = weighting.weights(&counts.voxels);
        for (class, &expected) in golden::numbers(&case["class_weights"]).iter().enumerate() {
            golden::close(weights[class], expected, 1e-5, &format!("{name}: weight {class}"));
        }
        let x = Tensor::<5>::from_data(TensorData::new(logits.clone(), [2, 3, 3, 4, 5]), &device)
            .require_grad();
        let sums = region_sums(&x, &reference);
        let scalar = |loss: Tensor<1>| f64::from(loss.into_scalar::<f32>());
        let dice = dice_loss(&sums, &counts, &DiceLoss::default());
        let expected = |key: &str| case[key].as_f64().unwrap();
        golden::close(scalar(dice), expected("dice_loss"), 1e-5, name);
        let ce = weighted_cross_entropy(&sums, &counts, &weights);
        golden::close(scalar(ce), expected("weighted_ce"), 1e-5, name);
        let combined = Objective::new(loss.clone(), weighting).of_head(&x, &reference);
        golden::close(scalar(combined.clone()), expected("combined"), 1e-5, name);
        let gradient = x.grad(&combined.backward()).unwrap();
        let gradient: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
        let norm = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        golden::close(norm, expected("grad_l2"), 1e-5, name);
        for (found, expected) in gradient.iter().zip(golden::numbers(&case["grad_first12"])) {
            assert!((f64::from(*found) - expected).abs() < 1e-7, "{name}: {found} {expected}");
        }
    }
}

/// Foreground Dice over present classes: two classes, one absent, by hand.
#[test]
fn skips_background_and_absent_classes_when_told() {
    let device = Device::flex();
    let mut counts = ClassCounts::empty(3);
    counts.add_case(&[0, 0, 1, 1]);
    let reference =
        Reference::new(TensorData::new(vec![0, 0, 1, 1], [1, 1, 1, 4]), counts.clone(), &device);
    let probabilities =
        vec![0.5_f32, 0.5, 0.25, 0.25, 0.25, 0.25, 0.75, 0.5, 0.25, 0.25, 0.0, 0.25];
    let probabilities =
        Tensor::<5>::from_data(TensorData::new(probabilities, [1, 3, 1, 1, 4]), &device);
    let sums = region_sums(&probabilities.log(), &reference);
    let rules = DiceLoss {
        background: false,
        absent: seglab::spec::AbsentClass::Skip,
        smooth: 1.0,
        ..DiceLoss::default()
    };
    let loss = f64::from(dice_loss(&sums, &counts, &rules).into_scalar::<f32>());
    // Class 1: 2 x 1.25 + 1 over 1.75 + 2 + 1.
    golden::close(loss, 1.0 - 3.5 / 4.75, 1e-6, "class 1 alone");
}
