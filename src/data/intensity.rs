//! [`normalise`]: CT values to the network's input range 0 to 1.
//!
//! Does not know about grids, files or labels.

use crate::{
    base::{Fault, Result},
    spec::Intensity,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Maps HU to 0..1 in place, clipping what lies outside.
///
/// # Errors
/// When the two percentiles of `values` are equal: there is then no contrast to stretch.
pub fn normalise(values: &mut [f32], rule: &Intensity) -> Result<()> {
    let [lower, upper] = match *rule {
        Intensity::Window { lower, upper } => [lower, upper],
        Intensity::Percentile { lower, upper } => {
            let bounds = percentiles(values, [lower, upper]);
            if bounds[0] >= bounds[1] {
                let found = bounds[0];
                return Err(Fault::new("the volume has no contrast to normalise")
                    .detail(format!("its percentiles {lower} and {upper} are both {found} HU"))
                    .hint("leave the case out with `data.exclude`, or set `preprocess.intensity` to a window")
                    .into());
            }
            bounds
        }
    };
    let width = upper - lower;
    values.par_iter_mut().for_each(|value| {
        *value = narrow((f64::from(*value).clamp(lower, upper) - lower) / width);
    });
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// Two percentiles (0 to 100) with linear interpolation between ranks, as `numpy.percentile`; 0
/// without values.
///
/// Values are counted by the upper half of their bits, then those of the wanted count by the
/// lower half: nothing is copied or sorted, and cores share the counting.
pub fn percentiles(values: &[f32], percents: [f64; 2]) -> [f64; 2] {
    let Some(last) = values.len().checked_sub(1) else { return [0.0; 2] };
    let by_upper = counts(values, |key| Some(key >> 16));
    let mut by_lower = BTreeMap::new();
    let mut ranked = |rank: usize| {
        let (upper, rank) = locate(&by_upper, rank);
        let by_lower = by_lower
            .entry(upper)
            .or_insert_with(|| counts(values, |key| (key >> 16 == upper).then_some(key & 0xffff)));
        value(upper << 16 | locate(by_lower, rank).0)
    };
    percents.map(|percent| {
        let rank = percent / 100.0 * last as f64;
        let (lower, upper) = (ranked(whole(rank.floor())), ranked(whole(rank.ceil())));
        lower + (upper - lower) * rank.fract()
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank lies between 0 and the number of values"
)]
fn whole(rank: f64) -> usize {
    rank as usize
}

/// How many values fall into each of 65536 bins; `bin` is given the value's sort key.
fn counts(values: &[f32], bin: impl Fn(u32) -> Option<u32> + Sync) -> Vec<usize> {
    let count = |chunk: &[f32]| {
        let mut counts = vec![0; 1 << 16];
        for bin in chunk.iter().filter_map(|&value| bin(key(value))) {
            counts[bin as usize] += 1;
        }
        counts
    };
    let sum = |mut left: Vec<usize>, right: Vec<usize>| {
        left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
        left
    };
    values.par_chunks(1 << 18).map(count).reduce_with(sum).unwrap_or_default()
}

/// Bin of the value at `rank`, and its rank within the bin.
fn locate(counts: &[usize], mut rank: usize) -> (u32, usize) {
    for (bin, &count) in (0..).zip(counts) {
        if rank < count {
            return (bin, rank);
        }
        rank -= count;
    }
    (0, 0)
}

/// An integer that sorts as the float does.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    let negative = bits >> 31 == 1;
    if negative { !bits } else { bits | 1 << 31 }
}

fn value(key: u32) -> f64 {
    let negative = key >> 31 == 0;
    f64::from(f32::from_bits(if negative { !key } else { key & !(1 << 31) }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these values are exact")]

    use super::*;

    #[test]
    fn percentiles_interpolate_between_ranks() {
        let values = [3.0, -1.0, 2.0, 0.5];
        // Ranks 0.75 and 2.7 of -1, 0.5, 2, 3.
        let [lower, upper] = percentiles(&values, [25.0, 90.0]);
        assert!((lower - 0.125).abs() < 1e-12);
        assert!((upper - 2.7).abs() < 1e-12);
        assert_eq!(percentiles(&values, [0.0, 100.0]), [-1.0, 3.0]);
        assert_eq!(percentiles(&[7.5], [1.0, 99.0]), [7.5, 7.5]);
    }

    #[test]
    fn percentiles_equal_those_of_sorted_values() {
        // Enough for several chunks, in steps that scatter them.
        let values: Vec<f32> =
            (0..600_000_u64).map(|i| (i * 7919 % 600_000) as f32 / 97.0).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f32::total_cmp);
        let [lower, upper] = percentiles(&values, [0.0, 100.0]);
        assert_eq!([lower, upper], [0.0, f64::from(sorted[599_999])]);
        let [third, half] = percentiles(&values, [33.0, 50.0]);
        let at = |rank: usize| f64::from(sorted[rank]);
        assert!((third - (at(197_999) + 0.67 * (at(198_000) - at(197_999)))).abs() < 1e-6);
        assert!((half - f64::midpoint(at(299_999), at(300_000))).abs() < 1e-9);
    }

    #[test]
    fn keys_sort_as_floats() {
        let mut values = [1.5, -0.0, -1024.0, 0.0, -3.25, 3071.0_f32];
        values.sort_by_key(|&value| key(value));
        assert_eq!(values, [-1024.0, -3.25, -0.0, 0.0, 1.5, 3071.0]);
        assert!(values.iter().all(|&float| value(key(float)) == f64::from(float)));
    }

    #[test]
    fn a_window_clips() {
        let mut values = [-1000.0, -160.0, 40.0, 240.0, 900.0];
        normalise(&mut values, &Intensity::Window { lower: -160.0, upper: 240.0 }).unwrap();
        assert_eq!(values, [0.0, 0.0, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn a_constant_volume_is_refused() {
        let rule = Intensity::Percentile { lower: 1.0, upper: 99.0 };
        let error = normalise(&mut [-1024.0; 50], &rule).unwrap_err();
        assert_eq!(
            error.to_string(),
            "error: the volume has no contrast to normalise\n  \
             its percentiles 1 and 99 are both -1024 HU\n\
             hint: leave the case out with `data.exclude`, or set `preprocess.intensity` to a window"
        );
    }
}
