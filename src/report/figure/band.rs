//! [`Band`]: rows with their names at the left and a panel a class, several abreast.
//!
//! Does not know what the rows show.

use super::{
    canvas::{Canvas, Drawn, Frame},
    plot::{MARGIN, PANEL_EXTRA, TOP},
    style::{Anchor, GRID, INK, TEXT_PX, WIDTH, fit, text, text_width},
};

/// Between one line of panels and the next.
const BETWEEN: i32 = 8;
const WIDEST_GUTTER: i32 = 280;
const WIDEST_PANEL: i32 = 640;
/// Heading of a panel and the margin above its data.
const ABOVE_ROWS: i32 = 28;

/// Lines of panels that share their rows.
#[derive(Debug)]
pub(super) struct Band<'a> {
    names: Vec<&'a str>,
    row_height: i32,
    n_panels: usize,
    n_abreast: usize,
    gutter: i32,
}

impl<'a> Band<'a> {
    /// `n_panels` panels with a row for each name.
    pub(super) fn new(
        names: Vec<&'a str>,
        row_height: i32,
        n_panels: usize,
        most_abreast: usize,
    ) -> Self {
        let widest = names.iter().map(|name| text_width(name, TEXT_PX)).max().unwrap_or(0);
        Self {
            names,
            row_height,
            n_panels,
            n_abreast: n_panels.clamp(1, most_abreast.max(1)),
            gutter: widest.min(WIDEST_GUTTER) + 10,
        }
    }

    fn line_height(&self) -> i32 {
        PANEL_EXTRA + self.row_height * i32::try_from(self.names.len()).unwrap_or(1)
    }

    /// Below the last line of panels.
    pub(super) fn bottom(&self) -> i32 {
        let n_lines = i32::try_from(self.n_panels.div_ceil(self.n_abreast)).unwrap_or(1);
        TOP + n_lines * (self.line_height() + BETWEEN)
    }

    /// Place of a panel, `said` pixels at its right left free.
    pub(super) fn frame(&self, panel_idx: usize, said: i32) -> Frame {
        let count = |number: usize| i32::try_from(number).unwrap_or(1);
        let room = WIDTH - 2 * MARGIN - self.gutter;
        let width = (room / count(self.n_abreast)).min(WIDEST_PANEL + said);
        Frame {
            x: MARGIN + self.gutter + count(panel_idx % self.n_abreast) * width,
            y: TOP + count(panel_idx / self.n_abreast) * (self.line_height() + BETWEEN),
            width: width - said,
            height: self.line_height(),
        }
    }

    /// Writes the names left of every line of panels.
    pub(super) fn draw_names(&self, canvas: &Canvas<'_>) -> Drawn<()> {
        for first in (0..self.n_panels).step_by(self.n_abreast) {
            let mut y = self.frame(first, 0).y + ABOVE_ROWS + self.row_height / 2;
            for name in &self.names {
                let name = fit(name, TEXT_PX, self.gutter - 10);
                canvas.text(&name, &text(TEXT_PX, INK, Anchor::Left), (MARGIN, y))?;
                y += self.row_height;
            }
        }
        Ok(())
    }
}

/// The line behind the marks of a row.
pub(super) fn row_line(canvas: &Canvas<'_>, data: Frame, y: i32) -> Drawn<()> {
    canvas.fill(Frame { y, height: 1, ..data }, GRID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_stand_right_of_the_names_and_within_the_figure() {
        let name = "a-setting-with-a-very-long-name-of-sixty-letters-0123456789ab";
        let band = Band::new(vec![name; 4], 30, 5, 3);
        let frames: Vec<Frame> = (0..5).map(|idx| band.frame(idx, 60)).collect();
        assert_eq!(frames[0].x, MARGIN + WIDEST_GUTTER + 10);
        assert!(frames.iter().all(|frame| frame.x + frame.width + 60 <= WIDTH - MARGIN));
        assert_eq!(frames[3].y - frames[0].y, 4 * 30 + PANEL_EXTRA + BETWEEN);
        assert_eq!(band.bottom(), TOP + 2 * (4 * 30 + PANEL_EXTRA + BETWEEN));
    }
}
