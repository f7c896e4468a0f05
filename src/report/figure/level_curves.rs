//! [`level_curves`]: how the runs of each value of an axis learned, a panel an axis.
//!
//! Does not know about single runs.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    ribbon::{Ribbon, draw_ribbons},
    style::{Anchor, INK, Stroke, TEXT_PX, WIDTH, text},
};
use crate::{
    analysis::{AxisRow, LevelRow, SweepTables, short_value},
    base::Result,
    report::text::shorten,
};

const MARGIN: i32 = 12;
const TOP: i32 = 40;
const PANEL_HEIGHT: i32 = 268;
const LEGEND_WIDTH: i32 = 190;
const LEGEND_LINE: i32 = 17;
/// Most axes of a figure.
const MOST_AXES: usize = 12;

/// Draws the curves of every axis; `None` when no run has an epoch.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn level_curves(sweep: &SweepTables) -> Result<Option<String>> {
    let has_curve = |axis: &&AxisRow| axis.levels.iter().any(|it| !it.curve.points.is_empty());
    let axes: Vec<&AxisRow> = sweep.axes.iter().filter(has_curve).take(MOST_AXES).collect();
    let points = || axes.iter().flat_map(|axis| &axis.levels).flat_map(|it| &it.curve.points);
    let Some(last_epoch) = points().map(|point| point.epoch).max() else { return Ok(None) };
    let (x, y) = (Axis::epochs(last_epoch), Axis::near(points().flat_map(|it| [it.low, it.high])));
    let n_rows = i32::try_from(axes.len().div_ceil(2)).unwrap_or(1);
    let heading =
        "Validation Dice while training, mean of the foreground classes, by value of each axis";
    let picture = svg("level-curves", heading, TOP + n_rows * PANEL_HEIGHT, |canvas| {
        let width = (WIDTH - 3 * MARGIN) / 2;
        for (idx, axis) in (0..).zip(&axes) {
            let left = MARGIN + (idx % 2) * (width + MARGIN);
            let top = TOP + idx / 2 * PANEL_HEIGHT;
            draw(
                canvas,
                Frame { x: left, y: top, width, height: PANEL_HEIGHT - 12 },
                &x,
                &y,
                axis,
            )?;
        }
        Ok(())
    })?;
    Ok(Some(picture))
}

fn draw(canvas: &Canvas<'_>, frame: Frame, x: &Axis, y: &Axis, axis: &AxisRow) -> Drawn<()> {
    let inner = Frame { width: frame.width - LEGEND_WIDTH, ..frame };
    let heading = shorten(&axis.key, 50);
    let mut panel = canvas.panel(inner, &heading, (x, "epoch"), (y, "Dice"))?;
    let drawn: Vec<(Stroke, &LevelRow)> = (0..)
        .map(Stroke::nth)
        .zip(&axis.levels)
        .filter(|(_, level)| !level.curve.points.is_empty())
        .collect();
    let ribbons: Vec<Ribbon> = drawn.iter().map(|(stroke, level)| ribbon(*stroke, level)).collect();
    draw_ribbons(&mut panel, y, &ribbons)?;
    let (left, mut y) = (inner.x + inner.width - 6, inner.y + 36);
    for (stroke, level) in &drawn {
        canvas.line(*stroke, vec![(left, y), (left + 24, y)])?;
        let way = if level.curve.is_open { " (under way)" } else { "" };
        let name =
            format!("{}, n {}{way}", shorten(&short_value(&level.name), 18), level.curve.n_runs);
        canvas.text(&name, &text(TEXT_PX, INK, Anchor::Left), (left + 30, y))?;
        y += LEGEND_LINE;
    }
    Ok(())
}

fn ribbon(stroke: Stroke, level: &LevelRow) -> Ribbon {
    let points = level.curve.points.clone();
    Ribbon { stroke, has_band: level.curve.n_seeds > 1, points }
}
