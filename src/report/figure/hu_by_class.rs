//! [`hu_by_class`]: how the HU of each class are distributed.
//!
//! Does not know how voxels are counted.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, svg},
    legend::{Glyph, Legend},
    plot::{Grid, Plot},
    style::Stroke,
};
use crate::{analysis::HuHistogram, base::Result};
use plotters::prelude::PathElement;

const PANEL_HEIGHT: i32 = 380;
/// Bins over the width of the panel: about five pixels each.
const N_BINS: i32 = 200;
/// Percentiles of a class between which it is shown: metal and padding would press the rest flat.
const SHOWN: [u64; 2] = [1, 99];

/// The HU of one class.
#[derive(Debug, Clone)]
pub(in crate::report) struct ClassHu<'a> {
    /// Its name.
    pub class: &'a str,
    /// What is said of it in the legend: `AUC 0.71`.
    pub said: String,
    /// All its HU.
    pub histogram: &'a HuHistogram,
}

/// Draws a curve a class; `None` when no class has a voxel.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn hu_by_class(classes: &[ClassHu<'_>], of: &str) -> Result<Option<String>> {
    // A class keeps its stroke whether or not others have voxels.
    let shown: Vec<(Stroke, &ClassHu<'_>)> =
        (0..).map(Stroke::nth).zip(classes).filter(|(_, it)| it.histogram.n() > 0).collect();
    let ends = SHOWN.map(|percent| {
        shown.iter().filter_map(move |(_, it)| it.histogram.percentile(percent)).collect::<Vec<_>>()
    });
    let (Some(low), Some(high)) = (ends[0].iter().min(), ends[1].iter().max()) else {
        return Ok(None);
    };
    let width = ((high - low) / N_BINS).max(1);
    let curves: Vec<(Stroke, Vec<(f64, f64)>)> = shown
        .iter()
        .map(|(stroke, it)| (*stroke, stairs(it.histogram, [*low, *high], width)))
        .collect();
    let x = Axis::near([*low, *high].map(f64::from).into_iter());
    let y = Axis::from_zero(curves.iter().flat_map(|(_, points)| points.iter().map(|at| at.1)));
    let legend = Legend::new(shown.iter().map(|(stroke, it)| {
        let said = if it.said.is_empty() { String::new() } else { format!(", {}", it.said) };
        (Glyph::Line(*stroke), format!("{}{said}", it.class))
    }));
    let grid = Grid::new(1, 1, PANEL_HEIGHT);
    let heading = format!("HU of the voxels of each class, {of}");
    let y_title = format!("% of the class per {width} HU");
    let picture = svg("hu-by-class", &heading, grid.bottom() + legend.height(), |canvas| {
        draw(canvas, grid, &curves, (&x, &y), &y_title)?;
        legend.draw(canvas, grid.bottom())
    })?;
    Ok(Some(picture))
}

fn draw(
    canvas: &Canvas<'_>,
    grid: Grid,
    curves: &[(Stroke, Vec<(f64, f64)>)],
    (x, y): (&Axis, &Axis),
    y_title: &str,
) -> Drawn<()> {
    let plot = Plot::new(canvas, grid.frame(0), "", (x, "HU"), (y, y_title))?;
    for (stroke, points) in curves {
        let points = plot.all(points.iter().copied());
        canvas.area().draw(&PathElement::new(points, stroke.line(2)))?;
    }
    Ok(())
}

/// A step a bin, its height the percentage of the class's voxels; what lies beyond the ends is in
/// no bin, but counts in the percentage.
fn stairs(histogram: &HuHistogram, [low, high]: [i32; 2], width: i32) -> Vec<(f64, f64)> {
    let n_bins = usize::try_from((high - low) / width).unwrap_or_default() + 1;
    let mut bins = vec![0_u64; n_bins];
    for (hu, count) in histogram.counts() {
        let bin = usize::try_from((hu - low).div_euclid(width)).ok();
        if let Some(sum) = bin.and_then(|bin| bins.get_mut(bin)) {
            *sum += count;
        }
    }
    let share = |count: u64| 100.0 * count as f64 / histogram.n().max(1) as f64;
    let edges = (0..).map(|bin| f64::from(low) + f64::from(width) * f64::from(bin));
    let steps = edges
        .zip(bins)
        .flat_map(|(edge, count)| [(edge, share(count)), (edge + f64::from(width), share(count))]);
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{attributes, outside};

    fn drawn(classes: &[(&str, &[f32])]) -> Option<String> {
        let histograms: Vec<HuHistogram> =
            classes.iter().map(|(_, hu)| HuHistogram::of(hu)).collect();
        let classes: Vec<ClassHu<'_>> = classes
            .iter()
            .zip(&histograms)
            .map(|((class, _), histogram)| ClassHu { class, said: "AUC 0.500".into(), histogram })
            .collect();
        hu_by_class(&classes, "2 cases").unwrap()
    }

    #[test]
    fn steps_are_percentages_of_the_whole_class() {
        let histogram = HuHistogram::of(&[0.0, 1.0, 1.0, 7.0]);
        let steps = stairs(&histogram, [0, 1], 1);
        assert_eq!(steps, [(0.0, 25.0), (1.0, 25.0), (1.0, 50.0), (2.0, 50.0)]);
        assert_eq!(
            stairs(&histogram, [0, 7], 4),
            [(0.0, 75.0), (4.0, 75.0), (4.0, 25.0), (8.0, 25.0)]
        );
    }

    #[test]
    fn a_class_keeps_its_stroke_and_what_is_said_of_it() {
        let svg = drawn(&[("background", &[]), ("tumour", &[-5.0, 1.0, 9.0])]).unwrap();
        let lines = attributes(&svg, "polyline");
        let of = |nth: usize| {
            let color = Stroke::nth(nth).css_color();
            lines.iter().filter(|line| line["stroke"] == color).count()
        };
        assert_eq!((of(0), of(1)), (0, 2), "a curve and the legend's line");
        assert!(svg.contains("tumour, AUC 0.500") && svg.contains("per 1 HU"));
        assert_eq!(outside(&svg), Vec::<String>::new());
    }

    #[test]
    fn a_constant_class_has_a_curve_and_no_voxels_have_none() {
        let svg = drawn(&[("background", &[40.0; 5])]).unwrap();
        assert!(!svg.contains("NaN"));
        assert_eq!(outside(&svg), Vec::<String>::new());
        assert_eq!(drawn(&[("background", &[]), ("tumour", &[])]), None);
    }
}
