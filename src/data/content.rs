//! [`digest`] and [`twin_key`]: what a grid holds, as a hash that does not depend on its file.
//!
//! Does not know about files or cases.

use crate::data::{
    geometry::{Affine, Orientation},
    orient::reorient,
    volume::{Grid, Placed},
};
use rayon::prelude::*;
use std::borrow::Cow;

/// Voxels that are hashed by one thread at a time. A part of what a digest means.
const PART: usize = 1 << 18;

/// What counts of a voxel's edge and of the origin, in mm: a file that is stored with its axes
/// reversed gives both again with the rounding of its 32-bit numbers. Spacings are often sums of
/// halves, such as 400/512 mm: steps of 0.0001 would have many of them on the edge between two.
const STEP_MM: f64 = 1.1e-4;
const ORIGIN_MM: f64 = 1.1e-2;

/// A voxel value that can be hashed.
pub(super) trait Content: Copy + Default + Send + Sync {
    /// Its bytes, the same for equal values.
    fn bytes(self) -> [u8; 4];
}

impl Content for f32 {
    fn bytes(self) -> [u8; 4] {
        // Adding 0 makes 0 of -0.
        (self + 0.0).to_le_bytes()
    }
}

impl Content for i32 {
    fn bytes(self) -> [u8; 4] {
        self.to_le_bytes()
    }
}

/// Hash of shape, place and voxels, once their axes run to the right, front and head: the same
/// however the file is packed, whatever number type it stores and whichever way its axes run.
pub(super) fn digest<T: Content>(placed: &Placed<T>) -> blake3::Hash {
    let canonical = if placed.affine.orientation() == Orientation::RAS {
        Cow::Borrowed(placed)
    } else {
        Cow::Owned(reorient(placed.clone(), Orientation::RAS))
    };
    let Placed { voxels, affine: Affine(rows) } = canonical.as_ref();
    let mut hasher = blake3::Hasher::new();
    for length in voxels.shape() {
        hasher.update(&(length as u64).to_le_bytes());
    }
    for [x, y, z, origin] in rows {
        let rounded = |length: f64, unit: f64| ((length / unit).round() + 0.0).to_le_bytes();
        for step in [x, y, z] {
            hasher.update(&rounded(*step, STEP_MM));
        }
        hasher.update(&rounded(*origin, ORIGIN_MM));
    }
    let part = |values: &[T]| {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.bytes()).collect();
        blake3::hash(&bytes)
    };
    let parts: Vec<blake3::Hash> = voxels.values().par_chunks(PART).map(part).collect();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    hasher.finalize()
}

/// Equal for two images with the same values in whole HU, however they are turned, flipped, placed
/// or packed: 32 hex digits of the sorted shape and of a sum over all voxels.
pub(super) fn twin_key(voxels: &Grid<f32>) -> String {
    let mut shape = voxels.shape();
    shape.sort_unstable();
    let part = |values: &[f32]| {
        values.iter().fold(0_u64, |sum, value| sum.wrapping_add(mixed(rounded(*value))))
    };
    let sum = voxels.values().par_chunks(PART).map(part).reduce(|| 0, u64::wrapping_add);
    let mut hasher = blake3::Hasher::new();
    for length in shape {
        hasher.update(&(length as u64).to_le_bytes());
    }
    hasher.update(&sum.to_le_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

/// What [`f32::round`] gives, but for the sign of 0, without a call for each value.
#[inline]
fn rounded(value: f32) -> f32 {
    // Larger numbers are whole.
    if value.abs() >= 8_388_608.0 || value.is_nan() {
        return value;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it fits, as was just checked")]
    let whole = value as i32;
    let whole = whole as f32;
    let rest = value - whole;
    whole + f32::from(u8::from(rest >= 0.5)) - f32::from(u8::from(rest <= -0.5))
}

/// A number that is as good as random, the same for the same value (the last steps of `SplitMix64`).
#[inline]
fn mixed(value: f32) -> u64 {
    let bits = u64::from(u32::from_le_bytes(value.bytes())) + 1;
    let bits = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::geometry::Spacing;

    /// 3 x 2 x 2 voxels of different values, axes right, front and head.
    fn placed() -> Placed<f32> {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let voxels = Grid::from_fn([3, 2, 2], |[x, y, z]| (100 * x + 10 * y + z) as f32);
        Placed { voxels, affine: Affine::diagonal(Spacing([1.0, 2.0, 3.0])) }
    }

    /// The same voxels at the same places, stored from left to right and with y last.
    fn turned() -> Placed<f32> {
        let voxels = Grid::from_fn([3, 2, 2], |[x, z, y]| placed().voxels.at([2 - x, y, z]));
        let affine = Affine([[-1.0, 0.0, 0.0, 2.0], [0.0, 0.0, 2.0, 0.0], [0.0, 3.0, 0.0, 0.0]]);
        Placed { voxels, affine }
    }

    #[test]
    fn the_way_that_axes_run_in_a_file_does_not_count() {
        assert_eq!(digest(&placed()), digest(&turned()));
    }

    #[test]
    fn the_rounding_of_stored_numbers_does_not_count() {
        for spacing in [400.0 / 512.0, 0.84375, 0.71875, 0.65625, 0.90625, 0.96875, 0.7, 1.95] {
            let at = |spacing: f32| {
                let affine = Affine::diagonal(Spacing([f64::from(spacing), 1.0, 1.0]));
                digest(&Placed { affine, ..placed() })
            };
            #[expect(clippy::cast_possible_truncation, reason = "as files store it")]
            let spacing = spacing as f32;
            assert_eq!(at(spacing), at(spacing.next_down()), "{spacing}");
            assert_eq!(at(spacing), at(spacing.next_up()), "{spacing}");
        }
    }

    #[test]
    fn values_places_and_shapes_count() {
        let mut value = placed();
        value.voxels.set([0, 0, 0], 1.0);
        let mut place = placed();
        place.affine.0[0][3] = 0.5;
        let shape = Placed {
            voxels: Grid::from_vec([2, 3, 2], placed().voxels.into_values()).unwrap(),
            affine: placed().affine,
        };
        let mut digests =
            [placed(), value, place, shape].map(|it| digest(&it).to_string()).to_vec();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), 4);
        let mut zero = placed();
        zero.voxels.set([0, 0, 0], -0.0);
        assert_eq!(digest(&zero), digest(&placed()));
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "both are whole numbers")]
    fn values_are_rounded_as_the_standard_library_does() {
        for whole in [0.0_f32, 1.0, 2.0, 1023.0, 4_194_304.0, 8_388_607.0, 8_388_608.0, 3e30] {
            for value in [whole, whole + 0.5, whole - 0.5, whole + 0.25] {
                for value in [value.next_down(), value, value.next_up()] {
                    assert_eq!(rounded(value), value.round(), "{value}");
                    assert_eq!(rounded(-value), (-value).round(), "-{value}");
                }
            }
        }
        assert_eq!(rounded(f32::INFINITY), f32::INFINITY);
        assert!(rounded(f32::NAN).is_nan());
    }

    #[test]
    fn twins_have_the_same_values_wherever_they_lie() {
        let key = twin_key(&placed().voxels);
        assert_eq!(twin_key(&turned().voxels), key);
        assert_eq!(twin_key(&placed().voxels.map(|value| value + 0.2)), key, "rounding");
        let mut other = placed().voxels;
        other.set([0, 0, 0], 1.0);
        assert_ne!(twin_key(&other), key);
        // The sum of the values is the same, and the values are not.
        other.set([0, 0, 1], 0.0);
        other.set([0, 0, 0], 1.0);
        assert_eq!(twin_key(&other), key, "two voxels have changed places");
        other.set([0, 0, 0], 2.0);
        other.set([0, 0, 1], -1.0);
        assert_ne!(twin_key(&other), key);
    }
}
