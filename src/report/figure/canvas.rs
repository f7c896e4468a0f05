//! [`Canvas`]: an SVG in the making, with pixels from its top left corner.
//!
//! Does not know about runs; it draws text, lines and panels with axes.

use super::{
    axis::Axis,
    pattern,
    style::{
        Anchor, CARD, GRID, HEAD_PX, QUIET, SCALE_INK, SCALE_PALE, Stroke, TEXT_PX, TITLE_PX,
        WIDTH, fit, text, title,
    },
};
use crate::{
    base::{Error, Fault, Result},
    report::text::escape_html,
};
use plotters::{
    coord::Shift,
    prelude::{
        Cartesian2d, ChartBuilder, ChartContext, DrawingArea, DrawingAreaErrorKind,
        IntoDrawingArea, LabelAreaPosition, PathElement, Rectangle, SVGBackend,
    },
    style::{Color, RGBColor, TRANSPARENT, TextStyle},
};
use std::io;

/// What drawing returns; its only cause is a full memory, but plotters cannot know that.
pub(super) type Drawn<T> = std::result::Result<T, DrawingAreaErrorKind<io::Error>>;

/// A panel ready for data.
pub(super) type Panel<'c> = ChartContext<'c, SVGBackend<'c>, Cartesian2d<Axis, Axis>>;

/// A rectangle in pixels from the canvas's top left corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

/// An SVG in the making.
pub(super) struct Canvas<'c> {
    area: DrawingArea<SVGBackend<'c>, Shift>,
}

impl<'c> Canvas<'c> {
    pub(super) fn text(&self, words: &str, style: &TextStyle<'_>, at: (i32, i32)) -> Drawn<()> {
        self.area.draw_text(words, style, at)
    }

    /// Draws a line in the stroke of a run.
    pub(super) fn line(&self, stroke: Stroke, points: Vec<(i32, i32)>) -> Drawn<()> {
        self.area.draw(&PathElement::new(points, stroke.line(2)))
    }

    pub(super) fn fill(&self, frame: Frame, color: RGBColor) -> Drawn<()> {
        self.area.draw(&Rectangle::new(frame.corners(), color.filled()))
    }

    /// Fills a rectangle so that what lies behind it shows through.
    pub(super) fn shade(&self, frame: Frame, color: RGBColor, opacity: f64) -> Drawn<()> {
        self.area.draw(&Rectangle::new(frame.corners(), color.mix(opacity).filled()))
    }

    pub(super) fn outline(&self, frame: Frame, color: RGBColor) -> Drawn<()> {
        self.area.draw(&Rectangle::new(frame.corners(), color.stroke_width(1)))
    }

    /// Draws anything in pixels.
    pub(super) fn area(&self) -> &DrawingArea<SVGBackend<'c>, Shift> {
        &self.area
    }

    /// Draws the axes of a panel with a bold line of text above them.
    pub(super) fn panel(
        &self,
        frame: Frame,
        heading: &str,
        (x, x_title): (&Axis, &str),
        (y, y_title): (&Axis, &str),
    ) -> Drawn<Panel<'c>> {
        let heading = fit(heading, TITLE_PX, frame.width);
        self.text(&heading, &title(TITLE_PX), (frame.x, frame.y + 10))?;
        let y_space = if y_title.is_empty() { 4 } else { 62 };
        let body =
            self.area.clone().shrink((frame.x, frame.y + 22), (frame.width, frame.height - 22));
        let mut panel = ChartBuilder::on(&body)
            .margin_right(14)
            .margin_top(6)
            .set_label_area_size(LabelAreaPosition::Left, y_space)
            .set_label_area_size(LabelAreaPosition::Bottom, 40)
            .build_cartesian_2d(x.clone(), y.clone())?;
        let mut mesh = panel.configure_mesh();
        mesh.light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(QUIET)
            .label_style(text(TEXT_PX, QUIET, Anchor::Center))
            .axis_desc_style(text(TEXT_PX, QUIET, Anchor::Center))
            .set_all_tick_mark_size(4)
            .x_desc(x_title);
        if y_title.is_empty() {
            mesh.disable_y_axis().disable_y_mesh();
        } else {
            mesh.y_desc(format!("{y_title}{}", y.scale_text()));
        }
        mesh.draw()?;
        Ok(panel)
    }
}

impl Frame {
    fn corners(self) -> [(i32, i32); 2] {
        [(self.x, self.y), (self.x + self.width, self.y + self.height)]
    }
}

/// Draws a figure of the full width and returns its text.
///
/// `class` scopes its style sheet, since in a page all SVG share one.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn svg(
    class: &str,
    heading: &str,
    height: i32,
    draw: impl FnOnce(&Canvas<'_>) -> Drawn<()>,
) -> Result<String> {
    let mut buffer = String::new();
    let drawn_heading = fit(heading, HEAD_PX, WIDTH - 24);
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    {
        let area = SVGBackend::with_string(&mut buffer, size).into_drawing_area();
        let canvas = Canvas { area };
        let drawn = canvas
            .area
            .fill(&CARD)
            .and_then(|()| canvas.text(&drawn_heading, &title(HEAD_PX), (12, 20)))
            .and_then(|()| draw(&canvas))
            .and_then(|()| canvas.area.present());
        drawn.map_err(|error| {
            Error::run(Fault::new(format!("cannot draw figure `{heading}`")).caused_by(&error))
        })?;
    }
    let spoken = escape_html(heading);
    let head = format!(
        "<svg class=\"{class}\" role=\"img\" aria-label=\"{spoken}\"><title>{spoken}</title><style>{}{}</style>{}\n",
        Stroke::style_sheet(class),
        pattern::style_sheet(class, &buffer),
        pattern::definitions(class, &buffer),
    );
    Ok(with_head(&buffer, &head))
}

/// Replaces the bare `<svg ..>` by one with more attributes and children.
fn with_head(buffer: &str, head: &str) -> String {
    let Some((open, rest)) = buffer.split_once('>') else {
        return buffer.into();
    };
    let attributes = open.trim_start_matches("<svg");
    let head = head.replacen("<svg", &format!("<svg{attributes}"), 1);
    format!("{head}{}", rest.trim_start())
}

/// Colour of text on a filled cell.
pub(super) fn ink_on(is_dark: bool) -> RGBColor {
    if is_dark { SCALE_PALE } else { SCALE_INK }
}
