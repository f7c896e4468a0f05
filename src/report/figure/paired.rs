//! [`paired`]: every setting less the baseline, case by case, a row per setting and a panel per
//! class.
//!
//! Does not know how the differences were tested.

use super::{
    axis::Axis,
    band::{Band, row_line},
    canvas::{Canvas, Drawn, svg},
    legend::{Glyph, Legend},
    mark::{Mark, Shape, interval},
    plot::Plot,
    quantity::{Quantity, n_by_seeds},
    style::{Anchor, INK, QUIET, Stroke, TEXT_PX, text},
};
use crate::{analysis::Interval, base::Result};
use plotters::style::Color;

/// Room right of a panel for the mean and n.
const SAID: i32 = 74;
const ROW: i32 = 38;
/// How far the points of a row spread upwards and downwards, in pixels.
const SPREAD: f64 = 12.0;
/// Opacity of the noise floor.
const NOISE: f64 = 0.14;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Paired {
    /// What differs.
    pub quantity: Quantity,
    /// Name of the setting that the others are compared with.
    pub baseline: String,
    /// The other settings, top to bottom.
    pub settings: Vec<(String, Stroke)>,
    pub panels: Vec<PairedPanel>,
}

/// One class.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct PairedPanel {
    pub class: String,
    /// 95 % half-width of a difference between repeated runs of one setting.
    pub noise: Option<f64>,
    /// A row per setting, in their order.
    pub rows: Vec<PairedRow>,
}

/// One setting in one class.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct PairedRow {
    /// Setting less baseline of each case that both have, each averaged over its seeds before.
    pub differences: Vec<f64>,
    pub mean: Option<f64>,
    pub interval: Option<Interval>,
    pub n_seeds: usize,
}

/// Draws the differences; `None` when there is none.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn paired(input: &Paired) -> Result<Option<String>> {
    let rows = || input.panels.iter().flat_map(|panel| &panel.rows);
    if rows().all(|row| row.differences.is_empty()) {
        return Ok(None);
    }
    let names = input.settings.iter().map(|(name, _)| name.as_str()).collect();
    let band = Band::new(names, ROW, input.panels.len(), 3);
    let legend = legend(input);
    let Quantity { name, of, .. } = &input.quantity;
    let heading = format!("{name} of {of}, each setting less {}, case by case", input.baseline);
    let ends = rows().filter_map(|row| row.interval).flat_map(|it| [it.low, it.high]);
    let noise = input.panels.iter().filter_map(|panel| panel.noise).flat_map(|it| [-it, it]);
    let x = Axis::differences(
        rows().flat_map(|row| row.differences.iter().copied()).chain(ends).chain(noise),
    );
    let picture = svg("paired", &heading, band.bottom() + legend.height(), |canvas| {
        band.draw_names(canvas)?;
        for panel_idx in 0..input.panels.len() {
            draw_panel(canvas, &band, input, panel_idx, &x)?;
        }
        legend.draw(canvas, band.bottom())
    })?;
    Ok(Some(picture))
}

fn draw_panel(
    canvas: &Canvas<'_>,
    band: &Band<'_>,
    input: &Paired,
    panel_idx: usize,
    x: &Axis,
) -> Drawn<()> {
    let panel = &input.panels[panel_idx];
    let n_rows = input.settings.len();
    let x_title = format!("difference in {}", input.quantity.with_unit());
    let frame = band.frame(panel_idx, SAID);
    let plot = Plot::of_rows(canvas, frame, &panel.class, (x, &x_title), n_rows)?;
    if let Some(noise) = panel.noise {
        canvas.shade(plot.columns(-noise, noise), QUIET, NOISE)?;
    }
    canvas.fill(super::canvas::Frame { width: 1, ..plot.columns(0.0, 0.0) }, INK)?;
    for (row_idx, ((_, stroke), row)) in input.settings.iter().zip(&panel.rows).enumerate() {
        let y = plot.row(row_idx, n_rows);
        row_line(canvas, plot.frame, y)?;
        let n_cases = row.differences.len();
        for (case_idx, difference) in row.differences.iter().enumerate() {
            // A case keeps its height from row to row.
            let share = (case_idx as f64 + 0.5) / n_cases as f64 - 0.5;
            #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
            let at = (plot.x_of(*difference), y + (2.0 * SPREAD * share).round() as i32);
            Shape::Circle.draw(canvas, at, 3, stroke.color.mix(0.65))?;
        }
        if let Some(mean) = row.mean {
            let mark = Mark { mean, interval: row.interval, seeds: &[], color: INK };
            interval(canvas, y, |value| plot.x_of(value), &mark)?;
        }
        let x = plot.frame.x + plot.frame.width + 10;
        let mean = row.mean.map_or_else(|| "-".to_owned(), |it| input.quantity.difference(it));
        canvas.text(&mean, &text(TEXT_PX, INK, Anchor::Left), (x, y - 8))?;
        let count = n_by_seeds(n_cases, row.n_seeds);
        canvas.text(&count, &text(TEXT_PX, QUIET, Anchor::Left), (x, y + 8))?;
    }
    Ok(())
}

fn legend(input: &Paired) -> Legend {
    let mut entries = vec![
        (Glyph::Point(Shape::Circle, QUIET), "one case, mean of its seeds".to_owned()),
        (Glyph::Mean(INK), "mean and its 95 % interval".to_owned()),
        (Glyph::Upright(INK), "no difference".to_owned()),
    ];
    if input.panels.iter().any(|panel| panel.noise.is_some()) {
        let words = "noise floor: 95 % of the differences between repeated runs";
        entries.push((Glyph::Band(QUIET, NOISE), words.to_owned()));
    }
    let several = input.panels.iter().flat_map(|panel| &panel.rows).any(|row| row.n_seeds > 1);
    let words = if several { "n cases × seeds" } else { "n cases" };
    entries.push((Glyph::Nothing, words.to_owned()));
    Legend::new(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{circles, outside};

    fn sample(differences: Vec<f64>) -> Paired {
        let row = PairedRow { differences, mean: Some(0.01), interval: None, n_seeds: 3 };
        Paired {
            quantity: Quantity { name: "Dice".into(), unit: None, of: "the test cases".into() },
            baseline: "baseline".into(),
            settings: vec![("no augmentation".into(), Stroke::nth(1))],
            panels: vec![PairedPanel {
                class: "tumour".into(),
                noise: Some(0.02),
                rows: vec![row],
            }],
        }
    }

    #[test]
    fn points_stand_on_their_side_of_the_zero_line() {
        let drawn = paired(&sample(vec![-0.05, 0.0, 0.05])).unwrap().unwrap();
        let points = circles(&drawn, Stroke::nth(1).css_color().as_str());
        assert_eq!(points.len(), 3);
        // To the pixel.
        assert!((points[0].0 + points[2].0 - 2 * points[1].0).abs() <= 1);
        assert!(points[0].0 < points[1].0 && points[0].1 < points[1].1);
        assert!(drawn.contains("n 3 × 3") && drawn.contains("+0.010"));
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn nothing_to_pair_draws_nothing() {
        assert_eq!(paired(&sample(Vec::new())).unwrap(), None);
        assert_eq!(paired(&Paired::default()).unwrap(), None);
    }
}
