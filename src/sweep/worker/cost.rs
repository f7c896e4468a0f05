//! [`cost`]: what a cell will take, from the pace of its parts; [`cost_key`], what a pace depends
//! on, and [`time_key`], what the time of a cell does.
//!
//! Knows nothing of how a pace is measured.

use crate::{
    run::Planned,
    spec::Experiment,
    train::{EpochPlan, Pace, training_voxels},
};
use serde::{Deserialize, Serialize};

/// What a cell will take, at most: no early stop is counted on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cost {
    /// Seconds from the start of its process to its end.
    pub seconds: f64,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// Bytes of the GPU's memory; `None` on the CPU.
    pub device_bytes: Option<u64>,
    /// Bytes of the disk.
    pub disk_bytes: u64,
}

/// A pace, and what comes before it: what a calibration prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Measured {
    /// Device in words.
    pub device: String,
    /// Seconds from the start of the process until the first case was prepared.
    pub start: f64,
    /// The parts.
    pub pace: Pace,
}

/// Names what the pace of a cell depends on: cells of one key share a calibration.
///
/// Kept are the data, the training grid, whether there is augmentation, the network, the size of a
/// batch, and what the optimizer keeps beside each weight. Left out is what changes numbers only
/// (seed, rates, weights of the loss, the norm of clipping, the probability of a drop), what counts
/// how often (epochs, split, accumulation), and the loss, whose formulas all take about the same.
pub fn cost_key(experiment: &Experiment, data_fingerprint: &str) -> String {
    let Experiment { data, preprocess, augment, model, optimizer, train, .. } = experiment;
    let input = (
        (data_fingerprint, data.classes.len(), train.batch),
        (&preprocess.grid, &preprocess.intensity, preprocess.orientation, preprocess.cache),
        (augment.flip.is_some(), augment.rotate.is_some()),
    );
    let net = (
        (&model.widths, model.norm, model.squeeze_excitation),
        (model.residual, model.deep_supervision),
        (model.dropout > 0.0, model.skip_dropout > 0.0),
    );
    let kept = (input, net, optimizer.amsgrad, optimizer.clip_norm.is_some());
    // Only a number that is no number could fail here, and no spec can hold one.
    let kept = serde_json::to_string(&kept).unwrap_or_default();
    blake3::hash(kept.as_bytes()).to_hex()[..16].to_owned()
}

/// Names what the time of a cell depends on beside its cases: its pace, and how often each part of
/// it is done.
pub fn time_key(experiment: &Experiment, data_fingerprint: &str) -> String {
    let (train, rules) = (&experiment.train, &experiment.checkpoint);
    let overlays = experiment.evaluate.overlays;
    let pace = cost_key(experiment, data_fingerprint);
    format!("{pace} {} {} {overlays} {rules:?}", train.epochs, train.accumulate)
}

/// What a cell will take.
pub fn cost(
    experiment: &Experiment,
    planned: &Planned,
    Measured { start, pace, .. }: &Measured,
    disk_bytes: u64,
) -> Cost {
    let parts = &planned.parts;
    let [n_train, n_valid, n_test] =
        [&parts.train, &parts.valid, &parts.test].map(|names| names.len() as f64);
    let n_cases = n_train + n_valid + n_test;
    // Cases of other sizes take in proportion to their voxels.
    let of_train = mean_voxels(experiment, planned, &parts.train) / pace.train_voxels.max(1.0);
    let of_valid = mean_voxels(experiment, planned, &parts.valid) / pace.valid_voxels.max(1.0);
    let epochs = experiment.train.epochs as f64;
    let n_batches = EpochPlan::new(parts.train.len(), &experiment.train).n_batches() as f64;
    let n_drawn = (experiment.evaluate.overlays as f64).min(n_valid);
    let seconds = start
        + n_cases * pace.prepared_case * of_train
        + pace.first_batch
        + epochs * (n_batches * pace.batch * of_train + n_valid * pace.valid_case * of_valid)
        + n_checkpoints(experiment) * pace.checkpoint
        + (n_valid + n_test + n_drawn) * pace.scored_case * of_valid;
    Cost {
        seconds,
        memory_bytes: pace.memory_bytes.map(|peak| peak + kept_bytes(experiment, planned, pace)),
        device_bytes: pace.device_bytes,
        disk_bytes,
    }
}

fn mean_voxels(experiment: &Experiment, planned: &Planned, names: &[String]) -> f64 {
    let cases = names.iter().filter_map(|name| planned.dataset.case(name));
    let sum: f64 = cases.map(|case| training_voxels(case, &experiment.preprocess)).sum();
    sum / names.len().max(1) as f64
}

/// Those of the rule, and of every third of the other epochs as a best one.
fn n_checkpoints(experiment: &Experiment) -> f64 {
    let epochs = experiment.train.epochs as f64;
    let ruled = epochs / experiment.checkpoint.every_epochs.max(1) as f64;
    ruled + (epochs - ruled) / 3.0
}

/// Bytes of the prepared cases that a run keeps and a calibration did not: an image in single
/// precision and a byte a label.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bytes")]
fn kept_bytes(experiment: &Experiment, planned: &Planned, pace: &Pace) -> u64 {
    if !experiment.preprocess.cache {
        return 0;
    }
    let parts = &planned.parts;
    let n_kept = (parts.train.len() + parts.valid.len()).saturating_sub(pace.n_prepared);
    let bytes = mean_voxels(experiment, planned, &parts.train) * 5.0;
    (bytes * n_kept as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    fn key(more: &str) -> String {
        let text = "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n";
        cost_key(&load_resolved(&(text.to_owned() + more)).unwrap(), "data")
    }

    #[test]
    fn only_what_changes_the_pace_changes_the_key() {
        for same in [
            "[schedule]\nkind = 'one-cycle'\nmax-lr = 0.5\n",
            "[loss.dice]\nbackground = false\n",
            "[train]\nepochs = 3\naccumulate = 4\n",
            "[split]\nkind = 'k-fold'\nfolds = 3\n",
            "[model]\ndropout = 0.5\n",
        ] {
            assert_eq!(key(same), key(""), "{same}");
        }
        for other in [
            "[model]\nwidths = [8, 16]\n",
            "[model]\ndropout = 0.0\n",
            "[train]\nbatch = 2\n",
            "[preprocess]\ncache = false\n",
            "[augment.flip]\np = 0.5\n",
        ] {
            assert_ne!(key(other), key(""), "{other}");
        }
    }
}
