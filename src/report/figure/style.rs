//! [`Stroke`] and the rest of the look: colours, dashes, fonts, sizes.
//!
//! Does not know what is drawn.

use crate::report::text::shorten;
use plotters::style::{
    Color, FontStyle, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle,
    text_anchor::{HPos, Pos, VPos},
};

/// Width of every figure in pixels, which is also the width of the page's text.
pub(super) const WIDTH: i32 = 1140;
/// Text of ticks, labels and legends, in pixels.
pub(super) const TEXT_PX: f64 = 12.0;
/// Text of a panel's title, in pixels.
pub(super) const TITLE_PX: f64 = 13.0;
/// Text of a figure's title, in pixels.
pub(super) const HEAD_PX: f64 = 16.0;
/// Text and frames of data.
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x24, 0x28);
/// Axes and what explains.
pub(super) const QUIET: RGBColor = RGBColor(0x5A, 0x63, 0x6B);
/// Lines behind the data.
pub(super) const GRID: RGBColor = RGBColor(0xE3, 0xE6, 0xE8);
/// The card behind a figure, in light pages and dark ones.
pub(super) const CARD: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

/// Text on the cells of a scale of colours, and the pale end of the scale: as good as [`INK`] and
/// [`CARD`], yet other colours, since those turn on a dark page and a scale does not.
pub(super) const SCALE_INK: RGBColor = RGBColor(0x1F, 0x24, 0x29);
pub(super) const SCALE_PALE: RGBColor = RGBColor(0xFE, 0xFE, 0xFE);

/// Font families, the widest known last.
const FAMILY: &str = "Arial, Liberation Sans, Helvetica, sans-serif";
/// plotters writes a font's size divided by this.
const PLOTTERS_EM: f64 = 1.24;
/// Mean width of a letter of `FAMILY` over its size, on the safe side.
const LETTER_WIDTH: f64 = 0.56;

/// Colour and dash pattern of a run's lines. The pattern follows from the colour, so that every
/// figure and the table agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Stroke {
    pub(super) color: RGBColor,
    /// SVG dash pattern; empty: solid.
    dash: &'static str,
}

/// Okabe and Ito's colours but the two that white drowns, solid; then Paul Tol's dark ones and a
/// grey, dashed. Told apart with any of the common colour blindnesses.
const STROKES: [Stroke; Stroke::N_DISTINCT] = [
    stroke(0x00_72B2, ""),
    stroke(0xD5_5E00, ""),
    stroke(0x00_9E73, ""),
    stroke(0xCC_79A7, ""),
    stroke(0xE6_9F00, ""),
    stroke(0x56_B4E9, ""),
    stroke(0x33_2288, "7 3"),
    stroke(0x88_2255, "2 2"),
    stroke(0x11_7733, "8 3 2 3"),
    stroke(0xAA_4499, "7 3"),
    stroke(0x8A_8A1F, "2 2"),
    stroke(0x44_4444, "8 3 2 3"),
];

#[expect(clippy::cast_possible_truncation, reason = "each byte is masked by its shift")]
const fn stroke(rgb: u32, dash: &'static str) -> Stroke {
    Stroke { color: RGBColor((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8), dash }
}

impl Stroke {
    /// How many strokes can be told apart.
    pub(in crate::report) const N_DISTINCT: usize = 12;
    /// For runs beyond those.
    pub(in crate::report) const OTHER: Self = stroke(0xB4_B9BD, "");
    /// For lines that are a limit and no data.
    pub(super) const LIMIT: Self = stroke(0x5A_636D, "5 4");

    /// The stroke of this index, from 0; beyond the last one [`Stroke::OTHER`].
    pub(in crate::report) fn nth(stroke_idx: usize) -> Self {
        STROKES.get(stroke_idx).copied().unwrap_or(Self::OTHER)
    }

    /// Colour as in CSS, written as plotters writes it.
    pub(in crate::report) fn css_color(self) -> String {
        css(self.color)
    }

    /// SVG dash pattern; empty: solid.
    pub(in crate::report) fn dash(self) -> &'static str {
        self.dash
    }

    /// As plotters takes it.
    pub(super) fn line(self, width: u32) -> ShapeStyle {
        self.color.stroke_width(width)
    }

    /// Style sheet that dashes the lines of one class of SVG; plotters itself can only draw each
    /// dash as an element.
    pub(super) fn style_sheet(class: &str) -> String {
        let dashed = STROKES.iter().chain([&Self::LIMIT]).filter(|stroke| !stroke.dash.is_empty());
        dashed.fold(String::new(), |sheet, stroke| {
            let (color, dash) = (stroke.css_color(), stroke.dash);
            sheet + &format!(".{class} polyline[stroke=\"{color}\"]{{stroke-dasharray:{dash}}}")
        })
    }
}

fn css(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// [`CARD`], [`INK`], [`QUIET`] and [`GRID`] as in CSS, written as plotters writes them.
pub(in crate::report) fn structure_colors() -> [String; 4] {
    [CARD, INK, QUIET, GRID].map(css)
}

/// Where a text hangs on its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    /// Begins at the point, its middle at the point's height.
    Left,
    /// Centred on the point.
    Center,
    /// Ends at the point.
    Right,
    /// Centred, reading upwards.
    Upwards,
}

/// A text of this size and colour.
pub(super) fn text(size_px: f64, color: RGBColor, anchor: Anchor) -> TextStyle<'static> {
    let font = (FAMILY, size_px * PLOTTERS_EM).into_font();
    let h_pos = match anchor {
        Anchor::Left => HPos::Left,
        Anchor::Center | Anchor::Upwards => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    let style =
        TextStyle { font, color: color.to_backend_color(), pos: Pos::new(h_pos, VPos::Center) };
    match anchor {
        Anchor::Upwards => style.transform(FontTransform::Rotate270),
        _ => style,
    }
}

/// As [`text`], bold, from the left.
pub(super) fn title(size_px: f64) -> TextStyle<'static> {
    let mut style = text(size_px, INK, Anchor::Left);
    style.font = style.font.style(FontStyle::Bold);
    style
}

/// Estimated width of a text in pixels; without a font it can only be a guess.
#[expect(clippy::cast_possible_truncation, reason = "a label is far below 2^31 pixels")]
pub(super) fn text_width(text: &str, size_px: f64) -> i32 {
    (text.chars().count() as f64 * size_px * LETTER_WIDTH).ceil() as i32
}

/// The text without its middle where it would be wider than this.
pub(super) fn fit(text: &str, size_px: f64, width: i32) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a width in letters is small and not negative"
    )]
    let n_letters = (f64::from(width.max(0)) / (size_px * LETTER_WIDTH)).floor() as usize;
    shorten(text, n_letters.max(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn strokes_are_distinct_and_end() {
        let colors: BTreeSet<_> = (0..12).map(|idx| Stroke::nth(idx).css_color()).collect();
        assert_eq!(colors.len(), 12);
        assert_eq!(Stroke::nth(12), Stroke::OTHER);
        assert_eq!(Stroke::nth(0).css_color(), "#0072B2");
    }

    #[test]
    fn what_fits_stays() {
        let name = "a-name-of-twenty-one-";
        assert_eq!(fit(name, TEXT_PX, text_width(name, TEXT_PX)), name);
        assert_eq!(fit(name, TEXT_PX, 50), "a-n…ne-");
        assert_eq!(fit(name, TEXT_PX, -4), "a…-");
    }

    #[test]
    fn the_style_sheet_dashes_the_second_half() {
        let sheet = Stroke::style_sheet("curves");
        assert_eq!(sheet.matches("stroke-dasharray").count(), 7);
        assert!(sheet.contains(".curves polyline[stroke=\"#332288\"]{stroke-dasharray:7 3}"));
    }
}
