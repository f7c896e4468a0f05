//! [`style_sheet`]: the colours of drawings on a dark page.
//!
//! A drawing is made once, for white. plotters writes colours as attributes, so a rule an
//! attribute value is enough to show each of them as another one; files in `figures/` stay as they
//! are. A colour that is not named here is the same on both pages: those of a scale must be.
//!
//! Does not know what is drawn.

use super::super::figure::{Stroke, structure_colors};
use std::fmt::Write;

/// Drawings whose lines are a scale made for white: their card is white on every page.
const ON_WHITE: [&str; 1] = ["parallel"];

/// Beside each colour of text, frames and axes the one on a dark page, in the order of
/// [`structure_colors`].
const STRUCTURE: [&str; 4] = ["#1E2327", "#E6E9EC", "#A3ADB5", "#373E45"];
/// Likewise of the strokes in their order, and of the one that they all lack.
const STROKES: [&str; Stroke::N_DISTINCT + 1] = [
    "#3A9BDC", "#E8702A", "#1DB487", "#DE92BC", "#E69F00", "#8CCFF5", "#9A8CEB", "#D8578F",
    "#4DB463", "#C768B8", "#B3B33A", "#B9BEC3", "#5A636B",
];

/// Each colour of the drawings with the one on a dark page.
fn pairs() -> impl Iterator<Item = (String, &'static str)> {
    let strokes = (0..STROKES.len()).map(|stroke_idx| Stroke::nth(stroke_idx).css_color());
    let structure = structure_colors().into_iter().zip(STRUCTURE);
    structure.chain(strokes.zip(STROKES))
}

/// Rules for browsers that know both; in others the drawings stay light.
pub(super) fn style_sheet() -> String {
    let exempt = ON_WHITE.iter().fold(String::new(), |rule, class| rule + ":not(." + class + ")");
    let mut sheet = String::from("@supports (color: light-dark(#000000, #ffffff)) {\n");
    for (light, dark) in pairs() {
        for attribute in ["fill", "stroke"] {
            // Writing to a string cannot fail.
            let _ = writeln!(
                sheet,
                "svg{exempt} [{attribute}=\"{light}\"] {{ {attribute}: light-dark({light}, {dark}); }}"
            );
        }
    }
    for class in ON_WHITE {
        let _ = writeln!(sheet, ".card:has(.{class}) {{ background: {}; }}", structure_colors()[0]);
    }
    sheet + "}\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Contrast of two colours by WCAG 2.2, from 1 to 21.
    fn contrast(left: &str, right: &str) -> f64 {
        let luminance = |color: &str| {
            let channel = |at: usize| {
                let byte = u8::from_str_radix(&color[at..at + 2], 16).unwrap();
                let share = f64::from(byte) / 255.0;
                if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (left, right) = (luminance(left), luminance(right));
        (left.max(right) + 0.05) / (left.min(right) + 0.05)
    }

    #[test]
    fn every_stroke_can_be_seen_on_the_dark_card() {
        for stroke in &STROKES[..Stroke::N_DISTINCT] {
            let found = contrast(stroke, STRUCTURE[0]);
            assert!(found > 4.0, "{stroke}: {found:.2}");
        }
        assert_eq!(STROKES.iter().collect::<BTreeSet<_>>().len(), STROKES.len());
        assert!(
            contrast(STRUCTURE[1], STRUCTURE[0]) > 7.0
                && contrast(STRUCTURE[2], STRUCTURE[0]) > 4.5
        );
    }

    #[test]
    fn every_colour_has_two_rules() {
        let sheet = style_sheet();
        assert_eq!(
            sheet.matches("light-dark(#").count(),
            1 + 2 * (STRUCTURE.len() + STROKES.len())
        );
        assert!(sheet.contains(
            "svg:not(.parallel) [stroke=\"#332288\"] { stroke: light-dark(#332288, #9A8CEB); }"
        ));
        assert!(sheet.contains("[fill=\"#FFFFFF\"] { fill: light-dark(#FFFFFF, #1E2327); }"));
    }
}
