//! Rules of the name, the data, the split and the grid.
//!
//! Does not look at the data themselves.

use super::broken::BrokenRules;
use crate::{
    base::Fault,
    spec::{Experiment, SplitRule, TrainingGrid, source::Origin},
};

/// Adds every rule of `[data]` that is broken.
pub(super) fn check(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    classes(experiment, broken);
    label_map(experiment, broken);
    patient(experiment, broken);
}

pub(super) fn name(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let name = &experiment.name;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && name.len() <= 80 && name.chars().all(is_plain) {
        return;
    }
    let mut fault = Fault::new("`name` is not a valid folder name")
        .detail("expected  1 to 80 letters, digits, `-` and `_`, a letter or digit first")
        .detail(format!("found     {name:?}"));
    if broken.origin("name") == Origin::Default {
        fault = fault.hint("it is the name of the file; set `name`, or rename the file");
    }
    broken.add(&["name"], fault);
}

fn classes(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let classes = &experiment.data.classes;
    for (idx, class) in classes.iter().enumerate() {
        let key = format!("data.classes[{idx}]");
        if class.trim().is_empty() {
            broken.add(&[&key], Fault::new(format!("class {idx} has no name")));
        } else if class == "foreground" {
            let message = "no class may be called `foreground`";
            let fault =
                Fault::new(message).detail("tables use this name for the mean of all classes");
            broken.add(&[&key], fault.hint("choose another name, for example `lesion`"));
        } else if classes[..idx].contains(class) {
            let message = format!("two of `data.classes` are called `{class}`");
            broken.add(&[&key], Fault::new(message));
        }
    }
    let root = &experiment.data.root;
    if root.is_empty() {
        broken.add(
            &["data.root"],
            Fault::new("`data.root` is empty").hint("write the path of a folder"),
        );
    } else if root.contains(char::is_control) {
        let fault = Fault::new("`data.root` contains a control character")
            .detail(format!("found     {root:?}"))
            .hint("put a path with backslashes in single quotes: in double quotes `\\n` means a line end");
        broken.add(&["data.root"], fault);
    }
}

fn label_map(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let n_classes = experiment.data.classes.len();
    for (stored, class) in &experiment.data.label_map {
        let key = format!("data.label-map.{stored}");
        if stored.parse::<i64>().map(|value| value.to_string()).as_ref() != Ok(stored) {
            let message = format!("`{stored}` in `data.label-map` is not a label value");
            let fault = Fault::new(message)
                .detail("expected  an integer as the label maps store it, such as `2 = 1`");
            broken.add(&[&key], fault);
        }
        if usize::from(*class) >= n_classes {
            let fault = Fault::new(format!("`{key}` names a class that does not exist"))
                .detail(format!("expected  0 to {}, an index of `data.classes`", n_classes - 1))
                .detail(format!("found     {class}"));
            broken.add(&[&key, "data.classes"], fault);
        }
    }
}

fn patient(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let Some(pattern) = &experiment.data.patient else { return };
    match regex::Regex::new(pattern) {
        Err(error) => {
            // The library draws the pattern over several lines; its last line says what is wrong.
            let text = error.to_string();
            let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let mut fault = Fault::new("`data.patient` is not a valid regular expression");
            fault.causes.push(cause.into());
            broken.add(&["data.patient"], fault);
        }
        Ok(regex) if regex.captures_len() < 2 => {
            let fault = Fault::new("`data.patient` has no group")
                .detail("expected  a group around the patient's part, as in \"^(STS_[0-9]+)\"")
                .detail(format!("found     {pattern:?}"));
            broken.add(&["data.patient"], fault);
        }
        Ok(_) => {}
    }
}

pub(super) fn split(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    match &experiment.split {
        SplitRule::Holdout { valid, test, .. } if valid + test >= 1.0 => {
            let fault = Fault::new("the split leaves no case for training")
                .detail("expected  `split.valid` + `split.test` below 1")
                .detail(format!("found     {valid} + {test}"));
            broken.add(&["split.valid", "split.test"], fault);
        }
        SplitRule::KFold { folds, fold, .. } if fold >= folds => {
            let fault = Fault::new(format!("there is no fold {fold}"))
                .detail(format!("expected  0 to {}, as `split.folds` is {folds}", folds - 1))
                .detail(format!("found     {fold}"));
            broken.add(&["split.fold", "split.folds"], fault);
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
                            format!("case `{case}` is twice in `{list}`")
                        } else {
                            format!("case `{case}` is in both `{first}` and `{list}`")
                        };
                        broken.add(&[&format!("{list}[{idx}]"), first], Fault::new(message));
                    }
                    seen.push((list, case));
                }
            }
        }
        _ => {}
    }
}

/// Pooling halves the grid once between two levels; a side must outlast that.
pub(super) fn grid(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
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
    broken.add(&[key, "preprocess.grid", "model.widths"], fault);
}
