//! [`Objective`]: soft Dice plus weighted cross-entropy over all heads.
//!
//! Knows nothing of the network, of files or of how weights are chosen from a data set
//! (see `class_weights`).

use super::{class_weights::Weighting, unet3d::Heads};
use crate::spec::{AbsentClass, DiceLoss, Loss};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::log_softmax};

/// What the loss is compared with: labels as one-hot voxels, and how many of each class.
#[derive(Debug, Clone)]
pub struct Reference {
    /// 1 where a voxel is of the class, `[n, classes, x, y, z]`.
    pub one_hot: Tensor<5>,
    /// Voxels of each class in the batch.
    pub class_voxels: Vec<u64>,
}

impl Reference {
    /// From class indices `[n, x, y, z]`.
    pub fn new(labels: TensorData, class_voxels: Vec<u64>, device: &Device) -> Self {
        let n_classes = class_voxels.len();
        let labels = Tensor::<4, Int>::from_data(labels, device).unsqueeze_dim::<5>(1);
        let classes = Tensor::<1, Int>::arange(0..i64::try_from(n_classes).unwrap_or(0), device);
        let classes = classes.reshape([1, n_classes, 1, 1, 1]);
        let [n, _, x, y, z] = labels.dims();
        let shape = [n, n_classes, x, y, z];
        Self { one_hot: labels.expand(shape).equal(classes.expand(shape)).float(), class_voxels }
    }
}

/// A loss with its class weighting resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    rules: Loss,
    weighting: Weighting,
}

impl Objective {
    /// The loss of a spec; `weighting` gives the class weights of a batch.
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
        let log_probabilities = log_softmax(logits.clone(), 1);
        let Loss { dice, cross_entropy, .. } = &self.rules;
        let mut terms = Vec::with_capacity(2);
        if dice.weight > 0.0 {
            let loss = dice_loss(log_probabilities.clone().exp(), reference, dice);
            terms.push(loss.mul_scalar(dice.weight));
        }
        if cross_entropy.weight > 0.0 {
            let weights = self.weighting.of_batch(&reference.class_voxels);
            let loss = weighted_cross_entropy(log_probabilities, reference, &weights);
            terms.push(loss.mul_scalar(cross_entropy.weight));
        }
        let device = logits.device();
        terms
            .into_iter()
            .reduce(|sum, term| sum + term)
            .unwrap_or_else(|| Tensor::zeros([1], &device))
    }
}

/// One minus the mean soft Dice over cases and classes, `[1]`; 0 when nothing is left to average.
///
/// # Source
/// The notebook's `DiceLoss`; `background = false` and `absent = "skip"` as nnU-Net and MONAI.
pub fn dice_loss(probabilities: Tensor<5>, reference: &Reference, rules: &DiceLoss) -> Tensor<1> {
    let one_hot = reference.one_hot.clone();
    let [n, n_classes, ..] = one_hot.dims();
    let shared = (probabilities.clone() * one_hot.clone()).sum_dims(&[2, 3, 4]);
    let in_reference = one_hot.sum_dims(&[2, 3, 4]);
    let both = probabilities.sum_dims(&[2, 3, 4]) + in_reference.clone();
    let score = shared.mul_scalar(2.0).add_scalar(rules.smooth) / both.add_scalar(rules.smooth);

    let first = usize::from(!rules.background);
    let pick = |x: Tensor<5>| x.reshape([n, n_classes]).slice([0..n, first..n_classes]);
    let lost = pick(score).mul_scalar(-1.0).add_scalar(1.0);
    let counted = match rules.absent {
        AbsentClass::Include => lost.ones_like(),
        AbsentClass::Skip => pick(in_reference).greater_scalar(0.0).float(),
    };
    let n_counted = counted.clone().sum_dims(&[0, 1]).clamp_min(1.0);
    ((lost * counted).sum_dims(&[0, 1]) / n_counted).reshape([1])
}

/// Mean of `-w log p` over voxels, divided by the sum of the weights as PyTorch does, `[1]`.
pub fn weighted_cross_entropy(
    log_probabilities: Tensor<5>,
    reference: &Reference,
    weights: &[f64],
) -> Tensor<1> {
    let device = log_probabilities.device();
    let total: f64 = weights.iter().zip(&reference.class_voxels).map(|(w, &n)| w * n as f64).sum();
    #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
    let row: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
    let row = Tensor::<5>::from_data(TensorData::new(row, [1, weights.len(), 1, 1, 1]), &device);
    let picked = log_probabilities * reference.one_hot.clone() * row;
    let scale = if total > 0.0 { -1.0 / total } else { 0.0 };
    picked.sum_dims(&[0, 1, 2, 3, 4]).mul_scalar(scale).reshape([1])
}
