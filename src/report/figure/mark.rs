//! Marks: [`interval`], a mean as a [`diamond`] on a bar with its seeds; [`Shape`], one point.
//!
//! Does not know what they mean.

use super::{
    canvas::{Canvas, Drawn, Frame},
    style::{CARD, QUIET, Stroke},
};
use crate::analysis::{Interval, Verdict};
use plotters::prelude::{Circle, PathElement, Polygon};
use plotters::style::{Color, RGBAColor, RGBColor};

/// What is drawn in one row.
pub(super) struct Mark<'a> {
    pub(super) mean: f64,
    pub(super) interval: Option<Interval>,
    /// Means of the seeds.
    pub(super) seeds: &'a [f64],
    pub(super) color: RGBColor,
}

/// Colour of a mean that is compared with the best: what is worse is grey.
pub(super) fn color_of(verdict: Option<Verdict>) -> RGBColor {
    if verdict == Some(Verdict::Worse) { QUIET } else { Stroke::nth(0).color }
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

/// Shape of a point, so that colour is not all that tells kinds of points apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Wedge,
    /// A square on its corner.
    Diamond,
    Plus,
}

impl Shape {
    /// A shape for each index; beyond the last they begin anew.
    pub(super) fn nth(idx: usize) -> Self {
        use Shape::{Circle, Diamond, Plus, Square, Triangle, Wedge};
        [Circle, Square, Triangle, Wedge, Diamond, Plus][idx % 6]
    }

    /// Draws it filled; `reach` is the radius of a circle of about the same area.
    pub(super) fn draw(
        self,
        canvas: &Canvas<'_>,
        (x, y): (i32, i32),
        reach: i32,
        color: RGBAColor,
    ) -> Drawn<()> {
        match self.corners((x, y), reach) {
            None => canvas.area().draw(&Circle::new((x, y), reach, color.filled())),
            Some(corners) => canvas.area().draw(&Polygon::new(corners, color.filled())),
        }
    }

    pub(super) fn draw_hollow(
        self,
        canvas: &Canvas<'_>,
        at: (i32, i32),
        reach: i32,
        color: RGBColor,
    ) -> Drawn<()> {
        self.draw(canvas, at, reach, CARD.mix(1.0))?;
        let line = color.stroke_width(2);
        match self.corners(at, reach) {
            None => canvas.area().draw(&Circle::new(at, reach, line)),
            Some(mut corners) => {
                corners.extend_from_within(..2);
                canvas.area().draw(&PathElement::new(corners, line))
            }
        }
    }

    fn corners(self, (x, y): (i32, i32), reach: i32) -> Option<Vec<(i32, i32)>> {
        let corners = match self {
            Self::Circle => return None,
            Self::Square => {
                let half = reach - 1;
                vec![(-half, -half), (half, -half), (half, half), (-half, half)]
            }
            Self::Triangle => vec![(-reach, reach - 1), (0, -reach), (reach, reach - 1)],
            Self::Wedge => vec![(-reach, 1 - reach), (0, reach), (reach, 1 - reach)],
            Self::Diamond => vec![(-reach, 0), (0, -reach), (reach, 0), (0, reach)],
            Self::Plus => {
                let (r, w) = (reach, 1);
                vec![
                    (-r, -w),
                    (-w, -w),
                    (-w, -r),
                    (w, -r),
                    (w, -w),
                    (r, -w),
                    (r, w),
                    (w, w),
                    (w, r),
                    (-w, r),
                    (-w, w),
                    (-r, w),
                ]
            }
        };
        Some(corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect())
    }
}
