//! [`learning_bands`]: how the settings learned, the mean of their seeds within a band.
//!
//! Does not know about single runs; [`super::curves()`] draws those.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, Legend},
    plot::Grid,
    ribbon::{Ribbon, draw_ribbons},
    style::{Stroke, WIDTH, fit},
};
use crate::{analysis::CurvePoint, base::Result, report::text::counted};

const PANEL_HEIGHT: i32 = 290;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct LearningBands {
    /// Of what: an experiment or sweep.
    pub of: String,
    /// From where to where a band reaches: `lowest to highest seed`.
    pub band: String,
    pub settings: Vec<BandSetting>,
    /// Training loss, validation Dice, and so on.
    pub panels: Vec<BandPanel>,
}

#[derive(Debug, Clone)]
pub(in crate::report) struct BandSetting {
    pub name: String,
    pub stroke: Stroke,
    pub n_seeds: usize,
}

/// What the height of a panel means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::report) enum BandAxis {
    /// A loss; logarithmic when it spans much.
    #[default]
    Loss,
    /// Dice, as far as it reaches.
    Dice,
}

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct BandPanel {
    pub heading: String,
    /// What its height means.
    pub axis: BandAxis,
    /// The epochs of every setting, in the order of the settings; empty where it has none.
    pub curves: Vec<Vec<CurvePoint>>,
}

/// Draws the bands; `None` when there is no epoch.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn learning_bands(input: &LearningBands) -> Result<Option<String>> {
    let points = || input.panels.iter().flat_map(|panel| &panel.curves).flatten();
    let Some(last_epoch) = points().map(|point| point.epoch).max() else { return Ok(None) };
    let x = Axis::epochs(last_epoch);
    let grid = Grid::new(input.panels.len(), 2, PANEL_HEIGHT);
    let legend = legend(input);
    let of = fit(&input.of, super::style::HEAD_PX, WIDTH / 2);
    let heading = format!("Learning curves of {of}, {}", counted(input.settings.len(), "setting"));
    let picture = svg("learning-bands", &heading, grid.bottom() + legend.height(), |canvas| {
        for (panel_idx, panel) in input.panels.iter().enumerate() {
            draw_panel(canvas, grid.frame(panel_idx), &x, &input.settings, panel)?;
        }
        legend.draw(canvas, grid.bottom())
    })?;
    Ok(Some(picture))
}

fn draw_panel(
    canvas: &Canvas<'_>,
    frame: Frame,
    x: &Axis,
    settings: &[BandSetting],
    panel: &BandPanel,
) -> Drawn<()> {
    let values = panel.curves.iter().flatten().flat_map(|it| [it.low, it.mean, it.high]);
    let (y, y_title) = match panel.axis {
        BandAxis::Loss => (Axis::fitting(values), "loss"),
        BandAxis::Dice => (Axis::near(values), "Dice"),
    };
    let mut drawn = canvas.panel(frame, &panel.heading, (x, "epoch"), (&y, y_title))?;
    let pairs = settings.iter().zip(&panel.curves);
    let ribbons: Vec<Ribbon> = pairs
        .map(|(setting, points)| Ribbon {
            stroke: setting.stroke,
            has_band: setting.n_seeds > 1,
            points: points.clone(),
        })
        .collect();
    draw_ribbons(&mut drawn, &y, &ribbons)
}

fn legend(input: &LearningBands) -> Legend {
    let lines = input.settings.iter().map(|setting| {
        let words = format!("{}, {}", setting.name, counted(setting.n_seeds, "seed"));
        (Glyph::Line(setting.stroke), words)
    });
    let mut entries: Vec<(Glyph, String)> = lines.collect();
    if input.settings.iter().any(|setting| setting.n_seeds > 1) {
        let color = Stroke::nth(0).color;
        entries.push((Glyph::Band(color, 0.14), format!("band: {}; line: mean", input.band)));
    }
    Legend::new(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{attributes, outside};

    fn sample(n_epochs: usize, n_seeds: usize) -> LearningBands {
        let points = (1..=n_epochs).map(|epoch| {
            let mean = epoch as f64 / 10.0;
            CurvePoint { epoch, mean, low: mean - 0.05, high: mean + 0.05 }
        });
        let panel = BandPanel {
            heading: "Validation Dice".into(),
            axis: BandAxis::Dice,
            curves: vec![points.collect()],
        };
        let stroke = Stroke::nth(2);
        LearningBands {
            of: "demo".into(),
            band: "lowest to highest seed".into(),
            settings: vec![BandSetting { name: "baseline".into(), stroke, n_seeds }],
            panels: vec![panel],
        }
    }

    #[test]
    fn a_band_lies_around_its_line() {
        let drawn = learning_bands(&sample(5, 3)).unwrap().unwrap();
        let color = Stroke::nth(2).css_color();
        let points = |element: &str| -> Vec<(i32, i32)> {
            let all = attributes(&drawn, element);
            let first = all.iter().find(|it| it.values().any(|value| *value == color)).unwrap();
            let pairs = first["points"].split_whitespace().map(|it| it.split_once(',').unwrap());
            pairs.map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect()
        };
        let (band, line) = (points("polygon"), points("polyline"));
        assert_eq!((band.len(), line.len()), (10, 5));
        for (idx, at) in line.iter().enumerate() {
            let (upper, lower) = (band[idx], band[9 - idx]);
            assert!(upper.0 == at.0 && upper.1 < at.1 && at.1 < lower.1);
        }
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn one_seed_has_no_band_and_no_epoch_no_figure() {
        let drawn = learning_bands(&sample(5, 1)).unwrap().unwrap();
        assert!(!drawn.contains("<polygon") && drawn.contains("baseline, 1 seed"));
        assert!(learning_bands(&sample(1, 1)).unwrap().unwrap().contains("<circle"));
        assert_eq!(learning_bands(&sample(0, 3)).unwrap(), None);
    }
}
