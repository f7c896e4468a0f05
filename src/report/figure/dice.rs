//! [`dice`]: Dice of every case on the native grid, a row per run, a panel per class.
//!
//! Does not know about epochs.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, Panel, svg},
    mark::diamond,
    style::{Anchor, CARD, GRID, INK, QUIET, Stroke, TEXT_PX, WIDTH, text, text_width},
};
use crate::{
    analysis::{Split, mean, quantile},
    base::Result,
    report::{
        text::{counted, shorten},
        view::{RunView, View},
    },
};
use plotters::prelude::{Circle, PathElement, Rectangle};
use plotters::style::Color;

const MARGIN: i32 = 12;
const TOP: i32 = 40;
/// Heading and axis of a panel.
const PANEL_EXTRA: i32 = 68;
/// Room for `n 12` right of a panel's rows.
const COUNT_WIDTH: i32 = 44;
const WIDEST_LABEL: i32 = 270;
/// Size at which the estimated width of plain sentences fits; names need more.
const LEGEND_LETTER_PX: f64 = 10.5;
const PANELS_ABREAST: usize = 3;
/// Fewer cases than this get no box of quartiles.
const FEWEST_FOR_A_BOX: usize = 5;

/// What one row shows: a class of a run.
struct Row {
    stroke: Stroke,
    /// Dice and the place of the case among all cases, from 0 to 1; where it is defined.
    points: Vec<(f64, f64)>,
    /// Mean of the ceilings that are defined.
    ceiling: Option<f64>,
}

/// Draws the scores of one split; `None` when it has none.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn dice(view: &View<'_>, split: Split) -> Result<Option<String>> {
    let has_scores = |run: &&RunView<'_>| run.scores.iter().any(|row| row.score.split == split);
    let runs: Vec<&RunView<'_>> = view.runs.iter().filter(has_scores).collect();
    if runs.is_empty() || view.foreground.is_empty() {
        return Ok(None);
    }
    let row_height = if runs.len() > 12 { 24 } else { 34 };
    let all_rows = row_height * i32::try_from(runs.len()).unwrap_or(i32::MAX / row_height);
    let band_height = all_rows + PANEL_EXTRA;
    let bands: Vec<&[String]> = view.foreground.chunks(PANELS_ABREAST).collect();
    let n_bands = i32::try_from(bands.len()).unwrap_or(1);
    let legend_top = TOP + n_bands * (band_height + 8);
    let part = if split == Split::Test { "test" } else { "validation" };
    let heading =
        format!("Dice of the {part} cases on their native grid, {}", counted(runs.len(), "run"));
    let picture = svg(&format!("dice-{}", split.name()), &heading, legend_top + 34, |canvas| {
        for (band_idx, band) in (0..).zip(bands) {
            let frame = Frame {
                x: MARGIN,
                y: TOP + band_idx * (band_height + 8),
                width: WIDTH - 2 * MARGIN,
                height: band_height,
            };
            draw_band(canvas, frame, row_height, &runs, band, split)?;
        }
        draw_legend(canvas, legend_top + 14)
    })?;
    Ok(Some(picture))
}

/// Labels of the runs at the left, then a panel for each class.
fn draw_band(
    canvas: &Canvas<'_>,
    frame: Frame,
    row_height: i32,
    runs: &[&RunView<'_>],
    classes: &[String],
    split: Split,
) -> Drawn<()> {
    let widest = runs.iter().map(|run| text_width(&run.name(), TEXT_PX)).max().unwrap_or(0);
    let gutter = widest.min(WIDEST_LABEL) + 8;
    for (row_idx, run) in (0..).zip(runs) {
        let y = frame.y + 28 + row_idx * row_height + row_height / 2;
        canvas.text(&run.name(), &text(TEXT_PX, INK, Anchor::Left), (frame.x, y))?;
    }
    let n_abreast = i32::try_from(classes.len()).unwrap_or(1).max(1);
    let width = ((frame.width - gutter) / n_abreast).min(540);
    let x = Axis::share();
    let y = Axis::rows(runs.len());
    for (class_idx, class) in (0..).zip(classes) {
        let frame =
            Frame { x: frame.x + gutter + class_idx * width, width: width - COUNT_WIDTH, ..frame };
        let mut panel = canvas.panel(frame, &shorten(class, 40), (&x, "Dice"), (&y, ""))?;
        for (row_idx, run) in runs.iter().enumerate() {
            let middle = (runs.len() - row_idx) as f64 - 0.5;
            let row = row(run, class, split);
            draw_row(&mut panel, middle, &row)?;
            let at = (frame.x + frame.width - 6, panel.backend_coord(&(0.0, middle)).1);
            let count = format!("n {}", row.points.len());
            canvas.text(&count, &text(TEXT_PX, QUIET, Anchor::Left), at)?;
        }
    }
    Ok(())
}

fn row(run: &RunView<'_>, class: &str, split: Split) -> Row {
    let of_class =
        |score: &crate::analysis::CaseRow| score.split == split && score.class_name == class;
    let scores: Vec<_> =
        run.scores.iter().map(|row| &row.score).filter(|score| of_class(score)).collect();
    let n_cases = scores.len().max(1) as f64;
    let points = scores.iter().enumerate().filter_map(|(case_idx, score)| {
        // A case keeps its height from run to run.
        score.dice.map(|dice| (dice, (case_idx as f64 + 0.5) / n_cases))
    });
    let ceilings: Vec<f64> = scores.iter().filter_map(|score| score.ceiling_dice).collect();
    Row { stroke: run.stroke, points: points.collect(), ceiling: mean(&ceilings) }
}

/// Draws a row at this height; what must be sharp is drawn in pixels.
fn draw_row(panel: &mut Panel<'_>, middle: f64, row: &Row) -> Drawn<()> {
    let color = row.stroke.color;
    panel.draw_series([PathElement::new([(0.0, middle), (1.0, middle)], GRID.stroke_width(1))])?;
    let pixels = panel.plotting_area().strip_coord_spec();
    let corner = pixels.get_base_pixel();
    let y_of = |height: f64| panel.backend_coord(&(0.0, height)).1 - corner.1;
    let x_of = |dice: f64| panel.backend_coord(&(dice, middle)).0 - corner.0;
    let upright = |dice: f64, width: i32, reach: f64| {
        let left = x_of(dice) - width / 2;
        [(left, y_of(middle + reach)), (left + width, y_of(middle - reach))]
    };
    if let Some(ceiling) = row.ceiling {
        pixels.draw(&Rectangle::new(upright(ceiling, 2, 0.42), INK.filled()))?;
    }
    let mut values: Vec<f64> = row.points.iter().map(|(dice, _)| *dice).collect();
    values.sort_by(f64::total_cmp);
    if values.len() >= FEWEST_FOR_A_BOX
        && let [Some(lower), Some(median), Some(upper)] =
            [0.25, 0.5, 0.75].map(|share| quantile(&values, share))
    {
        let body = [(x_of(lower), y_of(middle + 0.34)), (x_of(upper), y_of(middle - 0.34))];
        pixels.draw(&Rectangle::new(body, color.mix(0.16).filled()))?;
        pixels.draw(&Rectangle::new(body, color.stroke_width(1)))?;
        pixels.draw(&Rectangle::new(upright(median, 3, 0.34), color.filled()))?;
    }
    for (dice, place) in &row.points {
        let at = (x_of(*dice), y_of(middle + 0.46 * (place - 0.5)));
        pixels.draw(&Circle::new(at, 3, color.mix(0.75).filled()))?;
    }
    if let Some(mean) = mean(&values) {
        let at = (x_of(mean), y_of(middle));
        pixels.draw(&diamond(at, 7, CARD))?;
        pixels.draw(&diamond(at, 5, INK))?;
    }
    Ok(())
}

fn draw_legend(canvas: &Canvas<'_>, y: i32) -> Drawn<()> {
    let style = text(TEXT_PX, QUIET, Anchor::Left);
    let mut x = MARGIN;
    let words = [
        "one case".to_owned(),
        format!("middle half of the cases and their median (from {FEWEST_FOR_A_BOX} cases on)"),
        "mean".to_owned(),
        "ceiling: mean Dice that the training grid allows".to_owned(),
        "n cases with a defined Dice".to_owned(),
    ];
    for (glyph_idx, words) in words.iter().enumerate() {
        let area = canvas.area();
        match glyph_idx {
            0 => area.draw(&Circle::new((x + 6, y), 3, QUIET.filled()))?,
            1 => {
                let frame = Frame { x: x - 4, y: y - 6, width: 18, height: 12 };
                canvas.outline(frame, QUIET)?;
                canvas.fill(Frame { x: x + 3, width: 3, ..frame }, QUIET)?;
            }
            2 => area.draw(&diamond((x + 6, y), 5, INK))?,
            3 => canvas.fill(Frame { x: x + 5, y: y - 8, width: 2, height: 16 }, INK)?,
            _ => x -= 20,
        }
        canvas.text(words, &style, (x + 20, y))?;
        x += 20 + text_width(words, LEGEND_LETTER_PX) + 26;
    }
    Ok(())
}
