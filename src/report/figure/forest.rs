//! [`forest`]: the effect of every ablation on every class, with its interval and verdict.
//!
//! Does not know how the effects were tested.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, Legend},
    mark::{Mark, interval},
    plot::{MARGIN, PANEL_EXTRA, Plot, TOP},
    quantity::{Quantity, n_by_seeds},
    style::{Anchor, CARD, GRID, INK, QUIET, Stroke, TEXT_PX, WIDTH, fit, text, text_width, title},
};
use crate::{
    analysis::{Interval, Verdict},
    base::Result,
    report::text::UNDEFINED,
};
use plotters::style::RGBColor;

const ROW: i32 = 24;
/// Columns right of the panel: effect, verdict, n.
const EFFECT: i32 = 168;
const VERDICT: i32 = 146;
const COUNT: i32 = 60;
const SAID: i32 = EFFECT + VERDICT + COUNT;
const NAMES: i32 = 300;
const INDENT: i32 = 18;
/// Most rows of a figure, headings of groups included.
const MOST_ROWS: usize = 80;
const NOISE: f64 = 0.14;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Forest {
    /// What differs.
    pub quantity: Quantity,
    /// What the ablations are compared with.
    pub baseline: String,
    /// Differences within plus and minus this one are equivalent.
    pub margin: Option<f64>,
    /// The ablations, top to bottom.
    pub groups: Vec<ForestGroup>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct ForestGroup {
    pub name: String,
    /// What it changes: `augment.flip = false`.
    pub change: String,
    /// What it costs: `+12 % time, +3 % memory`.
    pub cost: Option<String>,
    pub rows: Vec<ForestRow>,
}

/// Its effect on one class.
#[derive(Debug, Clone)]
pub(in crate::report) struct ForestRow {
    pub class: String,
    /// Mean paired difference, ablation less baseline.
    pub effect: Option<f64>,
    pub interval: Option<Interval>,
    /// 95 % half-width of a difference between repeated runs.
    pub noise: Option<f64>,
    pub verdict: Verdict,
    pub n_cases: usize,
    pub n_seeds: usize,
}

/// A line of the figure.
enum Line<'a> {
    Group(&'a ForestGroup),
    Row(&'a ForestRow),
}

/// Draws the effects; `None` when there is none.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn forest(input: &Forest) -> Result<Option<String>> {
    if input.groups.iter().flat_map(|group| &group.rows).all(|row| row.effect.is_none()) {
        return Ok(None);
    }
    let all = input.groups.iter().flat_map(|group| {
        std::iter::once(Line::Group(group)).chain(group.rows.iter().map(Line::Row))
    });
    let mut lines: Vec<Line<'_>> = all.collect();
    let n_lines = lines.len();
    lines.truncate(MOST_ROWS);
    let part = if n_lines > lines.len() {
        format!(", the first {MOST_ROWS} of {n_lines} rows")
    } else {
        String::new()
    };
    let Quantity { name, of, .. } = &input.quantity;
    let heading =
        format!("Effect of each change on {name} of {of}, against {}{part}", input.baseline);
    let bottom = TOP + PANEL_EXTRA + ROW * i32::try_from(lines.len()).unwrap_or(1) + 4;
    let legend = legend(input, &lines);
    let picture = svg("forest", &heading, bottom + legend.height(), |canvas| {
        draw(canvas, input, &lines)?;
        legend.draw(canvas, bottom)
    })?;
    Ok(Some(picture))
}

fn axis(input: &Forest, lines: &[Line<'_>]) -> Axis {
    let rows = lines.iter().filter_map(|line| match line {
        Line::Row(row) => Some(row),
        Line::Group(_) => None,
    });
    let margin = input.margin.into_iter().flat_map(|it| [-it, it]);
    let ends = rows.flat_map(|row| {
        let interval = row.interval.map(|it| [it.low, it.high]);
        let noise = row.noise.map(|it| [-it, it]);
        interval.into_iter().chain(noise).flatten().chain(row.effect)
    });
    Axis::differences(ends.chain(margin))
}

fn draw(canvas: &Canvas<'_>, input: &Forest, lines: &[Line<'_>]) -> Drawn<()> {
    let names = lines.iter().map(|line| match line {
        Line::Group(group) => text_width(&group.name, TEXT_PX) + 10,
        Line::Row(row) => text_width(&row.class, TEXT_PX) + INDENT,
    });
    let gutter = names.max().unwrap_or(0).clamp(120, NAMES) + 8;
    let frame = Frame {
        x: MARGIN + gutter,
        y: TOP,
        width: WIDTH - 2 * MARGIN - gutter - SAID,
        height: PANEL_EXTRA + ROW * i32::try_from(lines.len()).unwrap_or(1),
    };
    let x = axis(input, lines);
    let x_title = format!("difference in {}", input.quantity.with_unit());
    let plot = Plot::of_rows(canvas, frame, "", (&x, &x_title), lines.len())?;
    for (line_idx, line) in lines.iter().enumerate() {
        if let Line::Row(ForestRow { noise: Some(noise), .. }) = line {
            let row = plot.row_frame(line_idx, lines.len());
            let Frame { x, width, .. } = plot.columns(-noise, *noise);
            canvas.shade(Frame { x, width, ..row }, QUIET, NOISE)?;
        }
    }
    canvas.fill(Frame { width: 1, ..plot.columns(0.0, 0.0) }, INK)?;
    for margin in input.margin.into_iter().flat_map(|it| [-it, it]) {
        canvas.line(Stroke::LIMIT, plot.upright(margin))?;
    }
    draw_headings(canvas, &plot)?;
    for (line_idx, line) in lines.iter().enumerate() {
        let y = plot.row(line_idx, lines.len());
        match line {
            Line::Group(group) => draw_group(canvas, &plot, group, (gutter, y), line_idx > 0)?,
            Line::Row(row) => draw_row(canvas, &plot, input, row, (gutter, y))?,
        }
    }
    Ok(())
}

fn draw_headings(canvas: &Canvas<'_>, plot: &Plot<'_>) -> Drawn<()> {
    let style = text(TEXT_PX, QUIET, Anchor::Left);
    let x = plot.frame.x + plot.frame.width + 14;
    let y = plot.frame.y - 12;
    let words = [("difference [95 % interval]", 0), ("verdict", EFFECT), ("n", EFFECT + VERDICT)];
    for (words, offset) in words {
        canvas.text(words, &style, (x + offset, y))?;
    }
    Ok(())
}

fn draw_group(
    canvas: &Canvas<'_>,
    plot: &Plot<'_>,
    group: &ForestGroup,
    (gutter, y): (i32, i32),
    is_parted: bool,
) -> Drawn<()> {
    if is_parted {
        let line = Frame { x: MARGIN, y: y - ROW / 2, width: WIDTH - 2 * MARGIN, height: 1 };
        canvas.fill(line, GRID)?;
    }
    canvas.text(&fit(&group.name, TEXT_PX, gutter - 8), &title(TEXT_PX), (MARGIN, y))?;
    let change = fit(&group.change, TEXT_PX, plot.frame.width - 16);
    if !change.is_empty() {
        let width = text_width(&change, TEXT_PX) + 4;
        let ground = Frame { x: plot.frame.x + 2, y: y - 8, width, height: 16 };
        canvas.fill(ground, CARD)?;
        let at = (ground.x + 4, y);
        canvas.text(&change, &text(TEXT_PX, QUIET, Anchor::Left), at)?;
    }
    if let Some(cost) = &group.cost {
        let cost = fit(cost, TEXT_PX, SAID - 14);
        let x = plot.frame.x + plot.frame.width + 14;
        canvas.text(&cost, &text(TEXT_PX, QUIET, Anchor::Left), (x, y))?;
    }
    Ok(())
}

fn draw_row(
    canvas: &Canvas<'_>,
    plot: &Plot<'_>,
    input: &Forest,
    row: &ForestRow,
    (gutter, y): (i32, i32),
) -> Drawn<()> {
    let [ink, quiet] = [INK, QUIET].map(|color| text(TEXT_PX, color, Anchor::Left));
    let class = fit(&row.class, TEXT_PX, gutter - INDENT - 4);
    canvas.text(&class, &ink, (MARGIN + INDENT, y))?;
    if let Some(mean) = row.effect {
        let mark = Mark { mean, interval: row.interval, seeds: &[], color: color(row.verdict) };
        interval(canvas, y, |value| plot.x_of(value), &mark)?;
    }
    let x = plot.frame.x + plot.frame.width + 14;
    canvas.text(&effect(&input.quantity, row), &ink, (x, y))?;
    canvas.text(&fit(row.verdict.words(), TEXT_PX, VERDICT), &ink, (x + EFFECT, y))?;
    let count = n_by_seeds(row.n_cases, row.n_seeds);
    let count = count.trim_start_matches("n ");
    canvas.text(count, &quiet, (x + EFFECT + VERDICT, y))
}

fn effect(quantity: &Quantity, row: &ForestRow) -> String {
    let number = |value: f64| quantity.difference(value);
    match (row.effect, row.interval) {
        (Some(mean), Some(it)) => {
            format!("{} [{}, {}]", number(mean), number(it.low), number(it.high))
        }
        (Some(mean), None) => format!("{} [-]", number(mean)),
        (None, _) => UNDEFINED.into(),
    }
}

/// The verdict is written beside it; the colour only helps to find it.
fn color(verdict: Verdict) -> RGBColor {
    match verdict {
        Verdict::Better => Stroke::nth(0).color,
        Verdict::Worse => Stroke::nth(1).color,
        _ => QUIET,
    }
}

fn legend(input: &Forest, lines: &[Line<'_>]) -> Legend {
    let mut entries = vec![
        (Glyph::Mean(Stroke::nth(0).color), "better: mean and 95 % interval".to_owned()),
        (Glyph::Mean(Stroke::nth(1).color), "worse".to_owned()),
        (Glyph::Mean(QUIET), "neither".to_owned()),
        (Glyph::Upright(INK), "no difference".to_owned()),
    ];
    if let Some(margin) = input.margin {
        let margin = input.quantity.difference(margin.abs());
        let words = format!("equivalence margin, ±{}", margin.trim_start_matches('+'));
        entries.push((Glyph::Line(Stroke::LIMIT), words));
    }
    if lines.iter().any(|line| matches!(line, Line::Row(ForestRow { noise: Some(_), .. }))) {
        let words = "noise floor: 95 % of the differences between repeated runs";
        entries.push((Glyph::Band(QUIET, NOISE), words.to_owned()));
    }
    entries.push((Glyph::Nothing, "n cases × seeds".to_owned()));
    entries.push((Glyph::Nothing, "right of a name: what it changes and costs".to_owned()));
    Legend::new(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{attributes, outside, rectangles};

    fn sample(effect: Option<f64>) -> Forest {
        let row = ForestRow {
            class: "tumour".into(),
            effect,
            interval: effect.map(|it| Interval { low: it - 0.02, high: it + 0.02 }),
            noise: Some(0.01),
            verdict: Verdict::Worse,
            n_cases: 12,
            n_seeds: 3,
        };
        let cost = Some("+12 % time".into());
        Forest {
            quantity: Quantity { name: "Dice".into(), unit: None, of: "the test cases".into() },
            baseline: "baseline".into(),
            margin: Some(0.02),
            groups: vec![ForestGroup {
                name: "no-flips".into(),
                change: "augment.flip = false".into(),
                cost,
                rows: vec![row],
            }],
        }
    }

    #[test]
    fn the_interval_lies_around_its_effect_and_words_say_the_verdict() {
        let drawn = forest(&sample(Some(-0.03))).unwrap().unwrap();
        for words in [
            "worse",
            "-0.030 [-0.050, -0.010]",
            "12 × 3",
            "augment.flip = false",
            "+12 % time",
            "margin, ±0.020",
        ] {
            assert!(drawn.contains(words), "{words}");
        }
        let bar = rectangles(&drawn, "#D55E00");
        let zero = rectangles(&drawn, "#1F2428");
        assert!(bar[0][0] + bar[0][2] < zero[0][0], "it ends left of the zero line");
        let limits = attributes(&drawn, "polyline");
        let is_limit = |it: &&std::collections::BTreeMap<String, String>| it["stroke"] == "#5A636D";
        assert_eq!(limits.iter().filter(is_limit).count(), 3, "two, and one in the legend");
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn without_an_effect_there_is_no_figure() {
        assert_eq!(forest(&sample(None)).unwrap(), None);
    }
}
