//! [`curves`]: losses, learning rate and validation Dice of all runs over the epochs.
//!
//! Does not know about scores on the native grid.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, Panel, svg},
    style::{Anchor, INK, QUIET, Stroke, TEXT_PX, WIDTH, text, text_width},
};
use crate::{
    analysis::EpochRow,
    base::Result,
    report::{
        text::counted,
        view::{RunView, View},
    },
};
use plotters::prelude::{Circle, PathElement};
use plotters::style::Color;

const MARGIN: i32 = 12;
const PANEL_HEIGHT: i32 = 250;
const LEGEND_LINE: i32 = 20;

/// How a value is read from an epoch of a run.
type Reader<'v> = dyn Fn(&RunView<'_>, &EpochRow) -> Option<f64> + 'v;

/// What one panel shows of an epoch.
struct Curve<'v> {
    heading: String,
    y_title: &'static str,
    axis: Axis,
    best: BestEpoch,
    value: Box<Reader<'v>>,
}

/// Whether a panel marks the epoch that was kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BestEpoch {
    Marked,
    Plain,
}

/// Draws the learning curves; `None` when no run has an epoch.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn curves(view: &View<'_>) -> Result<Option<String>> {
    let drawn: Vec<&RunView<'_>> = view.runs.iter().filter(|run| !run.epochs.is_empty()).collect();
    let Some(last_epoch) = drawn.iter().flat_map(|run| &run.epochs).map(|epoch| epoch.epoch).max()
    else {
        return Ok(None);
    };
    let panels = panels(view, &drawn);
    let n_rows = i32::try_from(panels.len().div_ceil(2)).unwrap_or(i32::MAX / PANEL_HEIGHT);
    let legend = Legend::new(&drawn);
    let top = 40;
    let legend_top = top + n_rows * PANEL_HEIGHT + 8;
    let heading = match drawn.as_slice() {
        [only] => format!("Learning curves of {}", only.label),
        _ => format!("Learning curves of {}", counted(drawn.len(), "run")),
    };
    let x = Axis::epochs(last_epoch);
    let picture = svg("curves", &heading, legend_top + legend.height() + MARGIN, |canvas| {
        let width = (WIDTH - 3 * MARGIN) / 2;
        let mut corner = (MARGIN, top);
        for curve in &panels {
            let frame = Frame { x: corner.0, y: corner.1, width, height: PANEL_HEIGHT - 10 };
            draw_panel(canvas, frame, &x, curve, &drawn)?;
            corner = if corner.0 == MARGIN {
                (2 * MARGIN + width, corner.1)
            } else {
                (MARGIN, corner.1 + PANEL_HEIGHT)
            };
        }
        legend.draw(canvas, legend_top)
    })?;
    Ok(Some(picture))
}

fn panels<'v>(view: &'v View<'_>, drawn: &[&RunView<'_>]) -> Vec<Curve<'v>> {
    let epochs = || drawn.iter().flat_map(|run| &run.epochs);
    let losses = epochs().flat_map(|epoch| [Some(epoch.train_loss), epoch.valid_loss]).flatten();
    let loss = Axis::fitting(losses);
    let rates = epochs().map(|epoch| epoch.lr).filter(|rate| rate.is_finite() && *rate > 0.0);
    let (low, high) =
        rates.fold((f64::MAX, 0.0_f64), |ends, rate| (ends.0.min(rate), ends.1.max(rate)));
    let rate = if high > 0.0 { Axis::log10(low, high) } else { Axis::share() };
    let cases = n_valid(drawn);
    let mut panels = vec![
        Curve {
            heading: "Training loss".into(),
            y_title: "loss",
            axis: loss.clone(),
            best: BestEpoch::Plain,
            value: Box::new(|_, epoch| Some(epoch.train_loss)),
        },
        Curve {
            heading: format!("Validation loss{cases}"),
            y_title: "loss",
            axis: loss,
            best: BestEpoch::Marked,
            value: Box::new(|_, epoch| epoch.valid_loss),
        },
        Curve {
            heading: "Learning rate at the end of the epoch".into(),
            y_title: "learning rate",
            axis: rate,
            best: BestEpoch::Plain,
            value: Box::new(|_, epoch| Some(epoch.lr)),
        },
        Curve {
            heading: format!("Validation Dice, mean of the foreground classes{cases}"),
            y_title: "Dice",
            axis: Axis::share(),
            best: BestEpoch::Marked,
            value: Box::new(|_, epoch| epoch.dice_foreground),
        },
    ];
    panels.extend(view.foreground.iter().map(|class| Curve {
        heading: format!("Validation Dice, {}{cases}", crate::report::text::shorten(class, 30)),
        y_title: "Dice",
        axis: Axis::share(),
        best: BestEpoch::Marked,
        value: Box::new(|run, epoch| epoch.dice.get(run.class(class)?).copied().flatten()),
    }));
    panels
}

/// `, n 5 cases`, or the span over the runs.
fn n_valid(drawn: &[&RunView<'_>]) -> String {
    let counts = || drawn.iter().filter_map(|run| run.row.n_cases).map(|[_, valid, _]| valid);
    match (counts().min(), counts().max()) {
        (Some(low), Some(high)) if low == high => format!(", n {}", counted(high, "case")),
        (Some(low), Some(high)) => format!(", n {low} to {high} cases"),
        _ => String::new(),
    }
}

fn draw_panel(
    canvas: &Canvas<'_>,
    frame: Frame,
    x: &Axis,
    curve: &Curve<'_>,
    drawn: &[&RunView<'_>],
) -> Drawn<()> {
    let y = &curve.axis;
    let mut panel = canvas.panel(frame, &curve.heading, (x, "epoch"), (y, curve.y_title))?;
    // The grey ones first, so that they lie below.
    let (named, others): (Vec<&RunView<'_>>, Vec<_>) =
        drawn.iter().copied().partition(|run| run.stroke != Stroke::OTHER);
    for run in others.into_iter().chain(named) {
        for piece in pieces(run, y, curve) {
            draw_piece(&mut panel, run.stroke, piece)?;
        }
        if run.stroke == Stroke::OTHER || curve.best == BestEpoch::Plain {
            continue;
        }
        let best = run.epochs.iter().find(|epoch| Some(epoch.epoch) == run.row.best_epoch);
        let value = best.and_then(|epoch| (curve.value)(run, epoch));
        if let (Some(epoch), Some(place)) = (best, value.and_then(|value| y.place(value))) {
            let at = (epoch.epoch as f64, place);
            panel.draw_series([
                Circle::new(at, 5, plotters::style::WHITE.filled()),
                Circle::new(at, 4, run.stroke.color.filled()),
            ])?;
        }
    }
    Ok(())
}

/// The points of a run, parted where a value is missing.
fn pieces(run: &RunView<'_>, y: &Axis, curve: &Curve<'_>) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = vec![Vec::new()];
    for epoch in &run.epochs {
        match ((curve.value)(run, epoch).and_then(|value| y.place(value)), pieces.last_mut()) {
            (Some(place), Some(piece)) => piece.push((epoch.epoch as f64, place)),
            _ => pieces.push(Vec::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn draw_piece(panel: &mut Panel<'_>, stroke: Stroke, piece: Vec<(f64, f64)>) -> Drawn<()> {
    if let [point] = piece.as_slice() {
        panel.draw_series([Circle::new(*point, 3, stroke.color.filled())])?;
    } else {
        let width = if stroke == Stroke::OTHER { 1 } else { 2 };
        panel.draw_series([PathElement::new(piece, stroke.line(width))])?;
    }
    Ok(())
}

/// Names of the strokes in columns, and what the dot means.
struct Legend {
    entries: Vec<(Stroke, String)>,
    column_width: i32,
    n_columns: usize,
}

impl Legend {
    fn new(drawn: &[&RunView<'_>]) -> Self {
        let named = drawn.iter().filter(|run| run.stroke != Stroke::OTHER);
        let mut entries: Vec<_> = named.map(|run| (run.stroke, run.name())).collect();
        if entries.len() < drawn.len() {
            entries.push((Stroke::OTHER, counted(drawn.len() - entries.len(), "other run")));
        }
        let widest = entries.iter().map(|(_, name)| text_width(name, TEXT_PX)).max().unwrap_or(0);
        let column_width = (widest + 70).min(WIDTH - 2 * MARGIN);
        let n_columns = usize::try_from((WIDTH - 2 * MARGIN) / column_width).unwrap_or(1).max(1);
        Self { entries, column_width, n_columns }
    }

    fn n_lines(&self) -> usize {
        self.entries.len().div_ceil(self.n_columns)
    }

    fn height(&self) -> i32 {
        LEGEND_LINE * i32::try_from(self.n_lines() + 1).unwrap_or(i32::MAX / LEGEND_LINE)
    }

    fn draw(&self, canvas: &Canvas<'_>, top: i32) -> Drawn<()> {
        let name_style = text(TEXT_PX, INK, Anchor::Left);
        let (mut x, mut y) = (MARGIN, top + LEGEND_LINE / 2);
        // Down the columns, so that neighbours in the report stay neighbours here.
        for (entry_idx, (stroke, name)) in self.entries.iter().enumerate() {
            if entry_idx > 0 && entry_idx.is_multiple_of(self.n_lines()) {
                x += self.column_width;
                y = top + LEGEND_LINE / 2;
            }
            canvas.line(*stroke, vec![(x, y), (x + 34, y)])?;
            canvas.text(name, &name_style, (x + 42, y))?;
            y += LEGEND_LINE;
        }
        let y = top + self.height() - LEGEND_LINE / 2;
        canvas.area().draw(&Circle::new((MARGIN + 17, y), 4, QUIET.filled()))?;
        let meaning = "best epoch by the monitored score: the checkpoint that is evaluated";
        canvas.text(meaning, &text(TEXT_PX, QUIET, Anchor::Left), (MARGIN + 42, y))
    }
}
