//! [`ranks`]: the mean rank of every setting with its interval, best first.
//!
//! Does not know how settings are ranked.

use super::{
    axis::Axis,
    band::{Band, row_line},
    canvas::{Canvas, Drawn, Frame, svg},
    legend::{Glyph, Legend},
    mark::{Mark, interval},
    plot::Plot,
    quantity::{Quantity, n_by_seeds},
    style::{Anchor, INK, Stroke, TEXT_PX, text},
};
use crate::{analysis::Interval, base::Result, report::text::counted};

const ROW: i32 = 28;
const SAID: i32 = 190;
/// Most settings of a figure.
const MOST_ROWS: usize = 40;

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Ranks {
    /// By what they are ranked.
    pub quantity: Quantity,
    /// What a test of all says: `Friedman p 0.012`.
    pub test: Option<String>,
    /// Cases that all settings have.
    pub n_cases: usize,
    pub n_seeds: usize,
    /// The settings in any order.
    pub rows: Vec<RankedSetting>,
}

#[derive(Debug, Clone, Default)]
pub(in crate::report) struct RankedSetting {
    pub name: String,
    /// Mean over the cases; 1 is best.
    pub mean: f64,
    pub interval: Option<Interval>,
}

/// Draws the ranks; `None` when fewer than two settings have one.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn ranks(input: &Ranks) -> Result<Option<String>> {
    let mut rows: Vec<&RankedSetting> =
        input.rows.iter().filter(|row| row.mean.is_finite()).collect();
    let n_ranked = rows.len();
    if n_ranked < 2 {
        return Ok(None);
    }
    rows.sort_by(|left, right| {
        left.mean.total_cmp(&right.mean).then_with(|| left.name.cmp(&right.name))
    });
    rows.truncate(MOST_ROWS);
    let band = Band::new(rows.iter().map(|row| row.name.as_str()).collect(), ROW, 1, 1);
    let legend = Legend::new([
        (
            Glyph::Mean(Stroke::nth(0).color),
            "mean rank and its 95 % interval over cases".to_owned(),
        ),
        (Glyph::Nothing, "1 is best; equal cases share their ranks".to_owned()),
        (Glyph::Nothing, input.test.clone().unwrap_or_default()),
    ]);
    let of_all = if rows.len() < n_ranked { "the best of " } else { "" };
    let Quantity { name, of, .. } = &input.quantity;
    let heading = format!(
        "Mean rank by {name} in {of}, {of_all}{}, {}",
        counted(n_ranked, "setting"),
        n_by_seeds(input.n_cases, input.n_seeds)
    );
    let picture = svg("ranks", &heading, band.bottom() + legend.height(), |canvas| {
        band.draw_names(canvas)?;
        draw(canvas, &rows, n_ranked, band.frame(0, SAID))?;
        legend.draw(canvas, band.bottom())
    })?;
    Ok(Some(picture))
}

fn draw(canvas: &Canvas<'_>, rows: &[&RankedSetting], n_ranked: usize, frame: Frame) -> Drawn<()> {
    let x = Axis::ranks(n_ranked);
    let plot = Plot::of_rows(canvas, frame, "", (&x, "mean rank, 1 is best"), rows.len())?;
    for (row_idx, row) in rows.iter().enumerate() {
        let y = plot.row(row_idx, rows.len());
        row_line(canvas, plot.frame, y)?;
        let color = Stroke::nth(0).color;
        let mark = Mark { mean: row.mean, interval: row.interval, seeds: &[], color };
        interval(canvas, y, |value| plot.x_of(value), &mark)?;
        let ends = row.interval.map(|it| format!(" [{:.2}, {:.2}]", it.low, it.high));
        let words = format!("{:.2}{}", row.mean, ends.unwrap_or_default());
        let at = (plot.frame.x + plot.frame.width + 12, y);
        canvas.text(&words, &text(TEXT_PX, INK, Anchor::Left), at)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::inspect::{outside, rectangles};

    fn row(name: &str, mean: f64) -> RankedSetting {
        let interval = Some(Interval { low: mean - 0.25, high: mean + 0.25 });
        RankedSetting { name: name.into(), mean, interval }
    }

    #[test]
    fn the_best_stands_first_whatever_the_order() {
        let input = Ranks {
            quantity: Quantity { name: "Dice".into(), unit: None, of: "the test cases".into() },
            n_cases: 12,
            rows: vec![row("late", 2.5), row("early", 1.5), row("middle", 2.0)],
            ..Ranks::default()
        };
        let drawn = ranks(&input).unwrap().unwrap();
        let places = ["early", "middle", "late"].map(|name| drawn.find(name).unwrap());
        assert!(places.is_sorted());
        let bars = rectangles(&drawn, &Stroke::nth(0).css_color());
        // Bar, its two ends, and so on.
        assert!((bars[0][0] + bars[6][0] - 2 * bars[3][0]).abs() <= 1);
        assert!(bars[0][1] < bars[3][1]);
        assert!(drawn.contains("1.50 [1.25, 1.75]") && drawn.contains("3 settings, n 12"));
        assert_eq!(outside(&drawn), Vec::<String>::new());
    }

    #[test]
    fn one_setting_has_no_rank() {
        let rows = vec![row("alone", 1.0), row("without", f64::NAN)];
        assert_eq!(ranks(&Ranks { rows, ..Ranks::default() }).unwrap(), None);
    }
}
