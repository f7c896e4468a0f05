//! [`compose`]: from a view to the content of a report, in reading order.
//!
//! Does not know about markup and files.

use super::{
    content::{Block, Content, Figure, Part, Picture, Section},
    evidence::{self, Discussed, Source, discussion, sections},
    figure::{confusion, curves, dice},
    finding::{findings, warnings},
    tables,
    text::{counted, file_name},
    view::View,
};
use crate::{
    analysis::{
        self, Evidence, EvidenceOptions, RunRow, Split, Tables,
        answer::{AnswerStatus, Answers},
    },
    base::Result,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the words of a report mean.
const DEFINITIONS: [(&str, &str); 6] = [
    (
        "Dice",
        "2 TP / (2 TP + FP + FN) over the voxels of one class of one case; undefined, and shown as -, when the class is in neither reference nor prediction; 0 when it is in only one of them.",
    ),
    (
        "Mean and n",
        "A mean is over the cases where Dice is defined, and n counts them. The foreground mean averages the means of all classes but the background; its n counts pairs of case and class.",
    ),
    (
        "Native grid",
        "Predictions are brought back to the voxels of the case as it was stored and scored there. The learning curves alone are scored on the training grid.",
    ),
    (
        "Ceiling",
        "Dice of the reference against itself brought to the training grid and back: no prediction made on that grid can be expected to score higher.",
    ),
    (
        "Best epoch",
        "The epoch with the best monitored score so far; its checkpoint gives the scores on the native grid. The validation cases chose it, so their scores are optimistic.",
    ),
    (
        "Confusion",
        "Share of a reference class's voxels, summed over the validation cases, by predicted class: rows sum to 100 %.",
    ),
];

/// Colours of the classes in an overlay, in their order; a fifth class has the first again.
const CLASS_COLOURS: [&str; 4] = ["light blue", "orange", "green", "yellow"];
/// How an overlay is to be read; it was cut at evaluation.
const HOW_TO_LOOK: &str = "The axial, coronal and sagittal slice of a case with the most reference foreground, each as CT, reference, prediction and errors. Errors: dark blue is missed, orange-red is too much, pink has another class; what is right is outlined in the colour of its class. Seen from the feet, the front and the left: the patient's right is at the left.";

/// Puts a report together: `shown` are the runs that are shown one by one, `tables` all that are
/// compared.
///
/// # Errors
/// When a figure cannot be drawn.
pub(super) fn compose(shown: &Tables, tables: &Tables, title: &str) -> Result<Content> {
    let asked = EvidenceOptions { baseline: None, split: Split::Valid, margin: None };
    let found = analysis::evidence(tables, asked);
    let source = Source { tables, evidence: &found };
    let mut content =
        content(&View::new(shown), title, sections(source, &BTreeSet::new(), &BTreeMap::new())?)?;
    content.findings.extend(evidence::findings(&found));
    content.findings.extend(evidence::missing_bases(&found));
    content.warnings.extend(folders(tables));
    Ok(content)
}

/// Puts a discussion together: the answers, and the evidence that they cite.
///
/// # Errors
/// When a figure cannot be drawn.
pub(super) fn compose_discussion(
    answers: &Answers,
    tables: &Tables,
    found: &Evidence,
) -> Result<Content> {
    let source = Source { tables, evidence: found };
    let Discussed { sections: mut answered, cited, drawn } = discussion(answers, source)?;
    answered.extend(sections(source, &cited, &drawn)?);
    let mut content = content(&View::new(tables), &answers.title, answered)?;
    let mut told = answered_in_words(answers);
    told.extend(evidence::findings(found));
    told.extend(evidence::missing_bases(found));
    content.warnings.extend(folders(tables));
    Ok(Content { questions: Vec::new(), findings: told, ..content })
}

/// What a reader should know of the folders of the runs, a sentence each.
pub(super) fn folders(tables: &Tables) -> impl Iterator<Item = String> {
    tables.warnings.iter().map(|warning| format!("{warning}."))
}

/// How far the questions are answered, in a sentence.
fn answered_in_words(answers: &Answers) -> Vec<String> {
    let n = |status: AnswerStatus| answers.answers.iter().filter(|it| it.status == status).count();
    let mut sentences = vec![format!(
        "Of {}, {} answered, {} in part, {} not measured.",
        counted(answers.answers.len(), "question"),
        n(AnswerStatus::Answered),
        n(AnswerStatus::Partly),
        n(AnswerStatus::NotMeasured)
    )];
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for verdict in answers.answers.iter().filter_map(|answer| answer.verdict) {
        *verdicts.entry(verdict.words()).or_default() += 1;
    }
    let verdicts: Vec<String> = verdicts.iter().map(|(words, n)| format!("{n} {words}")).collect();
    if !verdicts.is_empty() {
        sentences.push(format!("Verdicts: {}.", verdicts.join(", ")));
    }
    sentences
}

fn content(view: &View<'_>, title: &str, evidence: Vec<Section>) -> Result<Content> {
    let questions = questions(view);
    let mut sections = vec![runs(view)];
    sections.extend(drawn_sections(view)?);
    sections.extend(evidence);
    let (table, n_rows) = tables::cases(view);
    if n_rows > 0 {
        let shown = table.rows.len();
        let summary = if shown < n_rows {
            format!("The worst {shown} of {n_rows} rows, worst first")
        } else {
            format!("{}, worst first", counted(n_rows, "row"))
        };
        let blocks = vec![Block::Folded { summary, blocks: vec![Block::Table(table)] }];
        sections.push(Section::new(Part::Cases, "Cases", "cases", blocks));
    }
    let pictures = pictures(view);
    if !pictures.is_empty() {
        let blocks = vec![Block::Text(how_to_look(view)), Block::Pictures(pictures)];
        sections.push(Section::new(Part::Cases, "Overlays", "overlays", blocks));
    }
    if let Some(table) = tables::failures(view) {
        let blocks = vec![Block::Table(table)];
        sections.push(Section::new(Part::Runs, "Runs that stopped", "stopped", blocks));
    }
    sections.push(provenance(view));
    let blocks = vec![Block::Definitions(DEFINITIONS.to_vec())];
    sections.push(Section::new(Part::Provenance, "Definitions", "definitions", blocks));
    let (findings, warnings) = (findings(view), warnings(view));
    Ok(Content { title: title.into(), questions, findings, warnings, sections })
}

/// What the experiments ask, each once. A question that was changed is shown as it was asked last.
fn questions(view: &View<'_>) -> Vec<String> {
    let asked = |row: &RunRow| row.asked.clone().unwrap_or_else(|| row.created.clone());
    let mut newest: BTreeMap<&str, String> = BTreeMap::new();
    for run in view.runs.iter().filter(|run| !run.row.question.is_empty()) {
        let time = newest.entry(&run.row.experiment).or_default();
        *time = asked(run.row).max(std::mem::take(time));
    }
    let mut questions: Vec<String> = Vec::new();
    for run in &view.runs {
        let is_newest = newest.get(run.row.experiment.as_str()) == Some(&asked(run.row));
        if is_newest && !run.row.question.is_empty() && !questions.contains(&run.row.question) {
            questions.push(run.row.question.clone());
        }
    }
    questions
}

fn how_to_look(view: &View<'_>) -> String {
    let named = view.foreground.iter().zip(CLASS_COLOURS.iter().cycle());
    let named: Vec<String> = named.map(|(class, colour)| format!("{class} {colour}")).collect();
    format!("{HOW_TO_LOOK} Classes: {}.", named.join(", "))
}

fn runs(view: &View<'_>) -> Section {
    let mut blocks = vec![Block::Table(tables::runs(view))];
    if view.runs.len() > 1 {
        blocks
            .push(Block::Text("Bold: the highest validation mean of a foreground column.".into()));
    }
    if let Some(table) = tables::differing(view) {
        let n_settings = table.rows.len();
        blocks.push(Block::Text(format!(
            "{} differ between these runs:",
            counted(n_settings, "setting")
        )));
        blocks.push(Block::Table(table));
    }
    Section::new(Part::Runs, "Runs", "runs", blocks)
}

fn drawn_sections(view: &View<'_>) -> Result<Vec<Section>> {
    let scores = "A row per run, a panel per class. Every point is a case; the upright mark is the ceiling that the training grid sets.";
    let drawings = [
        (
            (Part::Curves, "Learning curves", "curves"),
            curves(view)?,
            "Validation Dice here is on the training grid and averages the cases where it is defined; a dot marks the best epoch.",
        ),
        (
            (Part::Classes, "Dice of the validation cases", "dice-valid"),
            dice(view, Split::Valid)?,
            scores,
        ),
        ((Part::Classes, "Dice of the test cases", "dice-test"), dice(view, Split::Test)?, scores),
        (
            (Part::Classes, "Confusion of classes", "confusion"),
            confusion(view)?,
            "Each row is a reference class: where its voxels went. Rows sum to 100 %.",
        ),
    ];
    let drawn = drawings.into_iter().filter_map(|((part, title, name), svg, caption)| {
        let figure = Figure::new(name, caption, svg?);
        Some(Section::new(part, title, name, vec![Block::Figure(figure)]))
    });
    Ok(drawn.collect())
}

fn pictures(view: &View<'_>) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for run in &view.runs {
        let mut overlays: Vec<_> = run.row.overlays.iter().collect();
        overlays.sort_by_key(|(name, _)| name);
        pictures.extend(overlays.into_iter().map(|(name, png)| Picture {
            path: format!("overlays/{}/{}", file_name(&run.row.run), file_name(name)),
            caption: format!("{}: {}", run.name(), in_words(name)),
            png: png.clone(),
        }));
    }
    pictures
}

/// A file name such as `01_best_case_007_dice-0.83_slice-34_window--160..240.png` in words.
fn in_words(name: &str) -> String {
    let name = name.strip_suffix(".png").unwrap_or(name);
    // `01_best_case_007..`: the rank orders the files, the word says it.
    let mut parts = name.splitn(3, '_');
    let name = match (parts.next(), parts.next(), parts.next()) {
        (Some(rank), Some(word), Some(rest)) if rank.parse::<u32>().is_ok() => {
            format!("{word}, {rest}")
        }
        _ => name.to_owned(),
    };
    let name = name.replace("_dice-", ", Dice ").replace("_slice-", ", slice ");
    match name.split_once("_window-") {
        Some((name, window)) => format!("{name}, window {window} HU"),
        None => name,
    }
}

fn provenance(view: &View<'_>) -> Section {
    let shared = tables::shared(view);
    let mut blocks = vec![Block::Table(tables::provenance(view))];
    if !shared.rows.is_empty() {
        let whose = if view.runs.len() == 1 { "of the run" } else { "that all runs share" };
        let summary = format!("{} {whose}", counted(shared.rows.len(), "setting"));
        blocks.push(Block::Folded { summary, blocks: vec![Block::Table(shared)] });
    }
    Section::new(Part::Provenance, "Provenance", "provenance", blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_was_changed_is_shown_as_it_was_asked_last() {
        let row = |run: &str, experiment: &str, question: &str, asked: Option<&str>| RunRow {
            run: run.into(),
            experiment: experiment.into(),
            question: question.into(),
            created: "2026-01-01T00:00:00Z".into(),
            asked: asked.map(str::to_owned),
            ..RunRow::default()
        };
        let tables = Tables {
            runs: vec![
                row("a", "one", "Old?", None),
                row("b", "one", "New?", Some("2026-02-01T00:00:00Z")),
                row("c", "other", "Old?", None),
            ],
            ..Tables::default()
        };
        assert_eq!(questions(&View::new(&tables)), ["New?", "Old?"]);
    }

    #[test]
    fn captions_say_what_file_names_say() {
        let name = "01_best_case_007_dice-0.83_slice-34_window--160..240.png";
        assert_eq!(in_words(name), "best, case_007, Dice 0.83, slice 34, window -160..240 HU");
        assert_eq!(in_words("other.png"), "other");
    }
}
