//! [`Table`]: cells under headings, with what a page needs to sort, cut and name them.
//!
//! Does not know about markup.

use super::{cell::Cell, text::counted};

#[derive(Debug)]
pub(super) struct Table {
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
    /// a command is written between backticks.
    pub(super) fn first_of(mut self, n_rows: usize, all: &str) -> Self {
        let n_shown = self.rows.len();
        if n_shown < n_rows {
            self.note = format!("The first {n_shown} of {}. All: {all}", counted(n_rows, "row"));
        }
        self
    }
}

/// A table in the making, a column after the other: each with the cell that it has in a row.
pub(super) struct RowTable<'r, R> {
    of: &'r [R],
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl<'r, R> RowTable<'r, R> {
    /// A table with a row for each of these.
    pub(super) fn new(of: &'r [R]) -> Self {
        Self { of, columns: Vec::new(), rows: of.iter().map(|_| Vec::new()).collect() }
    }

    pub(super) fn column(mut self, column: Column, cell: impl Fn(&'r R) -> Cell) -> Self {
        self.columns.push(column);
        for (row, of) in self.rows.iter_mut().zip(self.of) {
            row.push(cell(of));
        }
        self
    }

    /// Adds a column where it says something.
    pub(super) fn column_if(
        self,
        is_shown: bool,
        column: Column,
        cell: impl Fn(&'r R) -> Cell,
    ) -> Self {
        if is_shown { self.column(column, cell) } else { self }
    }

    pub(super) fn table(self) -> Table {
        Table::new(self.columns, self.rows)
    }

    /// The table; `None` without any row.
    pub(super) fn unless_empty(self) -> Option<Table> {
        (!self.rows.is_empty()).then(|| self.table())
    }
}

/// Heading of a column.
#[derive(Debug)]
pub(super) struct Column {
    /// What several columns share; may be empty.
    pub group: &'static str,
    pub name: String,
    /// Alignment of its cells.
    pub side: Side,
}

/// Alignment of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Column {
    pub(super) fn words(name: impl Into<String>) -> Self {
        Self { group: "", name: name.into(), side: Side::Left }
    }

    pub(super) fn numbers(name: impl Into<String>) -> Self {
        Self { group: "", name: name.into(), side: Side::Right }
    }

    /// Puts it under a shared heading.
    pub(super) fn of(mut self, group: &'static str) -> Self {
        self.group = group;
        self
    }
}
