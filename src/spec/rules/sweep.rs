//! [`check`]: the rules of a sweep that can be checked without its cells.
//!
//! Does not know how cells are laid out.

use super::broken::BrokenRules;
use crate::{
    base::{Fault, suggest::did_you_mean},
    spec::{
        AxisRange, AxisType, Experiment, PruneKind, Sampling, Settings, SplitRule, Sweep,
        SweepAxis, axis_type,
        digest::{changes_no_result, is_same_value},
        sweep_keys,
        to_toml::toml_text,
    },
};
use serde_json::Value as Json;

/// Each cell needs a folder of its own; more cells than this cannot be run.
const MOST_CELLS: usize = 100_000;

/// Adds every rule that is broken.
pub(super) fn check(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let Some(sweep) = &experiment.sweep else { return };
    for (key, axis) in &sweep.axes {
        let at = format!("sweep.axes.{key}");
        if varied(key, "sweep.axes", &at, broken) {
            match axis {
                SweepAxis::List(values) => list(key, values, broken),
                SweepAxis::Range(span) => range(key, span, sweep, broken),
            }
            let inner = format!("{key}.");
            if let Some(other) = sweep.axes.keys().find(|other| other.starts_with(&inner)) {
                let message = format!("the axes `{key}` and `{other}` overlap");
                broken.add(&[&at], Fault::new(message).hint("keep one of them"));
            }
        }
    }
    for (idx, settings) in sweep.exclude.iter().enumerate() {
        exclude(idx, settings, sweep, broken);
    }
    for (idx, settings) in sweep.include.iter().enumerate() {
        let at = format!("sweep.include[{idx}]");
        for key in settings.keys() {
            varied(key, "sweep.include", &at, broken);
        }
    }
    twice("sweep.seeds", sweep.seeds.as_deref().unwrap_or_default(), broken);
    twice("sweep.folds", sweep.folds.as_deref().unwrap_or_default(), broken);
    folds(experiment, sweep, broken);
    sampler(sweep, broken);
    prune(experiment, sweep, broken);
}

/// Whether a sweep may vary a key; adds a fault when not.
fn varied(key: &str, table: &str, at: &str, broken: &mut BrokenRules<'_>) -> bool {
    let fault = match key {
        "seed" => Fault::new(format!("`seed` cannot be in `{table}`"))
            .hint("list seeds in `sweep.seeds`, for example `seeds = [1, 2, 3]`"),
        "split.fold" => Fault::new(format!("`split.fold` cannot be in `{table}`"))
            .hint("list folds in `sweep.folds`, for example `folds = [0, 1]`"),
        _ if key == "sweep" || key.starts_with("sweep.") => {
            Fault::new(format!("`{key}` cannot be in `{table}`"))
                .detail("a sweep cannot vary itself")
        }
        _ if axis_type(key).is_none() => {
            let mut fault = Fault::new(format!("unknown key `{key}` in `{table}`"));
            match sweep_keys::nearest(key) {
                Some(meant) => fault.hints.push(format!("did you mean `{meant}`?")),
                None => fault.hints.push("`seglab spec keys` lists every key".into()),
            }
            fault
        }
        _ if changes_no_result(key) => {
            let fault = Fault::new(format!("`{key}` cannot be in `{table}`"));
            if key.starts_with("data.") {
                fault
                    .detail("settings are compared on the same cases")
                    .hint("write a spec for each data set; `extends` keeps them short")
            } else {
                fault
                    .detail("it changes no result, so all its values would be the same run")
                    .hint("set it once, outside the sweep")
            }
        }
        _ => return true,
    };
    broken.add(&[at], fault);
    false
}

fn list(key: &str, values: &[Json], broken: &mut BrokenRules<'_>) {
    for (idx, value) in values.iter().enumerate() {
        if values[..idx].iter().any(|earlier| is_same_value(earlier, value)) {
            let message = format!("the axis `{key}` has {} twice", toml_text(value));
            broken.add(&[&format!("sweep.axes.{key}[{idx}]")], Fault::new(message));
        }
    }
}

fn range(key: &str, span: &AxisRange, sweep: &Sweep, broken: &mut BrokenRules<'_>) {
    let at = format!("sweep.axes.{key}");
    let AxisRange { from, to, steps, log } = span;
    let (at_from, at_to) = (format!("{at}.from"), format!("{at}.to"));
    let kind = axis_type(key);
    if kind == Some(AxisType::Other) {
        let fault = Fault::new(format!("the axis `{key}` cannot be a range"))
            .detail("its values are not numbers")
            .hint("list the values, for example `[a, b]`");
        return broken.add(&[&at], fault);
    }
    if from >= to {
        let fault = Fault::new(format!("the axis `{key}` has `from` at or above `to`"))
            .detail(format!("found     from = {from}, to = {to}"));
        broken.add(&[&at_from, &at_to], fault);
    }
    if *log && *from <= 0.0 {
        let fault = Fault::new(format!("the axis `{key}` cannot have logarithmic spacing"))
            .detail("expected  `from` above 0, with `log = true`")
            .detail(format!("found     {from}"));
        broken.add(&[&at_from], fault);
    }
    if kind == Some(AxisType::Integer) && (from.fract() != 0.0 || to.fract() != 0.0) {
        let fault = Fault::new(format!("the axis `{key}` needs integers for `from` and `to`"))
            .detail(format!("found     from = {from}, to = {to}"));
        broken.add(&[&at_from, &at_to], fault);
    }
    if steps.is_none() && matches!(sweep.sampler, Sampling::Grid {}) {
        let fault = Fault::new(format!("the axis `{key}` has no `steps`"))
            .detail("a grid needs the number of values from `from` to `to`")
            .hint("add `steps`, or set a `sampler` such as `tpe`");
        broken.add(&[&at], fault);
    }
}

fn exclude(idx: usize, settings: &Settings, sweep: &Sweep, broken: &mut BrokenRules<'_>) {
    let at = format!("sweep.exclude[{idx}]");
    if settings.is_empty() {
        broken.add(
            &[&at],
            Fault::new("`sweep.exclude` has an empty table, which would exclude everything"),
        );
    }
    for (key, value) in settings {
        let Some(axis) = sweep.axes.get(key) else {
            let mut fault =
                Fault::new(format!("`sweep.exclude` names `{key}`, which is not an axis"));
            fault.hints.extend(did_you_mean(key, sweep.axes.keys().map(String::as_str)));
            broken.add(&[&at], fault);
            continue;
        };
        let (has, axis_holds) = match axis {
            SweepAxis::List(values) => {
                let words: Vec<String> = values.iter().map(toml_text).collect();
                (values.iter().any(|it| is_same_value(it, value)), words.join(", "))
            }
            SweepAxis::Range(AxisRange { from, to, .. }) => {
                let is_within = value.as_f64().is_some_and(|it| (*from..=*to).contains(&it));
                (is_within, format!("numbers from {from} to {to}"))
            }
        };
        if !has {
            let fault = Fault::new(format!("`sweep.exclude` names a value that `{key}` never has"))
                .detail(format!("expected  one of {axis_holds}"))
                .detail(format!("found     {}", toml_text(value)));
            broken.add(&[&at, &format!("sweep.axes.{key}")], fault);
        }
    }
}

fn twice<T: PartialEq + std::fmt::Display>(key: &str, values: &[T], broken: &mut BrokenRules<'_>) {
    for (idx, value) in values.iter().enumerate() {
        if values[..idx].contains(value) {
            broken
                .add(&[&format!("{key}[{idx}]")], Fault::new(format!("`{key}` has {value} twice")));
        }
    }
}

fn folds(experiment: &Experiment, sweep: &Sweep, broken: &mut BrokenRules<'_>) {
    let Some(folds) = &sweep.folds else { return };
    if sweep.axes.keys().any(|key| key.starts_with("split")) {
        // Each cell is checked with its own split.
        return;
    }
    let SplitRule::KFold { folds: n_folds, .. } = experiment.split else {
        let fault = Fault::new("`sweep.folds` needs `split.kind = \"k-fold\"`")
            .hint("set `split = { kind = \"k-fold\", folds = 5 }`, or use `sweep.seeds`");
        return broken.add(&["sweep.folds", "split"], fault);
    };
    for (idx, fold) in folds.iter().enumerate().filter(|(_, fold)| **fold >= n_folds) {
        let fault = Fault::new(format!("there is no fold {fold}"))
            .detail(format!("expected  0 to {}, as `split.folds` is {n_folds}", n_folds - 1))
            .detail(format!("found     {fold}"));
        broken.add(&[&format!("sweep.folds[{idx}]"), "split.folds"], fault);
    }
}

fn sampler(sweep: &Sweep, broken: &mut BrokenRules<'_>) {
    if !matches!(sweep.sampler, Sampling::Grid {}) {
        if sweep.axes.is_empty() {
            let fault = Fault::new("the sampler has no axes to draw from")
                .hint("add some, for example `axes.\"schedule.max-lr\" = [1e-3, 3e-3]`");
            broken.add(&["sweep.sampler", "sweep.axes"], fault);
        }
        return;
    }
    let n_values = |axis: &SweepAxis| match axis {
        SweepAxis::List(values) => values.len(),
        SweepAxis::Range(span) => span.steps.unwrap_or(1),
    };
    let n_seeds = sweep.seeds.as_ref().map_or(1, Vec::len);
    let n_folds = sweep.folds.as_ref().map_or(1, Vec::len);
    let counts = sweep.axes.values().map(n_values);
    let n_cells = counts.fold(n_seeds * n_folds, usize::saturating_mul);
    if n_cells > MOST_CELLS {
        let fault = Fault::new("the sweep has too many cells")
            .detail(format!("expected  at most {MOST_CELLS}"))
            .detail(format!("found     {n_cells}: axes, {n_seeds} seeds, {n_folds} folds"))
            .hint("use fewer values, or a `sampler` with a number of trials");
        broken.add(&["sweep.axes", "sweep"], fault);
    }
}

/// A rule that can never stop a cell is a mistake.
fn prune(experiment: &Experiment, sweep: &Sweep, broken: &mut BrokenRules<'_>) {
    let (rule, epochs) = (&sweep.prune, experiment.train.epochs);
    let first = (epochs as f64 * rule.min_share).max(rule.min_epochs as f64);
    let is_late = first > epochs.saturating_sub(1) as f64;
    // With epochs among the axes, each cell has its own.
    if rule.kind == PruneKind::None || !is_late || sweep.axes.contains_key("train.epochs") {
        return;
    }
    let fault = Fault::new("`sweep.prune` would never stop a cell")
        .detail(format!("every cell gets {} of its {epochs} epochs", first.ceil()))
        .hint("lower `sweep.prune.min-epochs` or `sweep.prune.min-share`, or give more epochs");
    let keys = ["sweep.prune.min-epochs", "sweep.prune.min-share", "sweep.prune", "train.epochs"];
    broken.add(&keys, fault);
}
