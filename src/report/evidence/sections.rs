//! [`sections`]: the evidence of a report, by part of the page.
//!
//! Does not know about questions.

use super::{Source, figures::draw, tables::table};
use crate::{
    base::Result,
    report::content::{Block, Part, Section},
};
use std::collections::{BTreeMap, BTreeSet};

/// Part, heading, anchor, tables, figures.
type Plan = (Part, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

/// The sections, their tables and figures.
const SECTIONS: [Plan; 11] = [
    (Part::Curves, "Settings, seeds as bands", "bands", &["gap"], &["bands"]),
    (Part::Classes, "Data and classes", "data", &["data", "classes", "ceilings"], &[]),
    (Part::Classes, "Scores by setting and class", "scores", &["scores", "test-scores"], &[]),
    (Part::Classes, "Surfaces", "surfaces", &["surfaces"], &[]),
    (
        Part::Classes,
        "Lesions and volumes",
        "lesions",
        &["lesions", "lesions-by-size"],
        &["lesions-by-size", "dice-volume", "volumes"],
    ),
    (
        Part::Errors,
        "Errors taken apart",
        "errors",
        &["errors", "associations", "worst"],
        &["errors", "profile"],
    ),
    (Part::Errors, "Trust", "trust", &["calibration", "clinical", "confusion"], &["reliability"]),
    (Part::Comparison, "Ablations", "ablations", &["effects", "ablations"], &["forest", "paired"]),
    (Part::Comparison, "Ranks", "ranks", &["ranks"], &["ranks"]),
    (Part::Comparison, "Published by others", "anchors", &["anchors"], &[]),
    (Part::Comparison, "What could be told", "power", &["noise", "power"], &["noise"]),
];

/// The sections that have something to show; `cited` are the anchors that sentences link to,
/// `drawn` the figures that are in the page already.
///
/// # Errors
/// When a figure cannot be drawn.
pub(in crate::report) fn sections(
    source: Source<'_>,
    cited: &BTreeSet<String>,
    drawn: &BTreeMap<&str, String>,
) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    if source.evidence.settings.is_empty() {
        return Ok(sections);
    }
    for (part, title, anchor, tables, figures) in SECTIONS {
        let mut blocks = Vec::new();
        for figure in figures.iter().filter(|figure| !drawn.contains_key(*figure)) {
            blocks.extend(draw(source, figure)?.map(Block::Figure));
        }
        for of in tables.iter().filter_map(|id| source.evidence.table(id)) {
            if of.rows.is_empty() {
                continue;
            }
            let anchor = format!("about-{}", of.id);
            blocks.push(Block::Heading { title: of.heading(), anchor });
            blocks.push(Block::Table(table(of, |anchor| cited.contains(anchor))));
        }
        if !blocks.is_empty() {
            sections.push(Section::new(part, title, format!("evidence-{anchor}"), blocks));
        }
    }
    Ok(sections)
}
