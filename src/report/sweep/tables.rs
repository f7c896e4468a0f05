//! The tables of a sweep: states, compute, settings, effects, failures, missing cells, next steps.
//!
//! Does not know about markup.

use super::super::{
    content::{Cell, Column, Rank, RowTable, Table},
    text::{UNDEFINED, counted, duration, shorten},
};
use crate::analysis::{
    AxisRow, CellRow, CellValue, Design, LevelRow, NumberFormat, RunState, STATES, SettingRow,
    SweepTables, ToBest,
};

/// More keys than this are shown in one column.
const MOST_SETTING_COLUMNS: usize = 5;
/// Most settings of a table in a page.
const MOST_SETTINGS: usize = 100;
/// Most cells without an answer in a page.
const MOST_CELLS: usize = 200;
/// Cells named beside a failure.
const MOST_EXAMPLES: usize = 3;
const LONGEST_VALUE: usize = 40;

/// How many cells are in each state.
pub(super) fn states(sweep: &SweepTables) -> Table {
    let count = |n: usize| move |(): &()| Cell::count(n);
    let mut table = RowTable::new(&[()])
        .column(Column::numbers("cells"), count(sweep.cells.len()))
        .column(Column::numbers("settings"), count(sweep.settings.len()))
        .column(Column::numbers("seeds").of("a setting"), count(sweep.n_seeds))
        .column(Column::numbers("folds").of("a setting"), count(sweep.n_folds));
    for state in STATES {
        let n = sweep.n_in(state);
        let column = Column::numbers(state.name()).of("cells by state");
        table = table.column_if(n > 0 || state == RunState::Finished, column, count(n));
    }
    let n_left = Some(sweep.n_trials_left).filter(|n| *n > 0).map(|n| n.to_string());
    for (name, value) in [
        ("chosen by", Some(&sweep.monitor)),
        ("sampler", Some(&sweep.sampler)),
        ("trials to come", n_left.as_ref()),
        ("pruning", sweep.pruning.as_ref()),
    ] {
        let value = value.filter(|value| !value.is_empty());
        table = table.column_if(value.is_some(), Column::words(name), |()| {
            Cell::text(value.map_or(UNDEFINED, String::as_str))
        });
    }
    table.table()
}

/// Where the time went.
pub(super) fn compute(sweep: &SweepTables) -> Table {
    let compute = &sweep.compute;
    let kinds = [
        ("finished", compute.finished, "of runs that are finished, without what they repeated"),
        ("pruned", compute.pruned, "of runs that were pruned, without what they repeated"),
        ("under way", compute.open, "of runs that are not at their end"),
        ("repeated", compute.repeated, "steps done again after an attempt had died: wasted"),
        ("failed", compute.failed, "of tries without an answer: wasted"),
        ("dropped", compute.dropped, "of runs that are no longer in the plan"),
    ];
    let kinds = kinds.iter().filter(|(name, seconds, _)| *seconds > 0.0 || *name == "finished");
    let row =
        |what: &str, seconds: f64, meaning: &str| (what.to_owned(), seconds, meaning.to_owned());
    let mut rows: Vec<(String, f64, String)> =
        kinds.map(|(name, seconds, meaning)| row(name, *seconds, meaning)).collect();
    rows.push(row("in all", compute.spent, "of all processes that have ended"));
    if compute.by_device.len() > 1 {
        rows.extend(compute.by_device.iter().map(|(device, seconds, n)| {
            row(&format!("on {device}"), *seconds, &format!("{n} of them"))
        }));
    }
    let total = compute.spent.max(1e-9);
    RowTable::new(&rows)
        .column(Column::words("time"), |(what, ..)| Cell::text(what))
        .column(Column::numbers("spent"), |(_, seconds, _)| Cell::number(Some(*seconds), duration))
        .column(Column::numbers("share"), |(_, seconds, _)| {
            Cell::number(Some(100.0 * seconds / total), |share| format!("{share:.1} %"))
        })
        .column(Column::words("what it is"), |(_, _, meaning)| Cell::text(meaning))
        .table()
}

/// The settings, ranked; only the first of many.
pub(super) fn settings(sweep: &SweepTables) -> Table {
    let shown = &sweep.settings[..sweep.settings.len().min(MOST_SETTINGS)];
    let mut table = RowTable::new(shown).column(Column::numbers("rank"), |it| Cell::count(it.rank));
    if sweep.axes.len() > MOST_SETTING_COLUMNS || sweep.axes.is_empty() {
        table = table.column(Column::words("setting"), |setting| Cell::text(&setting.name));
    } else {
        for axis in &sweep.axes {
            let value =
                |setting: &SettingRow| Some(shorten(setting.values.get(&axis.key)?, LONGEST_VALUE));
            table = table.column(Column::words(&axis.short).of("setting"), |setting| {
                Cell::code(value(setting).as_deref())
            });
        }
    }
    let is_first = |setting: &SettingRow| setting.rank == Some(1);
    let [less, interval, verdict] = paired_difference("less the first");
    table
        .column(Column::numbers("Dice").of("validation"), |it| {
            Cell::mean(it.score, if is_first(it) { Rank::Highest } else { Rank::Other })
        })
        .column(Column::numbers("95 % interval").of("validation"), |it| {
            Cell::of(it.interval, NumberFormat::Score)
        })
        .column(less, |it| less_cell(it.to_best))
        .column(interval, |it| interval_cell(it.to_best))
        .column(verdict, |it| match it.to_best {
            _ if is_first(it) => Cell::text("ranked first"),
            to_best => verdict_cell(to_best),
        })
        .column_if(
            shown.iter().any(|setting| setting.n_undefined > 0),
            Column::numbers("undefined pairs"),
            |it| {
                let shown = |_| format!("{}/{}", it.n_undefined, it.n_pairs);
                Cell::number(Some(it.n_undefined as f64), shown)
            },
        )
        .column_if(
            shown.iter().any(|setting| setting.score.mean.is_none()),
            Column::numbers("best monitored"),
            |it| Cell::share(it.monitored),
        )
        .column(Column::words("cells"), |it| Cell::text(by_state(it)))
        .column(Column::numbers("time a run"), |it| Cell::number(it.seconds, duration))
        .table()
}

/// `3 finished, 1 failed`.
fn by_state(setting: &SettingRow) -> String {
    let count = |state: &RunState| Some(format!("{} {state}", setting.states.get(state)?));
    STATES.iter().filter_map(count).collect::<Vec<_>>().join(", ")
}

/// Columns of a difference to the best, its interval and its verdict.
fn paired_difference(name: &str) -> [Column; 3] {
    [Column::numbers(name), Column::numbers("95 % interval"), Column::words("verdict")]
        .map(|column| column.of("paired difference"))
}

fn less_cell(to_best: Option<ToBest>) -> Cell {
    let Some(ToBest { difference, .. }) = to_best else {
        return Cell::number(None, |_| String::new());
    };
    let mean = CellValue::Number(difference.mean);
    let (text, value) = (mean.shown(NumberFormat::Signed), mean.number());
    Cell::Score { text, value, n: difference.n_cases, rank: Rank::Other }
}

fn interval_cell(to_best: Option<ToBest>) -> Cell {
    Cell::of(to_best.map(|it| it.difference.interval), NumberFormat::Score)
}

fn verdict_cell(to_best: Option<ToBest>) -> Cell {
    to_best.map_or_else(|| Cell::text(UNDEFINED), |it| Cell::verdict(it.verdict, it.words()))
}

/// The levels of every axis; `None` without any that is scored.
pub(super) fn effects(sweep: &SweepTables) -> Option<Table> {
    let levels: Vec<Level<'_>> = sweep.axes.iter().flat_map(Level::of).collect();
    let [less, interval, verdict] = paired_difference("less the best value");
    let table = RowTable::new(&levels)
        .column(Column::words("axis"), |it| Cell::code(Some(it.key)))
        .column(Column::words("value"), |it| {
            Cell::code(Some(&shorten(&it.row.name, LONGEST_VALUE)))
        })
        .column(Column::numbers("settings"), |it| Cell::count(it.row.n_settings))
        .column(Column::numbers("runs"), |it| Cell::count(it.row.n_runs))
        .column(Column::numbers("Dice").of("validation"), |it| Cell::mean(it.row.score, it.rank))
        .column(Column::numbers("95 % interval").of("validation"), |it| {
            Cell::of(it.row.interval, NumberFormat::Score)
        })
        .column(less, |it| less_cell(it.row.to_best))
        .column(interval, |it| interval_cell(it.row.to_best))
        .column(verdict, |it| verdict_cell(it.row.to_best))
        .column(Column::words("compared"), |it| Cell::text(&it.compared));
    levels.iter().any(|level| level.row.is_scored()).then(|| table.table())
}

/// A level with what its axis says of it.
struct Level<'a> {
    key: &'a str,
    row: &'a LevelRow,
    rank: Rank,
    compared: String,
}

impl<'a> Level<'a> {
    fn of(axis: &'a AxisRow) -> impl Iterator<Item = Self> {
        let best = axis.levels.iter().filter_map(|level| level.score.mean).max_by(f64::total_cmp);
        axis.levels.iter().map(move |row| Self {
            key: &axis.key,
            row,
            rank: match row.score.mean {
                Some(mean) if Some(mean) == best => Rank::Highest,
                _ => Rank::Other,
            },
            compared: match axis.design {
                Design::Paired { n_blocks } => format!("in {}", counted(n_blocks, "block")),
                Design::Marginal => "each by itself: not tested".to_owned(),
            },
        })
    }
}

/// Failures by kind; `None` without any.
pub(super) fn failures(sweep: &SweepTables) -> Option<Table> {
    RowTable::new(&sweep.failures)
        .column(Column::words("class"), |it| Cell::text(&it.class))
        .column(Column::numbers("cells"), |it| Cell::count(it.cells.len()))
        .column(Column::numbers("time"), |it| Cell::number(Some(it.seconds), duration))
        .column(Column::words("reason"), |it| Cell::text(&it.reason))
        .column(Column::words("advice"), |it| match it.advice.as_slice() {
            [] => Cell::text(UNDEFINED),
            advice => Cell::text(advice.join("; ")),
        })
        .column(Column::words("such as"), |it| {
            Cell::text(it.cells[..it.cells.len().min(MOST_EXAMPLES)].join("; "))
        })
        .unless_empty()
}

/// Cells that are neither finished nor pruned, the first of many, and how many there are.
pub(super) fn missing(sweep: &SweepTables) -> Option<(Table, usize)> {
    let is_missing = |cell: &&CellRow| !cell.state.is_over();
    let cells: Vec<&CellRow> = sweep.cells.iter().filter(is_missing).collect();
    let table = RowTable::new(&cells[..cells.len().min(MOST_CELLS)])
        .column(Column::numbers("cell"), |cell| Cell::count(cell.number + 1))
        .column(Column::words("what"), |cell| Cell::text(&cell.what))
        .column(Column::words("state"), |cell| Cell::text(cell.state.name()))
        .column(Column::numbers("epochs"), |cell| Cell::count(cell.epochs))
        .column(Column::words("why"), |cell| {
            Cell::text(cell.reason.as_deref().unwrap_or(UNDEFINED))
        })
        .unless_empty()?;
    Some((table, cells.len()))
}

/// What to do next; `None` when there is nothing.
pub(super) fn next(sweep: &SweepTables) -> Option<Table> {
    RowTable::new(&sweep.next)
        .column(Column::words("what"), |step| Cell::text(&step.what))
        .column(Column::words("why"), |step| Cell::text(&step.why))
        .column(Column::words("command"), |step| Cell::code(step.command.as_deref()))
        .unless_empty()
}
