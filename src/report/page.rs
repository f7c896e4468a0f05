//! [`page`]: content as one HTML file that opens from disk and needs nothing else.
//!
//! All of the content is in the markup. The script only adds what scripts can: sorting, filtering,
//! where one is, light or dark. The policy in the head lets a browser refuse every request.
//!
//! Does not know what the content means.

mod blocks;
mod dark;
mod table;

use super::{
    content::{Content, Part, Section},
    pictures::embedded,
    text::escape_html,
};
use blocks::write_blocks;
use std::collections::BTreeSet;
use std::fmt::{Result, Write};

/// The look, in light and dark and on paper.
const STYLE: &str = include_str!("page.css");
/// What scripts add.
const SCRIPT: &str = include_str!("page.js");
/// The page may request nothing; what it contains may be used.
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

#[cfg(test)]
mod tests {
    use super::{
        super::content::{Block, Cell, Column, Figure, Picture, Sign, Span, Table},
        *,
    };

    /// A question with its answer, as the sections of a report may hold it.
    fn answered() -> Content {
        let row = |name: &str, value: f64, sign: Sign, words: &str| {
            let show = |value: f64| format!("{value:.2}");
            let shown = Cell::number(Some(value), show);
            let id = format!("t-effects-{name}-difference");
            vec![
                Cell::code(Some(name)),
                shown.anchored(id),
                Cell::Verdict { sign, words: words.into() },
            ]
        };
        let columns = vec![
            Column::words("run"),
            Column::numbers("difference").of("<Dice>"),
            Column::words("verdict").of("<Dice>"),
        ];
        let rows = vec![
            row("baseline", 0.21, Sign::Better, "better, one seed"),
            row("squeeze", -0.2, Sign::Worse, "worse"),
            row("flips", 0.01, Sign::Equivalent, "equivalent within 0.02"),
            row("rotation", 0.05, Sign::Unclear, "not distinguishable"),
            row("windows", 0.0, Sign::Missing, "not measured"),
        ];
        let table = Table::new(columns, rows).with_id("t-effects").captioned("Paired differences");
        let claim = vec![
            Span::Text("The baseline is better by ".into()),
            Span::Link { text: "0.21".into(), anchor: "t-effects-baseline-difference".into() },
            Span::Text(", as ".into()),
            Span::Code("seglab answer augmentation".into()),
            Span::Text(" says again.".into()),
        ];
        let badge = Block::Badge {
            sign: Sign::Better,
            words: "better".into(),
            strength: "12 cases, 3 seeds".into(),
        };
        let picture = |name: &str| Picture {
            path: format!("overlays/a/{name}.png"),
            caption: name.into(),
            png: vec![0; 1_000_000],
        };
        let heading =
            Block::Heading { title: "What it rests on".into(), anchor: "q-1-rest".into() };
        let figure = Figure::new("forest", "Bars: 95 %.", "<svg></svg>\n".into());
        let blocks = vec![
            badge,
            Block::Rich(claim),
            heading,
            Block::Table(table),
            Block::Folded { summary: "More".into(), blocks: vec![Block::Figure(figure)] },
            Block::Pictures(["x", "y", "z"].map(picture).into()),
        ];
        let question = "Does <b>augmentation</b> help?";
        let sections = vec![
            Section::new(Part::Provenance, "Provenance", "provenance", vec![]),
            Section::new(Part::Questions, question, "q-1", blocks),
        ];
        let [questions, findings, warnings] = [(); 3].map(|()| Vec::new());
        Content { title: "demo".into(), questions, findings, warnings, sections }
    }

    #[test]
    fn a_claim_stands_under_its_question_and_links_to_its_numbers() {
        let html = page(&answered());
        for expected in [
            "<p class=\"kicker\">Questions</p>\n<section id=\"q-1\">\n\
             <h2>Does &lt;b&gt;augmentation&lt;/b&gt; help?</h2>",
            "<p class=\"badge\"><span class=\"verdict better\"><i aria-hidden=\"true\">▲</i> better\
             </span> <small>12 cases, 3 seeds</small></p>",
            "better by <a href=\"#t-effects-baseline-difference\">0.21</a>, as \
             <code>seglab answer augmentation</code> says",
            "<h3 id=\"q-1-rest\">What it rests on</h3>",
            "<span id=\"t-effects-baseline-difference\">0.21</span>",
            "<figure class=\"drawing\" id=\"figure-forest\">",
            "<summary>1 more picture, too many",
            "<li><code>overlays/a/z.png</code> z</li>",
        ] {
            assert!(html.contains(expected), "{expected}");
        }
    }

    #[test]
    fn the_navigation_names_parts_in_reading_order() {
        let html = page(&answered());
        let navigation = html.split_once("<nav").unwrap().1.split_once("</nav>").unwrap().0;
        let links = navigation.split("href=\"#").skip(1);
        let links: Vec<&str> = links.map(|rest| rest.split_once('"').unwrap().0).collect();
        // A part of one section of its name is that section.
        assert_eq!(links, ["part-overview", "part-questions", "q-1", "part-provenance"]);
        assert!(links.iter().all(|anchor| html.contains(&format!("id=\"{anchor}\""))));
        let [questions, provenance] =
            ["id=\"q-1\"", "id=\"provenance\""].map(|id| html.find(id).unwrap());
        assert!(questions < provenance);
    }

    #[test]
    fn the_script_can_stand_in_a_page() {
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--") && SCRIPT.len() < 8_000);
    }
}
