//! [`HuFacts`]: what the values of a CT say about how it was stored, beyond their range.
//!
//! Does not know about classes, other cases, or what is a fault.

use crate::data::volume::Grid;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// HU of air: values below it are noise, or what a scanner fills its corners with.
const AIR: f32 = -1024.0;
/// Padding fills at least one voxel in this many. The corners around a round field of view are a
/// fifth of a slice; the lowest value of noise is rarer by orders of magnitude.
const PADDING_SHARE: usize = 100;
/// Padding fills at least this many voxels: of a tiny volume, one voxel may be more than its share.
const LEAST_PADDING: usize = 5;
/// A CT of fewer voxels has few values whatever it is.
const LEAST_VOXELS: usize = 1000;
/// A label map has at most this many values when it lies where a CT should be; a CT of
/// [`LEAST_VOXELS`] has more by its noise alone.
const FEW: usize = 16;
/// Percentiles between which the HU of a label value are kept: a few voxels at the rim, of air or of
/// a clip, say nothing about a lesion.
const PERCENTILES: [usize; 2] = [5, 95];
/// More label values than classes there can be are no label map.
const MOST_LABELS: usize = 256;

/// What the values of a CT say, beyond their range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HuFacts {
    /// What the scanner filled the volume up with, if it did.
    pub(crate) padding: Option<Padding>,
    /// The 5th and the 95th percentile of the HU under each stored label value but 0.
    pub(crate) by_label: BTreeMap<i32, [f32; 2]>,
    /// All values, ascending, of a CT that has so few and so small ones that it looks like a label
    /// map.
    pub(crate) few_values: Option<Vec<i32>>,
}

/// Voxels outside of what a scanner measured, all of one value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Padding {
    /// The value, below that of air.
    pub hu: f32,
    /// Its voxels.
    pub voxels: u64,
}

impl HuFacts {
    /// What a CT with this lowest value and the label map on its grid say.
    pub(super) fn of(hu: &Grid<f32>, lowest: f32, labels: &Grid<i32>) -> Self {
        Self {
            padding: padding(hu, lowest),
            by_label: by_label(hu.values(), labels.values()),
            few_values: few_values(hu.values()),
        }
    }
}

/// The lowest value, when it is below air, is too common to be noise, and fills a corner of the
/// volume: a scanner pads what lies outside of its field of view, and whoever turns or moves a
/// volume fills it up from outside too.
fn padding(hu: &Grid<f32>, lowest: f32) -> Option<Padding> {
    if lowest >= AIR || !is_in_a_corner(hu, lowest) {
        return None;
    }
    let count = count(hu.values(), |value| value.to_bits() == lowest.to_bits());
    let is_padding = count >= LEAST_PADDING && count * PADDING_SHARE >= hu.values().len();
    is_padding.then_some(Padding { hu: lowest, voxels: count as u64 })
}

/// How many values are counted: a sum, which takes no jump for a value.
pub(super) fn count(hu: &[f32], is_counted: impl Fn(f32) -> bool + Sync) -> usize {
    let of_part = |part: &[f32]| part.iter().map(|&hu| u32::from(is_counted(hu))).sum::<u32>();
    hu.par_chunks(1 << 16).map(|part| of_part(part) as usize).sum()
}

fn is_in_a_corner(hu: &Grid<f32>, value: f32) -> bool {
    let last = hu.shape().map(|length| length.saturating_sub(1));
    (0..8).any(|corner: usize| {
        let at = [0, 1, 2].map(|axis| if corner >> axis & 1 == 0 { 0 } else { last[axis] });
        hu.at(at).total_cmp(&value).is_eq()
    })
}

/// Percentiles by label value but 0; none when there are more values than classes can be.
fn by_label(hu: &[f32], labels: &[i32]) -> BTreeMap<i32, [f32; 2]> {
    let mut found: BTreeMap<i32, Vec<f32>> = BTreeMap::new();
    let mut start = 0;
    // Labels come in runs.
    for run in labels.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run[0] != 0 {
            found.entry(run[0]).or_default().extend_from_slice(&hu[start..end]);
            if found.len() > MOST_LABELS {
                return BTreeMap::new();
            }
        }
        start = end;
    }
    let ends = |mut values: Vec<f32>| {
        let last = values.len() - 1;
        // Nearest ranks: HU that some voxel has.
        PERCENTILES
            .map(|percent| *values.select_nth_unstable_by(last * percent / 100, f32::total_cmp).1)
    };
    found.into_iter().map(|(label, values)| (label, ends(values))).collect()
}

/// The values, when they are few whole numbers from 0 to 255, but more than one.
pub(super) fn few_values(hu: &[f32]) -> Option<Vec<i32>> {
    if hu.len() < LEAST_VOXELS {
        return None;
    }
    let mut found = BTreeSet::new();
    let mut last = None;
    // Ends at the first value of a CT that no class has.
    for &value in hu {
        let value = class_number(value)?;
        if last != Some(value) && found.insert(value) && found.len() > FEW {
            return None;
        }
        last = Some(value);
    }
    (found.len() > 1).then(|| found.into_iter().collect())
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number up to 255")]
fn class_number(value: f32) -> Option<i32> {
    let is_one = value.fract() == 0.0 && (0.0..=255.0).contains(&value);
    is_one.then_some(value as i32)
}

/// Whether a label map has the values of a CT: more than there can be classes, or many with
/// negative ones among them. A negative value alone may mark voxels to ignore.
pub(in crate::data) fn looks_like_ct(label_voxels: &BTreeMap<i32, u64>) -> bool {
    let n_values = label_voxels.len();
    let has_negative = label_voxels.first_key_value().is_some_and(|(value, _)| *value < 0);
    n_values > MOST_LABELS || (n_values > FEW && has_negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise about -1000 HU, one value a voxel but for what `put` makes of it.
    fn air(shape: [usize; 3], put: impl Fn([usize; 3]) -> Option<f32>) -> Grid<f32> {
        Grid::from_fn(shape, |at| {
            let [x, y, z] = at;
            put(at).unwrap_or(-1000.0 - ((x * 31 + y * 17 + z * 7) % 29) as f32)
        })
    }

    fn lowest(hu: &Grid<f32>) -> f32 {
        hu.values().iter().copied().fold(f32::INFINITY, f32::min)
    }

    fn padding_of(hu: &Grid<f32>) -> Option<(f32, u64)> {
        padding(hu, lowest(hu)).map(|it| (it.hu, it.voxels))
    }

    #[test]
    fn padding_is_common_and_reaches_a_corner() {
        let shape = [16, 16, 12];
        let corners = air(shape, |[x, y, _]| (x + y < 5).then_some(-3024.0));
        assert_eq!(padding_of(&corners), Some((-3024.0, 15 * 12)));
        // One voxel of noise below air, even in a corner.
        assert_eq!(padding_of(&air(shape, |at| (at == [0; 3]).then_some(-1031.0))), None);
        // One voxel is more than a percent of this volume.
        assert_eq!(padding_of(&air([4, 4, 4], |at| (at == [0; 3]).then_some(-1031.0))), None);
        // An implant's shadow in the middle is common, but no padding.
        let shadow = air(shape, |[x, y, _]| (x / 4 == 2 && y / 4 == 2).then_some(-1500.0));
        assert_eq!(padding_of(&shadow), None);
        assert_eq!(padding_of(&air(shape, |_| Some(-1024.0))), None);
    }

    #[test]
    fn percentiles_of_a_label_leave_out_its_rim() {
        // 0, 1, .. 100 under label 7, in two runs; nothing under 0.
        let labels: Vec<i32> =
            (0..103).map(|idx| if idx == 50 || idx == 102 { 0 } else { 7 }).collect();
        let mut next = 0.0;
        let hu: Vec<f32> = labels
            .iter()
            .map(|label| {
                next += if *label == 0 { 0.0 } else { 1.0 };
                next - 1.0
            })
            .collect();
        assert_eq!(by_label(&hu, &labels), BTreeMap::from([(7, [5.0, 95.0])]));
        let many: Vec<i32> = (1..=300).collect();
        assert!(by_label(&[0.0; 300], &many).is_empty());
    }

    #[test]
    fn few_small_whole_numbers_are_a_label_map() {
        let values = |n: usize, of: fn(usize) -> f32| (0..n).map(of).collect::<Vec<f32>>();
        let classes: fn(usize) -> f32 = |idx| (idx % 3) as f32;
        assert_eq!(few_values(&values(1000, classes)), Some(vec![0, 1, 2]));
        assert_eq!(few_values(&values(999, classes)), None, "too small to tell");
        assert_eq!(few_values(&values(1000, |idx| (idx % 17) as f32)), None);
        assert_eq!(few_values(&values(1000, |idx| (idx % 3) as f32 * 0.5)), None);
        assert_eq!(few_values(&values(1000, |idx| (idx % 3) as f32 * -500.0)), None);
        assert_eq!(few_values(&values(1000, |_| 40.0)), None, "a constant CT is another matter");
    }

    #[test]
    fn a_label_map_may_have_one_negative_value_but_not_those_of_a_ct() {
        let map = |values: std::ops::Range<i32>| values.map(|value| (value, 1)).collect();
        assert!(!looks_like_ct(&map(-1..3)));
        assert!(!looks_like_ct(&map(0..118)));
        assert!(looks_like_ct(&map(-20..20)));
        assert!(looks_like_ct(&map(0..4095)));
    }
}
