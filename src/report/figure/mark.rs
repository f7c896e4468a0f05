//! Marks of a mean: [`diamond`], and [`interval`], a bar with its ends, its mean and its seeds.
//!
//! Knows nothing of what the mean is of.

use super::canvas::{Canvas, Drawn, Frame};
use super::style::CARD;
use crate::table::Interval;
use plotters::prelude::{Circle, Polygon};
use plotters::style::{Color, RGBColor};

/// What is drawn in one row.
pub(super) struct Mark<'a> {
    pub(super) mean: f64,
    pub(super) interval: Option<Interval>,
    /// Means of the seeds.
    pub(super) seeds: &'a [f64],
    pub(super) color: RGBColor,
}

/// A square on its corner.
pub(super) fn diamond((x, y): (i32, i32), reach: i32, color: RGBColor) -> Polygon<(i32, i32)> {
    Polygon::new(
        vec![(x - reach, y), (x, y - reach), (x + reach, y), (x, y + reach)],
        color.filled(),
    )
}

/// Draws a mean with its interval and its seeds at this height.
pub(super) fn interval(
    canvas: &Canvas<'_>,
    y: i32,
    x_of: impl Fn(f64) -> i32,
    mark: &Mark<'_>,
) -> Drawn<()> {
    if let Some(Interval { low, high }) = mark.interval {
        let (left, right) = (x_of(low), x_of(high));
        let width = (right - left).max(1);
        canvas.fill(Frame { x: left, y: y - 1, width, height: 2 }, mark.color)?;
        for end in [left, right] {
            canvas.fill(Frame { x: end - 1, y: y - 5, width: 2, height: 10 }, mark.color)?;
        }
    }
    for seed in mark.seeds.iter().filter(|_| mark.seeds.len() > 1) {
        canvas.area().draw(&Circle::new((x_of(*seed), y), 3, mark.color.mix(0.45).filled()))?;
    }
    let at = (x_of(mark.mean), y);
    canvas.area().draw(&diamond(at, 7, CARD))?;
    canvas.area().draw(&diamond(at, 5, mark.color))
}
