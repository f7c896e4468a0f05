//! [`Ball`]: a mask grown by a radius in millimetres.
//!
//! Does not know what the mask is.

use super::mask::{Mask, moved, part};

/// A radius beyond this many voxels of the finest axis would cost more than it tells.
const MOST_VOXELS: f64 = 32.0;

/// Slack in mm when a distance is compared with a limit: headers hold f32, and six steps of a
/// 0.5 mm that is not quite one must still be 3 mm.
pub(super) const SLACK_MM: f64 = 1e-5;

/// All offsets within a radius, as one stretch along z for each step across.
#[derive(Debug)]
pub(super) struct Ball {
    stretches: Vec<Stretch>,
    /// Greatest reach along z.
    reach: usize,
}

/// Offsets `-reach..=reach` along z, `step` away along x and y.
#[derive(Debug)]
struct Stretch {
    step: [isize; 2],
    reach: usize,
}

impl Ball {
    /// Offsets at most `radius_mm` long, and at most 32 voxels of the finest axis.
    pub(super) fn new(radius_mm: f64, spacing: [f64; 3]) -> Self {
        let finest = spacing.iter().copied().fold(f64::INFINITY, f64::min);
        let radius = radius_mm.min(MOST_VOXELS * finest) + SLACK_MM;
        let mut stretches = Vec::new();
        for x in steps(radius, spacing[0]) {
            for y in steps(radius, spacing[1]) {
                let across = (x as f64 * spacing[0]).hypot(y as f64 * spacing[1]);
                if across <= radius {
                    let left = (radius * radius - across * across).sqrt();
                    let reach = steps(left, spacing[2]).end().unsigned_abs();
                    stretches.push(Stretch { step: [x, y], reach });
                }
            }
        }
        let reach = stretches.iter().map(|stretch| stretch.reach).max().unwrap_or(0);
        Self { stretches, reach }
    }

    /// Greatest step along each axis.
    pub(super) fn reaches(&self) -> [usize; 3] {
        let across = |axis: usize| {
            let steps = self.stretches.iter().map(|stretch| stretch.step[axis].unsigned_abs());
            steps.max().unwrap_or(0)
        };
        [across(0), across(1), self.reach]
    }

    /// Every voxel within the radius of one of the mask, centre to centre.
    pub(super) fn grow(&self, mask: &Mask) -> Mask {
        let ([n_x, n_y, n_z], n_words) = (mask.shape(), mask.n_words());
        let mut grown = Mask::empty(mask.shape());
        let mut smears = vec![0; (self.reach + 1) * n_words];
        for ([x, y], column) in mask.columns() {
            smear(column, n_z, &mut smears);
            for Stretch { step: [step_x, step_y], reach } in &self.stretches {
                let (x, y) = (x.wrapping_add_signed(*step_x), y.wrapping_add_signed(*step_y));
                if x < n_x && y < n_y {
                    let smear = &smears[reach * n_words..(reach + 1) * n_words];
                    let target = grown.column_mut(x, y);
                    target.iter_mut().zip(smear).for_each(|(word, smear)| *word |= smear);
                }
            }
        }
        grown
    }
}

/// A column grown along z by 0, 1, 2, ... voxels, one after the other.
fn smear(column: &[u64], n_z: usize, smears: &mut [u64]) {
    let n_words = column.len();
    smears[..n_words].copy_from_slice(column);
    for (reach, start) in (n_words..smears.len()).step_by(n_words).enumerate() {
        let by = reach.cast_signed() + 1;
        for word_idx in 0..n_words {
            let beside = moved(column, word_idx, by) | moved(column, word_idx, -by);
            let before = smears[start - n_words + word_idx];
            smears[start + word_idx] = before | beside & part(word_idx, 0, n_z);
        }
    }
}

/// Steps along an axis whose length is at most `radius`.
pub(super) fn steps(radius: f64, spacing: f64) -> std::ops::RangeInclusive<isize> {
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the finest axis; NaN gives 0")]
    let most = (radius / spacing).floor().clamp(0.0, 63.0) as isize;
    -most..=most
}
