//! [`volume_dice`]: Dice of every case against the volume of what was to be found.
//!
//! Does not know how volumes and ranks are computed.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, svg},
    legend::{Glyph, Legend},
    mark::Shape,
    plot::{Grid, Plot},
    quantity::Quantity,
    style::{Stroke, TITLE_PX, fit, text_width},
};
use crate::base::Result;
use plotters::style::Color;

const PANEL_HEIGHT: i32 = 300;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct VolumeDice {
    /// The score, which is a share, and over which cases.
    pub quantity: Quantity,
    /// What the volume is of: `lesion`, `structure`.
    pub object: String,
    /// Names of the classes; a class has one mark in all panels.
    pub classes: Vec<String>,
    /// A panel per class or per setting.
    pub panels: Vec<VolumePanel>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct VolumePanel {
    /// What it shows: a class, or a setting.
    pub name: String,
    /// Spearman's rank correlation of volume and score.
    pub rho: Option<f64>,
    /// A point per case.
    pub points: Vec<VolumePoint>,
}

/// One case.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::report) struct VolumePoint {
    /// Index into the classes.
    pub class_idx: usize,
    /// Volume in the reference in mL; a point without one has no place.
    pub volume_ml: f64,
    /// The score; 0 is drawn as missed.
    pub score: f64,
}

/// Draws the points; `None` when there is none.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn volume_dice(input: &VolumeDice) -> Result<Option<String>> {
    let volumes = || {
        let points = input.panels.iter().flat_map(|panel| &panel.points);
        points.filter(|point| is_drawn(point)).map(|point| point.volume_ml)
    };
    if volumes().next().is_none() {
        return Ok(None);
    }
    let (low, high) = (volumes().fold(f64::MAX, f64::min), volumes().fold(0.0, f64::max));
    // A little room, so that no mark lies on the edge.
    let x = Axis::log10(low * 0.9, high * 1.1);
    let y = Axis::near([0.0, 1.0].into_iter());
    let grid = Grid::new(input.panels.len(), 3, PANEL_HEIGHT);
    let legend = legend(input);
    let Quantity { name, of, .. } = &input.quantity;
    let heading = format!("{name} of {of} against the {}'s volume in the reference", input.object);
    let picture = svg("volume-dice", &heading, grid.bottom() + legend.height(), |canvas| {
        for (panel_idx, panel) in input.panels.iter().enumerate() {
            draw_panel(canvas, input, panel, grid.frame(panel_idx), (&x, &y))?;
        }
        legend.draw(canvas, grid.bottom())
    })?;
    Ok(Some(picture))
}

fn is_drawn(point: &VolumePoint) -> bool {
    point.volume_ml.is_finite() && point.volume_ml > 0.0 && point.score.is_finite()
}

fn draw_panel(
    canvas: &Canvas<'_>,
    input: &VolumeDice,
    panel: &VolumePanel,
    frame: super::canvas::Frame,
    (x, y): (&Axis, &Axis),
) -> Drawn<()> {
    let shown: Vec<&VolumePoint> = panel.points.iter().filter(|point| is_drawn(point)).collect();
    let rho = panel.rho.map_or_else(|| "-".to_owned(), |rho| format!("{rho:.2}"));
    let said = format!(": Spearman ρ {rho}, n {}", shown.len());
    let room = frame.width - text_width(&said, TITLE_PX);
    let heading = format!("{}{said}", fit(&panel.name, TITLE_PX, room));
    let x_title = format!("{} volume, mL{}", input.object, x.scale_text());
    let plot = Plot::new(canvas, frame, &heading, (x, &x_title), (y, &input.quantity.name))?;
    for point in shown {
        let Some(at) = plot.at(point.volume_ml, point.score) else { continue };
        let (shape, color) = (Shape::nth(point.class_idx), Stroke::nth(point.class_idx).color);
        if point.score > 0.0 {
            shape.draw(canvas, at, 4, color.mix(0.75))?;
        } else {
            shape.draw_hollow(canvas, at, 5, color)?;
        }
    }
    Ok(())
}

fn legend(input: &VolumeDice) -> Legend {
    let points = || input.panels.iter().flat_map(|panel| &panel.points).filter(|it| is_drawn(it));
    let classes = input.classes.iter().enumerate();
    let shown = classes.filter(|(idx, _)| points().any(|point| point.class_idx == *idx));
    let mut entries: Vec<(Glyph, String)> = shown
        .map(|(idx, name)| (Glyph::Point(Shape::nth(idx), Stroke::nth(idx).color), name.clone()))
        .collect();
    let n_missed = points().filter(|point| point.score <= 0.0).count();
    if n_missed > 0 {
        let glyph = Glyph::Hollow(Shape::Circle, super::style::QUIET);
        entries.push((glyph, format!("empty: missed, {} 0 ({n_missed})", input.quantity.name)));
    }
    Legend::new(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{circles, outside};

    fn sample(points: &[(f64, f64)]) -> VolumeDice {
        let point =
            |&(volume_ml, score): &(f64, f64)| VolumePoint { class_idx: 0, volume_ml, score };
        let panel = VolumePanel {
            name: "tumour".into(),
            rho: Some(0.5),
            points: points.iter().map(point).collect(),
        };
        VolumeDice {
            quantity: Quantity { name: "Dice".into(), unit: None, of: "the test cases".into() },
            object: "lesion".into(),
            classes: vec!["tumour".into()],
            panels: vec![panel],
        }
    }

    #[test]
    fn decades_are_even_and_missed_ones_stand_at_zero() {
        let points = [(1.0, 0.2), (10.0, 0.4), (100.0, 0.6), (10.0, 0.0), (0.0, 0.5)];
        let drawn = volume_dice(&sample(&points)).unwrap().unwrap();
        let found = circles(&drawn, &Stroke::nth(0).css_color());
        // To the pixel.
        assert!((found[0].0 + found[2].0 - 2 * found[1].0).abs() <= 1);
        assert!((found[0].1 + found[2].1 - 2 * found[1].1).abs() <= 1);
        // The hollow one; the fifth has no volume.
        assert_eq!(found.len(), 4 + 1, "the last is the legend's");
        assert_eq!(found[3].0, found[1].0);
        assert!(drawn.contains("Spearman ρ 0.50, n 4") && drawn.contains("missed, Dice 0 (1)"));
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn without_volumes_there_is_no_figure() {
        assert_eq!(volume_dice(&sample(&[(0.0, 0.5)])).unwrap(), None);
    }
}
