//! [`markdown`]: content as GitHub Markdown, with links to figures and overlays.
//!
//! Does not know what the content means.

use super::{
    content::{Block, Cell, Column, Content, Picture, Rank, Side, Span, Table},
    pictures::embedded,
    text::escape_markdown,
};
use std::collections::BTreeSet;

/// What is asked of the whole while its parts are written.
struct Writer<'c> {
    /// Anchors that a link leads to; only those are written.
    linked: BTreeSet<&'c str>,
    /// Paths of the pictures that are shown; the others are linked.
    shown: BTreeSet<&'c str>,
}

/// The report as Markdown.
pub(super) fn markdown(content: &Content) -> String {
    let mut linked = BTreeSet::new();
    content.sections.iter().for_each(|section| push_links(&mut linked, &section.blocks));
    let writer = Writer { linked, shown: embedded(content) };
    let mut parts = vec![format!("# {}", escape_markdown(&content.title))];
    parts.extend(
        content.questions.iter().map(|question| format!("> {}", escape_markdown(question))),
    );
    parts.push(escape_markdown(&content.findings.join(" ")));
    for warning in &content.warnings {
        parts.push(format!("> [!WARNING]\n> {}", escape_markdown(warning)));
    }
    for section in content.parts().flat_map(|(_, sections)| sections) {
        parts.push(writer.anchor(&section.anchor));
        parts.push(format!("## {}", escape_markdown(&section.title)));
        writer.push_blocks(&mut parts, &section.blocks);
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

fn push_links<'c>(linked: &mut BTreeSet<&'c str>, blocks: &'c [Block]) {
    for block in blocks {
        match block {
            Block::Rich(spans) => linked.extend(spans.iter().filter_map(|span| match span {
                Span::Link { anchor, .. } => Some(anchor.as_str()),
                Span::Text(_) | Span::Code(_) => None,
            })),
            Block::Folded { blocks, .. } => push_links(linked, blocks),
            _ => {}
        }
    }
}

impl Writer<'_> {
    fn push_blocks(&self, parts: &mut Vec<String>, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Text(words) => parts.push(escape_markdown(words)),
                Block::Rich(spans) => parts.push(spans.iter().map(span_text).collect()),
                Block::Heading { title, anchor } => {
                    parts.push(self.anchor(anchor));
                    parts.push(format!("### {}", escape_markdown(title)));
                }
                Block::Badge { sign, words, strength } => {
                    let strength = if strength.is_empty() {
                        String::new()
                    } else {
                        format!(" ({})", escape_markdown(strength))
                    };
                    parts.push(format!("{} **{}**{strength}", sign.mark(), escape_markdown(words)));
                }
                Block::Table(table) => self.push_table(parts, table),
                Block::Figure(figure) => {
                    let caption = escape_markdown(&figure.caption);
                    parts.push(self.anchor(&format!("figure-{}", figure.name)));
                    parts.push(format!("![{caption}](figures/{}.svg)\n\n{caption}", figure.name));
                }
                Block::Pictures(pictures) => self.push_pictures(parts, pictures),
                Block::Definitions(terms) => {
                    let lines: Vec<String> = terms
                        .iter()
                        .map(|(term, meaning)| {
                            format!("- **{term}**: {}", escape_markdown(meaning))
                        })
                        .collect();
                    parts.push(lines.join("\n"));
                }
                Block::Folded { summary, blocks } => {
                    parts.push(format!("<details><summary>{}</summary>", escape_markdown(summary)));
                    self.push_blocks(parts, blocks);
                    parts.push("</details>".into());
                }
            }
        }
    }

    /// A place to link to; empty where no link leads.
    fn anchor(&self, id: &str) -> String {
        let is_linked = !id.is_empty() && self.linked.contains(id);
        if is_linked { format!("<a id=\"{}\"></a>", escape_markdown(id)) } else { String::new() }
    }

    fn push_pictures(&self, parts: &mut Vec<String>, pictures: &[Picture]) {
        let is_shown = |picture: &&Picture| self.shown.contains(picture.path.as_str());
        let (shown, linked): (Vec<&Picture>, Vec<&Picture>) = pictures.iter().partition(is_shown);
        let link = |picture: &Picture| {
            format!("[{}]({})", escape_markdown(&picture.caption), picture.path)
        };
        for picture in shown {
            let caption = escape_markdown(&picture.caption);
            parts.push(format!("!{}\n\n{caption}", link(picture)));
        }
        let linked: Vec<String> =
            linked.into_iter().map(|picture| format!("- {}", link(picture))).collect();
        parts.push(linked.join("\n"));
    }

    fn push_table(&self, parts: &mut Vec<String>, table: &Table) {
        parts.push(self.anchor(&table.id));
        if !table.caption.is_empty() {
            parts.push(format!("*{}*", escape_markdown(&table.caption)));
        }
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let rule = |column: &Column| match column.side {
            Side::Left => "---".to_owned(),
            Side::Right => "--:".to_owned(),
        };
        let mut lines = vec![
            line(table.columns.iter().map(heading).collect()),
            line(table.columns.iter().map(rule).collect()),
        ];
        let cells = |row: &Vec<Cell>| row.iter().map(|cell| self.cell_text(cell)).collect();
        lines.extend(table.rows.iter().map(|row| line(cells(row))));
        parts.push(lines.join("\n"));
        parts.push(escape_note(&table.note));
    }

    fn cell_text(&self, cell: &Cell) -> String {
        match cell {
            Cell::Text(words) | Cell::Number { text: words, .. } => escape_markdown(words),
            Cell::Code(words) => code(words),
            Cell::Score { text, n, rank, .. } => match rank {
                Rank::Highest => format!("**{}** (n {n})", escape_markdown(text)),
                Rank::Other => format!("{} (n {n})", escape_markdown(text)),
            },
            Cell::Verdict { sign, words } => format!("{} {}", sign.mark(), escape_markdown(words)),
            Cell::Run { number, label, .. } => format!("{number} {}", code(label)),
            Cell::Anchored { id, cell } => format!("{}{}", self.anchor(id), self.cell_text(cell)),
        }
    }
}

/// Both lines of a heading in one: `validation Dice: primary`.
fn heading(column: &Column) -> String {
    if column.group.is_empty() {
        escape_markdown(&column.name)
    } else {
        escape_markdown(&format!("{}: {}", column.group, column.name))
    }
}

fn span_text(span: &Span) -> String {
    match span {
        Span::Text(words) => escape_markdown(words),
        Span::Link { text, anchor } => {
            format!("[{}](#{})", escape_markdown(text), escape_markdown(anchor))
        }
        Span::Code(words) => code(words),
    }
}

/// A note whose commands, between backticks, stay commands.
fn escape_note(note: &str) -> String {
    let parts = note.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { escape_markdown(part) }).collect()
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
    use super::{
        super::content::{Part, Section, Sign},
        *,
    };
    use crate::analysis::{Mean, Verdict};

    /// The Markdown of one section.
    fn of(blocks: Vec<Block>) -> String {
        let sections = vec![Section::new(Part::Questions, "Q", "q", blocks)];
        let [questions, findings, warnings] = [(); 3].map(|()| Vec::new());
        let title = "t".into();
        let text = markdown(&Content { title, questions, findings, warnings, sections });
        text.split_once("## Q\n\n").unwrap().1.trim_end().into()
    }

    #[test]
    fn a_table_keeps_its_columns_and_says_what_it_lacks() {
        let columns = vec![Column::words("a|b"), Column::numbers("primary").of("test Dice")];
        let mean = Mean { mean: Some(0.5), n: 3 };
        let row = vec![Cell::Code("x|y".into()), Cell::mean(mean, Rank::Highest).anchored("c")];
        let table = Table::new(columns, vec![row]).captioned("*Scores*").first_of(2, "`all --of`");
        let expected = "*\\*Scores\\**\n\n| a\\|b | test Dice: primary |\n| --- | --: |\n\
                        | x\\|y | **0.500** (n 3) |\n\nThe first 1 of 2 rows. All: `all --of`";
        assert_eq!(of(vec![Block::Table(table)]), expected);
    }

    #[test]
    fn a_claim_links_to_the_cell_it_quotes() {
        let [more, cell] =
            [Cell::verdict(Verdict::Better, "better"), Cell::share(Some(0.25)).anchored("c")];
        let columns = vec![Column::words("a"), Column::numbers("b")];
        let blocks = vec![
            Block::Heading { title: "So?".into(), anchor: "so".into() },
            Block::Badge { sign: Sign::Worse, words: "worse".into(), strength: "12 cases".into() },
            Block::Rich(vec![
                Span::Text("It is ".into()),
                Span::Link { text: "0.250".into(), anchor: "c".into() },
                Span::Code("seglab answer".into()),
            ]),
            Block::Table(Table::new(columns, vec![vec![more, cell]])),
        ];
        let expected = "### So?\n\n▼ **worse** (12 cases)\n\nIt is [0.250](#c)`seglab answer`\n\n\
                        | a | b |\n| --- | --: |\n| ▲ better | <a id=\"c\"></a>0.250 |";
        assert_eq!(of(blocks), expected);
    }
}
