//! [`Objective`]: soft Dice plus weighted cross-entropy over all heads.
//!
//! Both are averaged over the cases that [`Reference::class_counts`] counts. These are the cases
//! of the batch, or of all batches of an optimizer step: the losses and gradients of the batches
//! then add up to those of one batch of all these cases.
//!
//! Does not know about the network or files.

use super::{
    class_weights::Weighting,
    kernel::{Inputs, RegionSums, apply},
    read_back::class_bytes,
    unet3d::Heads,
    volumes::{enter, is_cpu, on_cpu},
};
use crate::{
    data::ClassCounts,
    spec::{AbsentClass, DiceLoss, Loss},
};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::log_softmax};
use std::sync::Arc;

/// The labels that a prediction is compared with.
#[derive(Debug, Clone)]
pub struct Reference {
    labels: Labels,
    /// Classes of the cases that the loss is averaged over; those of the labels are among them.
    pub class_counts: ClassCounts,
}

#[derive(Debug, Clone)]
enum Labels {
    /// On the CPU: `[n, x, y, z]`.
    Classes(Arc<[u8]>),
    /// Elsewhere: 1 where a voxel is of the class, `[n, classes, x, y, z]`.
    OneHot(Box<Tensor<5>>),
}

impl Reference {
    /// From class indices `[n, x, y, z]`, each below the number of classes.
    pub fn new(labels: TensorData, class_counts: ClassCounts, device: &Device) -> Self {
        let n_classes = class_counts.voxels.len();
        if is_cpu(device) {
            let labels = Labels::Classes(class_bytes(&labels).into());
            return Self { labels, class_counts };
        }
        Self { labels: Labels::OneHot(Box::new(one_hot(labels, n_classes, device))), class_counts }
    }
}

fn one_hot(labels: TensorData, n_classes: usize, device: &Device) -> Tensor<5> {
    let labels = Tensor::<4, Int>::from_data(labels, device).unsqueeze_dim::<5>(1);
    let classes = Tensor::<1, Int>::arange(0..i64::try_from(n_classes).unwrap_or(0), device);
    let classes = classes.reshape([1, n_classes, 1, 1, 1]);
    let [n, _, x, y, z] = labels.dims();
    let shape = [n, n_classes, x, y, z];
    labels.expand(shape).equal(classes.expand(shape)).float()
}

/// Sums over the voxels of each case and class, `[n, 4, classes]`: of the probability where the
/// reference is of the class, of the probability, of the reference, and of `-log` of the
/// probability where the reference is of the class.
///
/// # Shapes
/// `logits` `[n, classes, x, y, z]`.
pub fn region_sums(logits: &Tensor<5>, reference: &Reference) -> Tensor<3> {
    let one_hot = match &reference.labels {
        Labels::Classes(labels) => {
            debug_assert!(on_cpu(logits), "labels and logits are on one device");
            let logits = Inputs::One(enter(logits.clone()).into_dispatch());
            return apply(logits, RegionSums { labels: Arc::clone(labels) });
        }
        Labels::OneHot(one_hot) => (**one_hot).clone(),
    };
    composed_sums(logits, one_hot)
}

fn composed_sums(logits: &Tensor<5>, one_hot: Tensor<5>) -> Tensor<3> {
    let [n, n_classes, ..] = logits.dims();
    let log_probabilities = log_softmax(logits.clone(), 1);
    let probabilities = log_probabilities.clone().exp();
    let sums = [
        probabilities.clone() * one_hot.clone(),
        probabilities,
        one_hot.clone(),
        log_probabilities.neg() * one_hot,
    ];
    let rows = sums.map(|terms| terms.sum_dims(&[2, 3, 4]).reshape([n, 1, n_classes]));
    Tensor::cat(rows.into(), 1)
}

/// A loss with its class weighting resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    rules: Loss,
    weighting: Weighting,
}

impl Objective {
    /// The loss of a spec; `weighting` gives the class weights of the cross-entropy.
    pub fn new(rules: Loss, weighting: Weighting) -> Self {
        Self { rules, weighting }
    }

    /// Main loss plus the weighted mean of the deep heads' losses, `[1]`.
    pub fn total(&self, heads: &Heads, reference: &Reference) -> Tensor<1> {
        let main = self.of_head(&heads.main, reference);
        let n_deep = heads.deep.len();
        let weight = self.rules.deep_supervision_weight;
        heads
            .deep
            .iter()
            .filter(|_| weight > 0.0)
            .map(|logits| self.of_head(logits, reference))
            .reduce(|sum, loss| sum + loss)
            .map_or(main.clone(), |deep| main + deep.mul_scalar(weight / n_deep as f64))
    }

    /// Loss of one head's logits `[n, classes, x, y, z]`, `[1]`.
    pub fn of_head(&self, logits: &Tensor<5>, reference: &Reference) -> Tensor<1> {
        let sums = region_sums(logits, reference);
        let Loss { dice, cross_entropy, .. } = &self.rules;
        let mut terms = Vec::with_capacity(2);
        if dice.weight > 0.0 {
            let loss = dice_loss(&sums, &reference.class_counts, dice);
            terms.push(loss.mul_scalar(dice.weight));
        }
        if cross_entropy.weight > 0.0 {
            let weights = self.weighting.weights(&reference.class_counts.voxels);
            let loss = weighted_cross_entropy(&sums, &reference.class_counts, &weights);
            terms.push(loss.mul_scalar(cross_entropy.weight));
        }
        let device = logits.device();
        terms
            .into_iter()
            .reduce(|sum, term| sum + term)
            .unwrap_or_else(|| Tensor::zeros([1], &device))
    }
}

/// One minus the mean soft Dice over cases and classes, `[1]`, from [`region_sums`]; 0 when nothing
/// is left to average.
///
/// # Source
/// The notebook's `DiceLoss`; `background = false` and `absent = "skip"` as nnU-Net and MONAI.
pub fn dice_loss(sums: &Tensor<3>, counts: &ClassCounts, rules: &DiceLoss) -> Tensor<1> {
    let [n, _, n_classes] = sums.dims();
    let first = usize::from(!rules.background);
    let row = |at: usize| {
        let row = sums.clone().slice([0..n, at..at + 1, first..n_classes]);
        row.reshape([n, n_classes - first])
    };
    let (shared, in_reference) = (row(0), row(2));
    let both = row(1) + in_reference.clone();
    let score = shared.mul_scalar(2.0).add_scalar(rules.smooth) / both.add_scalar(rules.smooth);
    let lost = score.mul_scalar(-1.0).add_scalar(1.0);
    let (lost, n_counted) = match rules.absent {
        AbsentClass::Include => (lost, counts.n_cases * (n_classes - first)),
        AbsentClass::Skip => {
            let is_present = in_reference.greater_scalar(0.0).float();
            (lost * is_present, counts.n_cases_with[first..].iter().sum())
        }
    };
    // Of all cases that are averaged over, and not of these alone.
    let n_counted = Tensor::<2>::full([1, 1], n_counted.max(1) as f64, &sums.device());
    (lost.sum_dims(&[0, 1]) / n_counted).reshape([1])
}

/// Sum of `-w log p` over voxels, from [`region_sums`], divided by the sum of the weights as
/// PyTorch does, `[1]`.
pub fn weighted_cross_entropy(
    sums: &Tensor<3>,
    counts: &ClassCounts,
    weights: &[f64],
) -> Tensor<1> {
    let [n, _, n_classes] = sums.dims();
    let total: f64 = weights.iter().zip(&counts.voxels).map(|(w, &n)| w * n as f64).sum();
    #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
    let row: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
    let row = Tensor::<3>::from_data(TensorData::new(row, [1, 1, n_classes]), &sums.device());
    let weighed = sums.clone().slice([0..n, 3..4, 0..n_classes]) * row;
    let scale = if total > 0.0 { 1.0 / total } else { 0.0 };
    weighed.sum_dims(&[0, 1, 2]).mul_scalar(scale).reshape([1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{ClassWeightRule, ClassWeights, CrossEntropy};
    use std::ops::Range;

    const N_CLASSES: usize = 3;
    /// One case per row; class 2 is in the first alone, and the last has only background.
    const LABELS: [[u8; 4]; 3] = [[0, 1, 2, 1], [0, 0, 1, 0], [0; 4]];

    fn counts(cases: Range<usize>) -> ClassCounts {
        let mut counts = ClassCounts::empty(N_CLASSES);
        LABELS[cases].iter().for_each(|labels| counts.add_case(labels));
        counts
    }

    /// Loss of some of the cases, averaged over `counts`, and its gradient by logit.
    fn loss(objective: &Objective, cases: Range<usize>, counts: ClassCounts) -> (f64, Vec<f32>) {
        let device = Device::flex().autodiff();
        let n_logits = N_CLASSES * 4;
        let logits: Vec<f32> = (cases.start * n_logits..cases.end * n_logits)
            .map(|idx| ((idx * 7919) % 17) as f32 / 8.0 - 1.0)
            .collect();
        let logits = TensorData::new(logits, [cases.len(), N_CLASSES, 1, 1, 4]);
        let logits = Tensor::<5>::from_data(logits, &device).require_grad();
        let labels: Vec<i32> =
            LABELS[cases.clone()].as_flattened().iter().map(|&l| l.into()).collect();
        let labels = TensorData::new(labels, [cases.len(), 1, 1, 4]);
        let reference = Reference::new(labels, counts, &device);
        let heads = Heads { main: logits.clone(), deep: vec![logits.clone().mul_scalar(0.5)] };
        let loss = objective.total(&heads, &reference);
        let gradient = logits.grad(&loss.backward()).unwrap().into_data();
        (f64::from(loss.into_scalar::<f32>()), gradient.try_to_vec().unwrap())
    }

    #[test]
    fn losses_of_the_batches_of_a_step_add_up_to_that_of_one_batch() {
        for (absent, rule) in [
            (AbsentClass::Include, ClassWeightRule::None),
            (AbsentClass::Skip, ClassWeightRule::None),
            (AbsentClass::Include, ClassWeightRule::Notebook),
            (AbsentClass::Skip, ClassWeightRule::Notebook),
        ] {
            let cross_entropy =
                CrossEntropy { class_weights: ClassWeights::Rule(rule), ..CrossEntropy::default() };
            let weighting = Weighting::new(&cross_entropy, &counts(0..3).voxels);
            let dice = DiceLoss { absent, ..DiceLoss::default() };
            let rules = Loss { dice, cross_entropy, ..Loss::default() };
            let objective = Objective::new(rules, weighting);
            let (whole, gradient) = loss(&objective, 0..3, counts(0..3));
            let parts = [0..2, 2..3].map(|cases| loss(&objective, cases, counts(0..3)));
            let what = format!("{absent:?}, {rule:?}");
            assert!((parts[0].0 + parts[1].0 - whole).abs() < 1e-6, "{what}");
            for (found, expected) in parts.iter().flat_map(|part| &part.1).zip(&gradient) {
                assert!((found - expected).abs() < 1e-7, "{what}: {found} {expected}");
            }
            // Each batch averaged over itself, weighted by its cases, is another loss.
            let [two, one] =
                [0..2, 2..3].map(|cases| loss(&objective, cases.clone(), counts(cases)).0);
            let is_same = ((2.0 * two + one) / 3.0 - whole).abs() < 1e-3;
            assert_eq!(is_same, absent == AbsentClass::Include && rule == ClassWeightRule::None);
        }
    }
}
