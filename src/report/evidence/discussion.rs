//! [`discussion`]: answers as sections of the page, each number a link to its cell.
//!
//! Does not know how a question is answered.

use super::{Source, figures::draw};
use crate::{
    analysis::answer::{Answer, AnswerStatus, Answers, Fragment, Missing},
    base::Result,
    report::content::{Block, Part, Section, Sign, Span},
};
use std::collections::{BTreeMap, BTreeSet};

/// Runs that are named below an answer.
const MOST_RUNS: usize = 24;

/// The answers of a discussion, ready for the page.
pub(in crate::report) struct Discussed<'a> {
    /// A section a question.
    pub(in crate::report) sections: Vec<Section>,
    /// Anchors of the cells that are cited.
    pub(in crate::report) cited: BTreeSet<String>,
    /// Figures beside an answer, by the name that questions use: their anchors.
    pub(in crate::report) drawn: BTreeMap<&'a str, String>,
}

/// The sections of the questions, and what they cite and draw.
///
/// # Errors
/// When a figure cannot be drawn.
pub(in crate::report) fn discussion<'a>(
    answers: &'a Answers,
    source: Source<'_>,
) -> Result<Discussed<'a>> {
    let mut cited = BTreeSet::new();
    let mut sections = Vec::new();
    let mut drawn = BTreeMap::new();
    for answer in &answers.answers {
        let spans = answer.claim.iter().flatten().chain(&answer.prose);
        cited.extend(spans.filter_map(|span| match span {
            Fragment::Cited { anchor, .. } => Some(anchor.clone()),
            Fragment::Text(_) => None,
        }));
        let blocks = blocks(answer, source, &mut drawn)?;
        let anchor = format!("question-{}", answer.id);
        sections.push(Section::new(Part::Questions, &answer.ask, anchor, blocks));
    }
    Ok(Discussed { sections, cited, drawn })
}

fn blocks<'a>(
    answer: &'a Answer,
    source: Source<'_>,
    drawn: &mut BTreeMap<&'a str, String>,
) -> Result<Vec<Block>> {
    let mut blocks = vec![badge(answer)];
    for sentence in &answer.claim {
        blocks.push(Block::Rich(sentence.iter().map(span).collect()));
    }
    if !answer.prose.is_empty() {
        blocks.push(Block::Rich(answer.prose.iter().map(span).collect()));
    }
    blocks.extend(missing(&answer.missing));
    let mut seen = Vec::new();
    // Beside a question that nothing answers, figures of other settings would look like an answer.
    let is_measured = answer.status != AnswerStatus::NotMeasured;
    for name in answer.figures.iter().filter(|_| is_measured) {
        // A figure is in the page once; other questions link to it.
        if let Some(anchor) = drawn.get(name.as_str()) {
            let (text, anchor) = (format!("figure {name}"), anchor.clone());
            seen.push(Span::Link { text, anchor });
        } else if let Some(figure) = draw(source, name)? {
            drawn.insert(name, format!("figure-{}", figure.name));
            blocks.push(Block::Figure(figure));
        }
    }
    for id in answer.tables.iter().filter(|_| is_measured) {
        if let Some(table) = source.evidence.table(id) {
            let text = format!("table {}", table.heading().to_lowercase());
            seen.push(Span::Link { text, anchor: format!("table-{id}") });
        }
    }
    if !seen.is_empty() {
        let mut spans = vec![Span::Text("See ".into())];
        for (idx, link) in seen.into_iter().enumerate() {
            if idx > 0 {
                spans.push(Span::Text(", ".into()));
            }
            spans.push(link);
        }
        blocks.push(Block::Rich(spans));
    }
    blocks.push(rests_on(answer));
    Ok(blocks)
}

/// The verdict with its strength, or how far the question is answered.
fn badge(answer: &Answer) -> Block {
    let (sign, words) = match (answer.verdict, answer.status) {
        (_, status @ AnswerStatus::NotMeasured) => (Sign::Missing, status.words()),
        (Some(verdict), _) => (verdict.into(), verdict.words()),
        (None, status) => (Sign::Measured, status.words()),
    };
    let strength = answer.strength.as_ref().map(|strength| format!("evidence: {strength}"));
    let beware = answer.beware.as_ref().map(|beware| format!("beware, {beware}"));
    let strength: Vec<String> = strength.into_iter().chain(beware).collect();
    Block::Badge { sign, words: words.to_owned(), strength: strength.join("; ") }
}

fn span(said: &Fragment) -> Span {
    match said {
        Fragment::Text(text) => Span::Text(text.clone()),
        Fragment::Cited { text, anchor, .. } => {
            Span::Link { text: text.clone(), anchor: anchor.clone() }
        }
    }
}

/// What was not measured, and the commands that would measure it, each once.
fn missing(missing: &[Missing]) -> Vec<Block> {
    let mut groups: Vec<(Option<&String>, usize)> = Vec::new();
    for of in missing {
        let command = of.command.as_ref();
        match groups.iter_mut().find(|(known, _)| *known == command) {
            Some((_, n)) => *n += 1,
            None => groups.push((command, 1)),
        }
    }
    let block = |(command, n): (Option<&String>, usize)| {
        let statements =
            if n == 1 { "one statement".to_owned() } else { format!("{n} statements") };
        let mut spans = vec![Span::Text(format!("Not measured: {statements}."))];
        if let Some(command) = command {
            spans.push(Span::Text(" Would be measured by ".into()));
            spans.push(Span::Code(command.clone()));
        }
        Block::Rich(spans)
    };
    groups.into_iter().map(block).collect()
}

/// Basis, runs and the command that answers again.
fn rests_on(answer: &Answer) -> Block {
    let mut spans = vec![Span::Text(format!("Basis: {}. ", answer.basis))];
    if !answer.runs.is_empty() {
        spans.push(Span::Text("Runs cited: ".into()));
        for (idx, run) in answer.runs.iter().take(MOST_RUNS).enumerate() {
            if idx > 0 {
                spans.push(Span::Text(", ".into()));
            }
            spans.push(Span::Code(run.clone()));
        }
        let more = answer.runs.len().saturating_sub(MOST_RUNS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        spans.push(Span::Text(format!("{more}. ")));
    }
    spans.push(Span::Text("Again: ".into()));
    spans.push(Span::Code(answer.again.clone()));
    Block::Folded { summary: "What it rests on".into(), blocks: vec![Block::Rich(spans)] }
}
