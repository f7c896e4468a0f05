//! The tables of a sweep: states, compute, settings, effects, failures, missing cells, next steps.
//!
//! Knows nothing of markup.

use super::super::{
    content::{Cell, Column, Rank, Table},
    text::{UNDEFINED, duration, score, shorten},
};
use crate::analysis::{
    CellRow, Design, Difference, Interval, LevelRow, Mean, STATES, SettingRow, SweepTables,
};

/// More keys than this are told in one column.
const MOST_SETTING_COLUMNS: usize = 5;
/// Settings that a page bears.
const MOST_SETTINGS: usize = 100;
/// Cells without an answer that a page bears.
const MOST_CELLS: usize = 200;
/// Cells named beside a failure.
const MOST_EXAMPLES: usize = 3;
const LONGEST_VALUE: usize = 40;

/// How many cells are in each state.
pub(super) fn states(sweep: &SweepTables) -> Table {
    let shown: Vec<&str> =
        STATES.into_iter().filter(|state| sweep.n_in(state) > 0 || *state == "finished").collect();
    let mut columns = vec![Column::numbers("cells"), Column::numbers("settings")];
    columns.push(Column::numbers("seeds").of("a setting"));
    columns.push(Column::numbers("folds").of("a setting"));
    columns.extend(shown.iter().map(|state| Column::numbers(*state).of("cells by state")));
    let mut row = vec![
        Cell::count(sweep.cells.len()),
        Cell::count(sweep.settings.len()),
        Cell::count(sweep.n_seeds),
        Cell::count(sweep.n_folds),
    ];
    row.extend(shown.iter().map(|state| Cell::count(sweep.n_in(state))));
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            columns.push(Column::words(name));
            row.push(Cell::text(value));
        }
    };
    add("chosen by", Some(sweep.monitor.clone()).filter(|monitor| !monitor.is_empty()));
    add("sampler", Some(sweep.sampler.clone()).filter(|sampler| !sampler.is_empty()));
    let n_left = Some(sweep.n_trials_left).filter(|n| *n > 0).map(|n| n.to_string());
    add("trials to come", n_left);
    add("pruning", sweep.pruning.clone());
    Table::new(columns, vec![row])
}

/// Where the time went.
pub(super) fn compute(sweep: &SweepTables) -> Table {
    let compute = &sweep.compute;
    let total = compute.spent.max(1e-9);
    let row = |what: String, seconds: f64, means: &str| {
        vec![
            Cell::text(what),
            Cell::number(Some(seconds), duration),
            Cell::number(Some(100.0 * seconds / total), |share| format!("{share:.1} %")),
            Cell::text(means),
        ]
    };
    let kinds = [
        ("finished", compute.finished, "of runs that are finished, without what they repeated"),
        ("pruned", compute.pruned, "of runs that were pruned, without what they repeated"),
        ("under way", compute.open, "of runs that are not at their end"),
        ("repeated", compute.repeated, "steps done again after an attempt had died: wasted"),
        ("failed", compute.failed, "of tries without an answer: wasted"),
        ("dropped", compute.dropped, "of runs that the plan asks for no longer"),
    ];
    let kinds =
        kinds.into_iter().filter(|(name, seconds, _)| *seconds > 0.0 || *name == "finished");
    let mut rows: Vec<Vec<Cell>> =
        kinds.map(|(name, seconds, means)| row(name.into(), seconds, means)).collect();
    rows.push(row("in all".into(), compute.spent, "of all processes that have ended"));
    if compute.by_device.len() > 1 {
        rows.extend(compute.by_device.iter().map(|(device, seconds, n)| {
            row(format!("on {device}"), *seconds, &format!("{n} of them"))
        }));
    }
    let columns = vec![
        Column::words("time"),
        Column::numbers("spent"),
        Column::numbers("share"),
        Column::words("what it is"),
    ];
    Table::new(columns, rows)
}

/// The settings, ranked, as many as a page bears.
pub(super) fn settings(sweep: &SweepTables) -> Table {
    let shown = &sweep.settings[..sweep.settings.len().min(MOST_SETTINGS)];
    let mut columns = vec![Column::numbers("rank")];
    let mut rows: Vec<Vec<Cell>> =
        shown.iter().map(|setting| vec![Cell::count(setting.rank)]).collect();
    let mut add = |column: Column, cell: &dyn Fn(&SettingRow) -> Cell| {
        columns.push(column);
        for (row, setting) in rows.iter_mut().zip(shown) {
            row.push(cell(setting));
        }
    };
    if sweep.axes.len() > MOST_SETTING_COLUMNS || sweep.axes.is_empty() {
        add(Column::words("setting"), &|setting| Cell::text(&setting.name));
    } else {
        for axis in &sweep.axes {
            add(Column::words(&axis.short).of("setting"), &|setting| {
                let value =
                    setting.values.get(&axis.key).map(|value| shorten(value, LONGEST_VALUE));
                Cell::code(value.as_deref())
            });
        }
    }
    add(Column::numbers("Dice").of("validation"), &|setting| {
        let rank = if setting.rank == Some(1) { Rank::Highest } else { Rank::Other };
        mean_cell(setting.score, rank)
    });
    add(Column::numbers("95 % interval").of("validation"), &|it| interval_cell(it.interval));
    add(Column::numbers("less the first").of("paired difference"), &|it| less_cell(it.to_best));
    add(Column::numbers("95 % interval").of("paired difference"), &|setting| {
        interval_cell(setting.to_best.map(|it| it.interval))
    });
    add(Column::words("verdict").of("paired difference"), &|setting| {
        let first = (setting.rank == Some(1)).then_some("ranked first");
        first.map_or_else(|| Cell::verdict(setting.verdict.as_deref()), Cell::text)
    });
    if shown.iter().any(|setting| setting.n_undefined > 0) {
        add(Column::numbers("undefined pairs"), &|setting| {
            let shown = |_| format!("{}/{}", setting.n_undefined, setting.n_pairs);
            Cell::number(Some(setting.n_undefined as f64), shown)
        });
    }
    if shown.iter().any(|setting| setting.score.mean.is_none()) {
        add(Column::numbers("best monitored"), &|setting| Cell::share(setting.monitored));
    }
    add(Column::words("cells"), &|setting| Cell::text(by_state(setting)));
    add(Column::numbers("time a run"), &|setting| Cell::number(setting.seconds, duration));
    Table::new(columns, rows)
}

/// `3 finished, 1 failed`.
fn by_state(setting: &SettingRow) -> String {
    let count = |state: &&str| Some(format!("{} {state}", setting.states.get(*state)?));
    STATES.iter().filter_map(count).collect::<Vec<_>>().join(", ")
}

fn mean_cell(mean: Mean, rank: Rank) -> Cell {
    Cell::score(mean.mean, mean.n, rank)
}

fn interval_cell(interval: Option<Interval>) -> Cell {
    let shown = |Interval { low, high }| format!("{} to {}", score(Some(low)), score(Some(high)));
    Cell::number(interval.map(|it| it.low), |_| interval.map_or(UNDEFINED.into(), shown))
}

fn less_cell(difference: Option<Difference>) -> Cell {
    match difference {
        Some(Difference { mean, n_cases, .. }) => {
            // No minus before a zero.
            let text = format!("{mean:+.3}").replace("-0.000", "0.000").replace("+0.000", "0.000");
            Cell::Score { text, value: Some(mean), n: n_cases, rank: Rank::Other }
        }
        None => Cell::number(None, |_| String::new()),
    }
}

/// The levels of every axis; `None` without any that is scored.
pub(super) fn effects(sweep: &SweepTables) -> Option<Table> {
    let columns = vec![
        Column::words("axis"),
        Column::words("value"),
        Column::numbers("settings"),
        Column::numbers("runs"),
        Column::numbers("Dice").of("validation"),
        Column::numbers("95 % interval").of("validation"),
        Column::numbers("less the best value").of("paired difference"),
        Column::numbers("95 % interval").of("paired difference"),
        Column::words("verdict").of("paired difference"),
        Column::words("compared"),
    ];
    let mut rows = Vec::new();
    for axis in &sweep.axes {
        let how = match axis.design {
            Design::Paired { n_blocks: 1 } => "in 1 block".to_owned(),
            Design::Paired { n_blocks } => format!("in {n_blocks} blocks"),
            Design::Marginal => "each by itself: not tested".to_owned(),
        };
        let best = axis.levels.iter().filter_map(|level| level.score.mean).max_by(f64::total_cmp);
        rows.extend(axis.levels.iter().map(|level| level_row(&axis.key, level, best, &how)));
    }
    let is_scored = sweep.axes.iter().flat_map(|axis| &axis.levels).any(LevelRow::is_scored);
    is_scored.then_some(Table::new(columns, rows))
}

fn level_row(key: &str, level: &LevelRow, best: Option<f64>, how: &str) -> Vec<Cell> {
    let is_best = level.score.mean.is_some() && level.score.mean == best;
    vec![
        Cell::code(Some(key)),
        Cell::code(Some(&shorten(&level.name, LONGEST_VALUE))),
        Cell::count(level.n_settings),
        Cell::count(level.n_runs),
        mean_cell(level.score, if is_best { Rank::Highest } else { Rank::Other }),
        interval_cell(level.interval),
        less_cell(level.to_best),
        interval_cell(level.to_best.map(|it| it.interval)),
        Cell::verdict(level.verdict.as_deref()),
        Cell::text(how),
    ]
}

/// Failures by kind; `None` without any.
pub(super) fn failures(sweep: &SweepTables) -> Option<Table> {
    let columns = vec![
        Column::words("class"),
        Column::numbers("cells"),
        Column::numbers("time"),
        Column::words("reason"),
        Column::words("advice"),
        Column::words("such as"),
    ];
    let row = |failure: &crate::analysis::FailureRow| {
        let examples = failure.cells.iter().take(MOST_EXAMPLES).cloned().collect::<Vec<_>>();
        let advice =
            if failure.advice.is_empty() { UNDEFINED.into() } else { failure.advice.join("; ") };
        vec![
            Cell::text(&failure.class),
            Cell::count(failure.cells.len()),
            Cell::number(Some(failure.seconds), duration),
            Cell::text(&failure.reason),
            Cell::text(advice),
            Cell::text(examples.join("; ")),
        ]
    };
    let rows: Vec<Vec<Cell>> = sweep.failures.iter().map(row).collect();
    (!rows.is_empty()).then_some(Table::new(columns, rows))
}

/// Cells that are neither finished nor pruned, as many as a page bears, and how many there are.
pub(super) fn missing(sweep: &SweepTables) -> Option<(Table, usize)> {
    let is_missing = |cell: &&CellRow| !["finished", "pruned"].contains(&cell.state.as_str());
    let n_rows = sweep.cells.iter().filter(is_missing).count();
    let columns = vec![
        Column::numbers("cell"),
        Column::words("what"),
        Column::words("state"),
        Column::numbers("epochs"),
        Column::words("why"),
    ];
    let row = |cell: &CellRow| {
        vec![
            Cell::count(cell.number + 1),
            Cell::text(&cell.what),
            Cell::text(&cell.state),
            Cell::count(cell.epochs),
            Cell::text(cell.reason.as_deref().unwrap_or(UNDEFINED)),
        ]
    };
    let rows = sweep.cells.iter().filter(is_missing).take(MOST_CELLS).map(row).collect();
    (n_rows > 0).then_some((Table::new(columns, rows), n_rows))
}

/// What to do next; `None` when there is nothing.
pub(super) fn next(sweep: &SweepTables) -> Option<Table> {
    let columns = vec![Column::words("what"), Column::words("why"), Column::words("command")];
    let row = |step: &crate::analysis::NextStep| {
        vec![Cell::text(&step.what), Cell::text(&step.why), Cell::code(step.command.as_deref())]
    };
    let rows: Vec<Vec<Cell>> = sweep.next.iter().map(row).collect();
    (!rows.is_empty()).then_some(Table::new(columns, rows))
}
