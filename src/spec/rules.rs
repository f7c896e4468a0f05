//! [`judge`]: what keys demand of each other, on an experiment whose every key is right by itself.
//!
//! Knows nothing of TOML, and of data sets only what the spec says.

use super::{
    Data, Experiment, Origins, SplitRule, TrainingGrid, rules_of_learning as learning,
    rules_of_sweep as sweep, source::Origin,
};
use crate::base::{Fault, Place};
use std::collections::BTreeSet;

/// Every rule that is broken.
///
/// A rule that reads a key of `faulty` says nothing: that key does not hold what the user meant.
/// The data are not judged again where they are the `known` ones, as in the cells of a sweep.
pub(super) fn judge(
    experiment: &Experiment,
    origins: &Origins,
    faulty: &BTreeSet<String>,
    file: &Place,
    known: Option<&Data>,
) -> Vec<Fault> {
    let mut judge = Judge { origins, faulty, file, faults: Vec::new() };
    name(experiment, &mut judge);
    if known != Some(&experiment.data) {
        classes(experiment, &mut judge);
        label_map(experiment, &mut judge);
        patient(experiment, &mut judge);
    }
    split(experiment, &mut judge);
    grid(experiment, &mut judge);
    learning::judge(experiment, &mut judge);
    sweep::judge(experiment, &mut judge);
    judge.faults
}

/// Gathers broken rules and finds their places.
pub(super) struct Judge<'a> {
    origins: &'a Origins,
    faulty: &'a BTreeSet<String>,
    file: &'a Place,
    faults: Vec<Fault>,
}

impl Judge<'_> {
    /// Tells that `keys` together break a rule; the first that anybody wrote is the place.
    pub(super) fn tell(&mut self, keys: &[&str], fault: Fault) {
        let below = |key: &str, table: &str| {
            key.strip_prefix(table)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let touches = |key: &&str| self.faulty.iter().any(|it| below(it, key) || below(key, it));
        if keys.iter().any(touches) {
            return;
        }
        let place = keys.iter().find_map(|key| self.origins.of_key(key).place());
        self.faults.push(fault.at(place.unwrap_or_else(|| self.file.clone())));
    }

    /// Who wrote a key.
    fn origin(&self, key: &str) -> Origin {
        self.origins.of_key(key)
    }
}

fn name(experiment: &Experiment, judge: &mut Judge<'_>) {
    let name = &experiment.name;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && name.len() <= 80 && name.chars().all(is_plain) {
        return;
    }
    let mut fault = Fault::new("`name` cannot name a folder")
        .detail("expected  1 to 80 letters, digits, `-` and `_`, a letter or digit first")
        .detail(format!("found     {name:?}"));
    if judge.origin("name") == Origin::Default {
        fault = fault.hint("it is the file's stem; set `name`, or call the file otherwise");
    }
    judge.tell(&["name"], fault);
}

fn classes(experiment: &Experiment, judge: &mut Judge<'_>) {
    let classes = &experiment.data.classes;
    for (idx, class) in classes.iter().enumerate() {
        let key = format!("data.classes[{idx}]");
        if class.trim().is_empty() {
            judge.tell(&[&key], Fault::new(format!("class {idx} has no name")));
        } else if class == "foreground" {
            let message = "no class may be called `foreground`";
            let fault = Fault::new(message).detail("tables call the mean of all classes that");
            judge.tell(&[&key], fault.hint("name what it shows, such as `lesion`"));
        } else if classes[..idx].contains(class) {
            let message = format!("two of `data.classes` are called `{class}`");
            judge.tell(&[&key], Fault::new(message));
        }
    }
    if experiment.data.root.is_empty() {
        judge.tell(&["data.root"], Fault::new("`data.root` is empty").hint("name a folder"));
    }
}

fn label_map(experiment: &Experiment, judge: &mut Judge<'_>) {
    let n_classes = experiment.data.classes.len();
    for (stored, class) in &experiment.data.label_map {
        let key = format!("data.label-map.{stored}");
        if stored.parse::<i64>().map(|value| value.to_string()).as_ref() != Ok(stored) {
            let message = format!("`{stored}` in `data.label-map` is no label value");
            let fault = Fault::new(message)
                .detail("expected  an integer as the label maps store it, such as `2 = 1`");
            judge.tell(&[&key], fault);
        }
        if usize::from(*class) >= n_classes {
            let fault = Fault::new(format!("`{key}` names a class that is not there"))
                .detail(format!("expected  0 to {}, an index of `data.classes`", n_classes - 1))
                .detail(format!("found     {class}"));
            judge.tell(&[&key, "data.classes"], fault);
        }
    }
}

fn patient(experiment: &Experiment, judge: &mut Judge<'_>) {
    let Some(pattern) = &experiment.data.patient else { return };
    match regex::Regex::new(pattern) {
        Err(error) => {
            // The library draws the pattern over several lines; its last line says what is wrong.
            let text = error.to_string();
            let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let mut fault = Fault::new("`data.patient` is no regular expression");
            fault.causes.push(cause.into());
            judge.tell(&["data.patient"], fault);
        }
        Ok(regex) if regex.captures_len() < 2 => {
            let fault = Fault::new("`data.patient` has no group")
                .detail("expected  a group around the patient's part, as in \"^(STS_[0-9]+)\"")
                .detail(format!("found     {pattern:?}"));
            judge.tell(&["data.patient"], fault);
        }
        Ok(_) => {}
    }
}

fn split(experiment: &Experiment, judge: &mut Judge<'_>) {
    match &experiment.split {
        SplitRule::Holdout { valid, test, .. } if valid + test >= 1.0 => {
            let fault = Fault::new("the split leaves no case to train")
                .detail("expected  `split.valid` + `split.test` below 1")
                .detail(format!("found     {valid} + {test}"));
            judge.tell(&["split.valid", "split.test"], fault);
        }
        SplitRule::KFold { folds, fold, .. } if fold >= folds => {
            let fault = Fault::new(format!("there is no fold {fold}"))
                .detail(format!("expected  0 to {}, as `split.folds` is {folds}", folds - 1))
                .detail(format!("found     {fold}"));
            judge.tell(&["split.fold", "split.folds"], fault);
        }
        SplitRule::Explicit { train, valid, test } => {
            let excluded = ("data.exclude", &experiment.data.exclude);
            let lists =
                [excluded, ("split.train", train), ("split.valid", valid), ("split.test", test)];
            let mut seen: Vec<(&str, &String)> = Vec::new();
            for (list, cases) in lists {
                for (idx, case) in cases.iter().enumerate() {
                    if let Some((first, _)) = seen.iter().find(|(_, known)| *known == case) {
                        let message = if *first == list {
                            format!("case `{case}` stands twice in `{list}`")
                        } else {
                            format!("case `{case}` stands in `{first}` and in `{list}`")
                        };
                        judge.tell(&[&format!("{list}[{idx}]"), first], Fault::new(message));
                    }
                    seen.push((list, case));
                }
            }
        }
        _ => {}
    }
}

/// Pooling halves the grid once between two levels; a side must outlast that.
fn grid(experiment: &Experiment, judge: &mut Judge<'_>) {
    let n_levels = experiment.model.widths.len();
    let least = 1_usize << (n_levels - 1);
    let phantom = experiment.data.phantom.as_ref().map(|phantom| phantom.shape);
    let (key, sides) = match (&experiment.preprocess.grid, phantom) {
        (TrainingGrid::XySize { size }, _) => ("preprocess.grid.size", vec![*size, *size]),
        (TrainingGrid::Native {}, Some(shape)) => ("data.phantom.shape", shape.to_vec()),
        _ => return,
    };
    let Some(smallest) = sides.iter().min().filter(|side| **side < least) else { return };
    let sides = sides.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    let fits = smallest.ilog2() + 1;
    let fault =
        Fault::new(format!("a grid of {sides} voxels cannot be halved {} times", n_levels - 1))
            .detail(format!(
                "expected  sides of at least {least}, as `model.widths` has {n_levels} levels"
            ))
            .detail(format!("found     {smallest}"))
            .hint(format!("make `{key}` larger, or give `model.widths` at most {fits} levels"));
    judge.tell(&[key, "preprocess.grid", "model.widths"], fault);
}
