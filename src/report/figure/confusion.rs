//! [`confusion`]: where the voxels of each reference class went, a matrix per run.
//!
//! Does not know about cases; it draws the sums that a run brings.

use super::{
    canvas::{Canvas, Drawn, Frame, ink_on, svg},
    style::{
        Anchor, GRID, INK, QUIET, SCALE_PALE, TEXT_PX, TITLE_PX, WIDTH, text, text_width, title,
    },
};
use crate::{
    base::Result,
    report::{
        text::{UNDEFINED, count, counted, shorten},
        view::{RunView, View},
    },
};
use plotters::style::RGBColor;

const MARGIN: i32 = 12;
const TOP: i32 = 40;
const CELL_HEIGHT: i32 = 34;
/// Run, class names above the columns and their title.
const HEAD_HEIGHT: i32 = 64;
const GAP: i32 = 16;
/// Pixels of a header's letter.
const HEADER_LETTER: i32 = 6;
/// Most letters of a class name beside and above a matrix.
const NAME_LETTERS: usize = 14;
/// A full cell; an empty one is white.
const FULL: RGBColor = RGBColor(0x00, 0x4C, 0x86);
/// Share from which a cell is too dark for dark text.
const DARK_FROM: f64 = 0.5;

/// Sizes that all matrices share.
struct Layout {
    cell_width: i32,
    names_width: i32,
    width: i32,
    height: i32,
    n_abreast: usize,
}

impl Layout {
    fn new(runs: &[&RunView<'_>]) -> Self {
        let widest = |letters: usize, of: &dyn Fn(&RunView<'_>) -> Vec<String>| {
            let names = runs.iter().flat_map(|run| of(run));
            names.map(|name| text_width(&shorten(&name, letters), TEXT_PX)).max().unwrap_or(0)
        };
        let names = |run: &RunView<'_>| run.row.classes.clone();
        let names_width = widest(NAME_LETTERS, &names) + 22;
        let totals = |run: &RunView<'_>| -> Vec<String> {
            run.row.valid_confusion.iter().map(|row| count(row.iter().sum())).collect()
        };
        let total_width = widest(usize::MAX, &totals) + 10;
        let n_classes = runs.iter().map(|run| run.row.valid_confusion.len()).max().unwrap_or(1);
        let n_classes = i32::try_from(n_classes).unwrap_or(1).max(1);
        let room = (WIDTH - 2 * MARGIN - names_width - total_width) / n_classes;
        let cell_width = (names_width - 24).clamp(62, 92).min(room);
        let width = names_width + n_classes * cell_width + total_width;
        let n_abreast =
            usize::try_from((WIDTH - 2 * MARGIN + GAP) / (width + GAP)).unwrap_or(1).max(1);
        Self {
            cell_width,
            names_width,
            width,
            height: HEAD_HEIGHT + n_classes * CELL_HEIGHT + 16,
            n_abreast,
        }
    }
}

/// Draws the confusion of the validation voxels; `None` when no run has it.
///
/// # Errors
/// When plotters cannot draw.
pub(in crate::report) fn confusion(view: &View<'_>) -> Result<Option<String>> {
    let has_matrix = |run: &&RunView<'_>| !run.row.valid_confusion.is_empty();
    let runs: Vec<&RunView<'_>> = view.runs.iter().filter(has_matrix).collect();
    if runs.is_empty() {
        return Ok(None);
    }
    let layout = Layout::new(&runs);
    let n_rows = i32::try_from(runs.len().div_ceil(layout.n_abreast)).unwrap_or(1);
    let heading = format!(
        "Confusion of the validation voxels on the native grid, share of the reference, {}",
        counted(runs.len(), "run")
    );
    let picture = svg("confusion", &heading, TOP + n_rows * (layout.height + 12), |canvas| {
        let mut y = TOP;
        for line in runs.chunks(layout.n_abreast) {
            let mut x = MARGIN;
            for run in line {
                draw_matrix(canvas, &layout, (x, y), run)?;
                x += layout.width + GAP;
            }
            y += layout.height + 12;
        }
        Ok(())
    })?;
    Ok(Some(picture))
}

fn draw_matrix(
    canvas: &Canvas<'_>,
    layout: &Layout,
    (x, y): (i32, i32),
    run: &RunView<'_>,
) -> Drawn<()> {
    let matrix = &run.row.valid_confusion;
    let n_classes = i32::try_from(matrix.len()).unwrap_or(0);
    let [quiet, quiet_center] =
        [Anchor::Left, Anchor::Center].map(|anchor| text(TEXT_PX, QUIET, anchor));
    let letters = usize::try_from(layout.width / 8).unwrap_or(20);
    canvas.text(&shorten(&run.name(), letters), &title(TITLE_PX), (x, y + 10))?;
    let (left, top) = (x + layout.names_width, y + HEAD_HEIGHT);
    let middle = left + n_classes * layout.cell_width / 2;
    canvas.text("predicted as", &quiet_center, (middle, y + 32))?;
    let upwards = text(TEXT_PX, QUIET, Anchor::Upwards);
    canvas.text("reference", &upwards, (x + 8, top + n_classes * CELL_HEIGHT / 2))?;
    let right = left + n_classes * layout.cell_width + 8;
    canvas.text("voxels", &quiet, (right, y + 52))?;
    for (row_idx, row) in (0..).zip(matrix) {
        let name = run.row.classes.get(row_idx).map_or(UNDEFINED, String::as_str);
        let column = i32::try_from(row_idx).unwrap_or(0);
        let header_letters =
            usize::try_from(layout.cell_width / HEADER_LETTER).unwrap_or(NAME_LETTERS);
        let header = shorten(name, header_letters.min(NAME_LETTERS));
        let center = left + column * layout.cell_width + layout.cell_width / 2;
        canvas.text(&header, &text(TEXT_PX, INK, Anchor::Center), (center, y + 52))?;
        let row_y = top + column * CELL_HEIGHT;
        let at = (left - 8, row_y + CELL_HEIGHT / 2);
        canvas.text(&shorten(name, NAME_LETTERS), &text(TEXT_PX, INK, Anchor::Right), at)?;
        let total: u64 = row.iter().sum();
        canvas.text(&count(total), &quiet, (right, row_y + CELL_HEIGHT / 2))?;
        for (column_idx, voxels) in (0..).zip(row) {
            let frame = Frame {
                x: left + column_idx * layout.cell_width,
                y: row_y,
                width: layout.cell_width - 2,
                height: CELL_HEIGHT - 2,
            };
            draw_cell(canvas, frame, *voxels, total)?;
        }
    }
    Ok(())
}

fn draw_cell(canvas: &Canvas<'_>, frame: Frame, voxels: u64, total: u64) -> Drawn<()> {
    let middle = (frame.x + frame.width / 2, frame.y + frame.height / 2);
    if total == 0 {
        canvas.fill(frame, GRID)?;
        return canvas.text(UNDEFINED, &text(TEXT_PX, QUIET, Anchor::Center), middle);
    }
    let share = voxels as f64 / total as f64;
    canvas.fill(frame, tint(share))?;
    canvas.outline(frame, GRID)?;
    let words = percent(voxels, share);
    if text_width(&words, TEXT_PX) <= frame.width {
        let style = text(TEXT_PX, ink_on(share >= DARK_FROM), Anchor::Center);
        canvas.text(&words, &style, middle)?;
    }
    Ok(())
}

/// A few voxels never read as none, nor nearly all as all.
fn percent(voxels: u64, share: f64) -> String {
    let percent = 100.0 * share;
    if voxels == 0 {
        "0 %".into()
    } else if percent < 0.1 {
        "< 0.1 %".into()
    } else if percent > 99.9 && share < 1.0 {
        "> 99.9 %".into()
    } else {
        format!("{percent:.1} %")
    }
}

/// From white to full.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mix of two bytes is a byte"
)]
fn tint(share: f64) -> RGBColor {
    let mix = |empty: u8, full: u8| {
        (f64::from(empty) + (f64::from(full) - f64::from(empty)) * share).round() as u8
    };
    RGBColor(mix(SCALE_PALE.0, FULL.0), mix(SCALE_PALE.1, FULL.1), mix(SCALE_PALE.2, FULL.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tints_run_from_white_to_full() {
        assert_eq!(tint(0.0), SCALE_PALE);
        assert_eq!(tint(1.0), FULL);
    }

    #[test]
    fn a_few_voxels_are_not_none() {
        assert_eq!(percent(0, 0.0), "0 %");
        assert_eq!(percent(1, 1e-6), "< 0.1 %");
        assert_eq!(percent(999_999, 0.999_999), "> 99.9 %");
        assert_eq!(percent(10, 1.0), "100.0 %");
        assert_eq!(percent(1, 0.25), "25.0 %");
    }
}
