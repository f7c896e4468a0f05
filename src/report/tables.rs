//! The tables of a report: runs, settings, cases, failures, provenance.
//!
//! Knows nothing of markup.

use super::{
    content::{Cell, Column, Rank, Table},
    finding::{is_rankable, reason},
    text::{UNDEFINED, count, duration, millilitres},
    view::{RunView, View},
};
use crate::analysis::{CaseRow, Mean, RunRow, Split};
use std::collections::BTreeSet;

/// More differing settings than this get a table of their own.
const MOST_SETTING_COLUMNS: usize = 4;
/// Case rows that a page bears.
const MOST_CASE_ROWS: usize = 500;

/// How a mean is read from a run.
type Reader<'v> = Box<dyn Fn(&RunView<'_>) -> Mean + 'v>;

/// The differing settings, if they are few enough to be columns of the table of runs.
fn setting_columns<'v>(view: &'v View<'_>) -> &'v [String] {
    if view.differing.len() > MOST_SETTING_COLUMNS { &[] } else { &view.differing }
}

/// One row a run: what differs, status, scores, cost, commit.
pub(super) fn runs(view: &View<'_>) -> Table {
    let mut columns = vec![Column::words("run")];
    let mut rows: Vec<Vec<Cell>> = view.runs.iter().map(|run| vec![run_cell(run)]).collect();
    let mut add = |column: Column, cell: &dyn Fn(&RunView<'_>) -> Cell| {
        columns.push(column);
        for (row, run) in rows.iter_mut().zip(&view.runs) {
            row.push(cell(run));
        }
    };
    if n_distinct(view, |row| &row.experiment) > 1 {
        add(Column::words("experiment"), &|run| Cell::text(&run.row.experiment));
    }
    if n_distinct(view, |row| row.fold) > 1 {
        add(Column::numbers("fold"), &|run| Cell::count(run.row.fold));
    }
    if n_distinct(view, |row| row.seed) > 1 {
        add(Column::numbers("seed"), &|run| {
            Cell::number(Some(run.row.seed as f64), |_| run.row.seed.to_string())
        });
    }
    for key in setting_columns(view) {
        add(Column::words(key).of("setting"), &|run| setting_cell(run, key));
    }
    add(Column::words("status"), &|run| Cell::text(&run.row.status));
    for split in [Split::Valid, Split::Test] {
        for (column, reader) in score_columns(view, split) {
            let is_choice = split == Split::Valid && !view.background.contains(&column.name);
            let highest = if is_choice { highest(view, &reader) } else { None };
            add(column, &|run| score_cell(reader(run), highest));
        }
    }
    add(Column::numbers("epochs"), &|run| {
        let shown = |_| format!("{}/{}", run.row.epochs, run.row.epochs_asked);
        Cell::number(Some(run.row.epochs as f64), shown)
    });
    add(Column::numbers("best epoch"), &|run| Cell::count(run.row.best_epoch));
    add(Column::numbers("duration"), &|run| Cell::number(Some(run.row.seconds), duration));
    add(Column::words("commit"), &|run| Cell::code(commit(run.row, 8).as_deref()));
    Table::new(columns, rows)
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
    Cell::score(mean.mean, mean.n, rank)
}

/// The differing settings by run, when they are too many for the table of runs.
pub(super) fn differing(view: &View<'_>) -> Option<Table> {
    let keys = &view.differing;
    (keys.len() > MOST_SETTING_COLUMNS).then(|| {
        let runs = view.runs.iter().map(|run| Column::words(run.number.to_string()).of("run"));
        let columns = std::iter::once(Column::words("setting")).chain(runs).collect();
        let row = |key: &String| {
            let cells = view.runs.iter().map(|run| setting_cell(run, key));
            std::iter::once(Cell::code(Some(key))).chain(cells).collect()
        };
        Table::new(columns, keys.iter().map(row).collect())
    })
}

/// The settings that all runs share.
pub(super) fn shared(view: &View<'_>) -> Table {
    let naming = |key: &str| ["name", "question"].contains(&key);
    let known = view.runs.iter().find(|run| !run.row.settings.is_empty());
    let settings = known.iter().flat_map(|run| &run.row.settings);
    let same = settings.filter(|(key, _)| !view.differing.contains(key) && !naming(key));
    let same = same.filter(|(key, _)| *key != "seed" || n_distinct(view, |row| row.seed) == 1);
    let row =
        |(key, value): (&String, &String)| vec![Cell::code(Some(key)), Cell::code(Some(value))];
    let columns = vec![Column::words("setting"), Column::words("value")];
    Table::new(columns, same.map(row).collect())
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
    let columns = vec![
        Column::words("case"),
        Column::words("class"),
        Column::words("split"),
        Column::words("run"),
        Column::numbers("Dice"),
        Column::numbers("ceiling"),
        Column::numbers("precision"),
        Column::numbers("recall"),
        Column::numbers("reference").of("volume, mL"),
        Column::numbers("prediction").of("volume, mL"),
    ];
    let cells = |(run, case): (&RunView<'_>, &CaseRow)| {
        vec![
            Cell::code(Some(&case.case)),
            Cell::text(&case.class_name),
            Cell::text(case.split.name()),
            run_cell(run),
            Cell::share(case.dice),
            Cell::share(case.ceiling_dice),
            Cell::share(case.precision),
            Cell::share(case.recall),
            Cell::number(Some(case.reference_ml), millilitres),
            Cell::number(Some(case.prediction_ml), millilitres),
        ]
    };
    let table = Table::new(columns, rows.into_iter().map(cells).collect());
    (table.first_of(n_rows, "`seglab runs list --csv=scores`"), n_rows)
}

/// Runs that left a reason, or failed without one.
pub(super) fn failures(view: &View<'_>) -> Option<Table> {
    let failed = |run: &&RunView<'_>| {
        run.row.reason.is_some() || ["failed", "damaged"].contains(&run.row.status.as_str())
    };
    let rows: Vec<Vec<Cell>> = view
        .runs
        .iter()
        .filter(failed)
        .map(|run| vec![run_cell(run), Cell::text(&run.row.status), Cell::text(reason(run.row))])
        .collect();
    let columns = vec![Column::words("run"), Column::words("status"), Column::words("reason")];
    (!rows.is_empty()).then_some(Table::new(columns, rows))
}

/// Where each run comes from.
pub(super) fn provenance(view: &View<'_>) -> Table {
    let columns = vec![
        Column::words("run"),
        Column::words("run id"),
        Column::words("commit"),
        Column::words("created"),
        Column::words("device"),
        Column::numbers("parameters"),
        Column::numbers("cases (train, valid, test)"),
        Column::words("data").of("fingerprint"),
        Column::words("split").of("fingerprint"),
    ];
    let row = |run: &RunView<'_>| {
        let row = run.row;
        let n_cases = row.n_cases.map(|counts| counts.map(|n| n.to_string()).join(", "));
        vec![
            Cell::text(run.number.to_string()),
            Cell::code(Some(&row.run)),
            Cell::code(commit(row, 40).as_deref()),
            Cell::text(&row.created),
            Cell::text(row.device.as_deref().unwrap_or(UNDEFINED)),
            Cell::number(row.n_parameters.map(|n| n as f64), |_| {
                row.n_parameters.map_or(UNDEFINED.into(), |n| count(n as u64))
            }),
            Cell::text(n_cases.unwrap_or(UNDEFINED.into())),
            Cell::code(row.data_fingerprint.as_deref()),
            Cell::code(row.split_fingerprint.as_deref()),
        ]
    };
    Table::new(columns, view.runs.iter().map(row).collect())
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
