//! [`compose`]: from the rows of a sweep to the content of its report, in reading order.
//!
//! Does not know about markup and files.

use super::{
    super::{
        compose::{compose as compose_runs, folders},
        content::{Block, Content, Figure, Part, Section},
        figure::{effects, level_curves, parallel, ranking},
        text::counted,
    },
    finding, tables,
};
use crate::{
    analysis::{N_RESAMPLES, RunRow, SweepTables, Tables},
    base::Result,
};
use std::collections::BTreeSet;

/// Runs that are shown one by one; of more, those of the settings ranked first and last.
const MOST_RUNS: usize = 24;
/// How many of them are of the settings ranked last.
const N_LAST: usize = 4;

/// What the words of a sweep mean.
const DEFINITIONS: [(&str, &str); 6] = [
    (
        "Score of a setting",
        "Dice on the native grid of the validation cases: the mean over the foreground classes that are defined in a case, then over the seeds within the case, then over cases. Only finished runs count. A pair of case and class whose Dice is undefined is in no mean, and is counted.",
    ),
    (
        "95 % interval",
        "The middle 95 % of the means of resamples that draw cases and seeds with replacement. With one seed it knows nothing of how another would have ended; with two or three it is likely to be too narrow.",
    ),
    (
        "Difference",
        "To the setting (or level) ranked first, case by case on the cases that both have. Worse: the whole interval lies below 0. Not distinguishable: it holds 0. Fewer than 6 cases carry no verdict. Of settings, worse is said when also Wilcoxon's p is below 5 % after Holm over all settings, and the difference is larger than what repeated seeds differ by; with one seed of each nothing is known of that. Of the values of an axis the interval decides alone: a first look.",
    ),
    (
        "Paired in blocks",
        "The values of an axis are compared where everything else is the same, the seed too, and every value has a finished run. Not paired: each value is averaged by itself, whatever else differs, and nothing is tested.",
    ),
    (
        "Time",
        "Of whole processes from start to end: loading, training, evaluation. Repeated: steps that were done again because an attempt died after its last checkpoint. Failed: tries without an answer.",
    ),
    (
        "Pruned",
        "Given up before the last epoch in favour of better cells. Such a run keeps its state and can be promoted; its score is in no mean.",
    ),
];

/// Puts the report of a sweep together.
///
/// # Errors
/// When a figure cannot be drawn.
pub(in crate::report) fn compose(sweep: &SweepTables, title: &str) -> Result<Content> {
    let shown = shown(sweep);
    let runs = compose_runs(&shown, &sweep.tables, title)?;
    let mut sections = vec![overview(sweep)];
    sections.extend(settings(sweep)?);
    sections.extend(axes(sweep)?);
    sections.extend(failures(sweep));
    sections.extend(missing(sweep));
    sections.extend(next(sweep));
    sections.extend(runs.sections.into_iter().map(|section| extended(section, sweep, &shown)));
    let questions =
        if sweep.question.is_empty() { runs.questions } else { vec![sweep.question.clone()] };
    Ok(Content {
        title: title.into(),
        questions,
        findings: finding::findings(sweep),
        warnings: finding::warnings(sweep).into_iter().chain(folders(&sweep.tables)).collect(),
        sections,
    })
}

/// The rows of the runs that are shown one by one.
fn shown(sweep: &SweepTables) -> Tables {
    let tables = &sweep.tables;
    if tables.runs.len() <= MOST_RUNS {
        return tables.clone();
    }
    let ranked: Vec<&String> = sweep.settings.iter().flat_map(|setting| &setting.runs).collect();
    let last = ranked.iter().rev().take(N_LAST);
    let first = ranked.iter().take(MOST_RUNS - N_LAST);
    let mut chosen: BTreeSet<&str> = first.chain(last).map(|run| run.as_str()).collect();
    let others = tables.runs.iter().map(|row| row.run.as_str());
    for run in others {
        if chosen.len() >= MOST_RUNS {
            break;
        }
        chosen.insert(run);
    }
    let is_chosen = |run: &str| chosen.contains(run);
    Tables {
        cases: Vec::new(),
        warnings: Vec::new(),
        runs: tables
            .runs
            .iter()
            .filter(|row| is_chosen(&row.run))
            .cloned()
            .collect::<Vec<RunRow>>(),
        epochs: tables.epochs.iter().filter(|row| is_chosen(&row.run)).cloned().collect(),
        scores: tables.scores.iter().filter(|row| is_chosen(&row.run)).cloned().collect(),
    }
}

/// A section of the runs, with what a sweep adds to it.
fn extended(mut section: Section, sweep: &SweepTables, shown: &Tables) -> Section {
    let n_runs = sweep.tables.runs.len();
    match section.anchor.as_str() {
        "runs" if shown.runs.len() < n_runs => {
            let words = format!(
                "From here on, {} of {n_runs} runs are shown: those of the settings ranked first, and of those ranked last.",
                shown.runs.len()
            );
            section.blocks.insert(0, Block::Text(words));
        }
        "definitions" => {
            section.blocks.insert(0, Block::Definitions(DEFINITIONS.to_vec()));
        }
        _ => {}
    }
    section
}

fn overview(sweep: &SweepTables) -> Section {
    let mut blocks = vec![Block::Table(tables::states(sweep))];
    if sweep.compute.n_ended > 0 {
        blocks.push(Block::Text(finding::compute(sweep)));
        blocks.push(Block::Table(tables::compute(sweep)));
    }
    Section::new(Part::Overview, "Sweep", "sweep", blocks)
}

fn settings(sweep: &SweepTables) -> Result<Option<Section>> {
    if sweep.n_scored() == 0 {
        return Ok(None);
    }
    let mut blocks = Vec::new();
    if let Some(svg) = ranking(sweep)? {
        let caption = format!(
            "Best first. Blue: not worse than the one ranked first, as far as these cases and seeds can tell. Intervals from {N_RESAMPLES} resamples."
        );
        blocks.push(Block::Figure(Figure::new("ranking", caption, svg)));
    }
    let table = tables::settings(sweep);
    if table.rows.len() < sweep.settings.len() {
        blocks.push(Block::Text(format!(
            "The first {} of {}:",
            table.rows.len(),
            counted(sweep.settings.len(), "setting")
        )));
    }
    blocks.push(Block::Table(table));
    Ok(Some(Section::new(Part::Overview, "Settings", "settings", blocks)))
}

fn axes(sweep: &SweepTables) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    let mut blocks = Vec::new();
    if let Some(svg) = effects(sweep)? {
        let caption = "A panel per axis, a row per value. Bars: 95 % intervals over cases and seeds. Grey: worse than the best value of that axis. These are averages over the other axes: where axes act together, look at the settings.";
        blocks.push(Block::Figure(Figure::new("effects", caption, svg)));
    }
    if let Some(table) = tables::effects(sweep) {
        blocks.push(Block::Table(table));
    }
    if !blocks.is_empty() {
        sections.push(Section::new(Part::Overview, "Axes", "axes", blocks));
    }
    let drawings = [
        (
            ("Learning by axis", "level-curves"),
            level_curves(sweep)?,
            "A line per value of an axis: the mean over the finished runs that the figure above compares, n of them; a run that ended early keeps its last value. While none is finished, the runs under way, as far as all of them are. Band: from the lowest seed to the highest. Dice here is on the training grid.",
        ),
        (
            ("All axes at once", "parallel"),
            parallel(sweep)?,
            "A line per setting. The darker, the higher its Dice.",
        ),
    ];
    sections.extend(drawings.into_iter().filter_map(|((title, name), svg, caption)| {
        let figure = Figure::new(name, caption, svg?);
        Some(Section::new(Part::Overview, title, name, vec![Block::Figure(figure)]))
    }));
    Ok(sections)
}

fn failures(sweep: &SweepTables) -> Option<Section> {
    let table = tables::failures(sweep)?;
    let blocks = vec![Block::Table(table)];
    Some(Section::new(Part::Overview, "Failures", "failures", blocks))
}

fn missing(sweep: &SweepTables) -> Option<Section> {
    let (table, n_rows) = tables::missing(sweep)?;
    let shown = table.rows.len();
    let table = table.first_of(n_rows, "`seglab sweep status --json`");
    let summary = if shown < n_rows {
        format!("The first {shown} of {}", counted(n_rows, "cell"))
    } else {
        counted(n_rows, "cell")
    };
    let blocks = vec![Block::Folded { summary, blocks: vec![Block::Table(table)] }];
    Some(Section::new(Part::Overview, "Cells without an answer", "missing", blocks))
}

fn next(sweep: &SweepTables) -> Option<Section> {
    let table = tables::next(sweep)?;
    let words = "By plain rules from the tables above; SPEC means the file of the sweep.";
    let blocks = vec![Block::Table(table), Block::Text(words.into())];
    Some(Section::new(Part::Overview, "What to run next", "next", blocks))
}
