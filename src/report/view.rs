//! [`View`]: the rows in one order, each run with a number, a short label and a stroke.
//!
//! Does not know about pages and drawing; it only decides what everything else agrees on.

use super::{figure::Stroke, text::shorten};
use crate::analysis::{EpochRow, RunRow, ScoreRow, Tables, differing};
use std::collections::{BTreeMap, BTreeSet};

/// Longest label of a run, in characters.
const LABEL_WIDTH: usize = 36;

#[derive(Debug)]
pub(super) struct RunView<'a> {
    /// Position in the report, from 1.
    pub number: usize,
    /// Run id without what all runs can spare, shortened.
    pub label: String,
    /// How its lines and points are drawn.
    pub stroke: Stroke,
    pub row: &'a RunRow,
    pub epochs: Vec<&'a EpochRow>,
    /// Its scores in order of split, case and class.
    pub scores: Vec<&'a ScoreRow>,
}

impl RunView<'_> {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.number, self.label)
    }

    /// Index of the class of this name, if the run has it.
    pub(super) fn class(&self, name: &str) -> Option<usize> {
        self.row.classes.iter().position(|class| class == name)
    }
}

/// All runs in order of experiment and run id.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub runs: Vec<RunView<'a>>,
    /// Names of the classes that a run has at index 0, in order of first appearance.
    pub background: Vec<String>,
    /// Names of all other classes, likewise.
    pub foreground: Vec<String>,
    /// Settings, but the seed, whose values are not the same in all runs.
    pub differing: Vec<String>,
}

impl<'a> View<'a> {
    /// Orders the rows, in whichever order they come.
    pub(super) fn new(tables: &'a Tables) -> Self {
        let mut rows: Vec<&RunRow> = tables.runs.iter().collect();
        rows.sort_by_key(|row| (&row.experiment, &row.run));
        let mut epochs: BTreeMap<&str, Vec<&EpochRow>> = BTreeMap::new();
        for epoch in &tables.epochs {
            epochs.entry(&epoch.run).or_default().push(epoch);
        }
        let mut scores: BTreeMap<&str, Vec<&ScoreRow>> = BTreeMap::new();
        for score in &tables.scores {
            scores.entry(&score.run).or_default().push(score);
        }
        let labels = labels(&rows);
        let strokes = strokes(&rows);
        let (background, foreground) = classes(&rows);
        let mut runs = Vec::new();
        for (row_idx, ((row, label), stroke)) in
            rows.into_iter().zip(labels).zip(strokes).enumerate()
        {
            let mut epochs = epochs.get(row.run.as_str()).cloned().unwrap_or_default();
            epochs.sort_by_key(|epoch| epoch.epoch);
            let mut scores = scores.get(row.run.as_str()).cloned().unwrap_or_default();
            scores.sort_by_key(|row| (row.score.split, &row.score.case, row.score.class));
            runs.push(RunView { number: row_idx + 1, label, stroke, row, epochs, scores });
        }
        let mut differing = differing(&tables.runs);
        // Every run of a sweep differs in its seed, which has a column of its own.
        differing.retain(|key| key != "seed");
        Self { runs, background, foreground, differing }
    }

    /// The runs in order of the score that `of` reads from them, highest first; those without one
    /// are left out.
    pub(super) fn ranked(&self, of: impl Fn(&RunRow) -> Option<f64>) -> Vec<(&RunView<'a>, f64)> {
        let scored = self.runs.iter().filter_map(|run| of(run.row).map(|score| (run, score)));
        let mut scored: Vec<_> = scored.filter(|(_, score)| score.is_finite()).collect();
        scored.sort_by(|left, right| right.1.total_cmp(&left.1));
        scored
    }
}

/// Run ids without their digest where that still tells them apart.
fn labels(rows: &[&RunRow]) -> Vec<String> {
    let short: Vec<&str> = rows.iter().map(|row| without_digest(&row.run)).collect();
    let n_distinct = short.iter().collect::<BTreeSet<_>>().len();
    let is_enough = n_distinct == rows.len();
    let chosen =
        rows.iter().zip(short).map(|(row, short)| if is_enough { short } else { &row.run });
    chosen.map(|name| shorten(name, LABEL_WIDTH)).collect()
}

fn without_digest(run: &str) -> &str {
    match run.rsplit_once('-') {
        Some((name, digest))
            if digest.len() == 8 && digest.chars().all(|letter| letter.is_ascii_hexdigit()) =>
        {
            name
        }
        _ => run,
    }
}

/// A colour each while they last; with more runs than colours the best ones get them.
fn strokes(rows: &[&RunRow]) -> Vec<Stroke> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    if rows.len() > Stroke::N_DISTINCT {
        let score = |row_idx: &usize| rows[*row_idx].valid_foreground.mean.unwrap_or(-1.0);
        order.sort_by(|left, right| score(right).total_cmp(&score(left)));
        order.truncate(Stroke::N_DISTINCT);
        order.sort_unstable();
    }
    let place = |row_idx| order.iter().position(|chosen| *chosen == row_idx);
    (0..rows.len()).map(|row_idx| place(row_idx).map_or(Stroke::OTHER, Stroke::nth)).collect()
}

/// Names of background and foreground classes.
fn classes(rows: &[&RunRow]) -> (Vec<String>, Vec<String>) {
    let (mut background, mut foreground) = (Vec::new(), Vec::new());
    push_new(&mut background, rows.iter().filter_map(|row| row.classes.first()));
    push_new(&mut foreground, rows.iter().flat_map(|row| row.classes.iter().skip(1)));
    foreground.retain(|class| !background.contains(class));
    (background, foreground)
}

fn push_new<'a>(seen: &mut Vec<String>, names: impl Iterator<Item = &'a String>) {
    for name in names {
        if !seen.contains(name) {
            seen.push(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(run: &str) -> RunRow {
        RunRow { run: run.into(), ..RunRow::default() }
    }

    #[test]
    fn labels_drop_the_digest_where_they_can() {
        let (first, second) = (row("a-f0-s1-0123abcd"), row("a-f0-s2-0123abcd"));
        assert_eq!(labels(&[&first, &second]), ["a-f0-s1", "a-f0-s2"]);
        let twin = row("a-f0-s1-ffffffff");
        assert_eq!(labels(&[&first, &twin]), ["a-f0-s1-0123abcd", "a-f0-s1-ffffffff"]);
    }

    #[test]
    fn with_many_runs_the_best_have_colours() {
        let mut rows: Vec<RunRow> = (0..14).map(|run_idx| row(&format!("run-{run_idx}"))).collect();
        for (run_idx, row) in rows.iter_mut().enumerate() {
            row.valid_foreground.mean = (run_idx != 3).then_some(0.5 + 0.01 * run_idx as f64);
        }
        let strokes = strokes(&rows.iter().collect::<Vec<_>>());
        let grey: Vec<usize> = (0..14).filter(|idx| strokes[*idx] == Stroke::OTHER).collect();
        assert_eq!(grey, [0, 3]);
        assert_eq!((strokes[1], strokes[13]), (Stroke::nth(0), Stroke::nth(11)));
    }
}
