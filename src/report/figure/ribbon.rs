//! [`draw_ribbons`]: lines of means within bands from the lowest to the highest.
//!
//! Does not know what the values are.

use super::{
    axis::Axis,
    canvas::{Drawn, Panel},
    style::Stroke,
};
use crate::analysis::CurvePoint;
use plotters::prelude::{Circle, PathElement, Polygon};
use plotters::style::Color;

/// A line with its band.
#[derive(Debug, Clone)]
pub(super) struct Ribbon {
    pub(super) stroke: Stroke,
    /// Whether there is a band, which one seed alone has not.
    pub(super) has_band: bool,
    pub(super) points: Vec<CurvePoint>,
}

/// Draws the bands, then the lines on top of them.
pub(super) fn draw_ribbons(panel: &mut Panel<'_>, y: &Axis, ribbons: &[Ribbon]) -> Drawn<()> {
    let place = |epoch: usize, value: f64| Some((epoch as f64, y.place(value)?));
    for ribbon in ribbons.iter().filter(|ribbon| ribbon.has_band) {
        let points = &ribbon.points;
        let upper = points.iter().filter_map(|it| place(it.epoch, it.high));
        let lower = points.iter().rev().filter_map(|it| place(it.epoch, it.low));
        let corners: Vec<(f64, f64)> = upper.chain(lower).collect();
        let fill = ribbon.stroke.color.mix(0.14).filled();
        panel.draw_series([Polygon::new(corners, fill)])?;
    }
    for ribbon in ribbons {
        let line: Vec<_> = ribbon.points.iter().filter_map(|it| place(it.epoch, it.mean)).collect();
        match line.as_slice() {
            [] => {}
            [point] => {
                panel.draw_series([Circle::new(*point, 3, ribbon.stroke.color.filled())])?;
            }
            _ => {
                panel.draw_series([PathElement::new(line, ribbon.stroke.line(2))])?;
            }
        }
    }
    Ok(())
}
