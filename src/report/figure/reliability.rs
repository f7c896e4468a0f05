//! [`reliability`]: how often the network is right where it is so sure, and how many voxels that
//! are.
//!
//! Does not know how voxels are binned.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, draw_glyph},
    mark::Shape,
    plot::{Grid, Plot},
    style::{Anchor, INK, QUIET, Stroke, TEXT_PX, fit, text, text_width},
};
use crate::{
    base::Result,
    report::text::{count, score},
};
use plotters::prelude::PathElement;
use plotters::style::Color;

const CURVES_HEIGHT: i32 = 330;
const SHARES_HEIGHT: i32 = 150;
const LEGEND_LINE: i32 = 20;
/// Shares of voxels below this are drawn at the bottom.
const LEAST_SHARE: f64 = 1e-4;
const FOOT: i32 = 36;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct ReliabilityFigure {
    /// Of which setting and cases.
    pub of: String,
    /// A panel per region, or just one.
    pub panels: Vec<ReliabilityPanel>,
}

/// Curves of one panel.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct ReliabilityPanel {
    /// Their region: `foreground`, `boundary band`.
    pub name: String,
    pub curves: Vec<ReliabilityCurve>,
}

/// One curve.
#[derive(Debug, Clone)]
pub(in crate::report) struct ReliabilityCurve {
    /// Setting, or region.
    pub name: String,
    pub stroke: Stroke,
    pub ece: Option<f64>,
    pub n_voxels: u64,
    pub n_cases: usize,
    /// Bins of equal width from confidence 0 to 1.
    pub bins: Vec<ReliabilityBin>,
}

/// One bin.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::report) struct ReliabilityBin {
    /// Mean confidence of its voxels; `None` of an empty bin.
    pub confidence: Option<f64>,
    /// Share of them that is right.
    pub right: Option<f64>,
    /// Share of all voxels that it holds.
    pub share: f64,
}

/// Draws the diagrams; `None` when no bin has a voxel.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn reliability(input: &ReliabilityFigure) -> Result<Option<String>> {
    let curves = || input.panels.iter().flat_map(|panel| &panel.curves);
    if curves().flat_map(|curve| &curve.bins).all(|bin| bin.right.is_none()) {
        return Ok(None);
    }
    let most = input.panels.iter().map(|panel| panel.curves.len()).max().unwrap_or(1);
    let legend_height = LEGEND_LINE * i32::try_from(most).unwrap_or(1) + 12;
    let height = CURVES_HEIGHT + SHARES_HEIGHT + legend_height + 12;
    let grid = Grid::new(input.panels.len().max(2), 3, height);
    let heading = format!("Confidence and how often it is right, by voxel, {}", input.of);
    let picture = svg("reliability", &heading, grid.bottom() + FOOT - 12, |canvas| {
        for (panel_idx, panel) in input.panels.iter().enumerate() {
            let frame = grid.frame(panel_idx);
            draw_curves(canvas, panel, Frame { height: CURVES_HEIGHT, ..frame })?;
            let y = frame.y + CURVES_HEIGHT + 6;
            draw_shares(canvas, panel, Frame { y, height: SHARES_HEIGHT - 6, ..frame })?;
            draw_legend(canvas, panel, Frame { y: y + SHARES_HEIGHT, ..frame })?;
        }
        let at = (super::plot::MARGIN, grid.bottom() + 4);
        draw_glyph(canvas, Glyph::Line(Stroke::LIMIT), at)?;
        let words = "as often right as it is sure; below the line it is too sure. \
                     ECE: expected calibration error, 0 is best";
        canvas.text(words, &text(TEXT_PX, QUIET, Anchor::Left), (at.0 + 34, at.1))
    })?;
    Ok(Some(picture))
}

fn draw_curves(canvas: &Canvas<'_>, panel: &ReliabilityPanel, frame: Frame) -> Drawn<()> {
    let share = Axis::share();
    let axes = ((&share, "confidence"), (&share, "share of voxels that are right"));
    let plot = Plot::new(canvas, frame, &panel.name, axes.0, axes.1)?;
    let diagonal = plot.all([(0.0, 0.0), (1.0, 1.0)].into_iter());
    canvas.line(Stroke::LIMIT, diagonal)?;
    for (curve_idx, curve) in panel.curves.iter().enumerate() {
        let points = curve.bins.iter().filter_map(|bin| Some((bin.confidence?, bin.right?)));
        let points = plot.all(points);
        canvas.line(curve.stroke, points.clone())?;
        for at in points {
            Shape::nth(curve_idx).draw(canvas, at, 4, curve.stroke.color.mix(1.0))?;
        }
    }
    Ok(())
}

/// A staircase per curve.
fn draw_shares(canvas: &Canvas<'_>, panel: &ReliabilityPanel, frame: Frame) -> Drawn<()> {
    let y = Axis::log10(LEAST_SHARE, 1.0);
    let axes = ((&Axis::share(), "confidence"), (&y, "share"));
    let plot = Plot::new(canvas, frame, "Share of the voxels in each bin", axes.0, axes.1)?;
    for curve in &panel.curves {
        let n_bins = curve.bins.len().max(1) as f64;
        let stairs = curve.bins.iter().enumerate().flat_map(|(bin_idx, bin)| {
            let height = bin.share.max(LEAST_SHARE);
            let edge = |idx: usize| idx as f64 / n_bins;
            [(edge(bin_idx), height), (edge(bin_idx + 1), height)]
        });
        canvas.area().draw(&PathElement::new(plot.all(stairs), curve.stroke.line(2)))?;
    }
    Ok(())
}

fn draw_legend(canvas: &Canvas<'_>, panel: &ReliabilityPanel, frame: Frame) -> Drawn<()> {
    let mut y = frame.y + LEGEND_LINE / 2;
    for (curve_idx, curve) in panel.curves.iter().enumerate() {
        draw_glyph(canvas, Glyph::Line(curve.stroke), (frame.x, y))?;
        let shape = Glyph::Point(Shape::nth(curve_idx), curve.stroke.color);
        draw_glyph(canvas, shape, (frame.x, y))?;
        let said = format!(
            ": ECE {}, n {} ({} voxels)",
            score(curve.ece),
            curve.n_cases,
            count(curve.n_voxels)
        );
        let room = frame.width - 34 - text_width(&said, TEXT_PX);
        let words = format!("{}{said}", fit(&curve.name, TEXT_PX, room));
        canvas.text(&words, &text(TEXT_PX, INK, Anchor::Left), (frame.x + 34, y))?;
        y += LEGEND_LINE;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{circles, outside};

    fn curve(right: Option<f64>) -> ReliabilityCurve {
        let bin = |idx: usize| ReliabilityBin {
            confidence: (idx > 5).then_some((idx as f64 + 0.5) / 15.0),
            right: right.map(|scale| scale * (idx as f64 + 0.5) / 15.0),
            share: if idx > 5 { 0.1 } else { 0.0 },
        };
        ReliabilityCurve {
            name: "baseline".into(),
            stroke: Stroke::nth(0),
            ece: Some(0.0412),
            n_voxels: 1_234_567,
            n_cases: 12,
            bins: (0..15).map(bin).collect(),
        }
    }

    fn sample(right: Option<f64>) -> ReliabilityFigure {
        let panel = ReliabilityPanel { name: "foreground".into(), curves: vec![curve(right)] };
        ReliabilityFigure { of: "the test cases".into(), panels: vec![panel] }
    }

    #[test]
    fn what_is_too_sure_lies_below_the_diagonal() {
        let drawn = reliability(&sample(Some(0.5))).unwrap().unwrap();
        let points = circles(&drawn, &Stroke::nth(0).css_color());
        // The last one is the legend's; empty bins have none.
        assert_eq!(points.len(), 9 + 1);
        let [first, last] = [points[0], points[8]];
        let height = f64::from(first.1 - last.1) / f64::from(last.0 - first.0);
        let frame_shape = 242.0 / 466.0;
        assert!(
            (height / frame_shape - 0.5).abs() < 0.05,
            "half as steep as the diagonal: {height}"
        );
        assert!(drawn.contains("ECE 0.041, n 12 (1,234,567 voxels)"));
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn without_voxels_there_is_no_figure() {
        assert_eq!(reliability(&sample(None)).unwrap(), None);
    }
}
