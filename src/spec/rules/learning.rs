//! [`check`]: the rules between keys of preprocessing, loss, schedule, training and keeping.
//!
//! Does not know about TOML or burn.

use super::broken::BrokenRules;
use crate::{
    base::{Fault, suggest::did_you_mean},
    spec::{ClassWeights, Experiment, Intensity, Monitor, Schedule},
};

/// Adds every rule that is broken.
pub(super) fn check(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    windows(experiment, broken);
    flips(experiment, broken);
    loss(experiment, broken);
    class_weights(experiment, broken);
    schedule(experiment, broken);
    monitor(experiment, broken);
    keeping(experiment, broken);
}

fn windows(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let (Intensity::Percentile { lower, upper } | Intensity::Window { lower, upper }) =
        &experiment.preprocess.intensity;
    if lower >= upper {
        let fault = Fault::new("`preprocess.intensity.lower` is not below `upper`")
            .detail(format!("found     lower = {lower}, upper = {upper}"));
        broken.add(&["preprocess.intensity.lower", "preprocess.intensity.upper"], fault);
    }
    let [lower, upper] = experiment.evaluate.overlay_window;
    if lower >= upper {
        let fault = Fault::new("the first of `evaluate.overlay-window` is not below the second")
            .detail(format!("found     [{lower}, {upper}]"));
        broken.add(&["evaluate.overlay-window"], fault);
    }
}

fn flips(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let Some(flip) = &experiment.augment.flip else { return };
    for (idx, axis) in flip.axes.iter().enumerate() {
        if flip.axes[..idx].contains(axis) {
            let key = format!("augment.flip.axes[{idx}]");
            broken.add(&[&key], Fault::new("`augment.flip.axes` names an axis twice"));
        }
    }
}

fn loss(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let loss = &experiment.loss;
    if loss.dice.weight == 0.0 && loss.cross_entropy.weight == 0.0 {
        let fault = Fault::new("the loss is switched off")
            .detail("`loss.dice.weight` and `loss.cross-entropy.weight` are both 0")
            .hint("set one of them above 0");
        broken.add(&["loss.dice.weight", "loss.cross-entropy.weight"], fault);
    }
}

fn class_weights(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    const KEY: &str = "loss.cross-entropy.class-weights";
    let ClassWeights::Given(weights) = &experiment.loss.cross_entropy.class_weights else { return };
    let n_classes = experiment.data.classes.len();
    if weights.len() != n_classes {
        let fault = Fault::new(format!("`{KEY}` has the wrong number of weights"))
            .detail(format!("expected  {n_classes} weights, one for each of `data.classes`"))
            .detail(format!("found     {}", weights.len()));
        broken.add(&[KEY, "data.classes"], fault);
    } else if weights.iter().all(|weight| *weight == 0.0) {
        broken.add(&[KEY], Fault::new(format!("`{KEY}` is 0 for every class")));
    }
}

fn schedule(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    if let Schedule::Cosine { max_lr, min_lr, .. } = &experiment.schedule
        && min_lr > max_lr
    {
        let fault = Fault::new("`schedule.min-lr` is above `schedule.max-lr`")
            .detail(format!("expected  at most {max_lr}"))
            .detail(format!("found     {min_lr}"));
        broken.add(&["schedule.min-lr", "schedule.max-lr"], fault);
    }
}

fn keeping(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    if let Some(text) = &experiment.train.walltime
        && experiment.train.walltime().is_none()
    {
        let fault = Fault::new("`train.walltime` is not a valid duration")
            .detail("expected  for example \"7h50m\", \"90s\" or \"1day\"")
            .detail(format!("found     {text:?}"));
        broken.add(&["train.walltime"], fault);
    }
    if let Some(text) = &experiment.disk.budget
        && experiment.disk.budget_bytes().is_none()
    {
        let fault = Fault::new("`disk.budget` is not a valid size")
            .detail("expected  for example \"20 GB\", \"1.5 GiB\" or \"4096\"")
            .detail(format!("found     {text:?}"));
        broken.add(&["disk.budget"], fault);
    }
}

fn monitor(experiment: &Experiment, broken: &mut BrokenRules<'_>) {
    let monitor = &experiment.train.monitor;
    let known = Monitor::all(&experiment.data.classes);
    if known.contains(monitor) {
        return;
    }
    let (found, scores): (_, Vec<String>) =
        (monitor.to_string(), known.iter().map(Monitor::to_string).collect());
    let quoted: Vec<_> = scores.iter().map(|score| format!("\"{score}\"")).collect();
    let mut fault = Fault::new("`train.monitor` is not a score of this experiment")
        .detail(format!("expected  one of {}", quoted.join(", ")))
        .detail(format!("found     {found:?}"));
    fault.hints.extend(did_you_mean(&found, scores.iter().map(String::as_str)));
    broken.add(&["train.monitor", "data.classes"], fault);
}
