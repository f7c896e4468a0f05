//! [`effects`]: the levels of each axis of a sweep, a panel an axis.
//!
//! Does not know how levels are compared.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    mark::{Mark, color_of, interval},
    style::{Anchor, GRID, INK, QUIET, TEXT_PX, WIDTH, text},
};
use crate::{
    analysis::{AxisRow, Design, SweepTables, short_value},
    base::Result,
    report::text::{counted, score, shorten},
};

const MARGIN: i32 = 12;
const TOP: i32 = 40;
const ROW: i32 = 24;
const PANEL_EXTRA: i32 = 68;
const GAP: i32 = 10;
const LABEL_WIDTH: i32 = 124;
const SAID_WIDTH: i32 = 96;
/// Most axes of a figure.
const MOST_AXES: usize = 12;

/// Draws the levels of every axis; `None` when fewer than two levels of any have a score.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn effects(sweep: &SweepTables) -> Result<Option<String>> {
    let n_scored = |axis: &AxisRow| axis.levels.iter().filter(|level| level.is_scored()).count();
    let axes: Vec<&AxisRow> =
        sweep.axes.iter().filter(|axis| n_scored(axis) > 1).take(MOST_AXES).collect();
    if axes.is_empty() {
        return Ok(None);
    }
    let levels = axes.iter().flat_map(|axis| &axis.levels);
    let ends = levels.filter_map(|level| level.interval).flat_map(|it| [it.low, it.high]);
    let x = Axis::near(ends);
    let n_rows = |axis: &AxisRow| i32::try_from(axis.levels.len()).unwrap_or(1);
    let heights: Vec<i32> = axes
        .chunks(2)
        .map(|pair| PANEL_EXTRA + ROW * pair.iter().map(|axis| n_rows(axis)).max().unwrap_or(1))
        .collect();
    let height = TOP + heights.iter().map(|height| height + GAP).sum::<i32>();
    let heading = "Mean foreground Dice of the validation cases by value of each axis";
    let picture = svg("effects", heading, height, |canvas| {
        let width = (WIDTH - 3 * MARGIN) / 2;
        let mut y = TOP;
        for (pair, height) in axes.chunks(2).zip(&heights) {
            for (idx, axis) in (0..).zip(pair) {
                let left = MARGIN + idx * (width + MARGIN);
                let height = PANEL_EXTRA + ROW * n_rows(axis);
                draw(canvas, Frame { x: left, y, width, height }, &x, axis)?;
            }
            y += height + GAP;
        }
        Ok(())
    })?;
    Ok(Some(picture))
}

fn draw(canvas: &Canvas<'_>, frame: Frame, x: &Axis, axis: &AxisRow) -> Drawn<()> {
    let how = match axis.design {
        Design::Paired { n_blocks: 1 } => "paired in 1 block".to_owned(),
        Design::Paired { n_blocks } => format!("paired in {n_blocks} blocks"),
        Design::Marginal => "not paired".to_owned(),
    };
    let heading = format!("{}, {how}", shorten(&axis.key, 44));
    canvas.text(&heading, &super::style::title(super::style::TITLE_PX), (frame.x, frame.y + 10))?;
    let inner =
        Frame { x: frame.x + LABEL_WIDTH, width: frame.width - LABEL_WIDTH - SAID_WIDTH, ..frame };
    let n_levels = axis.levels.len();
    let panel = canvas.panel(inner, "", (x, "Dice"), (&Axis::rows(n_levels), ""))?;
    for (row_idx, level) in axis.levels.iter().enumerate() {
        let place = (n_levels - row_idx) as f64 - 0.5;
        let x_of = |value: f64| panel.backend_coord(&(x.place(value).unwrap_or(value), place)).0;
        let y = panel.backend_coord(&(0.0, place)).1;
        let (left, right) = (inner.x + 4, inner.x + inner.width - 14);
        canvas.fill(Frame { x: left, y, width: right - left, height: 1 }, GRID)?;
        let name = shorten(&short_value(&level.name), 18);
        canvas.text(&name, &text(TEXT_PX, INK, Anchor::Right), (inner.x - 4, y))?;
        let said = format!("{}, {}", score(level.score.mean), counted(level.n_runs, "run"));
        canvas.text(&said, &text(TEXT_PX, QUIET, Anchor::Left), (right + 12, y))?;
        if let Some(mean) = level.score.mean {
            let color = color_of(level.to_best.map(|it| it.verdict));
            interval(canvas, y, x_of, &Mark { mean, interval: level.interval, seeds: &[], color })?;
        }
    }
    Ok(())
}
