//! [`normalise`]: CT values to the network's input range 0 to 1.
//!
//! Does not know about grids, files or labels.

use crate::{
    base::{self, Fault},
    spec::Intensity,
};
use rayon::prelude::*;

/// Values that are looked at before all are counted: four standard deviations about the 1st
/// percentile then hold 2 % of all values.
const SAMPLE: usize = 4096;
/// Values that are counted between two looks at whether one is in a bracket.
const BLOCK: usize = 64;
/// Values that are counted by one thread at a time.
const PART: usize = 1 << 16;

/// Maps HU to 0..1 in place, clipping what lies outside.
///
/// # Errors
/// When the two percentiles of `values` are equal: there is then no contrast to stretch.
pub fn normalise(values: &mut [f32], rule: &Intensity) -> base::Result<()> {
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
    values.par_chunks_mut(PART).for_each(|part| {
        for value in part {
            let hu = f64::from(*value);
            let hu = if hu < lower { lower } else { hu };
            let hu = if hu > upper { upper } else { hu };
            *value = narrow((hu - lower) / width);
        }
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
/// A few thousand of the values tell between which two each wanted rank most likely lies. One pass
/// over all values counts how many are below, and keeps the few that are between. Ranks are exact:
/// those that lie elsewhere are looked for there.
pub fn percentiles(values: &[f32], percents: [f64; 2]) -> [f64; 2] {
    let Some(last) = values.len().checked_sub(1) else { return [0.0; 2] };
    let sample = Sample::of(values);
    let ranks = percents.map(|percent| percent / 100.0 * last as f64);
    let wanted = ranks.map(|rank| [whole(rank.floor()), whole(rank.ceil())]);
    let mut brackets = wanted.map(|ranks| sample.bracket(ranks));
    let mut counts = Counts::of(values, brackets);
    [0, 1].map(|at: usize| {
        let [lower, upper] = wanted[at].map(|rank| {
            let found = counts[at].find(brackets[at], rank).or_else(|side| {
                brackets[at] = side;
                counts = Counts::of(values, brackets);
                counts[at].find(side, rank)
            });
            // All that lies outside of the first bracket on one side is in the second one.
            found.map_or(0.0, |key| f64::from(real(key)))
        });
        lower + (upper - lower) * ranks[at].fract()
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

/// Two keys, the lower one first.
type Bracket = [i32; 2];

/// Sort keys of some of the values, ascending.
struct Sample {
    keys: Vec<i32>,
    n_values: usize,
}

impl Sample {
    /// One value out of each stretch of equal length, each from another place in its stretch, since
    /// a grid's values repeat in steps.
    fn of(values: &[f32]) -> Self {
        let stretch = values.len().div_ceil(SAMPLE).max(1);
        let mut place = 0_usize;
        let picked = values.chunks(stretch).map(|stretch| {
            place = place.wrapping_mul(0x5851_f42d).wrapping_add(0x1405_7b7f) & 0x7fff_ffff;
            key(stretch[(place >> 8) % stretch.len()])
        });
        let mut keys: Vec<i32> = picked.collect();
        keys.sort_unstable();
        Self { keys, n_values: values.len() }
    }

    /// Between which keys the values of these ranks lie, by all likelihood.
    fn bracket(&self, [lower, upper]: [usize; 2]) -> Bracket {
        let place = |rank: usize| rank * self.keys.len() / self.n_values;
        // Four standard deviations of where a rank lies in the sample.
        let share = lower as f64 / self.n_values as f64;
        let margin = 2 + whole(4.0 * (self.keys.len() as f64 * share * (1.0 - share)).sqrt());
        let low = place(lower).checked_sub(margin).map_or(i32::MIN, |at| self.keys[at]);
        let high = self.keys.get(place(upper) + margin).copied().unwrap_or(i32::MAX);
        [low, high]
    }
}

/// Where all values lie by a bracket.
#[derive(Debug, Default)]
struct Counts {
    below: usize,
    low: usize,
    /// Keys between the bracket's ends.
    between: Vec<i32>,
    high: usize,
}

impl Counts {
    /// The counts for two brackets.
    fn of(values: &[f32], brackets: [Bracket; 2]) -> [Self; 2] {
        // Most blocks lie between the two brackets, above the first and below the second.
        let middle = [brackets[0][1], brackets[1][0]].map(real);
        let count = |part: &[f32]| {
            let mut counts = <[Self; 2]>::default();
            let (blocks, rest) = part.as_chunks::<BLOCK>();
            for block in blocks {
                let is_between = |hu: &f32| u32::from(middle[0] < *hu) & u32::from(*hu < middle[1]);
                if block.iter().map(is_between).sum::<u32>() as usize == BLOCK {
                    counts[1].below += BLOCK;
                    continue;
                }
                let keys = block.map(key);
                counts.iter_mut().zip(brackets).for_each(|(counts, of)| counts.add(&keys, of));
            }
            for value in rest {
                counts
                    .iter_mut()
                    .zip(brackets)
                    .for_each(|(counts, of)| counts.add(&[key(*value)], of));
            }
            counts
        };
        let sum = |mut left: [Self; 2], right: [Self; 2]| {
            for (left, right) in left.iter_mut().zip(right) {
                left.below += right.below;
                left.low += right.low;
                left.between.extend(right.between);
                left.high += right.high;
            }
            left
        };
        values.par_chunks(PART).map(count).reduce_with(sum).unwrap_or_default()
    }

    /// Adds some keys. Most blocks have none in the bracket.
    fn add<const N: usize>(&mut self, keys: &[i32; N], [low, high]: Bracket) {
        let below = count(keys, |key| key < low);
        self.below += below;
        let n_inside = N - below - count(keys, |key| key > high);
        if n_inside == 0 {
            return;
        }
        let at_low = count(keys, |key| key == low);
        self.low += at_low;
        if low == high {
            return;
        }
        let at_high = count(keys, |key| key == high);
        self.high += at_high;
        if n_inside > at_low + at_high {
            // Each key is written, and the place moves on behind those that are kept.
            let (mut kept, mut n_kept) = ([0; N], 0);
            for &key in keys {
                kept[n_kept % N] = key;
                n_kept += usize::from(low < key) & usize::from(key < high);
            }
            self.between.extend_from_slice(&kept[..n_kept]);
        }
    }

    /// The key of the value at `rank`, or the bracket that it lies in.
    fn find(&mut self, [low, high]: Bracket, rank: usize) -> Result<i32, Bracket> {
        let Some(rank) = rank.checked_sub(self.below) else { return Err([i32::MIN, low]) };
        let Some(rank) = rank.checked_sub(self.low) else { return Ok(low) };
        if rank < self.between.len() {
            return Ok(*self.between.select_nth_unstable(rank).1);
        }
        if rank - self.between.len() < self.high { Ok(high) } else { Err([high, i32::MAX]) }
    }
}

/// How many keys are so: a sum, which takes no jump for a key.
fn count<const N: usize>(keys: &[i32; N], is_counted: impl Fn(i32) -> bool) -> usize {
    keys.iter().map(|&key| u32::from(is_counted(key))).sum::<u32>() as usize
}

/// An integer that sorts as the float does, -0 before 0.
fn key(value: f32) -> i32 {
    let bits = value.to_bits().cast_signed();
    // All but the sign is reversed where the sign is set.
    bits ^ (bits >> 31 & i32::MAX)
}

/// The value of a key.
fn real(key: i32) -> f32 {
    f32::from_bits((key ^ (key >> 31 & i32::MAX)).cast_unsigned())
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
        // Every rank between, and values of which each is in many places.
        let few: Vec<f32> = values.iter().map(|value| (value / 500.0).floor() - 3.0).collect();
        let mut few_sorted = few.clone();
        few_sorted.sort_by(f32::total_cmp);
        for percent in (0..=100).map(f64::from) {
            for (values, sorted) in [(&values, &sorted), (&few, &few_sorted)] {
                let rank = percent / 100.0 * 599_999.0;
                let [lower, upper] =
                    [rank.floor(), rank.ceil()].map(|rank| f64::from(sorted[whole(rank)]));
                let expected = lower + (upper - lower) * rank.fract();
                assert_eq!(percentiles(values, [percent, 0.5]).first(), Some(&expected));
                assert_eq!(percentiles(values, [99.5, percent]).last(), Some(&expected));
            }
        }
        let [third, half] = percentiles(&values, [33.0, 50.0]);
        let at = |rank: usize| f64::from(sorted[rank]);
        assert!((third - (at(197_999) + 0.67 * (at(198_000) - at(197_999)))).abs() < 1e-6);
        assert!((half - f64::midpoint(at(299_999), at(300_000))).abs() < 1e-9);
    }

    /// Of a sample that is not like the rest, the values of the wanted ranks lie beside the brackets.
    #[test]
    fn a_misleading_sample_costs_time_only() {
        let values: Vec<f32> = (0..100_000).map(|value| value as f32).collect();
        for sampled in [-7.0, 3.0, 70_000.0, 200_000.0] {
            let sample = Sample { keys: vec![key(sampled); SAMPLE], n_values: values.len() };
            let bracket = sample.bracket([50_000, 50_001]);
            let [mut counts, _] = Counts::of(&values, [bracket, bracket]);
            let side = counts.find(bracket, 50_000).unwrap_err();
            let [_, mut counts] = Counts::of(&values, [bracket, side]);
            assert_eq!(counts.find(side, 50_000).map(real), Ok(50_000.0));
        }
    }

    #[test]
    fn keys_sort_as_floats() {
        let mut values = [1.5, -0.0, -1024.0, 0.0, -3.25, 3071.0_f32];
        values.sort_by_key(|&value| key(value));
        assert_eq!(values, [-1024.0, -3.25, -0.0, 0.0, 1.5, 3071.0]);
        assert!(values.iter().all(|&float| real(key(float)) == float));
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
