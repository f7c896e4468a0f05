//! [`table`]: an evidence table as a table of the page, every cell with its anchor.
//!
//! Does not know what the numbers mean.

use super::super::content::{Cell, Column, Table};
use crate::analysis::{CellValue, EvidenceTable, NumberFormat};

/// Most rows of a table in a page.
const MOST_ROWS: usize = 200;

/// A table of the page; `is_cited` says whether a sentence links to a cell.
pub(super) fn table(of: &EvidenceTable, is_cited: impl Fn(&str) -> bool) -> Table {
    let keys = of.keys.iter().map(|key| Column::words(*key));
    let columns = of.columns.iter().map(|column| match column.format {
        NumberFormat::Words => Column::words(&column.head),
        _ => Column::numbers(&column.head),
    });
    let cited = |row_idx: usize, column_idx: usize| {
        Some(of.anchor(row_idx, column_idx)).filter(|anchor| is_cited(anchor))
    };
    let rows = of.rows.iter().enumerate().filter(|(row_idx, _)| {
        // A cell that is cited must be there.
        *row_idx < MOST_ROWS || (0..of.columns.len()).any(|idx| cited(*row_idx, idx).is_some())
    });
    let rows = rows.map(|(row_idx, row)| {
        let keys = row.keys.iter().map(Cell::text);
        let cells = row.values.iter().zip(&of.columns).enumerate();
        let cells = cells.map(|(column_idx, (value, column))| {
            let cell = cell(value, column.format);
            match cited(row_idx, column_idx) {
                Some(anchor) => cell.anchored(anchor),
                None => cell,
            }
        });
        keys.chain(cells).collect()
    });
    Table::new(keys.chain(columns).collect(), rows.collect())
        .captioned(of.about)
        .with_id(format!("table-{}", of.id))
        .first_of(of.rows.len(), "`seglab answer --json`")
}

fn cell(value: &CellValue, format: NumberFormat) -> Cell {
    match value {
        CellValue::Verdict(verdict) => Cell::verdict(*verdict, verdict.words()),
        CellValue::Words(words) => Cell::text(words),
        value => Cell::of(value.clone(), format),
    }
}
