//! [`HuHistogram`]: how often each whole HU occurs, and how well HU alone tells two sets of voxels
//! apart.
//!
//! Does not know what the voxels are.

use serde::Serialize;

/// Lowest and highest HU that are told apart; what lies beyond counts as them.
const ENDS: [f32; 2] = [-32_768.0, 32_767.0];

/// Counts of whole HU: exact for CTs that are stored as integers, and rounded to the next HU for
/// others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HuHistogram {
    /// HU of the first count.
    first: i32,
    /// Neither the first nor the last is 0.
    counts: Vec<u64>,
}

/// HU below which given shares of voxels lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HuQuantiles {
    /// 5 % of the voxels.
    pub p5: i32,
    /// Half of them.
    pub p50: i32,
    /// 95 %.
    pub p95: i32,
}

impl HuHistogram {
    /// The HU of some voxels.
    pub fn of(hu: &[f32]) -> Self {
        Self::by_class(hu, &vec![0; hu.len()], 1).pop().unwrap_or_default()
    }

    /// The HU of the voxels of each class; `classes` are on the grid of `hu`, and one beyond
    /// `n_classes` counts for none.
    pub(super) fn by_class(hu: &[f32], classes: &[u8], n_classes: usize) -> Vec<Self> {
        let ends = hu.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], value| {
            [low.min(*value), high.max(*value)]
        });
        if hu.is_empty() {
            return vec![Self::default(); n_classes];
        }
        let [first, last] = ends.map(bin);
        let length = usize::try_from(last - first).unwrap_or_default() + 1;
        let mut counts = vec![vec![0; length]; n_classes];
        for (value, class) in hu.iter().zip(classes) {
            if let Some(counts) = counts.get_mut(usize::from(*class)) {
                counts[usize::try_from(bin(*value) - first).unwrap_or_default()] += 1;
            }
        }
        counts.into_iter().map(|counts| Self::trimmed(first, &counts)).collect()
    }

    fn trimmed(first: i32, counts: &[u64]) -> Self {
        let is_used = |count: &u64| *count > 0;
        let Some(start) = counts.iter().position(is_used) else { return Self::default() };
        let end = counts.iter().rposition(is_used).unwrap_or(start);
        let skipped = i32::try_from(start).unwrap_or_default();
        Self { first: first + skipped, counts: counts[start..=end].to_vec() }
    }

    /// Number of voxels.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each HU between the ends with its voxels, ascending.
    pub fn counts(&self) -> impl Iterator<Item = (i32, u64)> {
        (self.first..).zip(self.counts.iter().copied())
    }

    fn at(&self, hu: i32) -> u64 {
        let place = usize::try_from(hu - self.first).ok();
        place.and_then(|place| self.counts.get(place)).copied().unwrap_or_default()
    }

    fn last(&self) -> i32 {
        self.first + i32::try_from(self.counts.len()).unwrap_or_default() - 1
    }

    /// The voxels of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.with(other, |own, other| own + other)
    }

    /// The voxels that are not those of `part`, which is a part of this.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        self.with(part, u64::saturating_sub)
    }

    fn with(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let both = [self, other].into_iter().filter(|it| !it.counts.is_empty());
        let Some(first) = both.clone().map(|it| it.first).min() else { return Self::default() };
        let last = both.map(Self::last).max().unwrap_or(first);
        let counts: Vec<u64> = (first..=last).map(|hu| join(self.at(hu), other.at(hu))).collect();
        Self::trimmed(first, &counts)
    }

    /// The HU at a percentile from 0 to 100, as nearest rank: one that a voxel has. `None` without a
    /// voxel.
    pub fn percentile(&self, percent: u64) -> Option<i32> {
        // Of 10^10 voxels the product has 12 digits.
        let mut rank = self.n().checked_sub(1)? * percent.min(100) / 100;
        for (hu, count) in self.counts() {
            if rank < count {
                return Some(hu);
            }
            rank -= count;
        }
        None
    }

    /// Median and the middle nine tenths; `None` without a voxel.
    pub fn quantiles(&self) -> Option<HuQuantiles> {
        let [p5, p50, p95] = [5, 50, 95].map(|percent| self.percentile(percent));
        Some(HuQuantiles { p5: p5?, p50: p50?, p95: p95? })
    }

    /// Area under the ROC curve of HU as the only evidence: how often a voxel of this has a higher
    /// HU than one of `rest`, ties counted half (Mann and Whitney's U over all pairs). 0.5 says that
    /// HU tells nothing, 1 and 0 that it tells all. `None` where either is empty.
    pub fn auc(&self, rest: &Self) -> Option<f64> {
        let (n, n_rest) = (self.n(), rest.n());
        if n == 0 || n_rest == 0 {
            return None;
        }
        // In halves of pairs, so that it is exact until the division.
        let (mut halves, mut n_below) = (0_u128, 0_u128);
        let mut passed = rest.first;
        for (hu, own) in self.counts() {
            while passed < hu && passed <= rest.last() {
                n_below += u128::from(rest.at(passed));
                passed += 1;
            }
            halves += u128::from(own) * (2 * n_below + u128::from(rest.at(hu)));
        }
        Some(halves as f64 / (2.0 * n as f64 * n_rest as f64))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to 16 bits")]
fn bin(hu: f32) -> i32 {
    hu.round().clamp(ENDS[0], ENDS[1]) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hu: &[f32]) -> HuHistogram {
        HuHistogram::of(hu)
    }

    #[test]
    fn classes_are_counted_apart() {
        let found = HuHistogram::by_class(&[-5.0, 7.0, 7.4, 2.0, 9.0], &[0, 1, 1, 0, 7], 3);
        assert_eq!(found[0].counts().filter(|it| it.1 > 0).collect::<Vec<_>>(), [(-5, 1), (2, 1)]);
        assert_eq!(found[1].counts().collect::<Vec<_>>(), [(7, 2)]);
        assert_eq!(found[2], HuHistogram::default());
        assert_eq!((found[0].n(), found[2].n()), (2, 0));
        assert_eq!(of(&[1e9, -1e9]).percentile(100), Some(32_767));
    }

    #[test]
    fn sums_and_rests_are_those_of_all_voxels() {
        let (a, b) = (of(&[1.0, 5.0]), of(&[-3.0, 5.0, 5.0]));
        assert_eq!(a.and(&b), of(&[1.0, 5.0, -3.0, 5.0, 5.0]));
        assert_eq!(a.and(&b).without(&a), b);
        assert_eq!(a.without(&a), HuHistogram::default());
        assert_eq!(HuHistogram::default().and(&a), a);
    }

    #[test]
    fn percentiles_are_values_of_voxels() {
        let hu: Vec<f32> = (0..=100).rev().map(|value: u8| f32::from(value)).collect();
        assert_eq!(of(&hu).quantiles(), Some(HuQuantiles { p5: 5, p50: 50, p95: 95 }));
        assert_eq!(of(&[3.0, 9.0]).percentile(50), Some(3));
        assert_eq!(of(&[]).quantiles(), None);
    }

    /// As the definition says it: every pair.
    fn auc_of_pairs(own: &[f32], rest: &[f32]) -> f64 {
        let pairs = own.iter().flat_map(|own| rest.iter().map(move |rest| own.total_cmp(rest)));
        let points: f64 = pairs
            .map(|order| match order {
                std::cmp::Ordering::Less => 0.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 1.0,
            })
            .sum();
        points / (own.len() * rest.len()) as f64
    }

    #[test]
    fn auc_counts_pairs_and_ties_half() {
        let auc = |own: &[f32], rest: &[f32]| of(own).auc(&of(rest)).unwrap();
        let close = |found: f64, expected: f64| {
            // One division of whole numbers.
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        };
        close(auc(&[2.0, 3.0], &[0.0, 1.0]), 1.0);
        close(auc(&[0.0, 1.0], &[2.0, 3.0]), 0.0);
        close(auc(&[4.0, 4.0], &[4.0]), 0.5);
        // Pairs: 1>0, 1=1, 1<5, 3>0, 3>1, 3<5.
        close(auc(&[1.0, 3.0], &[0.0, 1.0, 5.0]), 3.5 / 6.0);
        let number = |seed: usize, n: usize| ((seed * 7919 + 13) % n) as f32 - 20.0;
        let own: Vec<f32> = (0..61).map(|seed| number(seed, 53) + 4.0).collect();
        let rest: Vec<f32> = (0..97).map(|seed| number(seed, 71)).collect();
        close(auc(&own, &rest), auc_of_pairs(&own, &rest));
        assert_eq!(of(&[]).auc(&of(&[1.0])), None);
        assert_eq!(of(&[1.0]).auc(&of(&[])), None);
    }
}
