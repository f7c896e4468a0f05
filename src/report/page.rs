//! [`page`]: content as one HTML file that opens from disk and needs nothing else.
//!
//! All of the content is in the markup. The script only adds what scripts can: sorting, filtering,
//! where one is, light or dark. The policy in the head lets a browser refuse every request.
//!
//! Knows nothing of what the content means.

mod blocks;
mod dark;
mod table;

use super::content::{Content, Part, Section};
use super::pictures::embedded;
use super::text::escape_html;
use blocks::write_blocks;
use std::collections::BTreeSet;
use std::fmt::{Result, Write};

/// The look, in light and dark and on paper.
const STYLE: &str = include_str!("page.css");
/// What scripts add.
const SCRIPT: &str = include_str!("page.js");
/// What the page may ask for: nothing; what stands in it may be used.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as HTML.
pub(super) fn page(content: &Content) -> String {
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut html, content);
    html
}

fn write_page(html: &mut String, content: &Content) -> Result {
    let title = escape_html(&content.title);
    let dark = dark::style_sheet();
    write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} - seglab report</title>\n<style>\n{STYLE}{dark}</style>\n\
         <script>\n{SCRIPT}</script>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">Skip the navigation</a>\n<div class=\"page\">\n"
    )?;
    write_navigation(html, content)?;
    writeln!(html, "<main id=\"content\">")?;
    let pictures = embedded(content);
    writeln!(html, "<div class=\"part\" id=\"{}\">", Part::Overview.anchor())?;
    write_header(html, content)?;
    for (part, sections) in content.parts() {
        if part != Part::Overview {
            writeln!(html, "</div>\n<div class=\"part\" id=\"{}\">", part.anchor())?;
            if sections[0].title != part.title() {
                writeln!(html, "<p class=\"kicker\">{}</p>", part.title())?;
            }
        }
        write_sections(html, &sections, &pictures)?;
    }
    writeln!(html, "</div>\n</main>\n</div>\n</body>\n</html>")
}

fn write_header(html: &mut String, content: &Content) -> Result {
    writeln!(html, "<header>\n<h1>{}</h1>", escape_html(&content.title))?;
    for question in &content.questions {
        writeln!(html, "<p class=\"question\">{}</p>", escape_html(question))?;
    }
    writeln!(html, "<p class=\"findings\">{}</p>", escape_html(&content.findings.join(" ")))?;
    for warning in &content.warnings {
        let words = escape_html(warning);
        writeln!(html, "<p class=\"warning\"><strong>Warning.</strong> {words}</p>")?;
    }
    writeln!(html, "</header>")
}

/// The parts with their sections.
fn write_navigation(html: &mut String, content: &Content) -> Result {
    let link = |class: &str, anchor: &str, title: &str| {
        format!("<a{class} href=\"#{}\">{}</a>", escape_html(anchor), escape_html(title))
    };
    writeln!(html, "<nav aria-label=\"Sections\">\n<ol>")?;
    let mut parts: Vec<(Part, Vec<&Section>)> = content.parts().collect();
    // What the header says is an overview, with or without sections.
    if parts.first().is_none_or(|(part, _)| *part != Part::Overview) {
        parts.insert(0, (Part::Overview, Vec::new()));
    }
    for (part, sections) in parts {
        write!(html, "<li>{}", link(" class=\"to-part\"", &part.anchor(), part.title()))?;
        if !sections.is_empty() && !is_named_by_its_section(part, &sections) {
            writeln!(html, "\n<ol>")?;
            for section in sections {
                writeln!(html, "<li>{}</li>", link("", &section.anchor, &section.title))?;
            }
            write!(html, "</ol>")?;
        }
        writeln!(html, "</li>")?;
    }
    writeln!(html, "</ol>\n</nav>")
}

/// Whether a part holds one section of its own name, so that one of both is enough.
fn is_named_by_its_section(part: Part, sections: &[&Section]) -> bool {
    matches!(sections, [only] if only.title == part.title())
}

fn write_sections(html: &mut String, sections: &[&Section], pictures: &BTreeSet<&str>) -> Result {
    for section in sections {
        let (anchor, title) = (escape_html(&section.anchor), escape_html(&section.title));
        writeln!(html, "<section id=\"{anchor}\">\n<h2>{title}</h2>")?;
        write_blocks(html, &section.blocks, pictures)?;
        writeln!(html, "</section>")?;
    }
    Ok(())
}
