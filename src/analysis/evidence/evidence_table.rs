//! [`EvidenceTable`]: a table whose every cell has a name, so that a sentence can cite it.
//!
//! Does not know about runs or of sentences.

use super::value::{CellValue, NumberFormat};
use crate::event::Split;
use serde::Serialize;

/// A table that can be cited.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceTable {
    /// Its name in references, such as `effects`.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The part that its cases play, where it is of scored cases.
    pub split: Option<Split>,
    /// What its numbers mean, and its rules for what is empty or missed.
    pub about: &'static str,
    /// Names of the columns that say which row it is.
    pub keys: &'static [&'static str],
    /// The others.
    pub columns: Vec<EvidenceColumn>,
    /// Names of columns that no row has a value for.
    pub unused: Vec<String>,
    /// The rows.
    pub rows: Vec<EvidenceRow>,
}

/// A column that can be cited.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceColumn {
    /// Its name in references, such as `difference`.
    pub id: String,
    /// Its heading.
    pub head: String,
    /// How its numbers are written.
    #[serde(rename = "form")]
    pub format: NumberFormat,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceRow {
    /// Which it is: as many as the table has keys.
    pub keys: Vec<String>,
    /// As many as the table has columns.
    pub values: Vec<CellValue>,
    /// Runs behind it.
    pub runs: Vec<String>,
}

impl EvidenceTable {
    /// An empty table; a column is its name, its heading and its format.
    pub(super) fn new(
        (id, title, about): (&'static str, &'static str, &'static str),
        keys: &'static [&'static str],
        columns: &[(&str, &str, NumberFormat)],
    ) -> Self {
        let column = |&(id, head, format): &(&str, &str, NumberFormat)| EvidenceColumn {
            id: id.to_owned(),
            head: head.to_owned(),
            format,
        };
        let columns = columns.iter().map(column).collect();
        Self { id, title, split: None, about, keys, columns, unused: Vec::new(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, keys: &[&str], runs: &[String], values: Vec<CellValue>) {
        debug_assert_eq!((keys.len(), values.len()), (self.keys.len(), self.columns.len()));
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        self.rows.push(EvidenceRow { keys, values, runs: runs.to_vec() });
    }

    /// Its title, with the cases that it is of.
    pub fn heading(&self) -> String {
        match self.split {
            Some(Split::Test) => format!("{}, test cases", self.title),
            Some(_) => format!("{}, validation cases", self.title),
            None => self.title.to_owned(),
        }
    }

    /// The row of these keys.
    pub fn row(&self, keys: &[String]) -> Option<&EvidenceRow> {
        self.rows.iter().find(|row| row.keys == keys)
    }

    /// Position of a column.
    pub fn column(&self, id: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.id == id)
    }

    /// What a cell holds; `None` when there is no such row or column.
    pub fn value(&self, keys: &[String], column: &str) -> Option<&CellValue> {
        self.row(keys)?.values.get(self.column(column)?)
    }

    /// A cell as it is written; `None` when there is no such row or column.
    pub fn shown(&self, keys: &[String], column: &str) -> Option<String> {
        let column_idx = self.column(column)?;
        Some(self.value(keys, column)?.shown(self.columns[column_idx].format))
    }

    /// Id of a cell in a page, by its position: names may hold anything.
    pub fn anchor(&self, row_idx: usize, column_idx: usize) -> String {
        format!("t-{}-{}-{}", self.id, row_idx + 1, column_idx + 1)
    }

    /// Drops columns without a value in any row.
    pub(super) fn without_empty_columns(mut self) -> Self {
        let is_used: Vec<bool> = (0..self.columns.len())
            .map(|idx| self.rows.iter().any(|row| row.values[idx].is_some()))
            .collect();
        let (mut used, mut unused) = (is_used.iter(), Vec::new());
        self.columns.retain(|column| {
            let is_used = *used.next().unwrap_or(&true);
            if !is_used {
                unused.push(column.id.clone());
            }
            is_used
        });
        self.unused = unused;
        for row in &mut self.rows {
            let mut used = is_used.iter();
            row.values.retain(|_| *used.next().unwrap_or(&true));
        }
        self
    }
}
