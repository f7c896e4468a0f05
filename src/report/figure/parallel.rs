//! [`parallel`]: every setting as a line through the values of all axes to its score.
//!
//! Does not know about runs.

use super::{
    canvas::{Canvas, Drawn, Frame, svg},
    style::{Anchor, CARD, GRID, INK, QUIET, Stroke, TEXT_PX, WIDTH, text, text_width},
};
use crate::{
    analysis::{AxisRow, AxisScale, SettingRow, SweepTables, short_value},
    base::Result,
    report::text::{score, shorten},
};
use plotters::prelude::PathElement;
use plotters::style::{Color, RGBColor};

const MARGIN: i32 = 70;
const TOP: i32 = 76;
const HEIGHT: i32 = 300;
/// Most axes and settings of a figure.
const MOST_AXES: usize = 9;
const MOST_LINES: usize = 300;
/// With fewer axes the figure of their effects is enough.
const FEWEST_AXES: usize = 3;
/// Labels on one axis.
const MOST_LABELS: usize = 12;
/// How far lines that share a value are spread there.
const SPREAD: f64 = 14.0;
const LOW: RGBColor = RGBColor(0xC3, 0xC8, 0xCC);
const HIGH: RGBColor = RGBColor(0x0B, 0x3C, 0x6E);

/// Draws the settings; `None` with fewer than three axes, or fewer than two scored settings.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn parallel(sweep: &SweepTables) -> Result<Option<String>> {
    let scored: Vec<(&SettingRow, f64)> = sweep
        .settings
        .iter()
        .filter_map(|setting| Some((setting, setting.score.mean?)))
        .take(MOST_LINES)
        .collect();
    let axes: Vec<&AxisRow> = sweep.axes.iter().take(MOST_AXES).collect();
    if axes.len() < FEWEST_AXES || scored.len() < 2 {
        return Ok(None);
    }
    let heading = "Every scored setting, through its values to its mean foreground Dice";
    let picture = svg("parallel", heading, TOP + HEIGHT + 52, |canvas| {
        let scores = Scores::of(&scored);
        draw_lines(canvas, &axes, &scored, scores)?;
        for (axis_idx, axis) in axes.iter().enumerate() {
            draw_axis(canvas, column(axis_idx, axes.len()), axis)?;
        }
        draw_scores(canvas, column(axes.len(), axes.len()), scores)?;
        legend(canvas, TOP + HEIGHT + 32, scores)
    })?;
    Ok(Some(picture))
}

/// Lowest and highest score.
#[derive(Clone, Copy)]
struct Scores {
    low: f64,
    high: f64,
}

impl Scores {
    fn of(scored: &[(&SettingRow, f64)]) -> Self {
        let low = scored.iter().map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
        let high = scored.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
        if high > low { Self { low, high } } else { Self { low: low - 0.01, high: high + 0.01 } }
    }

    fn share(self, score: f64) -> f64 {
        (score - self.low) / (self.high - self.low)
    }

    /// From grey to dark blue: lightness alone carries the order.
    fn color(self, score: f64) -> RGBColor {
        let share = self.share(score);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between two bytes"
        )]
        let mix = |low: u8, high: u8| {
            (f64::from(low) + share * (f64::from(high) - f64::from(low))).round() as u8
        };
        RGBColor(mix(LOW.0, HIGH.0), mix(LOW.1, HIGH.1), mix(LOW.2, HIGH.2))
    }
}

/// Column of an axis; the last one is that of the scores.
fn column(axis_idx: usize, n_axes: usize) -> i32 {
    let step = f64::from(WIDTH - 2 * MARGIN) / n_axes as f64;
    #[expect(clippy::cast_possible_truncation, reason = "within the width of a figure")]
    let offset = (step * axis_idx as f64).round() as i32;
    MARGIN + offset
}

#[expect(clippy::cast_possible_truncation, reason = "within the height of a figure")]
fn height(share: f64) -> i32 {
    TOP + HEIGHT - (share * f64::from(HEIGHT)).round() as i32
}

/// Where a value lies on its axis, from 0 at the bottom to 1.
fn share(axis: &AxisRow, value: &str) -> f64 {
    let number = |text: &str| -> f64 {
        let number = text.parse().unwrap_or(f64::NAN);
        if axis.scale == AxisScale::Log { f64::ln(number) } else { number }
    };
    let last = axis.values.len().saturating_sub(1);
    let place = axis.values.iter().position(|it| it == value).unwrap_or(0);
    if axis.scale != AxisScale::Names
        && let (Some(low), Some(high)) = (axis.values.first(), axis.values.last())
    {
        let share = (number(value) - number(low)) / (number(high) - number(low));
        if share.is_finite() {
            return share;
        }
    }
    if last == 0 { 0.5 } else { place as f64 / last as f64 }
}

fn draw_lines(
    canvas: &Canvas<'_>,
    axes: &[&AxisRow],
    scored: &[(&SettingRow, f64)],
    scores: Scores,
) -> Drawn<()> {
    // The best one last, so that it lies on top.
    for (setting, score) in scored.iter().rev() {
        let is_best = setting.rank == Some(1);
        // Lines of one value are spread by their score, so that they can be told apart.
        let spread = SPREAD * (scores.share(*score) - 0.5);
        let mut points: Vec<(i32, i32)> = axes
            .iter()
            .enumerate()
            .map(|(axis_idx, axis)| {
                let value = setting.values.get(&axis.key).map_or("", String::as_str);
                #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
                let y = height(share(axis, value)) - spread.round() as i32;
                (column(axis_idx, axes.len()), y)
            })
            .collect();
        points.push((column(axes.len(), axes.len()), height(scores.share(*score))));
        let (color, width) =
            if is_best { (Stroke::nth(1).color, 4) } else { (scores.color(*score), 1) };
        canvas.area().draw(&PathElement::new(points, color.stroke_width(width)))?;
    }
    Ok(())
}

fn draw_axis(canvas: &Canvas<'_>, x: i32, axis: &AxisRow) -> Drawn<()> {
    rule(canvas, x)?;
    let log = if axis.scale == AxisScale::Log { ", log" } else { "" };
    let name = format!("{}{log}", shorten(&axis.short, 20));
    canvas.text(&name, &text(TEXT_PX, INK, Anchor::Center), (x, TOP - 26))?;
    let every = axis.values.len().div_ceil(MOST_LABELS);
    let last = axis.values.len().saturating_sub(1);
    let mut lowest_free = i32::MAX;
    for (idx, value) in axis.values.iter().enumerate() {
        let y = height(share(axis, value));
        let is_end = idx == 0 || idx == last;
        if (!is_end && idx % every != 0) || y > lowest_free {
            continue;
        }
        lowest_free = y - 14;
        label(canvas, (x, y), value)?;
    }
    Ok(())
}

fn draw_scores(canvas: &Canvas<'_>, x: i32, scores: Scores) -> Drawn<()> {
    rule(canvas, x)?;
    canvas.text("Dice", &text(TEXT_PX, INK, Anchor::Center), (x, TOP - 26))?;
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let value = scores.low + share * (scores.high - scores.low);
        let at = (x + 8, height(share));
        canvas.text(&score(Some(value)), &text(TEXT_PX, QUIET, Anchor::Left), at)?;
    }
    Ok(())
}

fn rule(canvas: &Canvas<'_>, x: i32) -> Drawn<()> {
    canvas.fill(Frame { x, y: TOP - 10, width: 1, height: HEIGHT + 20 }, QUIET)
}

/// A value left of its axis, on a ground that covers the lines behind it.
fn label(canvas: &Canvas<'_>, (x, y): (i32, i32), value: &str) -> Drawn<()> {
    let words = shorten(&short_value(value), 16);
    let width = text_width(&words, TEXT_PX);
    let ground = Frame { x: x - 8 - width, y: y - 8, width: width + 4, height: 16 };
    let corners = [(ground.x, ground.y), (ground.x + ground.width, ground.y + ground.height)];
    let shape = plotters::prelude::Rectangle::new(corners, CARD.mix(0.82).filled());
    canvas.area().draw(&shape)?;
    canvas.text(&words, &text(TEXT_PX, INK, Anchor::Right), (x - 6, y))
}

fn legend(canvas: &Canvas<'_>, y: i32, scores: Scores) -> Drawn<()> {
    let style = text(TEXT_PX, QUIET, Anchor::Left);
    canvas.text("lowest Dice", &style, (MARGIN, y))?;
    for step in 0..20 {
        let value = scores.low + f64::from(step) / 19.0 * (scores.high - scores.low);
        let frame = Frame { x: MARGIN + 76 + step * 6, y: y - 5, width: 6, height: 10 };
        canvas.fill(frame, scores.color(value))?;
    }
    canvas.outline(Frame { x: MARGIN + 76, y: y - 5, width: 120, height: 10 }, GRID)?;
    canvas.text("highest", &style, (MARGIN + 204, y))?;
    let best = Frame { x: MARGIN + 274, y: y - 2, width: 26, height: 4 };
    canvas.fill(best, Stroke::nth(1).color)?;
    let meaning = "ranked first; lines of one value are spread there by their Dice";
    canvas.text(meaning, &style, (MARGIN + 308, y))
}
