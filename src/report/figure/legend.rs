//! [`Legend`]: what the marks of a figure mean, in lines below it.
//!
//! Does not know about the figure.

use super::{
    canvas::{Canvas, Drawn, Frame},
    mark::{Mark, Shape, interval},
    pattern::Fill,
    plot::MARGIN,
    style::{Anchor, GRID, INK, QUIET, Stroke, TEXT_PX, WIDTH, fit, text, text_width},
};
use crate::analysis::Interval;
use plotters::style::{Color, RGBColor};

const LINE: i32 = 20;
const GLYPH: i32 = 34;
const GAP: i32 = 24;
/// Size at which the estimated width of plain sentences fits; names need more.
const SENTENCE_PX: f64 = 10.8;

/// A mark as the figure has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Glyph {
    Line(Stroke),
    Point(Shape, RGBColor),
    /// One point that is empty.
    Hollow(Shape, RGBColor),
    Mean(RGBColor),
    /// What is shaded behind the data.
    Band(RGBColor, f64),
    Upright(RGBColor),
    Level(RGBColor),
    Bar(Fill),
    Nothing,
}

#[derive(Debug)]
pub(super) struct Legend {
    /// Left edge, line, glyph and words of each entry.
    entries: Vec<(i32, i32, Glyph, String)>,
    n_lines: i32,
}

impl Legend {
    /// Places the entries one after another, in as many lines as they need.
    pub(super) fn new(entries: impl IntoIterator<Item = (Glyph, String)>) -> Self {
        let (mut x, mut line) = (MARGIN, 0);
        let mut placed = Vec::new();
        for (glyph, words) in entries {
            let words = fit(&words, SENTENCE_PX, WIDTH - 2 * MARGIN - GLYPH);
            let room = if matches!(glyph, Glyph::Nothing) { 0 } else { GLYPH };
            let width = room + text_width(&words, SENTENCE_PX);
            if x > MARGIN && x + width > WIDTH - MARGIN {
                (x, line) = (MARGIN, line + 1);
            }
            placed.push((x, line, glyph, words));
            x += width + GAP;
        }
        Self { n_lines: if placed.is_empty() { 0 } else { line + 1 }, entries: placed }
    }

    /// Pixels from `top` to the figure's end.
    pub(super) fn height(&self) -> i32 {
        self.n_lines * LINE + 10
    }

    pub(super) fn draw(&self, canvas: &Canvas<'_>, top: i32) -> Drawn<()> {
        for (x, line, glyph, words) in &self.entries {
            let y = top + line * LINE + LINE / 2;
            draw_glyph(canvas, *glyph, (*x, y))?;
            let room = if matches!(glyph, Glyph::Nothing) { 0 } else { GLYPH };
            canvas.text(words, &text(TEXT_PX, INK, Anchor::Left), (x + room, y))?;
        }
        Ok(())
    }
}

/// Draws a glyph of at most 28 pixels, its middle at this height.
pub(super) fn draw_glyph(canvas: &Canvas<'_>, glyph: Glyph, (x, y): (i32, i32)) -> Drawn<()> {
    let middle = (x + 14, y);
    let box_frame = Frame { x, y: y - 6, width: 28, height: 12 };
    match glyph {
        Glyph::Line(stroke) => canvas.line(stroke, vec![(x, y), (x + 28, y)]),
        Glyph::Point(shape, color) => shape.draw(canvas, middle, 4, color.mix(0.8)),
        Glyph::Hollow(shape, color) => shape.draw_hollow(canvas, middle, 5, color),
        Glyph::Mean(color) => {
            let ends = Interval { low: -1.0, high: 1.0 };
            let mark = Mark { mean: 0.0, interval: Some(ends), seeds: &[], color };
            #[expect(clippy::cast_possible_truncation, reason = "between -1 and 1")]
            interval(canvas, y, |value| middle.0 + (value * 12.0) as i32, &mark)
        }
        Glyph::Band(color, opacity) => {
            canvas.shade(box_frame, color, opacity)?;
            canvas.outline(box_frame, GRID)
        }
        Glyph::Upright(color) => {
            canvas.fill(Frame { x: middle.0, y: y - 7, width: 1, height: 14 }, color)
        }
        Glyph::Level(color) => canvas.fill(Frame { y, height: 1, ..box_frame }, color),
        Glyph::Bar(fill) => {
            canvas.fill(box_frame, fill.color)?;
            canvas.outline(box_frame, QUIET)
        }
        Glyph::Nothing => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_legends_break_into_lines() {
        let entry = || (Glyph::Line(Stroke::nth(0)), "a name of thirty letters or so".to_owned());
        let one = Legend::new([entry()]);
        let many = Legend::new((0..12).map(|_| entry()));
        assert_eq!(one.height(), LINE + 10);
        assert_eq!(many.n_lines, 3);
        assert!(many.entries.iter().all(|(x, ..)| *x < WIDTH - 200));
        assert_eq!(Legend::new([]).n_lines, 0);
    }
}
