//! [`ranking`]: the settings of a sweep with their means and intervals, best first.
//!
//! Does not know how they were ranked.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    mark::{Mark, color_of, interval},
    style::{Anchor, GRID, INK, QUIET, Stroke, TEXT_PX, WIDTH, text, text_width},
};
use crate::{
    analysis::{SettingRow, SweepTables, short_value},
    base::Result,
    report::text::{score, shorten},
};
use plotters::prelude::Circle;
use plotters::style::Color;

const MARGIN: i32 = 12;
const TOP: i32 = 34;
const ROW: i32 = 26;
/// Axis and heading of the panel.
const PANEL_EXTRA: i32 = 68;
/// Room right of the panel for what is said of a setting.
const SAID_WIDTH: i32 = 220;
/// Most settings of a figure.
const MOST_ROWS: usize = 30;
const LONGEST_NAME: usize = 58;
/// Most axes with a column each; with more, one column names the setting.
const MOST_COLUMNS: usize = 5;
const LONGEST_VALUE: usize = 18;
const COLUMN_GAP: i32 = 16;

/// Draws the ranked settings; `None` when none has a score.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn ranking(sweep: &SweepTables) -> Result<Option<String>> {
    let scored = || sweep.settings.iter().filter(|setting| setting.score.mean.is_some());
    let shown: Vec<&SettingRow> = scored().take(MOST_ROWS).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let n_rows = i32::try_from(shown.len()).unwrap_or(1);
    let legend_top = TOP + PANEL_EXTRA + n_rows * ROW + 6;
    let heading = match scored().count() {
        n if n > shown.len() => {
            format!(
                "Mean foreground Dice of the validation cases, the first {} of {n} settings",
                shown.len()
            )
        }
        _ => "Mean foreground Dice of the validation cases by setting".to_owned(),
    };
    let picture = svg("ranking", &heading, legend_top + 30, |canvas| {
        draw(canvas, &columns(sweep, &shown), &shown)?;
        legend(canvas, legend_top + 12)
    })?;
    Ok(Some(picture))
}

/// A column left of the panel: a heading and a text for each setting.
struct Column {
    heading: String,
    texts: Vec<String>,
}

impl Column {
    fn width(&self) -> i32 {
        let texts = self.texts.iter().chain([&self.heading]);
        texts.map(|text| text_width(text, TEXT_PX)).max().unwrap_or(0) + COLUMN_GAP
    }
}

fn columns(sweep: &SweepTables, shown: &[&SettingRow]) -> Vec<Column> {
    let column = |heading: &str, text: &dyn Fn(&SettingRow) -> String| Column {
        heading: shorten(heading, LONGEST_VALUE),
        texts: shown.iter().map(|setting| text(setting)).collect(),
    };
    let rank =
        |setting: &SettingRow| setting.rank.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let mut columns = vec![column("", &rank)];
    if sweep.axes.is_empty() || sweep.axes.len() > MOST_COLUMNS {
        columns.push(column("setting", &|setting| shorten(&setting.name, LONGEST_NAME)));
    } else {
        columns.extend(sweep.axes.iter().map(|axis| {
            column(&axis.short, &|setting| {
                let value = setting.values.get(&axis.key).map(|value| short_value(value));
                shorten(&value.unwrap_or_default(), LONGEST_VALUE)
            })
        }));
    }
    columns
}

fn draw(canvas: &Canvas<'_>, columns: &[Column], shown: &[&SettingRow]) -> Drawn<()> {
    let gutter: i32 = columns.iter().map(Column::width).sum();
    let n_rows = i32::try_from(shown.len()).unwrap_or(1);
    let frame = Frame {
        x: MARGIN + gutter,
        y: TOP,
        width: WIDTH - 2 * MARGIN - gutter - SAID_WIDTH,
        height: PANEL_EXTRA + n_rows * ROW,
    };
    let ends = shown.iter().flat_map(|setting| {
        let interval = setting.interval.map(|it| [it.low, it.high]);
        interval.into_iter().flatten().chain(setting.seed_means.iter().copied())
    });
    let x = Axis::near(ends);
    let panel = canvas.panel(frame, "", (&x, "Dice"), (&Axis::rows(shown.len()), ""))?;
    draw_headings(canvas, columns, frame.y + 14)?;
    for (row_idx, setting) in shown.iter().enumerate() {
        let height = (shown.len() - row_idx) as f64 - 0.5;
        let x_of = |value: f64| panel.backend_coord(&(x.place(value).unwrap_or(value), height)).0;
        let y = panel.backend_coord(&(0.0, height)).1;
        let (left, right) = (frame.x + 4, frame.x + frame.width - 14);
        canvas.fill(Frame { x: left, y, width: right - left, height: 1 }, GRID)?;
        let mut edge = MARGIN;
        for column in columns {
            edge += column.width();
            let style = text(TEXT_PX, INK, Anchor::Right);
            canvas.text(&column.texts[row_idx], &style, (edge - 8, y))?;
        }
        let mark = Mark {
            mean: setting.score.mean.unwrap_or_default(),
            interval: setting.interval,
            seeds: &setting.seed_means,
            color: color_of(setting.to_best.map(|it| it.verdict)),
        };
        interval(canvas, y, x_of, &mark)?;
        canvas.text(&said(setting), &text(TEXT_PX, QUIET, Anchor::Left), (right + 12, y))?;
    }
    Ok(())
}

fn draw_headings(canvas: &Canvas<'_>, columns: &[Column], y: i32) -> Drawn<()> {
    let mut edge = MARGIN;
    for column in columns {
        edge += column.width();
        canvas.text(&column.heading, &text(TEXT_PX, QUIET, Anchor::Right), (edge - 8, y))?;
    }
    Ok(())
}

fn said(setting: &SettingRow) -> String {
    let verdict = setting.to_best.map(|it| format!(", {}", it.words())).unwrap_or_default();
    format!("{} n {}{verdict}", score(setting.score.mean), setting.score.n)
}

fn legend(canvas: &Canvas<'_>, y: i32) -> Drawn<()> {
    let style = text(TEXT_PX, QUIET, Anchor::Left);
    let blue = Stroke::nth(0).color;
    let mark = Mark {
        mean: 0.0,
        interval: Some(crate::analysis::Interval { low: -1.0, high: 1.0 }),
        seeds: &[],
        color: blue,
    };
    #[expect(clippy::cast_possible_truncation, reason = "between -1 and 1")]
    let x_of = |value: f64| MARGIN + 20 + (value * 16.0) as i32;
    interval(canvas, y, x_of, &mark)?;
    canvas.text("mean and its 95 % interval over cases and seeds", &style, (MARGIN + 46, y))?;
    canvas.area().draw(&Circle::new((MARGIN + 356, y), 3, blue.mix(0.45).filled()))?;
    canvas.text("one seed", &style, (MARGIN + 366, y))?;
    canvas.fill(Frame { x: MARGIN + 440, y: y - 4, width: 14, height: 8 }, QUIET)?;
    canvas.text("worse than the one ranked first", &style, (MARGIN + 460, y))?;
    canvas.text("n: cases with a score", &style, (MARGIN + 670, y))
}
