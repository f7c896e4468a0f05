//! [`Plot`]: a panel with its axes, in pixels of the figure; [`Grid`]: panels side by side.
//!
//! Does not know what is plotted.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, Panel},
    style::WIDTH,
};
use plotters::coord::ranged1d::Ranged;

/// Left and right edge of every figure.
pub(super) const MARGIN: i32 = 12;
/// Where the first panel begins, below the figure's title.
pub(super) const TOP: i32 = 40;
/// Heading and axis of a panel.
pub(super) const PANEL_EXTRA: i32 = 68;

/// A drawn panel that knows the pixels of values.
pub(super) struct Plot<'c> {
    panel: Panel<'c>,
    x: Axis,
    y: Axis,
    /// The area of the data.
    pub(super) frame: Frame,
}

impl<'c> Plot<'c> {
    /// Draws the axes and a heading, as [`Canvas::panel`].
    pub(super) fn new(
        canvas: &Canvas<'c>,
        frame: Frame,
        heading: &str,
        (x, x_title): (&Axis, &str),
        (y, y_title): (&Axis, &str),
    ) -> Drawn<Self> {
        let panel = canvas.panel(frame, heading, (x, x_title), (y, y_title))?;
        let (across, down) = panel.plotting_area().get_pixel_range();
        let frame = Frame {
            x: across.start,
            y: down.start,
            width: across.end - across.start,
            height: down.end - down.start,
        };
        Ok(Self { panel, x: x.clone(), y: y.clone(), frame })
    }

    /// Draws a panel of rows, the first one at the top.
    pub(super) fn of_rows(
        canvas: &Canvas<'c>,
        frame: Frame,
        heading: &str,
        x: (&Axis, &str),
        n_rows: usize,
    ) -> Drawn<Self> {
        Self::new(canvas, frame, heading, x, (&Axis::rows(n_rows), ""))
    }

    /// Pixel of a point, moved inside the panel; `None` when it has no place.
    pub(super) fn at(&self, x: f64, y: f64) -> Option<(i32, i32)> {
        Some(self.panel.backend_coord(&(self.x.place(x)?, self.y.place(y)?)))
    }

    /// Column of a value; the left edge when it has no place.
    pub(super) fn x_of(&self, value: f64) -> i32 {
        self.at(value, self.y_anywhere()).map_or(self.frame.x, |at| at.0)
    }

    /// Line of a value; the bottom when it has no place.
    pub(super) fn y_of(&self, value: f64) -> i32 {
        self.at(self.x_anywhere(), value).map_or(self.frame.y + self.frame.height, |at| at.1)
    }

    /// Middle of a row of [`Plot::of_rows`].
    pub(super) fn row(&self, row_idx: usize, n_rows: usize) -> i32 {
        self.y_of(n_rows.saturating_sub(row_idx) as f64 - 0.5)
    }

    /// A row of [`Plot::of_rows`] from its upper to its lower edge.
    pub(super) fn row_frame(&self, row_idx: usize, n_rows: usize) -> Frame {
        let upper = n_rows.saturating_sub(row_idx) as f64;
        self.lines(upper - 1.0, upper)
    }

    /// The points that have a place, in pixels.
    pub(super) fn all(&self, points: impl Iterator<Item = (f64, f64)>) -> Vec<(i32, i32)> {
        points.filter_map(|(x, y)| self.at(x, y)).collect()
    }

    /// Between two values, over the panel's whole height.
    pub(super) fn columns(&self, low: f64, high: f64) -> Frame {
        let (left, right) = (self.x_of(low), self.x_of(high));
        Frame { x: left, width: right - left, ..self.frame }
    }

    /// Between two values, over the panel's whole width.
    pub(super) fn lines(&self, low: f64, high: f64) -> Frame {
        let (bottom, top) = (self.y_of(low), self.y_of(high));
        Frame { y: top, height: bottom - top, ..self.frame }
    }

    /// The ends of an upright line at a value.
    pub(super) fn upright(&self, value: f64) -> Vec<(i32, i32)> {
        let x = self.x_of(value);
        vec![(x, self.frame.y), (x, self.frame.y + self.frame.height)]
    }

    /// The ends of a level line at a value.
    pub(super) fn level(&self, value: f64) -> Vec<(i32, i32)> {
        let y = self.y_of(value);
        vec![(self.frame.x, y), (self.frame.x + self.frame.width, y)]
    }

    fn x_anywhere(&self) -> f64 {
        self.x.range().start
    }

    fn y_anywhere(&self) -> f64 {
        self.y.range().start
    }
}

/// Panels of one size in lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    n_abreast: usize,
    n_panels: usize,
    height: i32,
}

impl Grid {
    /// `n_panels` panels of this height, at most so many side by side.
    pub(super) fn new(n_panels: usize, most_abreast: usize, height: i32) -> Self {
        Self { n_abreast: n_panels.clamp(1, most_abreast.max(1)), n_panels, height }
    }

    pub(super) fn frame(&self, panel_idx: usize) -> Frame {
        let count = |number: usize| i32::try_from(number).unwrap_or(1);
        let n_abreast = count(self.n_abreast);
        let width = (WIDTH - MARGIN * (n_abreast + 1)) / n_abreast;
        Frame {
            x: MARGIN + count(panel_idx % self.n_abreast) * (width + MARGIN),
            y: TOP + count(panel_idx / self.n_abreast) * self.height,
            width,
            height: self.height - 12,
        }
    }

    pub(super) fn bottom(&self) -> i32 {
        TOP + i32::try_from(self.n_panels.div_ceil(self.n_abreast)).unwrap_or(1) * self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_fill_the_width_and_do_not_overlap() {
        let grid = Grid::new(5, 3, 200);
        let frames: Vec<Frame> = (0..5).map(|idx| grid.frame(idx)).collect();
        assert_eq!((frames[0].x, frames[0].y, frames[3].y), (MARGIN, TOP, TOP + 200));
        assert_eq!(frames[1].x, frames[0].x + frames[0].width + MARGIN);
        assert!((WIDTH - MARGIN - 3..=WIDTH - MARGIN).contains(&(frames[2].x + frames[2].width)));
        assert_eq!(grid.bottom(), TOP + 400);
    }

    #[test]
    fn one_panel_has_the_whole_width() {
        assert_eq!(Grid::new(1, 3, 200).frame(0).width, WIDTH - 2 * MARGIN);
        assert_eq!(Grid::new(0, 3, 200).bottom(), TOP);
    }
}
