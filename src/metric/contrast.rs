//! [`Surroundings`]: how much brighter a lesion is than what lies around it.
//!
//! Does not know about predictions.

use super::{
    ball::Ball,
    component::{Extent, Run},
    mask::Mask,
};
use crate::data::volume::Grid;

/// Thickness in mm of the shell a lesion is compared with.
const SHELL_MM: f64 = 5.0;

/// A case's CT, and where its reference has no foreground.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// HU.
    pub(super) ct: &'a Grid<f32>,
    /// Labels of the same shape.
    pub(super) reference: &'a Grid<u8>,
}

impl Surroundings<'_> {
    /// Mean HU inside a lesion less that of the shell around it; `None` when nothing but
    /// foreground and the volume's end lie around it, or the HU are no numbers.
    pub(super) fn contrast(&self, runs: &[Run], extent: &Extent, spacing: [f64; 3]) -> Option<f64> {
        let shape = self.ct.shape();
        let ball = Ball::new(SHELL_MM, spacing);
        let margin = ball.reaches();
        let low = [0, 1, 2].map(|axis: usize| extent.low[axis].saturating_sub(margin[axis]));
        let high =
            [0, 1, 2].map(|axis: usize| (extent.high[axis] + margin[axis] + 1).min(shape[axis]));
        let mut lesion = Mask::empty([0, 1, 2].map(|axis: usize| high[axis] - low[axis]));
        let (mut sum, mut n) = (0.0, 0);
        for run in runs {
            let [x, y] = run.column;
            lesion.fill([x - low[0], y - low[1]], run.start - low[2], run.end - low[2]);
            let first = self.ct.index([x, y, run.start]);
            let inside = &self.ct.values()[first..first + run.end - run.start];
            sum += inside.iter().map(|&hu| f64::from(hu)).sum::<f64>();
            n += inside.len();
        }
        let (mut sum_around, mut n_around) = (0.0, 0_u64);
        for [x, y, z] in ball.grow(&lesion).without(&lesion).voxels() {
            let index = self.ct.index([x + low[0], y + low[1], z + low[2]]);
            if self.reference.values()[index] == 0 {
                sum_around += f64::from(self.ct.values()[index]);
                n_around += 1;
            }
        }
        let contrast = sum / n as f64 - sum_around / n_around as f64;
        // Without a voxel around it this is not a number.
        contrast.is_finite().then_some(contrast)
    }
}
