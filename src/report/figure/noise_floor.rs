//! [`noise_floor`]: how far apart repeated runs of one setting lie, and what follows for a
//! difference.
//!
//! Does not know how the spread is pooled.

use super::{
    axis::Axis,
    band::{Band, row_line},
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, Legend},
    mark::Shape,
    plot::Plot,
    quantity::Quantity,
    style::{Anchor, INK, QUIET, Stroke, TEXT_PX, TITLE_PX, fit, text, text_width},
};
use crate::base::Result;
use plotters::style::Color;

const ROW: i32 = 26;
const SAID: i32 = 44;
/// Most settings of a figure.
const MOST_ROWS: usize = 40;
const WIDE: f64 = 0.10;
const NARROW: f64 = 0.22;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct NoiseFigure {
    /// What was repeated.
    pub quantity: Quantity,
    /// Names of the groups of repeated runs.
    pub groups: Vec<String>,
    pub panels: Vec<NoisePanel>,
}

/// One class.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct NoisePanel {
    pub class: String,
    /// Pooled standard deviation of a run around the mean of its group.
    pub pooled_sd: Option<f64>,
    /// 95 % half-width of a difference between the means of two groups.
    pub half_width: Option<f64>,
    /// Mean of every run, a row per group, in their order.
    pub seed_means: Vec<Vec<f64>>,
}

impl NoisePanel {
    /// The runs of a group less their mean; empty when there is but one, which says nothing.
    fn deviations(group: &[f64]) -> Vec<f64> {
        if group.len() < 2 {
            return Vec::new();
        }
        let mean = group.iter().sum::<f64>() / group.len() as f64;
        group.iter().map(|value| value - mean).collect()
    }

    /// Degrees of freedom behind the pooled spread.
    fn freedom(&self) -> usize {
        self.seed_means.iter().map(|group| group.len().saturating_sub(1)).sum()
    }
}

/// Draws the spread; `None` when no group has two runs.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn noise_floor(input: &NoiseFigure) -> Result<Option<String>> {
    if input.panels.iter().all(|panel| panel.freedom() == 0) {
        return Ok(None);
    }
    let n_rows = input.groups.len().min(MOST_ROWS);
    let names = input.groups[..n_rows].iter().map(String::as_str).collect();
    let band = Band::new(names, ROW, input.panels.len(), 2);
    let part = if n_rows < input.groups.len() {
        format!(", the first {n_rows} of {} settings", input.groups.len())
    } else {
        String::new()
    };
    let Quantity { name, of, .. } = &input.quantity;
    let heading = format!("Noise floor of {name} in {of}: repeated runs around their mean{part}");
    let ends = input.panels.iter().flat_map(|panel| {
        let widest = panel.half_width.into_iter().chain(panel.pooled_sd);
        widest.flat_map(|it| [-it, it])
    });
    let runs = input.panels.iter().flat_map(|panel| &panel.seed_means);
    let x = Axis::differences(runs.flat_map(|group| NoisePanel::deviations(group)).chain(ends));
    let legend = Legend::new([
        (Glyph::Point(Shape::Circle, Stroke::nth(0).color), "one run (seed)".to_owned()),
        (Glyph::Band(QUIET, NARROW), "± pooled SD of a run".to_owned()),
        (
            Glyph::Band(QUIET, WIDE),
            "± 95 % half-width: a smaller difference of two settings may be noise".to_owned(),
        ),
        (Glyph::Nothing, "n runs; df: degrees of freedom of the SD".to_owned()),
    ]);
    let picture = svg("noise-floor", &heading, band.bottom() + legend.height(), |canvas| {
        band.draw_names(canvas)?;
        for (panel_idx, panel) in input.panels.iter().enumerate() {
            let frame = band.frame(panel_idx, SAID);
            draw_panel(canvas, &input.quantity, panel, frame, (&x, n_rows))?;
        }
        legend.draw(canvas, band.bottom())
    })?;
    Ok(Some(picture))
}

fn draw_panel(
    canvas: &Canvas<'_>,
    quantity: &Quantity,
    panel: &NoisePanel,
    frame: Frame,
    (x, n_rows): (&Axis, usize),
) -> Drawn<()> {
    let number = |value: Option<f64>| {
        let text = value.map(|value| quantity.difference(value.abs()));
        text.map_or_else(|| "-".to_owned(), |text| text.trim_start_matches('+').to_owned())
    };
    let said = format!(
        ": SD {}, 95 % ±{}, df {}",
        number(panel.pooled_sd),
        number(panel.half_width),
        panel.freedom()
    );
    let room = frame.width - text_width(&said, TITLE_PX);
    let heading = format!("{}{said}", fit(&panel.class, TITLE_PX, room));
    let x_title = format!("run less group mean, {}", quantity.with_unit());
    let plot = Plot::of_rows(canvas, frame, &heading, (x, &x_title), n_rows)?;
    for (width, opacity) in [(panel.half_width, WIDE), (panel.pooled_sd, NARROW)] {
        if let Some(width) = width {
            canvas.shade(plot.columns(-width, width), QUIET, opacity)?;
        }
    }
    canvas.fill(Frame { width: 1, ..plot.columns(0.0, 0.0) }, INK)?;
    for (row_idx, group) in panel.seed_means.iter().take(n_rows).enumerate() {
        let y = plot.row(row_idx, n_rows);
        row_line(canvas, plot.frame, y)?;
        for deviation in NoisePanel::deviations(group) {
            let at = (plot.x_of(deviation), y);
            Shape::Circle.draw(canvas, at, 4, Stroke::nth(0).color.mix(0.7))?;
        }
        let at = (plot.frame.x + plot.frame.width + 8, y);
        let count = format!("n {}", group.len());
        canvas.text(&count, &text(TEXT_PX, QUIET, Anchor::Left), at)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{circles, outside, rectangles};

    fn sample(groups: Vec<Vec<f64>>) -> NoiseFigure {
        NoiseFigure {
            quantity: Quantity { name: "Dice".into(), unit: None, of: "the test cases".into() },
            groups: (0..groups.len()).map(|idx| format!("setting {idx}")).collect(),
            panels: vec![NoisePanel {
                class: "foreground".into(),
                pooled_sd: Some(0.01),
                half_width: Some(0.02),
                seed_means: groups,
            }],
        }
    }

    #[test]
    fn groups_are_drawn_around_their_own_mean() {
        let drawn = noise_floor(&sample(vec![vec![0.5, 0.52], vec![0.8, 0.82], vec![0.7]]));
        let drawn = drawn.unwrap().unwrap();
        let runs = circles(&drawn, &Stroke::nth(0).css_color());
        assert_eq!(runs.len(), 4 + 1, "a single run says nothing; the last is the legend's");
        assert_eq!((runs[0].0, runs[1].0), (runs[2].0, runs[3].0));
        // They lie a pooled SD from the middle, the edges of the narrow band.
        let narrow = rectangles(&drawn, "#5A636B")[1];
        assert_eq!((runs[0].0, runs[1].0), (narrow[0], narrow[0] + narrow[2]));
        assert!(drawn.contains("SD 0.010, 95 % ±0.020, df 2"));
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn single_runs_have_no_noise_floor() {
        assert_eq!(noise_floor(&sample(vec![vec![0.5], vec![0.6]])).unwrap(), None);
        assert_eq!(noise_floor(&NoiseFigure::default()).unwrap(), None);
    }
}
