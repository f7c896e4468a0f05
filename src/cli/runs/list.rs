//! `seglab runs list`: one line a run.
//!
//! Does not know about files.

use super::Output;
use crate::{
    analysis::{
        self, Frame, Incomparable, Overlays, RunRow, RunState, Tables, differing, incomparable,
    },
    base::Result,
    cli::print::{UNDEFINED, aligned, commit, duration, json, mean, print, setting, short, warn},
};
use clap::{Args, ValueEnum};
use std::{io::Write, path::Path};

/// Which runs, and as what.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Experiments; all when none is named.
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<String>,
    /// Print CSV: a row a run, an epoch, or a class of a case.
    #[arg(
        long,
        value_name = "TABLE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "runs",
        conflicts_with = "json"
    )]
    csv: Option<CsvTable>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CsvTable {
    Runs,
    Epochs,
    Scores,
}

impl List {
    pub(super) fn run(self, runs: &Path, form: Output, out: &mut dyn Write) -> Result<()> {
        let frame = match self.csv {
            None => {
                let Tables { runs: rows, warnings, .. } =
                    analysis::load_list(runs, &self.experiments)?;
                warn(&warnings);
                return match form {
                    Output::Json => {
                        json(out, &rows.iter().map(RunRow::to_json).collect::<Vec<_>>())
                    }
                    Output::Text => print(out, &text(&rows)),
                };
            }
            Some(CsvTable::Runs) => Frame::Runs,
            Some(CsvTable::Epochs) => Frame::Epochs,
            Some(CsvTable::Scores) => Frame::Scores,
        };
        let tables = match frame {
            Frame::Runs => analysis::load_list(runs, &self.experiments)?,
            Frame::Epochs | Frame::Scores => {
                analysis::load(runs, &self.experiments, Overlays::Skip)?
            }
        };
        warn(&tables.warnings);
        print(out, &analysis::csv(&tables, frame)?)
    }
}

/// More differing settings than this make no table that fits a terminal.
const MOST_SETTINGS: usize = 6;

/// Columns after the scores; [`row`] has their values.
const LAST_COLUMNS: [&str; 3] = ["epochs", "time", "commit"];

fn text(runs: &[RunRow]) -> String {
    if runs.is_empty() {
        return "no runs\n".to_owned();
    }
    let mut differing = differing(runs);
    let mut note = String::new();
    if differing.len() > MOST_SETTINGS {
        let n = differing.len();
        note = format!("\n{n} settings differ: `seglab runs diff RUN RUN` shows those of two\n");
        differing.clear();
    }
    let classes = foreground_classes(runs);
    let mut header = vec!["run".to_owned(), "status".to_owned()];
    header.extend(differing.iter().cloned());
    header.push("foreground (n)".to_owned());
    header.extend(classes.iter().cloned());
    header.extend(LAST_COLUMNS.map(str::to_owned));
    let mut rows = vec![header];
    rows.extend(runs.iter().map(|run| row(run, &differing, &classes)));
    let mut reasons: String = runs.iter().filter_map(reason).collect();
    if runs.iter().any(|run| run.status == RunState::Damaged) {
        reasons += "`seglab doctor` says what is wrong with a damaged run, and what can be saved\n";
    }
    let gap = if reasons.is_empty() { "" } else { "\n" };
    aligned(&rows) + &note + gap + &reasons + &apart_notes(runs)
}

/// Which runs of one experiment are in one table but cannot be compared.
fn apart_notes(runs: &[RunRow]) -> String {
    let mut notes = Vec::new();
    for runs in runs.chunk_by(|a, b| a.experiment == b.experiment) {
        for Incomparable { aspect, groups } in incomparable(&runs.iter().collect::<Vec<_>>()) {
            let groups = groups.iter().map(|(value, members)| {
                let n_more = members.len() - 1;
                let more = if n_more > 0 { format!(" and {n_more} more") } else { String::new() };
                format!("  {}  {}{more}\n", short(value), runs[members[0]].run)
            });
            let groups: String = groups.collect();
            let (experiment, difference) = (&runs[0].experiment, aspect.difference());
            let consequence = aspect.consequence();
            notes.push(format!(
                "\nwarning: runs of `{experiment}` {difference}: {consequence}\n{groups}"
            ));
        }
    }
    notes.concat()
}

/// Why a run failed, with the class of the failure, or is damaged.
fn reason(run: &RunRow) -> Option<String> {
    let class = run.failure.as_ref().map(|class| format!(" ({class})")).unwrap_or_default();
    Some(format!("{} {}{class}: {}\n", run.run, run.status, run.reason.as_ref()?))
}

fn row(run: &RunRow, differing: &[String], classes: &[String]) -> Vec<String> {
    let mut cells = vec![run.run.clone(), run.status.to_string()];
    cells.extend(differing.iter().map(|key| setting(run.settings.get(key))));
    if run.settings.is_empty() {
        // A damaged run has nothing to say, which is not the same as zero.
        cells.extend(vec![UNDEFINED.to_owned(); 1 + classes.len() + LAST_COLUMNS.len()]);
        return cells;
    }
    cells.push(mean(run.valid_foreground));
    cells.extend(classes.iter().map(|class| {
        let class_idx = run.classes.iter().position(|name| name == class);
        let dice = class_idx.and_then(|idx| run.valid_dice.get(idx));
        dice.map_or_else(|| UNDEFINED.to_owned(), |dice| mean(*dice))
    }));
    cells.push(format!("{}/{}", run.epochs, run.epochs_asked));
    cells.push(duration(run.seconds));
    cells.push(commit(run.commit.as_deref(), run.dirty));
    cells
}

/// Classes of all runs but their backgrounds, each once, in order of first appearance.
fn foreground_classes(runs: &[RunRow]) -> Vec<String> {
    let mut classes: Vec<String> = Vec::new();
    for class in runs.iter().flat_map(|run| run.classes.iter().skip(1)) {
        if !classes.contains(class) {
            classes.push(class.clone());
        }
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, n_settings: usize) -> RunRow {
        let settings = (0..n_settings).map(|idx| (format!("key-{idx}"), name.to_owned()));
        RunRow { run: name.to_owned(), settings: settings.collect(), ..RunRow::default() }
    }

    #[test]
    fn a_few_differing_settings_are_columns_and_many_are_a_line() {
        let few = text(&[run("a", MOST_SETTINGS), run("b", MOST_SETTINGS)]);
        assert!(few.contains("key-0") && !few.contains("settings differ"), "{few}");
        let many = text(&[run("a", MOST_SETTINGS + 1), run("b", MOST_SETTINGS + 1)]);
        assert!(!many.contains("key-0") && many.contains("\n7 settings differ: "), "{many}");
    }
}
