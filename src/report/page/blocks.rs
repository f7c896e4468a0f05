//! [`write_blocks`]: the blocks below a heading, as HTML.
//!
//! Does not know about the page around it.

use super::{
    super::{
        content::{Block, Figure, Picture, Span},
        text::{counted, escape_html},
    },
    table::{verdict, write_table},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::collections::BTreeSet;
use std::fmt::{Result, Write};

/// Writes blocks in order; of their pictures, those of these paths are in the page.
pub(super) fn write_blocks(
    html: &mut String,
    blocks: &[Block],
    pictures: &BTreeSet<&str>,
) -> Result {
    for block in blocks {
        match block {
            Block::Text(words) => writeln!(html, "<p>{}</p>", escape_html(words))?,
            Block::Rich(spans) => {
                writeln!(html, "<p>{}</p>", spans.iter().map(span).collect::<String>())?;
            }
            Block::Heading { title, anchor } => {
                writeln!(html, "<h3 id=\"{}\">{}</h3>", escape_html(anchor), escape_html(title))?;
            }
            Block::Badge { sign, words, strength } => {
                write!(html, "<p class=\"badge\">{}", verdict(*sign, words))?;
                if !strength.is_empty() {
                    write!(html, " <small>{}</small>", escape_html(strength))?;
                }
                writeln!(html, "</p>")?;
            }
            Block::Table(table) => write_table(html, table)?,
            Block::Figure(figure) => write_figure(html, figure)?,
            Block::Pictures(all) => write_pictures(html, all, pictures)?,
            Block::Definitions(terms) => {
                writeln!(html, "<dl>")?;
                for (term, meaning) in terms {
                    writeln!(html, "<dt>{term}</dt><dd>{}</dd>", escape_html(meaning))?;
                }
                writeln!(html, "</dl>")?;
            }
            Block::Folded { summary, blocks } => {
                writeln!(html, "<details>\n<summary>{}</summary>", escape_html(summary))?;
                write_blocks(html, blocks, pictures)?;
                writeln!(html, "</details>")?;
            }
        }
    }
    Ok(())
}

fn span(span: &Span) -> String {
    match span {
        Span::Text(words) => escape_html(words),
        Span::Link { text, anchor } => {
            format!("<a href=\"#{}\">{}</a>", escape_html(anchor), escape_html(text))
        }
        Span::Code(words) => format!("<code>{}</code>", escape_html(words)),
    }
}

fn write_figure(html: &mut String, figure: &Figure) -> Result {
    let (name, caption) = (escape_html(&figure.name), escape_html(&figure.caption));
    writeln!(
        html,
        "<figure class=\"drawing\" id=\"figure-{name}\">\n<div class=\"card\" tabindex=\"0\">\n{}</div>\n\
         <figcaption>{caption}</figcaption>\n</figure>",
        figure.svg,
    )
}

/// The pictures that the page holds; the others are named. A link would break once the page is
/// somewhere else than its folder.
fn write_pictures(html: &mut String, all: &[Picture], embedded: &BTreeSet<&str>) -> Result {
    let is_embedded = |picture: &&Picture| embedded.contains(picture.path.as_str());
    let (shown, named): (Vec<&Picture>, Vec<&Picture>) = all.iter().partition(is_embedded);
    if !shown.is_empty() {
        writeln!(html, "<div class=\"pictures\">")?;
    }
    for picture in &shown {
        let caption = escape_html(&picture.caption);
        let bytes = BASE64_STANDARD.encode(&picture.png);
        writeln!(
            html,
            "<figure><img alt=\"{caption}\" src=\"data:image/png;base64,{bytes}\">\
             <figcaption>{caption}</figcaption></figure>"
        )?;
    }
    if !shown.is_empty() {
        writeln!(html, "</div>")?;
    }
    if !named.is_empty() {
        writeln!(
            html,
            "<details>\n<summary>{}, too many for one page, in the report's folder</summary>\n\
             <ul class=\"files\">",
            counted(named.len(), if shown.is_empty() { "picture" } else { "more picture" })
        )?;
        for picture in named {
            let (path, caption) = (escape_html(&picture.path), escape_html(&picture.caption));
            writeln!(html, "<li><code>{path}</code> {caption}</li>")?;
        }
        writeln!(html, "</ul>\n</details>")?;
    }
    Ok(())
}
