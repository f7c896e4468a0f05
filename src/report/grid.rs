//! [`Table`]: cells under headings, with what a page needs to sort, cut and name them.
//!
//! Knows nothing of markup.

use super::{cell::Cell, text::counted};

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    /// Headings.
    pub columns: Vec<Column>,
    /// Cells by row, as many as columns.
    pub rows: Vec<Vec<Cell>>,
    /// What it shows; may be empty.
    pub caption: String,
    /// Anchor in the page; may be empty.
    pub id: String,
    /// Which rows are left out and where they all are; empty when none is.
    pub note: String,
}

impl Table {
    /// A table without a name.
    pub(super) fn new(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Self {
        let [caption, id, note] = [const { String::new() }; 3];
        Self { columns, rows, caption, id, note }
    }

    /// Says what it shows.
    pub(super) fn captioned(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Makes it a place to link to.
    pub(super) fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Says that these are the first of `n_rows`, when they are fewer, and where all of them are;
    /// a command stands between backticks.
    pub(super) fn first_of(mut self, n_rows: usize, all: &str) -> Self {
        let n_shown = self.rows.len();
        if n_shown < n_rows {
            self.note = format!("The first {n_shown} of {}. All: {all}", counted(n_rows, "row"));
        }
        self
    }
}

/// Heading of a column.
#[derive(Debug)]
pub(super) struct Column {
    /// What several columns share; may be empty.
    pub group: &'static str,
    /// Its own name.
    pub name: String,
    /// Where its cells stand.
    pub side: Side,
}

/// Where the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Column {
    /// A column of words.
    pub(super) fn words(name: impl Into<String>) -> Self {
        Self { group: "", name: name.into(), side: Side::Left }
    }

    /// A column of numbers.
    pub(super) fn numbers(name: impl Into<String>) -> Self {
        Self { group: "", name: name.into(), side: Side::Right }
    }

    /// Puts it under a shared heading.
    pub(super) fn of(mut self, group: &'static str) -> Self {
        self.group = group;
        self
    }
}
