//! [`slice_profile`]: where from feet to head voxels are found, missed and invented.
//!
//! Does not know how slices are binned.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, Legend},
    plot::{Grid, Plot},
    style::{Stroke, TITLE_PX, fit, text_width},
};
use crate::base::Result;
use plotters::prelude::PathElement;

const VOXELS_HEIGHT: i32 = 230;
const DICE_HEIGHT: i32 = 160;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct ProfileFigure {
    /// Of which setting and cases.
    pub of: String,
    /// Unit of the amounts: `mL` or `voxels`.
    pub unit: String,
    pub panels: Vec<ProfilePanel>,
}

/// One class, in bins of equal length from feet to head.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct ProfilePanel {
    pub class: String,
    pub n_cases: usize,
    /// What reference and prediction share, per bin.
    pub true_positive: Vec<f64>,
    /// What only the reference has.
    pub false_negative: Vec<f64>,
    /// What only the prediction has.
    pub false_positive: Vec<f64>,
    /// Dice of the bin's pooled voxels; `None` where both are empty. No bins: not drawn.
    pub dice: Vec<Option<f64>>,
}

/// The three amounts; each has a dash pattern of its own.
fn amounts(panel: &ProfilePanel) -> [(&[f64], Stroke, &'static str); 3] {
    [
        (&panel.true_positive, Stroke::nth(0), "found (true positive)"),
        (&panel.false_negative, Stroke::nth(7), "missed (false negative)"),
        (&panel.false_positive, Stroke::nth(8), "invented (false positive)"),
    ]
}

/// Draws the profiles; `None` when there is no bin.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn slice_profile(input: &ProfileFigure) -> Result<Option<String>> {
    let panels: Vec<&ProfilePanel> =
        input.panels.iter().filter(|panel| !panel.true_positive.is_empty()).collect();
    let Some(first) = panels.first() else { return Ok(None) };
    let has_dice = panels.iter().any(|panel| !panel.dice.is_empty());
    let dice_height = if has_dice { DICE_HEIGHT } else { 0 };
    let grid = Grid::new(panels.len(), 3, VOXELS_HEIGHT + dice_height + 16);
    let mut entries: Vec<(Glyph, String)> =
        amounts(first).map(|(_, stroke, name)| (Glyph::Line(stroke), name.to_owned())).into();
    if has_dice {
        entries.push((Glyph::Line(Stroke::nth(1)), "Dice of a bin, all cases pooled".to_owned()));
    }
    let legend = Legend::new(entries);
    let n_bins = first.true_positive.len();
    let heading = format!("Errors from feet to head, {n_bins} bins, {}", input.of);
    let picture = svg("slice-profile", &heading, grid.bottom() + legend.height(), |canvas| {
        for (panel_idx, panel) in panels.iter().enumerate() {
            let frame = grid.frame(panel_idx);
            draw_amounts(canvas, panel, &input.unit, Frame { height: VOXELS_HEIGHT, ..frame })?;
            if has_dice {
                let y = frame.y + VOXELS_HEIGHT + 4;
                draw_dice(canvas, panel, Frame { y, height: DICE_HEIGHT - 4, ..frame })?;
            }
        }
        legend.draw(canvas, grid.bottom())
    })?;
    Ok(Some(picture))
}

fn position() -> Axis {
    Axis::linear(0.0, 100.0)
}

fn draw_amounts(canvas: &Canvas<'_>, panel: &ProfilePanel, unit: &str, frame: Frame) -> Drawn<()> {
    let said = format!(", n {}", panel.n_cases);
    let room = frame.width - text_width(&said, TITLE_PX);
    let heading = format!("{}{said}", fit(&panel.class, TITLE_PX, room));
    let values = amounts(panel).into_iter().flat_map(|(bins, ..)| bins.iter().copied());
    let y = Axis::from_zero(values);
    let axes = ((&position(), "position, % from feet to head"), (&y, unit));
    let plot = Plot::new(canvas, frame, &heading, axes.0, axes.1)?;
    for (bins, stroke, _) in amounts(panel) {
        let bins: Vec<Option<f64>> = bins.iter().copied().map(Some).collect();
        draw_stairs(canvas, &plot, &bins, stroke)?;
    }
    Ok(())
}

fn draw_dice(canvas: &Canvas<'_>, panel: &ProfilePanel, frame: Frame) -> Drawn<()> {
    let axes = ((&position(), "position, % from feet to head"), (&Axis::share(), "Dice"));
    let plot = Plot::new(canvas, frame, "", axes.0, axes.1)?;
    draw_stairs(canvas, &plot, &panel.dice, Stroke::nth(1))
}

/// A step a bin, parted where there is no value.
fn draw_stairs(
    canvas: &Canvas<'_>,
    plot: &Plot<'_>,
    bins: &[Option<f64>],
    stroke: Stroke,
) -> Drawn<()> {
    let edge = |bin_idx: usize| 100.0 * bin_idx as f64 / bins.len().max(1) as f64;
    let mut piece = Vec::new();
    for (bin_idx, value) in bins.iter().enumerate() {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            piece.extend([(edge(bin_idx), value), (edge(bin_idx + 1), value)]);
        }
        let ends = value.is_none() || bin_idx + 1 == bins.len();
        if ends && !piece.is_empty() {
            let points = plot.all(piece.drain(..));
            canvas.area().draw(&PathElement::new(points, stroke.line(2)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{attributes, outside};

    #[test]
    fn steps_break_where_a_bin_has_no_dice() {
        let panel = ProfilePanel {
            class: "tumour".into(),
            n_cases: 12,
            true_positive: vec![1.0, 2.0, 0.0, 4.0],
            false_negative: vec![0.5; 4],
            false_positive: vec![0.0; 4],
            dice: vec![Some(0.5), Some(0.6), None, Some(0.9)],
        };
        let input = ProfileFigure { of: "baseline".into(), unit: "mL".into(), panels: vec![panel] };
        let drawn = slice_profile(&input).unwrap().unwrap();
        let lines = attributes(&drawn, "polyline");
        let n_points = |color: String| -> Vec<usize> {
            let of_color = lines.iter().filter(|line| line["stroke"] == color);
            of_color.map(|line| line["points"].split_whitespace().count()).collect()
        };
        assert_eq!(n_points(Stroke::nth(1).css_color()), [4, 2, 2], "two pieces and the legend");
        assert_eq!(n_points(Stroke::nth(0).css_color()), [8, 2]);
        assert!(drawn.contains("tumour, n 12") && drawn.contains("4 bins"));
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn without_bins_there_is_no_figure() {
        assert_eq!(slice_profile(&ProfileFigure::default()).unwrap(), None);
    }
}
