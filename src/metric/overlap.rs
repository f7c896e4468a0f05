//! [`Confusion`]: voxels by reference and predicted class, and the [`Overlap`] scores they give.
//!
//! A score with nothing to divide by is `None`, never 0 or 1: a class that is in neither label
//! map must leave a mean, not raise or lower it.
//!
//! Does not know about space: distances and lesions are elsewhere.

use serde::{Deserialize, Serialize};

/// Voxels of each reference class (row) that were given each class (column).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    n_classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Counts two label maps of equal length; labels beyond the classes count as the last one,
    /// which a checked data set never holds.
    pub fn of(reference: &[u8], prediction: &[u8], n_classes: usize) -> Self {
        let n_classes = n_classes.max(1);
        let mut counts = vec![0; n_classes * n_classes];
        let last = n_classes - 1;
        let is_background = |labels: &[u8]| labels.iter().fold(0, |any, &label| any | label) == 0;
        for (reference, prediction) in reference.chunks(64).zip(prediction.chunks(64)) {
            let n = reference.len().min(prediction.len());
            // Most of a CT is background in both, which is got over quickly.
            if is_background(&reference[..n]) && is_background(&prediction[..n]) {
                counts[0] += n as u64;
                continue;
            }
            for (&reference, &prediction) in reference.iter().zip(prediction) {
                let row = usize::from(reference).min(last);
                counts[row * n_classes + usize::from(prediction).min(last)] += 1;
            }
        }
        Self { n_classes, counts }
    }

    /// Number of classes, background included.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Voxels counted.
    pub fn n_voxels(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Voxels of reference class `class` by predicted class.
    pub fn row(&self, class: usize) -> &[u64] {
        &self.counts[class * self.n_classes..(class + 1) * self.n_classes]
    }

    /// Agreement on all foreground as one class.
    pub fn foreground(&self) -> Overlap {
        let background = self.overlap(0);
        Overlap {
            true_positive: self.n_voxels()
                - background.true_positive
                - background.false_positive
                - background.false_negative,
            // Foreground is missed where background is wrongly predicted.
            false_positive: background.false_negative,
            false_negative: background.false_positive,
        }
    }

    /// Agreement on one class against all others.
    pub fn overlap(&self, class: usize) -> Overlap {
        let in_reference: u64 = self.row(class).iter().sum();
        let in_prediction: u64 = (0..self.n_classes).map(|row| self.row(row)[class]).sum();
        let true_positive = self.row(class)[class];
        Overlap {
            true_positive,
            false_positive: in_prediction - true_positive,
            false_negative: in_reference - true_positive,
        }
    }
}

/// Agreement of two masks in voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// In both.
    pub true_positive: u64,
    /// In the prediction alone.
    pub false_positive: u64,
    /// In the reference alone.
    pub false_negative: u64,
}

impl Overlap {
    /// Voxels of the reference.
    pub fn n_reference(self) -> u64 {
        self.true_positive + self.false_negative
    }

    /// Voxels of the prediction.
    pub fn n_prediction(self) -> u64 {
        self.true_positive + self.false_positive
    }

    /// Twice the shared voxels over the voxels of both; `None` when both masks are empty.
    ///
    /// # Source
    /// Dice 1945; the empty rule follows nnU-Net's `evaluate_predictions.py`.
    pub fn dice(self) -> Option<f64> {
        ratio(2 * self.true_positive, self.n_reference() + self.n_prediction())
    }

    /// Shared voxels over the voxels of either; `None` when both masks are empty.
    pub fn iou(self) -> Option<f64> {
        ratio(self.true_positive, self.n_reference() + self.false_positive)
    }

    /// Share of the prediction that is right; `None` when nothing is predicted.
    pub fn precision(self) -> Option<f64> {
        ratio(self.true_positive, self.n_prediction())
    }

    /// Share of the reference that is found; `None` when nothing is there.
    pub fn recall(self) -> Option<f64> {
        ratio(self.true_positive, self.n_reference())
    }

    /// Voxels in neither mask, of a volume of `n_voxels`.
    pub fn true_negative(self, n_voxels: u64) -> u64 {
        n_voxels.saturating_sub(self.n_reference() + self.false_positive)
    }

    /// Share of what lies outside of the reference that is left out of the prediction; `None`
    /// when the reference fills the volume. Near 1 for any prediction, since most of a CT is
    /// background.
    pub fn specificity(self, n_voxels: u64) -> Option<f64> {
        let true_negative = self.true_negative(n_voxels);
        ratio(true_negative, true_negative + self.false_positive)
    }

    /// Predicted less reference volume in mL: positive when too much is predicted. Errors in
    /// different places cancel.
    pub fn volume_error_ml(self, voxel_ml: f64) -> f64 {
        (self.n_prediction() as f64 - self.n_reference() as f64) * voxel_ml
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_hand() {
        let confusion = Confusion::of(&[0, 0, 1, 1, 1, 2], &[0, 1, 1, 1, 2, 0], 3);
        assert_eq!(confusion.row(1), [0, 2, 1]);
        let overlap = confusion.overlap(1);
        let expected = Overlap { true_positive: 2, false_positive: 1, false_negative: 1 };
        assert_eq!(overlap, expected);
        assert_eq!(overlap.dice(), Some(4.0 / 6.0));
        assert_eq!(overlap.iou(), Some(0.5));
        let missed = confusion.overlap(2);
        assert_eq!(
            (missed.dice(), missed.precision(), missed.recall()),
            (Some(0.0), Some(0.0), Some(0.0))
        );
    }

    #[test]
    fn true_negatives_and_volumes_by_hand() {
        let confusion = Confusion::of(&[0, 0, 1, 1, 1, 2], &[0, 1, 1, 1, 2, 0], 3);
        let n_voxels = confusion.n_voxels();
        let overlap = confusion.overlap(1);
        assert_eq!((n_voxels, overlap.true_negative(n_voxels)), (6, 2));
        assert_eq!(overlap.specificity(n_voxels), Some(2.0 / 3.0));
        assert!(overlap.volume_error_ml(0.5).abs() < 1e-12);
        let missed = confusion.overlap(2);
        assert!(missed.volume_error_ml(0.5).abs() < 1e-12);
        let foreground = confusion.foreground();
        let expected = Overlap { true_positive: 3, false_positive: 1, false_negative: 1 };
        assert_eq!(foreground, expected);
        let grown = Overlap { true_positive: 4, false_positive: 2, false_negative: 0 };
        assert!((grown.volume_error_ml(0.5) - 1.0).abs() < 1e-12);
        let full = Overlap { true_positive: 6, false_positive: 0, false_negative: 0 };
        assert_eq!(full.specificity(6), None);
    }

    #[test]
    fn long_stretches_of_background_are_counted() {
        let mut labels = vec![0; 1000];
        (labels[300], labels[999]) = (1, 1);
        let shifted: Vec<u8> = labels[1..].iter().copied().chain([0]).collect();
        let confusion = Confusion::of(&labels, &shifted, 2);
        assert_eq!((confusion.row(0), confusion.row(1)), ([996, 2].as_slice(), [2, 0].as_slice()));
    }

    #[test]
    fn a_class_in_neither_map_has_no_score() {
        let nothing = Confusion::of(&[0, 1], &[0, 1], 3).overlap(2);
        assert_eq!((nothing.dice(), nothing.iou()), (None, None));
        assert_eq!((nothing.precision(), nothing.recall()), (None, None));
    }
}
