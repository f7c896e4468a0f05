//! [`judge`]: the rules between keys of preprocessing, loss, schedule, training and keeping.
//!
//! Knows nothing of TOML or burn.

use super::{ClassWeights, Experiment, Intensity, Schedule, rules::Judge};
use crate::base::{Fault, suggest::did_you_mean};

/// Tells every rule that is broken.
pub(super) fn judge(experiment: &Experiment, judge: &mut Judge<'_>) {
    windows(experiment, judge);
    flips(experiment, judge);
    loss(experiment, judge);
    class_weights(experiment, judge);
    schedule(experiment, judge);
    monitor(experiment, judge);
    keeping(experiment, judge);
}

fn windows(experiment: &Experiment, judge: &mut Judge<'_>) {
    let (Intensity::Percentile { lower, upper } | Intensity::Window { lower, upper }) =
        &experiment.preprocess.intensity;
    if lower >= upper {
        let fault = Fault::new("`preprocess.intensity.lower` is not below `upper`")
            .detail(format!("found     lower = {lower}, upper = {upper}"));
        judge.tell(&["preprocess.intensity.lower", "preprocess.intensity.upper"], fault);
    }
    let [lower, upper] = experiment.evaluate.overlay_window;
    if lower >= upper {
        let fault = Fault::new("the first of `evaluate.overlay-window` is not below the second")
            .detail(format!("found     [{lower}, {upper}]"));
        judge.tell(&["evaluate.overlay-window"], fault);
    }
}

fn flips(experiment: &Experiment, judge: &mut Judge<'_>) {
    let Some(flip) = &experiment.augment.flip else { return };
    for (idx, axis) in flip.axes.iter().enumerate() {
        if flip.axes[..idx].contains(axis) {
            let key = format!("augment.flip.axes[{idx}]");
            judge.tell(&[&key], Fault::new("`augment.flip.axes` names an axis twice"));
        }
    }
}

fn loss(experiment: &Experiment, judge: &mut Judge<'_>) {
    let loss = &experiment.loss;
    if loss.dice.weight == 0.0 && loss.cross_entropy.weight == 0.0 {
        let fault = Fault::new("the loss is switched off")
            .detail("`loss.dice.weight` and `loss.cross-entropy.weight` are both 0")
            .hint("give one of them a weight");
        judge.tell(&["loss.dice.weight", "loss.cross-entropy.weight"], fault);
    }
}

fn class_weights(experiment: &Experiment, judge: &mut Judge<'_>) {
    const KEY: &str = "loss.cross-entropy.class-weights";
    let ClassWeights::Given(weights) = &experiment.loss.cross_entropy.class_weights else { return };
    let n_classes = experiment.data.classes.len();
    if weights.len() != n_classes {
        let fault = Fault::new(format!("`{KEY}` does not fit the classes"))
            .detail(format!("expected  {n_classes} weights, one for each of `data.classes`"))
            .detail(format!("found     {}", weights.len()));
        judge.tell(&[KEY, "data.classes"], fault);
    } else if weights.iter().all(|weight| *weight == 0.0) {
        judge.tell(&[KEY], Fault::new(format!("`{KEY}` gives no class any weight")));
    }
}

fn schedule(experiment: &Experiment, judge: &mut Judge<'_>) {
    if let Schedule::Cosine { max_lr, min_lr, .. } = &experiment.schedule
        && min_lr > max_lr
    {
        let fault = Fault::new("`schedule.min-lr` is above `schedule.max-lr`")
            .detail(format!("expected  at most {max_lr}"))
            .detail(format!("found     {min_lr}"));
        judge.tell(&["schedule.min-lr", "schedule.max-lr"], fault);
    }
}

fn keeping(experiment: &Experiment, judge: &mut Judge<'_>) {
    if let Some(text) = &experiment.train.walltime
        && experiment.train.walltime().is_none()
    {
        let fault = Fault::new("`train.walltime` is no length of time")
            .detail("expected  such as \"7h50m\", \"90s\" or \"1day\"")
            .detail(format!("found     {text:?}"));
        judge.tell(&["train.walltime"], fault);
    }
    if let Some(text) = &experiment.disk.budget
        && experiment.disk.budget_bytes().is_none()
    {
        let fault = Fault::new("`disk.budget` is no number of bytes")
            .detail("expected  such as \"20 GB\", \"1.5 GiB\" or \"4096\"")
            .detail(format!("found     {text:?}"));
        judge.tell(&["disk.budget"], fault);
    }
}

fn monitor(experiment: &Experiment, judge: &mut Judge<'_>) {
    let monitor = &experiment.train.monitor;
    let classes = experiment.data.classes.iter().map(|class| format!("valid/dice/{class}"));
    let mut scores = vec!["valid/loss".to_owned(), "valid/dice/foreground".to_owned()];
    scores.extend(classes);
    if scores.contains(monitor) {
        return;
    }
    let quoted: Vec<_> = scores.iter().map(|score| format!("\"{score}\"")).collect();
    let mut fault = Fault::new("`train.monitor` names no score of this experiment")
        .detail(format!("expected  one of {}", quoted.join(", ")))
        .detail(format!("found     {monitor:?}"));
    fault.hints.extend(did_you_mean(monitor, scores.iter().map(String::as_str)));
    judge.tell(&["train.monitor", "data.classes"], fault);
}
