//! The tables of a report: runs, settings, cases, failures, provenance.
//!
//! Does not know about markup.

use super::{
    content::{Cell, Column, Rank, RowTable, Table},
    finding::is_rankable,
    text::{UNDEFINED, count, duration, millilitres},
    view::{RunView, View},
};
use crate::analysis::{Mean, RunRow, RunState, Split};
use std::collections::BTreeSet;

/// More differing settings than this get a table of their own.
const MOST_SETTING_COLUMNS: usize = 4;
/// Most rows of cases in a page.
const MOST_CASE_ROWS: usize = 500;

/// How a mean is read from a run.
type Reader<'v> = Box<dyn Fn(&RunView<'_>) -> Mean + 'v>;

/// The differing settings, if they are few enough to be columns of the table of runs.
fn setting_columns<'v>(view: &'v View<'_>) -> &'v [String] {
    if view.differing.len() > MOST_SETTING_COLUMNS { &[] } else { &view.differing }
}

/// A row for each run: what differs, status, scores, cost, commit.
pub(super) fn runs(view: &View<'_>) -> Table {
    let is_several = |n: usize| n > 1;
    let mut table = RowTable::new(&view.runs)
        .column(Column::words("run"), run_cell)
        .column_if(
            is_several(n_distinct(view, |row| &row.experiment)),
            Column::words("experiment"),
            |run| Cell::text(&run.row.experiment),
        )
        .column_if(is_several(n_distinct(view, |row| row.fold)), Column::numbers("fold"), |run| {
            Cell::count(run.row.fold)
        })
        .column_if(is_several(n_distinct(view, |row| row.seed)), Column::numbers("seed"), |run| {
            Cell::number(Some(run.row.seed as f64), |_| run.row.seed.to_string())
        });
    for key in setting_columns(view) {
        table = table.column(Column::words(key).of("setting"), |run| setting_cell(run, key));
    }
    table = table.column(Column::words("status"), |run| Cell::text(run.row.status.name()));
    for split in [Split::Valid, Split::Test] {
        for (column, reader) in score_columns(view, split) {
            let is_choice = split == Split::Valid && !view.background.contains(&column.name);
            let highest = if is_choice { highest(view, &reader) } else { None };
            table = table.column(column, |run| score_cell(reader(run), highest));
        }
    }
    table
        .column(Column::numbers("epochs"), |run| {
            let shown = |_| format!("{}/{}", run.row.epochs, run.row.epochs_asked);
            Cell::number(Some(run.row.epochs as f64), shown)
        })
        .column(Column::numbers("best epoch"), |run| Cell::count(run.row.best_epoch))
        .column(Column::numbers("duration"), |run| Cell::number(Some(run.row.seconds), duration))
        .column(Column::words("commit"), |run| Cell::code(commit(run.row, 8).as_deref()))
        .table()
}

/// Columns of means: foreground, its classes, the background; none without any score.
fn score_columns<'v>(view: &'v View<'_>, split: Split) -> Vec<(Column, Reader<'v>)> {
    if view.runs.iter().all(|run| by_class(run, split).iter().all(|mean| mean.n == 0)) {
        return Vec::new();
    }
    let group = if split == Split::Test { "test Dice" } else { "validation Dice" };
    let foreground: Reader<'v> = Box::new(move |run| match split {
        Split::Test => run.row.test_foreground,
        _ => run.row.valid_foreground,
    });
    let mut columns = vec![(Column::numbers("foreground").of(group), foreground)];
    for class in view.foreground.iter().chain(&view.background) {
        let reader = move |run: &RunView<'_>| of_class(run, class, by_class(run, split));
        columns.push((Column::numbers(class).of(group), Box::new(reader)));
    }
    columns
}

fn by_class<'v>(run: &'v RunView<'_>, split: Split) -> &'v [Mean] {
    if split == Split::Test { &run.row.test_dice } else { &run.row.valid_dice }
}

/// Highest mean of several runs. It is marked for the foreground of the validation cases alone:
/// every background scores high, and the test cases must choose nothing.
fn highest(view: &View<'_>, reader: &Reader<'_>) -> Option<f64> {
    let means = view.runs.iter().filter_map(|run| reader(run).mean);
    let highest = means.clone().max_by(f64::total_cmp)?;
    // Where all are the same there is nothing to point out.
    let differs = means.into_iter().any(|mean| mean < highest);
    (differs && is_rankable(view)).then_some(highest)
}

fn of_class(run: &RunView<'_>, class: &str, means: &[Mean]) -> Mean {
    run.class(class).and_then(|class_idx| means.get(class_idx)).copied().unwrap_or_default()
}

fn score_cell(mean: Mean, highest: Option<f64>) -> Cell {
    let rank =
        if mean.mean.is_some() && mean.mean == highest { Rank::Highest } else { Rank::Other };
    Cell::mean(mean, rank)
}

/// The differing settings by run, when they are too many for the table of runs.
pub(super) fn differing(view: &View<'_>) -> Option<Table> {
    let keys = &view.differing;
    let mut table =
        RowTable::new(keys).column(Column::words("setting"), |key| Cell::code(Some(key)));
    for run in &view.runs {
        let column = Column::words(run.number.to_string()).of("run");
        table = table.column(column, |key| setting_cell(run, key));
    }
    (keys.len() > MOST_SETTING_COLUMNS).then(|| table.table())
}

/// The settings that all runs share.
pub(super) fn shared(view: &View<'_>) -> Table {
    let naming = |key: &str| ["name", "question"].contains(&key);
    let known = view.runs.iter().find(|run| !run.row.settings.is_empty());
    let settings = known.iter().flat_map(|run| &run.row.settings);
    let same = settings.filter(|(key, _)| !view.differing.contains(key) && !naming(key));
    let same = same.filter(|(key, _)| *key != "seed" || n_distinct(view, |row| row.seed) == 1);
    RowTable::new(&same.collect::<Vec<_>>())
        .column(Column::words("setting"), |(key, _)| Cell::code(Some(key)))
        .column(Column::words("value"), |(_, value)| Cell::code(Some(value)))
        .table()
}

/// Every foreground class of every case, worst first, and how many rows there would be.
pub(super) fn cases(view: &View<'_>) -> (Table, usize) {
    let rows = view.runs.iter().flat_map(|run| run.scores.iter().map(move |row| (run, &row.score)));
    let mut rows: Vec<_> =
        rows.filter(|(_, score)| view.foreground.contains(&score.class_name)).collect();
    let badness = |dice: Option<f64>| dice.filter(|dice| dice.is_finite()).unwrap_or(f64::INFINITY);
    rows.sort_by(|left, right| {
        let order = badness(left.1.dice).total_cmp(&badness(right.1.dice));
        order.then_with(|| {
            (left.0.number, &left.1.case, left.1.class).cmp(&(
                right.0.number,
                &right.1.case,
                right.1.class,
            ))
        })
    });
    let n_rows = rows.len();
    rows.truncate(MOST_CASE_ROWS);
    let table = RowTable::new(&rows)
        .column(Column::words("case"), |(_, case)| Cell::code(Some(&case.case)))
        .column(Column::words("class"), |(_, case)| Cell::text(&case.class_name))
        .column(Column::words("split"), |(_, case)| Cell::text(case.split.name()))
        .column(Column::words("run"), |(run, _)| run_cell(run))
        .column(Column::numbers("Dice"), |(_, case)| Cell::share(case.dice))
        .column(Column::numbers("ceiling"), |(_, case)| Cell::share(case.ceiling_dice))
        .column(Column::numbers("precision"), |(_, case)| Cell::share(case.precision))
        .column(Column::numbers("recall"), |(_, case)| Cell::share(case.recall))
        .column(Column::numbers("reference").of("volume, mL"), |(_, case)| {
            Cell::number(Some(case.reference_ml), millilitres)
        })
        .column(Column::numbers("prediction").of("volume, mL"), |(_, case)| {
            Cell::number(Some(case.prediction_ml), millilitres)
        })
        .table();
    (table.first_of(n_rows, "`seglab runs list --csv=scores`"), n_rows)
}

/// Runs that left a reason, or failed without one.
pub(super) fn failures(view: &View<'_>) -> Option<Table> {
    let failed = |run: &&RunView<'_>| {
        run.row.reason.is_some() || [RunState::Failed, RunState::Damaged].contains(&run.row.status)
    };
    RowTable::new(&view.runs.iter().filter(failed).collect::<Vec<_>>())
        .column(Column::words("run"), |run| run_cell(run))
        .column(Column::words("status"), |run| Cell::text(run.row.status.name()))
        .column(Column::words("reason"), |run| {
            Cell::text(run.row.reason.as_deref().unwrap_or(UNDEFINED))
        })
        .unless_empty()
}

/// Where each run comes from.
pub(super) fn provenance(view: &View<'_>) -> Table {
    let n_cases = |row: &RunRow| Some(row.n_cases?.map(|n| n.to_string()).join(", "));
    RowTable::new(&view.runs)
        .column(Column::words("run"), |run| Cell::text(run.number.to_string()))
        .column(Column::words("run id"), |run| Cell::code(Some(&run.row.run)))
        .column(Column::words("commit"), |run| Cell::code(commit(run.row, 40).as_deref()))
        .column(Column::words("created"), |run| Cell::text(&run.row.created))
        .column(Column::words("device"), |run| {
            Cell::text(run.row.device.as_deref().unwrap_or(UNDEFINED))
        })
        .column(Column::numbers("parameters"), |run| {
            let n = run.row.n_parameters;
            Cell::number(n.map(|n| n as f64), |_| n.map_or(UNDEFINED.into(), |n| count(n as u64)))
        })
        .column(Column::numbers("cases (train, valid, test)"), |run| {
            Cell::text(n_cases(run.row).unwrap_or(UNDEFINED.into()))
        })
        .column(Column::words("data").of("fingerprint"), |run| {
            Cell::code(run.row.data_fingerprint.as_deref())
        })
        .column(Column::words("split").of("fingerprint"), |run| {
            Cell::code(run.row.split_fingerprint.as_deref())
        })
        .table()
}

fn run_cell(run: &RunView<'_>) -> Cell {
    Cell::Run { number: run.number, stroke: run.stroke, label: run.label.clone() }
}

fn setting_cell(run: &RunView<'_>, key: &str) -> Cell {
    Cell::code(run.row.settings.get(key).map(String::as_str))
}

fn commit(row: &RunRow, length: usize) -> Option<String> {
    let short: String = row.commit.as_ref()?.chars().take(length).collect();
    Some(if row.dirty { format!("{short} + changes") } else { short })
}

fn n_distinct<'v, T: Ord>(view: &'v View<'_>, of: impl Fn(&'v RunRow) -> T) -> usize {
    view.runs.iter().map(|run| of(run.row)).collect::<BTreeSet<_>>().len()
}
