//! [`rows_by_panel`]: a matrix product in registers, of a few rows with a panel of columns.
//!
//! Does not know where rows and columns come from.

use super::simd::Lanes;

/// Rows that are computed at once beside so many vectors of columns: as the registers hold.
pub(super) const fn rows_at_once(lanes: usize, vectors: usize) -> usize {
    match (lanes, vectors) {
        (16, 2) | (_, 1) => 12,
        _ => 6,
    }
}

/// The size of the next group when so many rows are left: two groups of like size are faster
/// than a full one and a tiny one, whose sums would wait for each other.
#[inline(always)]
pub(super) fn group(left: usize, most: usize) -> usize {
    if left >= 2 * most || left <= most { left.min(most) } else { left.div_ceil(2) }
}

/// `sums[t][r] + sum over k of rows[t][k] * panel[k][r]`.
#[inline(always)]
pub(super) fn rows_by_panel<L: Lanes, const T: usize, const R: usize>(
    lanes: L,
    mut sums: [[L::V; R]; T],
    rows: [&[f32]; T],
    panel: &[[L::V; R]],
) -> [[L::V; R]; T] {
    let depth = panel.len();
    let rows = rows.map(|row| &row[..depth]);
    for k in 0..depth {
        let columns = panel[k];
        for t in 0..T {
            let value = lanes.splat(rows[t][k]);
            for r in 0..R {
                sums[t][r] = lanes.fma(value, columns[r], sums[t][r]);
            }
        }
    }
    sums
}

/// Evaluates an expression in which `$t` is the number of rows as a constant: from 1 to 6, and to 12
/// where `$most` says so, which is known when the code is compiled.
macro_rules! with_rows {
    ($n:expr, $most:expr, $t:ident => $body:expr) => {
        if const { $most > 6 } {
            with_rows!(@ $n, $t, $body, 1 2 3 4 5 6 7 8 9 10 11 12)
        } else {
            with_rows!(@ $n, $t, $body, 1 2 3 4 5 6)
        }
    };
    (@ $n:expr, $t:ident, $body:expr, $($rows:literal)*) => {
        match $n {
            $($rows => { const $t: usize = $rows; $body })*
            _ => {}
        }
    };
}
pub(super) use with_rows;
