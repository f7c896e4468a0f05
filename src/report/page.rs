//! [`page`]: content as one HTML file that needs nothing else: no script, no request.
//!
//! Knows nothing of what the content means.

use super::content::{Block, Cell, Column, Content, Picture, Rank, Side, Table};
use super::text::escape_html;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::fmt::{Result, Write};

/// The look, in light and dark and on paper.
const STYLE: &str = include_str!("page.css");

/// The report as HTML.
pub(super) fn page(content: &Content) -> String {
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut html, content);
    html
}

fn write_page(html: &mut String, content: &Content) -> Result {
    let title = escape_html(&content.title);
    write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} - seglab report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n"
    )?;
    for question in &content.questions {
        writeln!(html, "<p class=\"question\">{}</p>", escape_html(question))?;
    }
    writeln!(html, "<p class=\"findings\">{}</p>", escape_html(&content.findings.join(" ")))?;
    for warning in &content.warnings {
        let words = escape_html(warning);
        writeln!(html, "<p class=\"warning\"><strong>Warning.</strong> {words}</p>")?;
    }
    writeln!(html, "<nav aria-label=\"Sections\">")?;
    for section in &content.sections {
        writeln!(html, "<a href=\"#{}\">{}</a>", section.anchor, section.title)?;
    }
    writeln!(html, "</nav>\n</header>\n<main>")?;
    for section in &content.sections {
        writeln!(html, "<section id=\"{}\">\n<h2>{}</h2>", section.anchor, section.title)?;
        write_blocks(html, &section.blocks)?;
        writeln!(html, "</section>")?;
    }
    writeln!(html, "</main>\n</body>\n</html>")
}

fn write_blocks(html: &mut String, blocks: &[Block]) -> Result {
    for block in blocks {
        match block {
            Block::Text(words) => writeln!(html, "<p>{}</p>", escape_html(words))?,
            Block::Table(table) => write_table(html, table)?,
            Block::Figure(figure) => writeln!(
                html,
                "<figure class=\"drawing\">\n<div class=\"card\">\n{}</div>\n<figcaption>{}</figcaption>\n</figure>",
                figure.svg,
                escape_html(&figure.caption)
            )?,
            Block::Pictures(pictures) => write_pictures(html, pictures)?,
            Block::Definitions(terms) => {
                writeln!(html, "<dl>")?;
                for (term, meaning) in terms {
                    writeln!(html, "<dt>{term}</dt><dd>{}</dd>", escape_html(meaning))?;
                }
                writeln!(html, "</dl>")?;
            }
            Block::Folded { summary, blocks } => {
                writeln!(html, "<details>\n<summary>{}</summary>", escape_html(summary))?;
                write_blocks(html, blocks)?;
                writeln!(html, "</details>")?;
            }
        }
    }
    Ok(())
}

fn write_pictures(html: &mut String, pictures: &[Picture]) -> Result {
    writeln!(html, "<div class=\"pictures\">")?;
    for picture in pictures {
        let caption = escape_html(&picture.caption);
        let bytes = BASE64_STANDARD.encode(&picture.png);
        writeln!(
            html,
            "<figure><img alt=\"{caption}\" src=\"data:image/png;base64,{bytes}\">\
             <figcaption>{caption}</figcaption></figure>"
        )?;
    }
    writeln!(html, "</div>")
}

fn write_table(html: &mut String, table: &Table) -> Result {
    writeln!(html, "<div class=\"table\" tabindex=\"0\">\n<table>\n<thead>")?;
    write_head(html, &table.columns)?;
    writeln!(html, "</thead>\n<tbody>")?;
    for row in &table.rows {
        write!(html, "<tr>")?;
        for (cell, column) in row.iter().zip(&table.columns) {
            write!(html, "<td{}>{}</td>", class(column), cell_html(cell))?;
        }
        writeln!(html, "</tr>")?;
    }
    writeln!(html, "</tbody>\n</table>\n</div>")
}

/// One line of headings, or two where columns share one.
fn write_head(html: &mut String, columns: &[Column]) -> Result {
    let is_grouped = columns.iter().any(|column| !column.group.is_empty());
    let rows = if is_grouped { " rowspan=\"2\"" } else { "" };
    write!(html, "<tr>")?;
    for group in columns.chunk_by(|left, right| !left.group.is_empty() && left.group == right.group)
    {
        match group {
            [column] if column.group.is_empty() => {
                write!(
                    html,
                    "<th scope=\"col\"{rows}{}>{}</th>",
                    class(column),
                    heading(&column.name)
                )?;
            }
            _ => {
                let name = escape_html(group[0].group);
                write!(
                    html,
                    "<th scope=\"colgroup\" class=\"group\" colspan=\"{}\">{name}</th>",
                    group.len()
                )?;
            }
        }
    }
    writeln!(html, "</tr>")?;
    if is_grouped {
        write!(html, "<tr>")?;
        for column in columns.iter().filter(|column| !column.group.is_empty()) {
            write!(html, "<th scope=\"col\"{}>{}</th>", class(column), heading(&column.name))?;
        }
        writeln!(html, "</tr>")?;
    }
    Ok(())
}

/// A heading that may break after the dots and hyphens of a key.
fn heading(name: &str) -> String {
    escape_html(name).replace('.', ".<wbr>").replace('-', "-<wbr>")
}

fn class(column: &Column) -> &'static str {
    match column.side {
        Side::Left => "",
        Side::Right => " class=\"number\"",
    }
}

fn cell_html(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) => escape_html(words),
        Cell::Code(words) => format!("<code>{}</code>", escape_html(words)),
        Cell::Score { value, n, rank } => {
            let value = match rank {
                Rank::Highest => format!("<b>{value}</b>"),
                Rank::Other => value.clone(),
            };
            format!("{value} <small>n&nbsp;{n}</small>")
        }
        Cell::Run { number, stroke, label } => format!(
            "<span class=\"run\"><b>{number}</b> <svg class=\"stroke\" width=\"26\" height=\"8\" aria-hidden=\"true\">\
             <line x1=\"0\" y1=\"4\" x2=\"26\" y2=\"4\" stroke=\"{}\" stroke-width=\"3\" stroke-dasharray=\"{}\"/></svg> \
             {}</span>",
            stroke.css_color(),
            if stroke.dash().is_empty() { "none" } else { stroke.dash() },
            escape_html(label)
        ),
    }
}
