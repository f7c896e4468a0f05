//! [`markdown`]: content as GitHub Markdown, with links to figures and overlays.
//!
//! Knows nothing of what the content means.

use super::content::{Block, Cell, Column, Content, Rank, Side, Table};
use super::text::escape_markdown;

/// The report as Markdown.
pub(super) fn markdown(content: &Content) -> String {
    let mut parts = vec![format!("# {}", escape_markdown(&content.title))];
    parts.extend(
        content.questions.iter().map(|question| format!("> {}", escape_markdown(question))),
    );
    parts.push(escape_markdown(&content.findings.join(" ")));
    for warning in &content.warnings {
        parts.push(format!("> [!WARNING]\n> {}", escape_markdown(warning)));
    }
    for section in &content.sections {
        parts.push(format!("## {}", section.title));
        push_blocks(&mut parts, &section.blocks);
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

fn push_blocks(parts: &mut Vec<String>, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Text(words) => parts.push(escape_markdown(words)),
            Block::Table(table) => parts.push(table_text(table)),
            Block::Figure(figure) => {
                let caption = escape_markdown(&figure.caption);
                parts.push(format!("![{caption}](figures/{}.svg)\n\n{caption}", figure.name));
            }
            Block::Pictures(pictures) => parts.extend(pictures.iter().map(|picture| {
                let caption = escape_markdown(&picture.caption);
                format!("![{caption}]({})\n\n{caption}", picture.path)
            })),
            Block::Definitions(terms) => {
                let lines: Vec<String> = terms
                    .iter()
                    .map(|(term, meaning)| format!("- **{term}**: {}", escape_markdown(meaning)))
                    .collect();
                parts.push(lines.join("\n"));
            }
            Block::Folded { summary, blocks } => {
                parts.push(format!("<details><summary>{}</summary>", escape_markdown(summary)));
                push_blocks(parts, blocks);
                parts.push("</details>".into());
            }
        }
    }
}

fn table_text(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let heading = |column: &Column| {
        let name = format!("{} {}", column.group, column.name);
        escape_markdown(name.trim())
    };
    let rule = |column: &Column| match column.side {
        Side::Left => "---".to_owned(),
        Side::Right => "--:".to_owned(),
    };
    let mut lines = vec![
        line(table.columns.iter().map(heading).collect()),
        line(table.columns.iter().map(rule).collect()),
    ];
    lines.extend(table.rows.iter().map(|row| line(row.iter().map(cell_text).collect())));
    lines.join("\n")
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) => escape_markdown(words),
        Cell::Code(words) => code(words),
        Cell::Score { value, n, rank: Rank::Highest } => format!("**{value}** (n {n})"),
        Cell::Score { value, n, rank: Rank::Other } => format!("{value} (n {n})"),
        Cell::Run { number, label, .. } => format!("{number} {}", code(label)),
    }
}

/// A code span, or plain text where one could be broken out of.
fn code(words: &str) -> String {
    let is_safe = |letter: char| letter != '`' && letter != '|' && !letter.is_control();
    if !words.trim().is_empty() && words.chars().all(is_safe) {
        format!("`{words}`")
    } else {
        escape_markdown(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_columns() {
        let table = Table {
            columns: vec![Column::words("a|b"), Column::numbers("primary").of("test Dice")],
            rows: vec![vec![
                Cell::Code("x|y".into()),
                Cell::Score { value: "0.500".into(), n: 3, rank: Rank::Highest },
            ]],
        };
        let expected = "| a\\|b | test Dice primary |\n| --- | --: |\n| x\\|y | **0.500** (n 3) |";
        assert_eq!(table_text(&table), expected);
    }
}
