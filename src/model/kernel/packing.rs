//! [`Panels`]: how the columns of a matrix are packed for the registers.
//!
//! Does not know what the columns are.

use super::buffer::Buffer;
use rayon::prelude::*;
use std::mem;

/// Columns in panels of two vectors, the last of one if their number is odd:
/// `[panel][row][columns of the panel]`. Columns that fill up the last vector are zeros.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panels {
    lanes: usize,
    rows: usize,
    columns: usize,
    vectors: usize,
}

impl Panels {
    /// The panels of a matrix `[rows, columns]`.
    pub(super) fn new(lanes: usize, rows: usize, columns: usize) -> Self {
        Self { lanes, rows, columns, vectors: columns.div_ceil(lanes) }
    }

    /// Number of panels.
    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.vectors.div_ceil(2)
    }

    /// Vectors of a panel, 1 or 2.
    #[inline(always)]
    pub(super) fn vectors_of(&self, panel: usize) -> usize {
        (self.vectors - 2 * panel).min(2)
    }

    /// The first column of a panel.
    #[inline(always)]
    pub(super) fn first_column(&self, panel: usize) -> usize {
        2 * panel * self.lanes
    }

    /// Columns of a panel that are not there to fill it up.
    #[inline(always)]
    pub(super) fn kept(&self, panel: usize) -> usize {
        (self.columns - self.first_column(panel)).min(self.vectors_of(panel) * self.lanes)
    }

    /// Where a panel lies in the packed values.
    #[inline(always)]
    pub(super) fn range(&self, panel: usize) -> std::ops::Range<usize> {
        let begin = self.first_column(panel) * self.rows;
        begin..begin + self.vectors_of(panel) * self.lanes * self.rows
    }

    /// Number of packed values.
    pub(super) fn len(&self) -> usize {
        self.vectors * self.lanes * self.rows
    }

    /// Columns with those that fill up.
    pub(super) fn padded_columns(&self) -> usize {
        self.vectors * self.lanes
    }

    /// The panels of packed values.
    pub(super) fn split<'a>(&self, packed: &'a mut [f32]) -> Vec<&'a mut [f32]> {
        let mut left = packed;
        (0..self.count())
            .map(|panel| {
                let (part, rest) = mem::take(&mut left).split_at_mut(self.range(panel).len());
                left = rest;
                part
            })
            .collect()
    }

    /// A value for each column, with zeros for those that fill up; nothing stays nothing.
    pub(super) fn fill_up(&self, row: &[f32]) -> Vec<f32> {
        let mut row = row.to_vec();
        if !row.is_empty() {
            row.resize(self.padded_columns(), 0.0);
        }
        row
    }

    /// Packs a matrix. Rows are visited in the order that suits weights, whose taps are next to
    /// each other: row `r` is channel `r % channels` of tap `r / channels`.
    pub(super) fn pack(
        &self,
        channels: usize,
        value: impl Fn(usize, usize) -> f32 + Sync,
    ) -> Buffer {
        let mut packed = Buffer::new(self.len());
        self.split(&mut packed).into_par_iter().enumerate().for_each(|(panel, target)| {
            let (first, kept) = (self.first_column(panel), self.kept(panel));
            let width = self.vectors_of(panel) * self.lanes;
            if kept < width {
                target.fill(0.0);
            }
            for channel in 0..channels {
                for column in 0..kept {
                    for row in (channel..self.rows).step_by(channels) {
                        target[row * width + column] = value(row, first + column);
                    }
                }
            }
        });
        packed
    }

    /// Where a value of the matrix lies among the packed ones.
    #[inline]
    pub(super) fn place(&self, row: usize, column: usize) -> usize {
        let panel = column / (2 * self.lanes);
        let width = self.vectors_of(panel) * self.lanes;
        self.range(panel).start + row * width + column - self.first_column(panel)
    }
}
