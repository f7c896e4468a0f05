//! [`sections`]: the evidence of a report, by part of the page.
//!
//! Knows nothing of questions.

use super::{Source, figures::draw, tables::table};
use crate::{
    error::Result,
    report::content::{Block, Part, Section},
};
use std::collections::BTreeSet;

/// Part, heading, anchor, tables, figures.
type Plan = (Part, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

/// What stands together.
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

/// The sections that have something to show; `cited` are the anchors that sentences link to.
///
/// # Errors
/// When a figure cannot be drawn.
pub(in crate::report) fn sections(
    source: Source<'_>,
    cited: &BTreeSet<String>,
) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    if source.evidence.arms.is_empty() {
        return Ok(sections);
    }
    let arm = baseline(source);
    for (part, title, anchor, tables, figures) in SECTIONS {
        let mut blocks = Vec::new();
        for figure in figures {
            blocks.extend(draw(source, figure, arm)?.map(Block::Figure));
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

/// The setting of which those figures are drawn that can show one only: that of the baseline, or
/// the one that most others are compared with.
pub(super) fn baseline(source: Source<'_>) -> usize {
    let arms = &source.evidence.arms;
    let asked = source.evidence.asked.baseline.as_ref();
    let n_compared = |idx: usize| arms.iter().filter(|arm| arm.base == Some(idx)).count();
    let rank = |idx: &usize| (n_compared(*idx), arms[*idx].runs.len());
    let is_named = |idx: &usize| asked.is_some_and(|name| arms[*idx].experiment == *name);
    let all = || (0..arms.len()).rev();
    let named = all().filter(is_named).max_by_key(rank);
    named.or_else(|| all().max_by_key(rank)).unwrap_or(0)
}
