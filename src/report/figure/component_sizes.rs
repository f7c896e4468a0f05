//! [`component_sizes`]: which share of the components of each class is of a size or smaller.
//!
//! Does not know how components are found.

use super::{
    axis::Axis,
    canvas::{Canvas, Drawn, svg},
    legend::{Glyph, Legend},
    plot::{Grid, Plot},
    style::Stroke,
};
use crate::base::{Result, text::counted};
use plotters::prelude::PathElement;

const PANEL_HEIGHT: i32 = 380;
/// Steps of a curve: more would be finer than the pixels of the panel.
const MOST_STEPS: usize = 800;

/// The components of one class.
#[derive(Debug, Clone)]
pub(in crate::report) struct ClassComponents<'a> {
    /// Its name.
    pub class: &'a str,
    /// Volumes in mL, in any order.
    pub ml: Vec<f64>,
}

/// Draws a curve a class; `None` when there is no component.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn component_sizes(
    classes: &[ClassComponents<'_>],
    of: &str,
) -> Result<Option<String>> {
    let curves: Vec<(Stroke, &ClassComponents<'_>, Vec<f64>)> = (0..)
        .map(Stroke::nth)
        .zip(classes)
        .map(|(stroke, it)| (stroke, it, sorted(&it.ml)))
        .filter(|(.., sizes)| !sizes.is_empty())
        .collect();
    let sizes = || curves.iter().flat_map(|(.., sizes)| sizes.iter().copied());
    let (low, high) = (sizes().fold(f64::MAX, f64::min), sizes().fold(0.0, f64::max));
    if curves.is_empty() {
        return Ok(None);
    }
    let x = Axis::log10(low * 0.9, high * 1.1);
    let legend = Legend::new(curves.iter().map(|(stroke, it, sizes)| {
        let components = counted(sizes.len(), "component");
        (Glyph::Line(*stroke), format!("{}, {components}", it.class))
    }));
    let grid = Grid::new(1, 1, PANEL_HEIGHT);
    let heading = format!("Sizes of connected components of each class, {of}");
    let picture = svg("component-sizes", &heading, grid.bottom() + legend.height(), |canvas| {
        draw(canvas, grid, &curves, &x, [low * 0.9, high * 1.1])?;
        legend.draw(canvas, grid.bottom())
    })?;
    Ok(Some(picture))
}

fn draw(
    canvas: &Canvas<'_>,
    grid: Grid,
    curves: &[(Stroke, &ClassComponents<'_>, Vec<f64>)],
    x: &Axis,
    ends: [f64; 2],
) -> Drawn<()> {
    let x_title = format!("volume, mL{}", x.scale_text());
    let y_title = "% of the components, this size or smaller";
    let y = Axis::linear(0.0, 100.0);
    let plot = Plot::new(canvas, grid.frame(0), "", (x, &x_title), (&y, y_title))?;
    for (stroke, _, sizes) in curves {
        let points = plot.all(steps(sizes, ends).into_iter());
        canvas.area().draw(&PathElement::new(points, stroke.line(2)))?;
    }
    Ok(())
}

fn sorted(ml: &[f64]) -> Vec<f64> {
    let mut sizes: Vec<f64> =
        ml.iter().copied().filter(|size| size.is_finite() && *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    sizes
}

/// The distribution function from end to end, a step up at each size; of very many sizes some.
fn steps(sizes: &[f64], [low, high]: [f64; 2]) -> Vec<(f64, f64)> {
    let share = |n: usize| 100.0 * n as f64 / sizes.len() as f64;
    let every = sizes.len().div_ceil(MOST_STEPS).max(1);
    let mut points = vec![(low, 0.0)];
    let mut before = 0;
    for n in (every..sizes.len()).step_by(every).chain([sizes.len()]) {
        let size = sizes[n - 1];
        points.extend([(size, share(before)), (size, share(n))]);
        before = n;
    }
    points.push((high, 100.0));
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{attributes, outside};

    #[test]
    fn each_size_is_a_step() {
        let steps_of = |sizes: &[f64]| steps(&sorted(sizes), [0.5, 9.0]);
        assert_eq!(
            steps_of(&[8.0, 1.0, f64::NAN, 0.0]),
            [(0.5, 0.0), (1.0, 0.0), (1.0, 50.0), (8.0, 50.0), (8.0, 100.0), (9.0, 100.0)]
        );
        let many: Vec<f64> = (1..=10_000).map(f64::from).collect();
        let steps = steps(&many, [0.5, 11_000.0]);
        assert!(steps.len() <= 2 * MOST_STEPS + 2, "{}", steps.len());
        assert!(steps.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1));
        assert_eq!(steps[steps.len() - 2], (10_000.0, 100.0));
    }

    #[test]
    fn classes_without_components_are_left_out() {
        let class = |class, ml: &[f64]| ClassComponents { class, ml: ml.to_vec() };
        let of = [class("tumour", &[]), class("cyst", &[0.01, 2.0, 40.0])];
        let svg = component_sizes(&of, "2 cases").unwrap().unwrap();
        let color = Stroke::nth(1).css_color();
        let lines = attributes(&svg, "polyline");
        assert_eq!(lines.iter().filter(|line| line["stroke"] == color).count(), 2);
        assert!(svg.contains("cyst, 3 components") && !svg.contains("tumour"));
        assert_eq!(outside(&svg), Vec::<String>::new());
        assert_eq!(component_sizes(&of[..1], "2 cases").unwrap(), None);
        // One size alone still has an axis.
        let one = component_sizes(&[class("tumour", &[3.0])], "1 case").unwrap().unwrap();
        assert!(one.contains("1 component") && !one.contains("NaN"));
    }
}
