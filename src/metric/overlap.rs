//! [`Confusion`]: voxels by reference and predicted class, and the [`Overlap`] scores they give.
//!
//! A score with nothing to divide by is `None`, never 0 or 1: a class that is in neither label
//! map must leave a mean, not raise or lower it.
//!
//! Knows nothing of space: distances and lesions are elsewhere.

/// Voxels of each reference class (row) that were given each class (column).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    n_classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Counts two label maps of equal length; labels beyond the classes count as the last one,
    /// which a checked data set never holds.
    pub fn of(reference: &[u8], prediction: &[u8], n_classes: usize) -> Self {
        let mut counts = vec![0; n_classes * n_classes];
        let last = n_classes - 1;
        for (&reference, &prediction) in reference.iter().zip(prediction) {
            let row = usize::from(reference).min(last);
            counts[row * n_classes + usize::from(prediction).min(last)] += 1;
        }
        Self { n_classes, counts }
    }

    /// Voxels of reference class `class` by predicted class.
    pub fn row(&self, class: usize) -> &[u64] {
        &self.counts[class * self.n_classes..(class + 1) * self.n_classes]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    fn a_class_in_neither_map_has_no_score() {
        let nothing = Confusion::of(&[0, 1], &[0, 1], 3).overlap(2);
        assert_eq!((nothing.dice(), nothing.iou()), (None, None));
        assert_eq!((nothing.precision(), nothing.recall()), (None, None));
    }
}
