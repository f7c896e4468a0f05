//! [`write_table`]: a table as HTML, with the values that a script sorts by.
//!
//! Does not know about the page around it.

use super::super::{
    content::{Cell, Column, Rank, Side, Sign, Table},
    text::escape_html,
};
use std::fmt::{Result, Write};

/// Writes a table that scrolls in itself.
pub(super) fn write_table(html: &mut String, table: &Table) -> Result {
    write!(html, "<div class=\"table\" tabindex=\"0\">\n<table")?;
    if !table.id.is_empty() {
        write!(html, " id=\"{}\"", escape_html(&table.id))?;
    }
    writeln!(html, ">")?;
    if !table.caption.is_empty() {
        writeln!(html, "<caption><span>{}</span></caption>", escape_html(&table.caption))?;
    }
    writeln!(html, "<thead>")?;
    write_head(html, &table.columns)?;
    writeln!(html, "</thead>\n<tbody>")?;
    for row in &table.rows {
        write!(html, "<tr>")?;
        for (column_idx, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
            let (class, value) = (class(column_idx, column), data_value(cell));
            write!(html, "<td{class}{value}>{}</td>", inside(cell))?;
        }
        writeln!(html, "</tr>")?;
    }
    writeln!(html, "</tbody>\n</table>\n</div>")?;
    if !table.note.is_empty() {
        writeln!(html, "<p class=\"note\">{}</p>", note(&table.note))?;
    }
    Ok(())
}

/// One line of headings, or two where columns share one. A heading of one column says which.
fn write_head(html: &mut String, columns: &[Column]) -> Result {
    let is_grouped = columns.iter().any(|column| !column.group.is_empty());
    let rows = if is_grouped { " rowspan=\"2\"" } else { "" };
    let indexed: Vec<(usize, &Column)> = columns.iter().enumerate().collect();
    let heading = |(column_idx, column): (usize, &Column), rows: &str| {
        let (class, name) = (class(column_idx, column), breakable(&column.name));
        format!("<th scope=\"col\" data-column=\"{column_idx}\"{rows}{class}>{name}</th>")
    };
    let is_shared = |column: &Column| !column.group.is_empty();
    write!(html, "<tr>")?;
    for group in
        indexed.chunk_by(|(_, left), (_, right)| is_shared(left) && left.group == right.group)
    {
        match group {
            [only] if !is_shared(only.1) => write!(html, "{}", heading(*only, rows))?,
            _ => {
                let (name, n_columns) = (escape_html(group[0].1.group), group.len());
                write!(
                    html,
                    "<th scope=\"colgroup\" class=\"group\" colspan=\"{n_columns}\">{name}</th>"
                )?;
            }
        }
    }
    writeln!(html, "</tr>")?;
    if is_grouped {
        write!(html, "<tr>")?;
        for column in indexed.into_iter().filter(|(_, column)| is_shared(column)) {
            write!(html, "{}", heading(column, ""))?;
        }
        writeln!(html, "</tr>")?;
    }
    Ok(())
}

/// A heading that may break after the dots and hyphens of a key.
fn breakable(name: &str) -> String {
    escape_html(name).replace('.', ".<wbr>").replace('-', "-<wbr>")
}

/// Numbers are aligned to the right; the first column stays in place while the others scroll.
fn class(column_idx: usize, column: &Column) -> &'static str {
    match (column_idx, column.side) {
        (0, Side::Left) => " class=\"lead\"",
        (0, Side::Right) => " class=\"lead number\"",
        (_, Side::Left) => "",
        (_, Side::Right) => " class=\"number\"",
    }
}

/// What a cell is sorted by where that is not its text; empty when it is undefined.
fn data_value(cell: &Cell) -> String {
    match cell {
        Cell::Number { value, .. } | Cell::Score { value, .. } => {
            let value = value.filter(|value| value.is_finite());
            format!(" data-value=\"{}\"", value.map(|it| it.to_string()).unwrap_or_default())
        }
        Cell::Run { number, .. } => format!(" data-value=\"{number}\""),
        Cell::Anchored { cell, .. } => data_value(cell),
        Cell::Text(_) | Cell::Code(_) | Cell::Verdict { .. } => String::new(),
    }
}

fn inside(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) | Cell::Number { text: words, .. } => escape_html(words),
        Cell::Code(words) => format!("<code>{}</code>", escape_html(words)),
        Cell::Score { text, n, rank, .. } => {
            let text = match rank {
                Rank::Highest => format!("<b>{}</b>", escape_html(text)),
                Rank::Other => escape_html(text),
            };
            format!("{text} <small>n&nbsp;{n}</small>")
        }
        Cell::Verdict { sign, words } => verdict(*sign, words),
        Cell::Run { number, stroke, label } => format!(
            "<span class=\"run\"><b>{number}</b> <svg class=\"stroke\" width=\"26\" height=\"8\" aria-hidden=\"true\">\
             <line x1=\"0\" y1=\"4\" x2=\"26\" y2=\"4\" stroke=\"{}\" stroke-width=\"3\" stroke-dasharray=\"{}\"/></svg> \
             {}</span>",
            stroke.css_color(),
            if stroke.dash().is_empty() { "none" } else { stroke.dash() },
            escape_html(label)
        ),
        Cell::Anchored { id, cell } => {
            format!("<span id=\"{}\">{}</span>", escape_html(id), inside(cell))
        }
    }
}

/// A note whose commands, between backticks, are to be read letter by letter.
fn note(words: &str) -> String {
    let parts = words.split('`').map(escape_html).enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part })
        .collect()
}

/// A verdict: its mark and its words.
pub(super) fn verdict(sign: Sign, words: &str) -> String {
    let (name, mark, words) = (sign.name(), sign.mark(), escape_html(words));
    format!("<span class=\"verdict {name}\"><i aria-hidden=\"true\">{mark}</i> {words}</span>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Mean, Verdict};

    fn html(table: &Table) -> String {
        let mut html = String::new();
        write_table(&mut html, table).unwrap();
        html
    }

    #[test]
    fn cells_carry_what_they_are_sorted_by() {
        let cells = vec![
            Cell::number(Some(200.4), |_| "3 min 20 s".into()),
            Cell::share(None),
            Cell::mean(Mean { mean: Some(0.25), n: 4 }, Rank::Highest).anchored("t-a"),
            Cell::verdict(Verdict::Worse, "worse <1"),
        ];
        let columns = ["a", "b", "c"].map(Column::numbers).into_iter();
        let columns = columns.chain([Column::words("e")]).collect();
        let html = html(&Table::new(columns, vec![cells]).with_id("t").captioned("<c>"));
        for expected in [
            "<table id=\"t\">\n<caption><span>&lt;c&gt;</span></caption>",
            "<td class=\"lead number\" data-value=\"200.4\">3 min 20 s</td>",
            "<td class=\"number\" data-value=\"\">-</td>",
            "data-value=\"0.25\"><span id=\"t-a\"><b>0.250</b> <small>n&nbsp;4</small></span></td>",
            "<td><span class=\"verdict worse\"><i aria-hidden=\"true\">▼</i> worse &lt;1</span></td>",
        ] {
            assert!(html.contains(expected), "{expected} is not in {html}");
        }
    }

    #[test]
    fn headings_of_two_lines_know_their_columns() {
        let columns = vec![
            Column::words("run"),
            Column::numbers("a").of("g"),
            Column::numbers("b").of("g"),
            Column::words("end"),
        ];
        let html = html(&Table::new(columns, vec![]));
        let expected = "<tr><th scope=\"col\" data-column=\"0\" rowspan=\"2\" class=\"lead\">run</th>\
             <th scope=\"colgroup\" class=\"group\" colspan=\"2\">g</th>\
             <th scope=\"col\" data-column=\"3\" rowspan=\"2\">end</th></tr>\n\
             <tr><th scope=\"col\" data-column=\"1\" class=\"number\">a</th>\
             <th scope=\"col\" data-column=\"2\" class=\"number\">b</th></tr>";
        assert!(html.contains(expected), "{html}");
    }

    #[test]
    fn a_note_says_where_the_rest_is() {
        let rows = vec![vec![Cell::text("x")]];
        let table = Table::new(vec![Column::words("a")], rows).first_of(3, "`all`");
        assert!(
            html(&table)
                .contains("<p class=\"note\">The first 1 of 3 rows. All: <code>all</code></p>")
        );
    }
}
