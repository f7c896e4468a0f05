//! [`error_types`]: what the wrong voxels are, in mL, a stacked bar per setting and class.
//!
//! Does not know how errors are taken apart.

use super::{
    axis::Axis,
    band::Band,
    canvas::{Canvas, Drawn, Frame, ink_on, svg},
    legend::{Glyph, Legend},
    pattern::Fill,
    plot::Plot,
    style::{Anchor, CARD, INK, TEXT_PX, text, text_width},
};
use crate::{
    base::Result,
    report::text::{shorten, significant},
};

const ROW: i32 = 28;
const BAR: i32 = 18;
/// Room at the right for total and n.
const SAID: i32 = 150;
const MOST_ROWS: usize = 48;
/// Letters of a bar's name and class.
const NAME_LETTERS: usize = 24;
const CLASS_LETTERS: usize = 15;

/// The six kinds of error and how they look: what is a matter of the boundary is blue, darker the
/// farther off.
const ERROR_KINDS: [(&str, Fill); 6] = [
    ("missed lesions", Fill::RISING),
    ("false lesions", Fill::FALLING),
    ("class swaps", Fill::DOTTED),
    ("boundary, within a voxel", Fill::PALE),
    ("boundary, within 3 mm", Fill::PLAIN),
    ("boundary, beyond", Fill::DARK),
];

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct ErrorTypes {
    /// Over which cases, and whether means or sums: `mean of a test case`.
    pub of: String,
    /// The bars, top to bottom.
    pub rows: Vec<ErrorRow>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct ErrorRow {
    /// Its setting, or case.
    pub name: String,
    /// Its class; may be empty.
    pub class: String,
    /// Volumes in mL: missed lesions, false lesions, class swaps, boundary within a voxel, within
    /// 3 mm, and beyond.
    pub parts_ml: [f64; 6],
    pub n_cases: usize,
}

impl ErrorRow {
    /// Name and class, both still visible when they are long.
    fn label(&self) -> String {
        if self.class.is_empty() {
            return shorten(&self.name, NAME_LETTERS + CLASS_LETTERS);
        }
        let n_free = CLASS_LETTERS.saturating_sub(self.class.chars().count());
        let name = shorten(&self.name, NAME_LETTERS + n_free);
        format!("{name}, {}", shorten(&self.class, CLASS_LETTERS))
    }

    fn total(&self) -> f64 {
        self.parts_ml.iter().map(|part| sane(*part)).sum()
    }
}

/// A volume that can be drawn.
fn sane(part: f64) -> f64 {
    if part.is_finite() { part.max(0.0) } else { 0.0 }
}

/// Draws the bars; `None` without any.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn error_types(input: &ErrorTypes) -> Result<Option<String>> {
    if input.rows.is_empty() {
        return Ok(None);
    }
    let rows = &input.rows[..input.rows.len().min(MOST_ROWS)];
    let part = if rows.len() < input.rows.len() {
        format!(", the first {MOST_ROWS} of {} bars", input.rows.len())
    } else {
        String::new()
    };
    let labels: Vec<String> = rows.iter().map(ErrorRow::label).collect();
    let band = Band::new(labels.iter().map(String::as_str).collect(), ROW, 1, 1);
    let legend = Legend::new(ERROR_KINDS.map(|(name, fill)| (Glyph::Bar(fill), name.to_owned())));
    let heading = format!("What the errors are, mL, {}{part}", input.of);
    let picture = svg("error-types", &heading, band.bottom() + legend.height(), |canvas| {
        band.draw_names(canvas)?;
        let x = Axis::from_zero(rows.iter().map(ErrorRow::total));
        let frame = Frame { width: super::style::WIDTH, ..band.frame(0, SAID) };
        let frame = Frame { width: frame.width - frame.x - SAID, ..frame };
        let plot = Plot::of_rows(canvas, frame, "", (&x, "wrong volume, mL"), rows.len())?;
        for (row_idx, row) in rows.iter().enumerate() {
            draw_bar(canvas, &plot, row, plot.row(row_idx, rows.len()))?;
        }
        legend.draw(canvas, band.bottom())
    })?;
    Ok(Some(picture))
}

fn draw_bar(canvas: &Canvas<'_>, plot: &Plot<'_>, row: &ErrorRow, y: i32) -> Drawn<()> {
    let mut begun = 0.0;
    for ((_, fill), part) in ERROR_KINDS.iter().zip(row.parts_ml) {
        let (left, right) = (plot.x_of(begun), plot.x_of(begun + sane(part)));
        begun += sane(part);
        if right <= left {
            continue;
        }
        let frame = Frame { x: left, y: y - BAR / 2, width: right - left, height: BAR };
        canvas.fill(frame, fill.color)?;
        // A white line parts neighbours.
        canvas.fill(Frame { x: right - 1, width: 1, ..frame }, CARD)?;
        draw_number(canvas, frame, *fill, part)?;
    }
    let x = plot.x_of(begun) + 8;
    let words = format!("{} mL, n {}", significant(row.total()), row.n_cases);
    canvas.text(&words, &text(TEXT_PX, INK, Anchor::Left), (x, y))
}

/// The volume within its part, where there is room.
fn draw_number(canvas: &Canvas<'_>, frame: Frame, fill: Fill, part: f64) -> Drawn<()> {
    let words = significant(part);
    let width = text_width(&words, TEXT_PX) + 4;
    if width + 6 > frame.width {
        return Ok(());
    }
    let middle = (frame.x + frame.width / 2, frame.y + frame.height / 2);
    let is_plain = [Fill::PLAIN, Fill::PALE, Fill::DARK].contains(&fill);
    if !is_plain {
        let ground = Frame { x: middle.0 - width / 2, y: middle.1 - 7, width, height: 14 };
        canvas.fill(ground, CARD)?;
    }
    let is_dark = fill == Fill::PLAIN || fill == Fill::DARK;
    canvas.text(&words, &text(TEXT_PX, ink_on(is_dark), Anchor::Center), middle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{outside, rectangles};

    fn sample(parts_ml: [f64; 6]) -> ErrorTypes {
        let row =
            ErrorRow { name: "baseline".into(), class: "tumour".into(), parts_ml, n_cases: 12 };
        ErrorTypes { of: "mean of a test case".into(), rows: vec![row] }
    }

    #[test]
    fn parts_join_and_are_as_wide_as_their_volume() {
        let drawn = error_types(&sample([2.0, 1.0, f64::NAN, 4.0, 0.0, 1.0])).unwrap().unwrap();
        let [missed, falsely, within] =
            ["#D55E01", "#AA4498", "#B5D5EC"].map(|color| rectangles(&drawn, color)[0]);
        assert!((missed[2] - 2 * falsely[2]).abs() <= 1);
        assert!((within[2] - 2 * missed[2]).abs() <= 1);
        assert_eq!(missed[0] + missed[2], falsely[0]);
        assert!(drawn.contains("8.00 mL, n 12"));
        assert!(drawn.contains("fill:url(#error-types-rising)"), "not by colour alone");
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn long_names_leave_the_class_readable() {
        let mut row = sample([0.0; 6]).rows.remove(0);
        assert_eq!(row.label(), "baseline, tumour");
        row.name = "a-setting-with-more-than-forty-letters-in-all".into();
        assert_eq!(row.label(), "a-setting-with-m…y-letters-in-all, tumour");
    }

    #[test]
    fn no_error_is_an_empty_bar() {
        let drawn = error_types(&sample([0.0; 6])).unwrap().unwrap();
        assert!(drawn.contains("0 mL, n 12"));
        assert_eq!(error_types(&ErrorTypes::default()).unwrap(), None);
    }
}
