//! [`range`]: the lowest and the highest of many values.
//!
//! Does not know about grids or what a value means.

use rayon::prelude::*;

/// Values that are compared side by side, as a processor does at once.
const LANES: usize = 16;
/// Values that one thread looks at at a time.
const PART: usize = 1 << 16;

/// Lowest and highest of the values that count; NaN never does. Infinities, the wrong way round,
/// when none counts.
pub(super) fn range(values: &[f32], counts: impl Fn(f32) -> bool + Sync) -> [f32; 2] {
    let none = [f32::INFINITY, f32::NEG_INFINITY];
    let of_part = |part: &[f32]| {
        let (mut lowest, mut highest) = ([none[0]; LANES], [none[1]; LANES]);
        for row in part.chunks(LANES) {
            for ((value, lowest), highest) in row.iter().zip(&mut lowest).zip(&mut highest) {
                let is_counted = counts(*value);
                *lowest = if is_counted && *value < *lowest { *value } else { *lowest };
                *highest = if is_counted && *value > *highest { *value } else { *highest };
            }
        }
        [lowest.into_iter().fold(none[0], f32::min), highest.into_iter().fold(none[1], f32::max)]
    };
    let wider = |left: [f32; 2], right: [f32; 2]| [left[0].min(right[0]), left[1].max(right[1])];
    values.par_chunks(PART).map(of_part).reduce(|| none, wider)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "values are compared, not computed")]

    use super::*;

    #[test]
    fn the_ends_are_found_wherever_they_are() {
        for length in [1, 15, 16, 17, 100, PART + 3] {
            for at in [0, length / 2, length - 1] {
                let mut values = vec![1.0; length];
                values[at] = -3.5;
                assert_eq!(range(&values, |_| true)[0], -3.5);
                values[at] = 7.0;
                assert_eq!(range(&values, |_| true)[1], 7.0);
            }
        }
    }

    #[test]
    fn only_what_counts_is_looked_at() {
        let values = [f32::NAN, -2.0, f32::INFINITY, 4.0, f32::NEG_INFINITY];
        assert_eq!(range(&values, f32::is_finite), [-2.0, 4.0]);
        assert_eq!(range(&values, |_| true), [f32::NEG_INFINITY, f32::INFINITY]);
        assert_eq!(range(&[f32::NAN; 40], |_| true), [f32::INFINITY, f32::NEG_INFINITY]);
        assert_eq!(range(&[], |_| true), [f32::INFINITY, f32::NEG_INFINITY]);
    }
}
