//! [`Weighting`]: the weight of each class in the cross-entropy.
//!
//! Does not know about tensors.

use crate::spec::{ClassWeightRule, ClassWeights, CrossEntropy};

/// How class weights are found.
#[derive(Debug, Clone, PartialEq)]
pub enum Weighting {
    /// The same for every step, background first.
    Fixed(Vec<f64>),
    /// The notebook's formula over the voxels of the step.
    Notebook {
        /// Weight of the background.
        background: f64,
    },
}

impl Weighting {
    /// The weighting that a spec asks for.
    ///
    /// `train_voxels` holds the voxels of each class over the training split.
    pub fn new(rules: &CrossEntropy, train_voxels: &[u64]) -> Self {
        match &rules.class_weights {
            ClassWeights::Given(weights) => Self::Fixed(weights.clone()),
            ClassWeights::Rule(ClassWeightRule::None) => Self::Fixed(vec![1.0; train_voxels.len()]),
            ClassWeights::Rule(ClassWeightRule::InverseFrequency) => {
                Self::Fixed(inverse_frequency(train_voxels))
            }
            ClassWeights::Rule(ClassWeightRule::Notebook) => {
                Self::Notebook { background: rules.background_weight }
            }
        }
    }

    /// Weights for a step whose cases have so many voxels of each class, background first.
    pub fn weights(&self, class_voxels: &[u64]) -> Vec<f64> {
        match self {
            Self::Fixed(weights) => weights.clone(),
            Self::Notebook { background } => notebook(class_voxels, *background),
        }
    }
}

/// Inverse voxel frequency, scaled to mean 1 over the classes that occur; an absent class gets
/// the largest weight of those, since nothing says how rare it is.
fn inverse_frequency(class_voxels: &[u64]) -> Vec<f64> {
    let present = class_voxels.iter().filter(|&&n| n > 0);
    let (n_present, total) =
        (present.clone().count(), present.map(|&n| 1.0 / n as f64).sum::<f64>());
    let largest =
        class_voxels.iter().filter(|&&n| n > 0).map(|&n| 1.0 / n as f64).fold(0.0, f64::max);
    let scale = if total > 0.0 { n_present as f64 / total } else { 1.0 };
    let weight = |&n: &u64| if n > 0 { scale / n as f64 } else { scale * largest };
    class_voxels.iter().map(weight).collect()
}

/// The notebook's weights: a fixed background, the rest shared by inverse frequency.
///
/// An absent cancer class takes nearly the whole share, which is why it is kept only for
/// comparison.
///
/// # Source
/// `CombinedLoss` of the notebook, smooth 1e-5.
fn notebook(class_voxels: &[u64], background: f64) -> Vec<f64> {
    let n_classes = class_voxels.len() as f64;
    let total: u64 = class_voxels.iter().sum();
    let share = (1.0 - background) / (n_classes - 1.0);
    let cancer = &class_voxels[1..];
    let mut weights = vec![background];
    if cancer.iter().all(|&n| n == 0) {
        weights.extend(cancer.iter().map(|_| share));
        return weights;
    }
    let inverse: Vec<f64> =
        cancer.iter().map(|&n| total as f64 / (n as f64 * n_classes + 1e-5)).collect();
    let sum: f64 = inverse.iter().sum();
    weights.extend(inverse.iter().map(|weight| share * weight / sum));
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_frequency_has_mean_one_over_the_classes_that_occur() {
        let weights = inverse_frequency(&[900, 90, 10]);
        assert!((weights.iter().sum::<f64>() / 3.0 - 1.0).abs() < 1e-12);
        assert!((weights[2] / weights[0] - 90.0).abs() < 1e-9);
        let [present, absent] = inverse_frequency(&[8, 0])[..] else { panic!("two classes") };
        assert!((present - absent).abs() < 1e-12);
    }
}
