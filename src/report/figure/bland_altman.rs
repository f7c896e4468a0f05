//! [`bland_altman`]: predicted less reference volume against their mean, a panel per class.
//!
//! After Bland and Altman, "Statistical methods for assessing agreement", Lancet 1986.
//!
//! Does not know how bias and limits are computed.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, Legend},
    mark::Shape,
    plot::{Grid, Plot},
    style::{Anchor, INK, QUIET, Stroke, TEXT_PX, TITLE_PX, fit, text, text_width},
};
use crate::{analysis::Interval, base::Result, report::text::significant};
use plotters::style::Color;

const PANEL_HEIGHT: i32 = 300;
/// Room right of a panel for the values of its lines.
const SAID: i32 = 104;

/// In what the differences are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::report) enum VolumeDifference {
    #[default]
    Millilitres,
    /// Percent of the mean of both.
    Percent,
}

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct BlandAltman {
    /// Of which setting and cases: `baseline, the test cases`.
    pub of: String,
    /// In what the differences are.
    pub difference: VolumeDifference,
    pub panels: Vec<AgreementPanel>,
}

/// One class.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct AgreementPanel {
    pub class: String,
    /// Of each case the mean of both volumes in mL, and the predicted less the reference one.
    pub points: Vec<(f64, f64)>,
    pub bias: Option<f64>,
    /// Limits of agreement: bias ± 1.96 standard deviations.
    pub limits: Option<Interval>,
}

impl VolumeDifference {
    fn unit(self) -> &'static str {
        match self {
            Self::Millilitres => "mL",
            Self::Percent => "%",
        }
    }

    fn axis(self) -> &'static str {
        match self {
            Self::Millilitres => "predicted less reference, mL",
            Self::Percent => "predicted less reference, % of the mean",
        }
    }
}

/// Draws the panels; `None` when there is no point.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn bland_altman(input: &BlandAltman) -> Result<Option<String>> {
    let panels: Vec<&AgreementPanel> =
        input.panels.iter().filter(|panel| !panel.points.is_empty()).collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let x = Axis::fitting(panels.iter().flat_map(|panel| &panel.points).map(|(mean, _)| *mean));
    let grid = Grid::new(panels.len(), 2, PANEL_HEIGHT);
    let legend = Legend::new([
        (Glyph::Point(Shape::Circle, Stroke::nth(0).color), "one case".to_owned()),
        (Glyph::Line(Stroke::nth(1)), "bias: mean difference".to_owned()),
        (Glyph::Line(Stroke::LIMIT), "limits of agreement: bias ± 1.96 SD".to_owned()),
        (Glyph::Level(INK), "equal volumes".to_owned()),
    ]);
    let heading = format!("Agreement of predicted and reference volumes, {}", input.of);
    let picture = svg("bland-altman", &heading, grid.bottom() + legend.height(), |canvas| {
        for (panel_idx, panel) in panels.iter().enumerate() {
            draw_panel(canvas, panel, input.difference, &x, grid.frame(panel_idx))?;
        }
        legend.draw(canvas, grid.bottom())
    })?;
    Ok(Some(picture))
}

fn draw_panel(
    canvas: &Canvas<'_>,
    panel: &AgreementPanel,
    difference: VolumeDifference,
    x: &Axis,
    frame: Frame,
) -> Drawn<()> {
    let ends = panel.limits.into_iter().flat_map(|it| [it.low, it.high]);
    let y = Axis::differences(
        panel.points.iter().map(|(_, difference)| *difference).chain(ends).chain(panel.bias),
    );
    let said = format!(", n {}", panel.points.len());
    let room = frame.width - text_width(&said, TITLE_PX);
    let heading = format!("{}{said}", fit(&panel.class, TITLE_PX, room));
    let x_title = format!("mean of both volumes, mL{}", x.scale_text());
    let frame = Frame { width: frame.width - SAID, ..frame };
    let plot = Plot::new(canvas, frame, &heading, (x, &x_title), (&y, difference.axis()))?;
    canvas.fill(Frame { height: 1, ..plot.lines(0.0, 0.0) }, INK)?;
    for (mean, difference) in &panel.points {
        if let Some(at) = plot.at(*mean, *difference) {
            Shape::Circle.draw(canvas, at, 4, Stroke::nth(0).color.mix(0.7))?;
        }
    }
    draw_lines(canvas, &plot, panel, difference)
}

/// The bias and its limits with their values, which are moved apart where they would overlap.
fn draw_lines(
    canvas: &Canvas<'_>,
    plot: &Plot<'_>,
    panel: &AgreementPanel,
    difference: VolumeDifference,
) -> Drawn<()> {
    let limits = panel.limits;
    let lines = [
        (limits.map(|it| it.high), "+1.96 SD", Stroke::LIMIT),
        (panel.bias, "bias", Stroke::nth(1)),
        (limits.map(|it| it.low), "-1.96 SD", Stroke::LIMIT),
    ];
    let x = plot.frame.x + plot.frame.width + 6;
    let mut free = plot.frame.y - 20;
    for (value, name, stroke) in lines {
        let Some(value) = value else { continue };
        canvas.line(stroke, plot.level(value))?;
        let y = plot.y_of(value).max(free);
        free = y + 30;
        canvas.text(name, &text(TEXT_PX, QUIET, Anchor::Left), (x, y - 7))?;
        let number = format!("{} {}", significant(value), difference.unit());
        canvas.text(&number, &text(TEXT_PX, INK, Anchor::Left), (x, y + 7))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{attributes, circles, outside};

    #[test]
    fn lines_stand_at_their_values() {
        let panel = AgreementPanel {
            class: "tumour".into(),
            points: vec![(10.0, -4.0), (20.0, 1.0), (30.0, 6.0)],
            bias: Some(1.0),
            limits: Some(Interval { low: -4.0, high: 6.0 }),
        };
        let input =
            BlandAltman { of: "baseline".into(), panels: vec![panel], ..Default::default() };
        let drawn = bland_altman(&input).unwrap().unwrap();
        let points = circles(&drawn, &Stroke::nth(0).css_color());
        let lines = attributes(&drawn, "polyline");
        let y = |line: &std::collections::BTreeMap<String, String>| -> i32 {
            line["points"].split([',', ' ']).nth(1).unwrap().parse().unwrap()
        };
        let of = |color: &str| -> Vec<i32> {
            lines.iter().filter(|line| line["stroke"] == color).map(y).collect()
        };
        assert_eq!(of("#5A636D")[..2], [points[2].1, points[0].1]);
        assert_eq!(of("#D55E00")[0], points[1].1);
        assert!(drawn.contains("6.00 mL") && drawn.contains("tumour, n 3"));
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn without_volumes_there_is_no_figure() {
        assert_eq!(bland_altman(&BlandAltman::default()).unwrap(), None);
    }
}
