//! [`Calibration`]: whether a network that says 0.8 is right in 8 of 10 voxels.
//!
//! Over all voxels every network is calibrated, since nearly all are background that it is sure
//! of. So only two parts of the volume are looked at: the foreground and the band around the
//! reference's boundary.
//!
//! Does not know about networks.

use super::mask::Mask;
use crate::data::volume::Grid;
use serde::{Deserialize, Serialize};

/// Bins of a [`Reliability`].
const N_BINS: usize = 15;

/// Steps to either side of the boundary that belong to the band: partial volume and the reader's
/// hand blur a contour by a voxel or two, whatever their size in mm.
const BAND_VOXELS: usize = 2;

/// Reliability where it matters.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Calibration {
    /// Voxels that are foreground in the reference or in the prediction.
    pub foreground: Reliability,
    /// Voxels within two steps, by faces, edges or corners, of the boundary between foreground
    /// and background of the reference, on both sides. The volume's end is no boundary.
    pub band: Reliability,
}

/// Confidence against how often it was right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// 15 equal bins of the confidence from 0 to 1, that is of the predicted class's probability.
    pub bins: Vec<ReliabilityBin>,
    /// Sum over voxels and classes of `(p - y)^2`, where `y` is 1 for the reference's class and 0
    /// for the others.
    pub brier_sum: f64,
}

/// Voxels of similar confidence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Voxels.
    pub n: u64,
    /// Sum of their confidences.
    pub confidence_sum: f64,
    /// Voxels whose predicted class is the reference's.
    pub n_right: u64,
}

impl Default for Reliability {
    fn default() -> Self {
        Self { bins: vec![ReliabilityBin::default(); N_BINS], brier_sum: 0.0 }
    }
}

impl Reliability {
    /// Voxels counted.
    pub fn n(&self) -> u64 {
        self.bins.iter().map(|bin| bin.n).sum()
    }

    /// Expected calibration error: the mean over voxels of the distance between a bin's mean
    /// confidence and its share of right voxels; `None` without a voxel.
    ///
    /// # Source
    /// Guo et al., On Calibration of Modern Neural Networks, 2017, with 15 bins as there.
    pub fn ece(&self) -> Option<f64> {
        let gaps = self.bins.iter().map(|bin| (bin.confidence_sum - bin.n_right as f64).abs());
        self.mean(gaps.sum())
    }

    /// Mean over voxels of the squared distance between the probabilities of all classes and the
    /// truth, from 0 to 2; `None` without a voxel.
    ///
    /// # Source
    /// Brier, Verification of Forecasts Expressed in Terms of Probability, 1950.
    pub fn brier(&self) -> Option<f64> {
        self.mean(self.brier_sum)
    }

    /// The voxels of several cases together.
    pub fn merged(parts: &[Self]) -> Self {
        let mut all = Self::default();
        for part in parts {
            for (bin, more) in all.bins.iter_mut().zip(&part.bins) {
                bin.n += more.n;
                bin.confidence_sum += more.confidence_sum;
                bin.n_right += more.n_right;
            }
            all.brier_sum += part.brier_sum;
        }
        all
    }

    fn mean(&self, sum: f64) -> Option<f64> {
        let n = self.n();
        (n > 0).then(|| sum / n as f64)
    }

    fn add(&mut self, voxel: Outcome) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 15")]
        let bin = (voxel.confidence.clamp(0.0, 1.0) * N_BINS as f64) as usize;
        let bin = &mut self.bins[bin.min(N_BINS - 1)];
        bin.n += 1;
        bin.confidence_sum += voxel.confidence;
        bin.n_right += u64::from(voxel.is_right);
        self.brier_sum += voxel.brier;
    }
}

impl Calibration {
    /// The voxels of several cases together.
    pub fn merged(parts: &[Self]) -> Self {
        let pooled = |part: fn(&Self) -> &Reliability| {
            let parts: Vec<Reliability> = parts.iter().map(|case| part(case).clone()).collect();
            Reliability::merged(&parts)
        };
        Self { foreground: pooled(|case| &case.foreground), band: pooled(|case| &case.band) }
    }
}

/// How one voxel came out.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    confidence: f64,
    is_right: bool,
    brier: f64,
}

/// Compares probabilities with the reference; `probability(class, voxel)` is that of a class at
/// an index of [`Grid::values`], and is asked only where it counts.
///
/// `prediction` holds the class that was chosen for each voxel. Labels beyond `n_classes` count
/// as the last class; a voxel whose probabilities are not all numbers is left out. Maps of
/// different shapes give nothing to count.
pub fn calibration(
    reference: &Grid<u8>,
    prediction: &Grid<u8>,
    n_classes: usize,
    probability: impl Fn(usize, usize) -> f32,
) -> Calibration {
    let mut found = Calibration::default();
    if reference.shape() != prediction.shape() || n_classes == 0 {
        return found;
    }
    let own = Mask::of(reference, &(1..=u8::MAX));
    let foreground = own.or(&Mask::of(prediction, &(1..=u8::MAX)));
    let band = band(&own);
    let last = n_classes - 1;
    for voxel in foreground.or(&band).voxels() {
        let index = reference.index(voxel);
        let [truth, chosen] =
            [reference, prediction].map(|labels| usize::from(labels.values()[index]).min(last));
        let squares = (0..n_classes).map(|class| {
            let y = if class == truth { 1.0 } else { 0.0 };
            (f64::from(probability(class, index)) - y).powi(2)
        });
        let brier: f64 = squares.sum();
        if !brier.is_finite() {
            continue;
        }
        let confidence = f64::from(probability(chosen, index));
        let outcome = Outcome { confidence, is_right: truth == chosen, brier };
        if foreground.has(voxel) {
            found.foreground.add(outcome);
        }
        if band.has(voxel) {
            found.band.add(outcome);
        }
    }
    found
}

/// Voxels near the border between a mask and the rest of its box.
fn band(mask: &Mask) -> Mask {
    let rest = mask.inverted();
    let (mut outward, mut inward) = (mask.clone(), rest.clone());
    for _ in 0..BAND_VOXELS {
        (outward, inward) = (outward.grown(), inward.grown());
    }
    outward.and(&inward)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten voxels in a row, the first four of class 1.
    fn row(labels: [u8; 10]) -> Grid<u8> {
        Grid::from_vec([1, 1, 10], labels.to_vec()).unwrap()
    }

    #[test]
    fn a_closed_form() {
        let reference = row([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
        let prediction = row([1, 1, 1, 0, 1, 0, 0, 0, 0, 0]);
        // Always 0.8 for the class chosen.
        let probability = |class: usize, index: usize| {
            if usize::from(prediction.values()[index]) == class { 0.8 } else { 0.2 }
        };
        let found = calibration(&reference, &prediction, 2, probability);
        // Voxels 0 to 4, 3 of them right; voxels 2 to 5, 2 of them right.
        assert_eq!((found.foreground.n(), found.band.n()), (5, 4));
        let close = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-6;
        assert!(close(found.foreground.ece(), 0.8 - 3.0 / 5.0));
        assert!(close(found.band.ece(), 0.8 - 2.0 / 4.0));
        // A right voxel costs 2 * 0.2^2, a wrong one 2 * 0.8^2.
        assert!(close(found.foreground.brier(), (3.0 * 0.08 + 2.0 * 1.28) / 5.0));
        assert_eq!(found.foreground.bins[12].n, 5, "0.8 lies in 12/15 to 13/15");
        let twice = Calibration::merged(&[found.clone(), found.clone()]);
        assert_eq!((twice.band.n(), twice.band.ece()), (8, found.band.ece()));
    }

    #[test]
    fn nothing_to_count_has_no_score() {
        let empty = row([0; 10]);
        let found = calibration(&empty, &empty, 3, |_, _| 1.0);
        assert_eq!((found.foreground.ece(), found.band.brier()), (None, None));
        let full = row([1; 10]);
        let found = calibration(&full, &full, 2, |_, _| f32::NAN);
        assert_eq!((found.foreground.n(), found.band.n()), (0, 0));
        let other = Grid::filled([1, 2, 5], 1);
        assert_eq!(calibration(&full, &other, 2, |_, _| 1.0), Calibration::default());
    }

    #[test]
    fn agrees_with_a_plain_loop() {
        let shape = [7, 6, 9];
        let mixed = |seed: usize| {
            move |[x, y, z]: [usize; 3]| (x * 7919 + y * 104_729 + z * 1_299_709 + seed) % 1009
        };
        let class = |seed| {
            let value = mixed(seed);
            Grid::from_fn(shape, |at| {
                let inside = at.iter().zip([3, 3, 4]).all(|(&at, middle)| at.abs_diff(middle) < 3);
                if inside { [0, 1, 2, 1][value(at) % 4] } else { 0 }
            })
        };
        let (reference, prediction) = (class(1), class(2));
        let score = Grid::from_fn(shape, |at| (mixed(3)(at) as f32 + 1.0) / 1010.0);
        // Three probabilities that add up to 1.
        let probability = |class: usize, index: usize| {
            let first = score.values()[index];
            [first, (1.0 - first) * 0.3, (1.0 - first) * 0.7][class]
        };
        let found = calibration(&reference, &prediction, 3, probability);
        let mut expected = Calibration::default();
        let near = |at: [usize; 3]| {
            let mut kinds = [false; 2];
            Grid::from_fn(shape, |other| {
                let steps = at.iter().zip(other).map(|(&a, b)| a.abs_diff(b)).max().unwrap();
                kinds[usize::from(reference.at(other) > 0)] |= steps <= 2;
            });
            kinds == [true, true]
        };
        Grid::from_fn(shape, |at| {
            let index = reference.index(at);
            let (truth, chosen) = (reference.at(at), prediction.at(at));
            let y = |class: usize| if usize::from(truth) == class { 1.0 } else { 0.0 };
            let outcome = Outcome {
                confidence: probability(usize::from(chosen), index).into(),
                is_right: truth == chosen,
                brier: (0..3).map(|c| (f64::from(probability(c, index)) - y(c)).powi(2)).sum(),
            };
            if truth > 0 || chosen > 0 {
                expected.foreground.add(outcome);
            }
            if near(at) {
                expected.band.add(outcome);
            }
        });
        assert!(found.band.n() > 100 && found.foreground.n() > 100);
        assert_eq!(found, expected);
    }
}
