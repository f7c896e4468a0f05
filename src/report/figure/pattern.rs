//! [`Fill`]: colours of bars, some with a pattern that follows from the colour.
//!
//! plotters knows no patterns; a style sheet gives them to every rectangle of the colour, as it
//! dashes lines.
//!
//! Does not know what the bars mean.

use plotters::style::RGBColor;

/// A colour of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    /// As plotters writes it; no stroke has it.
    pub(super) color: RGBColor,
    /// The lines or dots upon it, as the inside of an SVG pattern of 8 by 8; empty: none.
    marks: &'static str,
}

impl Fill {
    pub(super) const PLAIN: Self = fill(0x00_72B3, "");
    pub(super) const PALE: Self = fill(0xB5_D5EC, "");
    pub(super) const DARK: Self = fill(0x0B_3C6E, "");
    /// Vermilion with rising lines.
    pub(super) const RISING: Self = fill(
        0xD5_5E01,
        "<path d=\"M-2 2L2-2M-2 10L10-2M6 10L10 6\" stroke=\"#FFFFFF\" stroke-width=\"2\"/>",
    );
    /// Purple with falling lines.
    pub(super) const FALLING: Self = fill(
        0xAA_4498,
        "<path d=\"M-2 6L2 10M-2-2L10 10M6-2L10 2\" stroke=\"#FFFFFF\" stroke-width=\"2\"/>",
    );
    /// Amber with dots.
    pub(super) const DOTTED: Self = fill(
        0xE6_9F01,
        "<circle cx=\"2\" cy=\"2\" r=\"1.3\" fill=\"#1F2428\"/>\
         <circle cx=\"6\" cy=\"6\" r=\"1.3\" fill=\"#1F2428\"/>",
    );

    const PATTERNED: [(&'static str, Self); 3] =
        [("rising", Self::RISING), ("falling", Self::FALLING), ("dotted", Self::DOTTED)];

    fn css_color(self) -> String {
        let RGBColor(red, green, blue) = self.color;
        format!("#{red:02X}{green:02X}{blue:02X}")
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each byte is masked by its shift")]
const fn fill(rgb: u32, marks: &'static str) -> Fill {
    Fill { color: RGBColor((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8), marks }
}

/// The patterns whose colour a drawing has.
fn used(drawing: &str) -> impl Iterator<Item = (&'static str, Fill, String)> {
    Fill::PATTERNED
        .into_iter()
        .map(|(name, fill)| (name, fill, fill.css_color()))
        .filter(|(_, _, color)| drawing.contains(color))
}

/// Rules that give the rectangles of one class of SVG their pattern.
pub(super) fn style_sheet(class: &str, drawing: &str) -> String {
    used(drawing).fold(String::new(), |sheet, (name, _, color)| {
        sheet + &format!(".{class} rect[fill=\"{color}\"]{{fill:url(#{class}-{name})}}")
    })
}

/// The patterns themselves.
pub(super) fn definitions(class: &str, drawing: &str) -> String {
    let patterns = used(drawing).fold(String::new(), |text, (name, fill, color)| {
        text + &format!(
            "<pattern id=\"{class}-{name}\" width=\"8\" height=\"8\" \
             patternUnits=\"userSpaceOnUse\"><path d=\"M0 0H8V8H0Z\" fill=\"{color}\"/>{}</pattern>",
            fill.marks
        )
    });
    if patterns.is_empty() { patterns } else { format!("<defs>{patterns}</defs>") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::Stroke;

    #[test]
    fn only_what_is_used_is_defined() {
        let drawing = "<rect fill=\"#D55E01\"/>";
        assert!(
            style_sheet("a", drawing).contains(".a rect[fill=\"#D55E01\"]{fill:url(#a-rising)}")
        );
        assert_eq!(definitions("a", drawing).matches("<pattern").count(), 1);
        assert_eq!(definitions("a", "<rect fill=\"#D55E00\"/>"), "");
    }

    #[test]
    fn no_stroke_has_the_colour_of_a_pattern() {
        for (_, fill) in Fill::PATTERNED {
            assert!((0..=12).all(|idx| Stroke::nth(idx).css_color() != fill.css_color()));
        }
    }
}
