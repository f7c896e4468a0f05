//! [`Cost`]: what a cell takes, calculated from the times of its parts; [`CellKind`]: what that
//! depends on.
//!
//! Does not know how the parts are timed.

use super::super::slot::makespan;
use crate::{
    run::Planned,
    spec::{Augment, Experiment},
    train::{EpochPlan, RunProfile, training_voxels},
};
use serde::{Deserialize, Serialize};

/// What a cell takes at most: an early stop is not assumed.
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

/// What a calibration measured, as its process prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Measured {
    /// Name of the device.
    pub device: String,
    /// Seconds from the start of the process to the preparation of the first case.
    pub start: f64,
    /// Seconds and bytes of the parts of a run.
    pub pace: RunProfile,
}

/// Names what the time of a cell depends on. Cells of one kind take the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellKind(String);

impl CellKind {
    /// The kind of an experiment on its data.
    pub fn of(experiment: &Experiment, planned: &Planned) -> Self {
        let parts = &planned.parts;
        let n_cases = [&parts.train, &parts.valid, &parts.test].map(Vec::len);
        Self::new(experiment, &planned.dataset.fingerprint, n_cases)
    }

    /// As [`of`](Self::of), for `n_cases` that train, validate and test.
    pub(super) fn new(
        experiment: &Experiment,
        data_fingerprint: &str,
        n_cases: [usize; 3],
    ) -> Self {
        let (train, rules) = (&experiment.train, &experiment.checkpoint);
        let overlays = experiment.evaluate.overlays;
        let pace = pace_key(experiment, data_fingerprint);
        Self(format!(
            "{pace} {} {} {overlays} {rules:?} {n_cases:?}",
            train.epochs, train.accumulate
        ))
    }
}

/// Names what a calibration depends on: cells with the same key share one.
///
/// Kept are the data, the training grid, whether there is augmentation, the network, the batch
/// size, and what the optimizer keeps beside each weight. Left out is what only changes numbers
/// (seed, rates, weights of the loss, the clipping norm, the probability of a drop), what changes
/// how often something is done (epochs, split, accumulation), and the loss: its forms take about
/// the same time.
pub(super) fn pace_key(experiment: &Experiment, data_fingerprint: &str) -> String {
    let Experiment { data, preprocess, augment, model, optimizer, train, .. } = experiment;
    let Augment { flip, rotate } = augment;
    let input = (
        (data_fingerprint, data.classes.len(), train.batch),
        (&preprocess.grid, &preprocess.intensity, preprocess.orientation, preprocess.cache),
        (flip.is_some(), rotate.is_some()),
    );
    let net = (
        (&model.widths, model.norm, model.squeeze_excitation),
        (model.residual, model.deep_supervision),
        (model.dropout > 0.0, model.skip_dropout > 0.0),
    );
    let kept = (input, net, optimizer.amsgrad, optimizer.clip_norm.is_some());
    // Only a number that is not finite could fail here, and a spec cannot hold one.
    let kept = serde_json::to_string(&kept).unwrap_or_default();
    blake3::hash(kept.as_bytes()).to_hex()[..16].to_owned()
}

/// What a cell takes, calculated from the times of its parts.
pub(super) fn cost(
    experiment: &Experiment,
    planned: &Planned,
    Measured { start, pace, .. }: &Measured,
    disk_bytes: u64,
) -> Cost {
    let parts = &planned.parts;
    let [n_train, n_valid, n_test] =
        [&parts.train, &parts.valid, &parts.test].map(|names| names.len() as f64);
    let n_cases = n_train + n_valid + n_test;
    // The time of a case grows with its voxels.
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
        memory_bytes: pace.memory_bytes.map(|peak| peak + cached_bytes(experiment, planned, pace)),
        device_bytes: pace.device_bytes,
        disk_bytes,
    }
}

fn mean_voxels(experiment: &Experiment, planned: &Planned, names: &[String]) -> f64 {
    let cases = names.iter().filter_map(|name| planned.dataset.case(name));
    let sum: f64 = cases.map(|case| training_voxels(case, &experiment.preprocess)).sum();
    sum / names.len().max(1) as f64
}

/// Those that the rule asks for, and one for every third of the other epochs as a best one.
fn n_checkpoints(experiment: &Experiment) -> f64 {
    let epochs = experiment.train.epochs as f64;
    let ruled = epochs / experiment.checkpoint.every_epochs.max(1) as f64;
    ruled + (epochs - ruled) / 3.0
}

/// Bytes of the prepared cases that a run caches and a calibration did not: an image in single
/// precision and a byte for each label.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bytes")]
fn cached_bytes(experiment: &Experiment, planned: &Planned, pace: &RunProfile) -> u64 {
    if !experiment.preprocess.cache {
        return 0;
    }
    let parts = &planned.parts;
    let n_cached = (parts.train.len() + parts.valid.len()).saturating_sub(pace.n_prepared);
    let bytes = mean_voxels(experiment, planned, &parts.train) * 5.0;
    (bytes * n_cached as f64) as u64
}

/// What all cells of a plan take together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Cells whose cost is known. The other numbers are theirs.
    pub known: usize,
    /// Cells that run at once.
    pub slots: usize,
    /// Seconds, one cell after the other.
    pub seconds: f64,
    /// Seconds with a cell in every slot.
    pub seconds_in_slots: f64,
    /// Memory of the largest cell.
    pub memory_bytes: Option<u64>,
    /// GPU memory of the largest cell.
    pub device_bytes: Option<u64>,
    /// Disk of all cells.
    pub disk_bytes: u64,
}

impl Totals {
    /// Those of some cells that take turns in `n_slots`.
    pub fn of(costs: &[Option<Cost>], n_slots: usize) -> Self {
        let known = || costs.iter().flatten();
        let seconds = || known().map(|cost| cost.seconds);
        Self {
            known: known().count(),
            slots: n_slots,
            seconds: seconds().sum(),
            seconds_in_slots: makespan(seconds(), n_slots),
            memory_bytes: known().filter_map(|cost| cost.memory_bytes).max(),
            device_bytes: known().filter_map(|cost| cost.device_bytes).max(),
            disk_bytes: known().map(|cost| cost.disk_bytes).fold(0, u64::saturating_add),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    fn experiment(more: &str) -> Experiment {
        let text = "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n";
        load_resolved(&(text.to_owned() + more)).unwrap()
    }

    #[test]
    fn only_what_changes_the_pace_changes_the_key() {
        let key = |more: &str| pace_key(&experiment(more), "data");
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

    #[test]
    fn cells_with_other_rates_and_seeds_are_of_one_kind_and_with_other_epochs_are_not() {
        let kind = |experiment: &Experiment| CellKind::new(experiment, "data", [4, 1, 1]);
        let plain = kind(&experiment(""));
        let rate = experiment("[schedule]\nkind = 'one-cycle'\nmax-lr = 0.5");
        assert_eq!(kind(&rate), plain);
        assert_eq!(kind(&Experiment { seed: 7, ..experiment("") }), plain);
        assert_ne!(kind(&experiment("[model]\nwidths = [2, 4]")), plain);
        assert_ne!(kind(&experiment("[train]\nepochs = 3")), plain);
    }
}
