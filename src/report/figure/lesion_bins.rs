//! [`lesion_bins`]: how many lesions of each size are found, a panel per class.
//!
//! Does not know how lesions are matched.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, Legend},
    pattern::Fill,
    plot::{Grid, PANEL_EXTRA, Plot},
    style::{Anchor, CARD, INK, QUIET, TEXT_PX, TITLE_PX, fit, text, text_width},
};
use crate::base::Result;

const ROW: i32 = 34;
const BAR: i32 = 20;
const LABELS: i32 = 100;
/// Room right of a panel: `12 of 15 (80 %)`.
const SAID: i32 = 106;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct LesionBins {
    /// Of which setting and cases.
    pub of: String,
    /// When a lesion is found: `overlap of at least one voxel`.
    pub criterion: String,
    /// A panel per class, or per setting.
    pub panels: Vec<LesionPanel>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct LesionPanel {
    /// Its class, or setting.
    pub name: String,
    pub n_cases: usize,
    /// Bins by size, smallest first.
    pub bins: Vec<LesionBin>,
}

/// One bin; counts are means over seeds where there are several.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct LesionBin {
    /// `1 to 10 mL`.
    pub label: String,
    /// Lesions of the reference that are found.
    pub found: f64,
    pub missed: f64,
}

/// Draws the bins; `None` when there is no lesion.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn lesion_bins(input: &LesionBins) -> Result<Option<String>> {
    let totals = || {
        let bins = input.panels.iter().flat_map(|panel| &panel.bins);
        bins.map(|bin| bin.found + bin.missed)
    };
    if totals().all(|total| total <= 0.0) {
        return Ok(None);
    }
    let x = Axis::from_zero(totals());
    let most = input.panels.iter().map(|panel| panel.bins.len()).max().unwrap_or(1);
    let height = PANEL_EXTRA + ROW * i32::try_from(most).unwrap_or(1) + 16;
    let grid = Grid::new(input.panels.len(), 3, height);
    let criterion = format!("found: {}", input.criterion);
    let legend = Legend::new([
        (Glyph::Bar(Fill::PLAIN), criterion),
        (Glyph::Bar(Fill::RISING), "missed".to_owned()),
        (Glyph::Nothing, "at the right: found of all (share)".to_owned()),
    ]);
    let heading = format!("Lesions found by their size in the reference, {}", input.of);
    let picture = svg("lesion-bins", &heading, grid.bottom() + legend.height(), |canvas| {
        for (panel_idx, panel) in input.panels.iter().enumerate() {
            draw_panel(canvas, panel, grid.frame(panel_idx), &x)?;
        }
        legend.draw(canvas, grid.bottom())
    })?;
    Ok(Some(picture))
}

fn draw_panel(canvas: &Canvas<'_>, panel: &LesionPanel, frame: Frame, x: &Axis) -> Drawn<()> {
    let n_lesions: f64 = panel.bins.iter().map(|bin| bin.found + bin.missed).sum();
    let said = format!(", n {} ({} lesions)", panel.n_cases, amount(n_lesions));
    let name = fit(&panel.name, TITLE_PX, frame.width - text_width(&said, TITLE_PX));
    canvas.text(
        &format!("{name}{said}"),
        &super::style::title(TITLE_PX),
        (frame.x, frame.y + 10),
    )?;
    let n_rows = panel.bins.len();
    let inner = Frame {
        x: frame.x + LABELS,
        width: frame.width - LABELS - SAID,
        height: PANEL_EXTRA + ROW * i32::try_from(n_rows).unwrap_or(1),
        ..frame
    };
    let plot = Plot::of_rows(canvas, inner, "", (x, "lesions"), n_rows)?;
    for (row_idx, bin) in panel.bins.iter().enumerate() {
        let y = plot.row(row_idx, n_rows);
        let label = fit(&bin.label, TEXT_PX, LABELS - 6);
        canvas.text(&label, &text(TEXT_PX, INK, Anchor::Right), (inner.x - 2, y))?;
        let (zero, middle, end) =
            (plot.x_of(0.0), plot.x_of(bin.found), plot.x_of(bin.found + bin.missed));
        let bar = Frame { x: zero, y: y - BAR / 2, width: middle - zero, height: BAR };
        if middle > zero {
            canvas.fill(bar, Fill::PLAIN.color)?;
        }
        if end > middle {
            canvas.fill(Frame { x: middle, width: end - middle, ..bar }, Fill::RISING.color)?;
            canvas.fill(Frame { x: middle, width: 1, ..bar }, CARD)?;
        }
        let (words, color) = share(bin);
        let at = (plot.frame.x + plot.frame.width + 10, y);
        canvas.text(&words, &text(TEXT_PX, color, Anchor::Left), at)?;
    }
    Ok(())
}

/// Found of all, with their share.
fn share(bin: &LesionBin) -> (String, plotters::style::RGBColor) {
    let total = bin.found + bin.missed;
    if total <= 0.0 {
        return ("none".into(), QUIET);
    }
    let percent = 100.0 * bin.found / total;
    (format!("{} of {} ({percent:.0} %)", amount(bin.found), amount(total)), INK)
}

/// A count, or a mean of counts with one decimal.
fn amount(number: f64) -> String {
    if (number - number.round()).abs() < 1e-9 {
        format!("{number:.0}")
    } else {
        format!("{number:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{outside, rectangles};

    fn sample(counts: &[(f64, f64)]) -> LesionBins {
        let bin =
            |&(found, missed): &(f64, f64)| LesionBin { label: "1 to 10 mL".into(), found, missed };
        let bins = counts.iter().map(bin).collect();
        LesionBins {
            of: "baseline, the test cases".into(),
            criterion: "overlaps".into(),
            panels: vec![LesionPanel { name: "tumour".into(), n_cases: 12, bins }],
        }
    }

    #[test]
    fn bars_are_as_long_as_their_counts() {
        let drawn = lesion_bins(&sample(&[(10.0, 5.0), (3.0, 0.0), (0.0, 0.0)])).unwrap().unwrap();
        let found = rectangles(&drawn, "#0072B3");
        let missed = rectangles(&drawn, "#D55E01");
        assert_eq!((found.len(), missed.len()), (2 + 1, 1 + 1), "with the legend's");
        assert!((found[0][2] - 2 * missed[0][2]).abs() <= 1);
        assert_eq!(found[0][0] + found[0][2], missed[0][0]);
        for words in ["10 of 15 (67 %)", "3 of 3 (100 %)", "none", "n 12 (18 lesions)"] {
            assert!(drawn.contains(words), "{words}");
        }
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn means_of_counts_have_a_decimal() {
        assert_eq!([3.0, 2.5, 2.0 / 3.0].map(amount), ["3", "2.5", "0.7"]);
        assert_eq!(lesion_bins(&sample(&[(0.0, 0.0)])).unwrap(), None);
    }
}
