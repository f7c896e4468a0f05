//! [`check`]: whether there is enough disk for a run, before it is begun.
//!
//! The prediction is an upper limit: all epochs, with every checkpoint that the rules keep.
//! Prepared cases are in memory and need no disk. `disk.budget` is the budget of one run; other
//! runs in the same folder do not count.
//!
//! Does not know how the files are written.

use super::Planned;
use crate::{
    base::{Error, ErrorCode, Fault, Result, fs, text},
    spec::Experiment,
    train::{self, EpochPlan},
};
use std::path::Path;

/// Checkpoints on disk at once besides those of `checkpoint.keep-every`: the last, the best, the
/// one before the last, and the one that is being written.
const N_CHECKPOINTS: u64 = 4;
/// Bytes of a step's line in the event log, generously.
const STEP_LINE: u64 = 320;
/// Bytes of an epoch's lines: scores by class and by case come on top.
const EPOCH_LINE: u64 = 900;
/// Bytes of a class's or a case's share of an epoch's line, and of a class's number in a row of
/// the confusion matrix.
const NUMBER: u64 = 32;
/// Bytes of a class of a case in `cases.jsonl`, with some twenty lesions.
const SCORE_LINE: u64 = 5000;
/// Bytes of an overlay: four tiles by three, a byte a pixel, as PNG never more than that.
const OVERLAY: u64 = 976 * 732 + 4096;
/// Bytes of what a run says of itself: spec, provenance, status, attempts, the reserve of space,
/// and a change of the code of moderate size.
const SMALL_FILES: u64 = 512 * 1024;
/// Warn when less than this many times the needed space is free.
const COMFORT: u64 = 2;

/// Bytes that a run will take, by what they are for, and what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// What takes how much, largest first.
    pub parts: Vec<(&'static str, u64)>,
    /// All parts together.
    pub total: u64,
    /// Bytes free where the runs are.
    pub free: u64,
    /// Most that `disk.budget` lets a run take.
    pub budget: Option<u64>,
}

impl Prediction {
    /// A warning for a run that barely fits.
    pub fn warning(&self) -> Option<String> {
        (self.free < self.total.saturating_mul(COMFORT)).then(|| {
            format!(
                "the disk is nearly full: this run may take {}, and {} are free",
                text::bytes(self.total),
                text::bytes(self.free)
            )
        })
    }

    fn refusal(&self, runs: &Path) -> Option<Error> {
        let too_large = |message: String, hint: &str| {
            let mut fault = Fault::new(message);
            for (what, n_bytes) in &self.parts {
                fault = fault.detail(format!("{what:<16} {}", text::bytes(*n_bytes)));
            }
            fault
                .hint(hint)
                .hint("lower `model.widths`, or raise or leave out `checkpoint.keep-every`")
        };
        let total = text::bytes(self.total);
        if let Some(budget) = self.budget.filter(|budget| self.total > *budget) {
            let message = format!(
                "the run may take {total}, but its budget `disk.budget` is {}",
                text::bytes(budget)
            );
            return Some(Error::request(too_large(message, "raise `disk.budget`")));
        }
        (self.total > self.free).then(|| {
            let message = format!(
                "the run may take {total}, but {} are free where `{}` is",
                text::bytes(self.free),
                runs.display()
            );
            let fault = too_large(message, "free some space (`seglab gc --dry-run` shows what could go), or choose another disk with `--runs DIR`");
            // The request is fine, and will be once there is space.
            Error::new(ErrorCode::DiskFull, fault)
        })
    }
}

/// Compares what a run will take with what is free under `runs`, which need not exist yet, and
/// with its budget.
///
/// # Errors
/// When the run does not fit, with each part of what it needs; or when the file system does not
/// say what is free.
pub fn check(experiment: &Experiment, planned: &Planned, runs: &Path) -> Result<Prediction> {
    let prediction = predict(experiment, planned, fs::free_bytes(runs)?);
    match prediction.refusal(runs) {
        Some(error) => Err(error),
        None => Ok(prediction),
    }
}

/// Bytes that a run will take, at most.
pub fn bytes(experiment: &Experiment, planned: &Planned) -> u64 {
    predict(experiment, planned, 0).total
}

fn predict(experiment: &Experiment, planned: &Planned, free: u64) -> Prediction {
    let n_epochs = experiment.train.epochs as u64;
    let n_classes = experiment.data.classes.len() as u64;
    let epoch = EpochPlan::new(planned.parts.train.len(), &experiment.train);
    let n_steps = (epoch.n_steps() as u64).saturating_mul(n_epochs);
    let kept = experiment.checkpoint.keep_every.map_or(0, |every| n_epochs / (every as u64).max(1));
    let checkpoint = train::checkpoint_bytes(experiment);
    let n_scored = planned.evaluated().len() as u64;
    let score = SCORE_LINE + n_classes * NUMBER;
    let n_valid = planned.parts.valid.len();
    let epoch = EPOCH_LINE + (n_classes * 2 + n_valid as u64) * NUMBER;
    let n_overlays = experiment.evaluate.overlays.min(n_valid) as u64;
    let mut parts = vec![
        ("checkpoints", checkpoint.saturating_mul(N_CHECKPOINTS)),
        ("checkpoints kept", checkpoint.saturating_mul(kept)),
        // The epochs are written a second time, as a table.
        (
            "event log",
            n_steps
                .saturating_mul(STEP_LINE)
                .saturating_add(n_epochs.saturating_mul(epoch).saturating_mul(2)),
        ),
        ("scores", n_scored * n_classes * score),
        ("overlays", n_overlays * OVERLAY),
        ("small files", SMALL_FILES),
    ];
    parts.retain(|(_, n_bytes)| *n_bytes > 0);
    parts.sort_by_key(|(_, n_bytes)| std::cmp::Reverse(*n_bytes));
    let total = parts.iter().map(|(_, n_bytes)| *n_bytes).fold(0, u64::saturating_add);
    Prediction { parts, total, free, budget: experiment.disk.budget_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(total: u64, free: u64, budget: Option<u64>) -> Prediction {
        Prediction { parts: vec![("checkpoints", total)], total, free, budget }
    }

    #[test]
    fn a_run_that_does_not_fit_is_refused_with_its_parts() {
        let runs = Path::new("runs");
        let message = |prediction: Prediction| prediction.refusal(runs).unwrap().to_string();
        let no_space = message(prediction(3_000_000, 2_000_000, None));
        assert!(no_space.starts_with("error: the run may take 3.0 MB, but 2.0 MB are free"));
        assert!(no_space.contains("\n  checkpoints      3.0 MB\nhint: "), "{no_space}");
        let over_budget = message(prediction(3_000_000, 9_000_000, Some(1_000_000)));
        assert!(over_budget.contains("`disk.budget` is 1.0 MB"), "{over_budget}");
    }

    #[test]
    fn a_run_that_barely_fits_is_warned_of() {
        let runs = Path::new("runs");
        for (total, free, budget, warned) in
            [(10, 21, None, false), (10, 19, None, true), (10, 1000, Some(10), false)]
        {
            let prediction = prediction(total, free, budget);
            assert_eq!(prediction.refusal(runs), None);
            assert_eq!(prediction.warning().is_some(), warned, "{total} of {free}");
        }
    }
}
