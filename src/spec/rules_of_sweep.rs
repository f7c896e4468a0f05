//! [`judge`]: the rules of a sweep that can be told without its cells.
//!
//! Knows nothing of how cells are laid out.

use super::{
    AxisType, Experiment, PruneKind, Sampling, Settings, Span, SplitRule, Sweep, SweepAxis,
    axis_type,
    digest::{changes_no_result, is_same_value},
    rules::Judge,
    settings::toml_text,
    sweep_keys,
};
use crate::base::{Fault, suggest::did_you_mean};
use serde_json::Value as Json;

/// More cells than anybody could run; each would need a folder of its own.
const MOST_CELLS: usize = 100_000;

/// Tells every rule that is broken.
pub(super) fn judge(experiment: &Experiment, judge: &mut Judge<'_>) {
    let Some(sweep) = &experiment.sweep else { return };
    for (key, axis) in &sweep.axes {
        let at = format!("sweep.axes.{key}");
        if varied(key, "sweep.axes", &at, judge) {
            match axis {
                SweepAxis::List(values) => list(key, values, judge),
                SweepAxis::Range(span) => range(key, span, sweep, judge),
            }
            let inner = format!("{key}.");
            if let Some(other) = sweep.axes.keys().find(|other| other.starts_with(&inner)) {
                let message = format!("the axes `{key}` and `{other}` overlap");
                judge.tell(&[&at], Fault::new(message).hint("keep one of them"));
            }
        }
    }
    for (idx, settings) in sweep.exclude.iter().enumerate() {
        exclude(idx, settings, sweep, judge);
    }
    for (idx, settings) in sweep.include.iter().enumerate() {
        let at = format!("sweep.include[{idx}]");
        for key in settings.keys() {
            varied(key, "sweep.include", &at, judge);
        }
    }
    twice("sweep.seeds", sweep.seeds.as_deref().unwrap_or_default(), judge);
    twice("sweep.folds", sweep.folds.as_deref().unwrap_or_default(), judge);
    folds(experiment, sweep, judge);
    sampler(sweep, judge);
    prune(experiment, sweep, judge);
}

/// Whether a sweep may vary a key; what is wrong with that is told.
fn varied(key: &str, table: &str, at: &str, judge: &mut Judge<'_>) -> bool {
    let fault = match key {
        "seed" => Fault::new(format!("`seed` cannot stand in `{table}`"))
            .hint("name seeds in `sweep.seeds`, as in `seeds = [1, 2, 3]`"),
        "split.fold" => Fault::new(format!("`split.fold` cannot stand in `{table}`"))
            .hint("name folds in `sweep.folds`, as in `folds = [0, 1]`"),
        _ if key == "sweep" || key.starts_with("sweep.") => {
            Fault::new(format!("`{key}` cannot stand in `{table}`"))
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
            let fault = Fault::new(format!("`{key}` cannot stand in `{table}`"));
            if key.starts_with("data.") {
                fault
                    .detail("settings are compared on the same cases")
                    .hint("write a spec for each data set; `extends` keeps them short")
            } else {
                fault
                    .detail("it changes no result, so that all its values would be one run")
                    .hint("set it once, outside of the sweep")
            }
        }
        _ => return true,
    };
    judge.tell(&[at], fault);
    false
}

fn list(key: &str, values: &[Json], judge: &mut Judge<'_>) {
    for (idx, value) in values.iter().enumerate() {
        if values[..idx].iter().any(|earlier| is_same_value(earlier, value)) {
            let message = format!("the axis `{key}` has {} twice", toml_text(value));
            judge.tell(&[&format!("sweep.axes.{key}[{idx}]")], Fault::new(message));
        }
    }
}

fn range(key: &str, span: &Span, sweep: &Sweep, judge: &mut Judge<'_>) {
    let at = format!("sweep.axes.{key}");
    let Span { from, to, steps, log } = span;
    let (at_from, at_to) = (format!("{at}.from"), format!("{at}.to"));
    let kind = axis_type(key);
    if kind == Some(AxisType::Other) {
        let fault = Fault::new(format!("the axis `{key}` cannot be a range"))
            .detail("its values are no numbers")
            .hint("list them, as in `[a, b]`");
        return judge.tell(&[&at], fault);
    }
    if from >= to {
        let fault = Fault::new(format!("the axis `{key}` does not begin below its end"))
            .detail(format!("found     from = {from}, to = {to}"));
        judge.tell(&[&at_from, &at_to], fault);
    }
    if *log && *from <= 0.0 {
        let fault = Fault::new(format!("the axis `{key}` cannot be spaced by factors"))
            .detail("expected  `from` above 0, with `log = true`")
            .detail(format!("found     {from}"));
        judge.tell(&[&at_from], fault);
    }
    if kind == Some(AxisType::Integer) && (from.fract() != 0.0 || to.fract() != 0.0) {
        let fault = Fault::new(format!("the axis `{key}` has ends that are no integers"))
            .detail(format!("found     from = {from}, to = {to}"));
        judge.tell(&[&at_from, &at_to], fault);
    }
    if steps.is_none() && matches!(sweep.sampler, Sampling::Grid {}) {
        let fault = Fault::new(format!("the axis `{key}` has no `steps`"))
            .detail("a grid must know how many numbers to take between the ends")
            .hint("give it `steps`, or the sweep a `sampler` such as `tpe`");
        judge.tell(&[&at], fault);
    }
}

fn exclude(idx: usize, settings: &Settings, sweep: &Sweep, judge: &mut Judge<'_>) {
    let at = format!("sweep.exclude[{idx}]");
    if settings.is_empty() {
        judge.tell(&[&at], Fault::new("`sweep.exclude` holds a table that excludes everything"));
    }
    for (key, value) in settings {
        let Some(axis) = sweep.axes.get(key) else {
            let mut fault = Fault::new(format!("`sweep.exclude` names `{key}`, which is no axis"));
            fault.hints.extend(did_you_mean(key, sweep.axes.keys().map(String::as_str)));
            judge.tell(&[&at], fault);
            continue;
        };
        let (has, axis_holds) = match axis {
            SweepAxis::List(values) => {
                let words: Vec<String> = values.iter().map(toml_text).collect();
                (values.iter().any(|it| is_same_value(it, value)), words.join(", "))
            }
            SweepAxis::Range(Span { from, to, .. }) => {
                let is_within = value.as_f64().is_some_and(|it| (*from..=*to).contains(&it));
                (is_within, format!("numbers from {from} to {to}"))
            }
        };
        if !has {
            let fault = Fault::new(format!("`sweep.exclude` names a value that `{key}` never has"))
                .detail(format!("expected  one of {axis_holds}"))
                .detail(format!("found     {}", toml_text(value)));
            judge.tell(&[&at, &format!("sweep.axes.{key}")], fault);
        }
    }
}

fn twice<T: PartialEq + std::fmt::Display>(key: &str, values: &[T], judge: &mut Judge<'_>) {
    for (idx, value) in values.iter().enumerate() {
        if values[..idx].contains(value) {
            judge.tell(
                &[&format!("{key}[{idx}]")],
                Fault::new(format!("`{key}` has {value} twice")),
            );
        }
    }
}

fn folds(experiment: &Experiment, sweep: &Sweep, judge: &mut Judge<'_>) {
    let Some(folds) = &sweep.folds else { return };
    if sweep.axes.keys().any(|key| key.starts_with("split")) {
        // Each cell is judged with its own split.
        return;
    }
    let SplitRule::KFold { folds: n_folds, .. } = experiment.split else {
        let fault = Fault::new("`sweep.folds` goes with `split.kind = \"k-fold\"` only")
            .hint("set `split = { kind = \"k-fold\", folds = 5 }`, or name `sweep.seeds`");
        return judge.tell(&["sweep.folds", "split"], fault);
    };
    for (idx, fold) in folds.iter().enumerate().filter(|(_, fold)| **fold >= n_folds) {
        let fault = Fault::new(format!("there is no fold {fold}"))
            .detail(format!("expected  0 to {}, as `split.folds` is {n_folds}", n_folds - 1))
            .detail(format!("found     {fold}"));
        judge.tell(&[&format!("sweep.folds[{idx}]"), "split.folds"], fault);
    }
}

fn sampler(sweep: &Sweep, judge: &mut Judge<'_>) {
    if !matches!(sweep.sampler, Sampling::Grid {}) {
        if sweep.axes.is_empty() {
            let fault = Fault::new("the sampler has no axes to draw from")
                .hint("name some, as in `axes.\"schedule.max-lr\" = [1e-3, 3e-3]`");
            judge.tell(&["sweep.sampler", "sweep.axes"], fault);
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
            .detail(format!("found     {n_cells}: axes by {n_seeds} seeds by {n_folds} folds"))
            .hint("take fewer values, or a `sampler` with a number of trials");
        judge.tell(&["sweep.axes", "sweep"], fault);
    }
}

/// A rule that can never give a cell up is not what anybody meant.
fn prune(experiment: &Experiment, sweep: &Sweep, judge: &mut Judge<'_>) {
    let (rule, epochs) = (&sweep.prune, experiment.train.epochs);
    let first = (epochs as f64 * rule.min_share).max(rule.min_epochs as f64);
    let is_late = first > epochs.saturating_sub(1) as f64;
    // With epochs among the axes, each cell has its own.
    if rule.kind == PruneKind::None || !is_late || sweep.axes.contains_key("train.epochs") {
        return;
    }
    let fault = Fault::new("`sweep.prune` would never give a cell up")
        .detail(format!("every cell gets {} of its {epochs} epochs", first.ceil()))
        .hint("lower `sweep.prune.min-epochs` or `sweep.prune.min-share`, or give more epochs");
    let keys = ["sweep.prune.min-epochs", "sweep.prune.min-share", "sweep.prune", "train.epochs"];
    judge.tell(&keys, fault);
}
