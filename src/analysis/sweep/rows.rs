//! Plain rows of a sweep: [`SweepTables`].
//!
//! Does not know about files or drawing.

use crate::{
    analysis::{Mean, Tables},
    record::RunState,
    statistics::{Difference, Interval, Judgement, Reason, Verdict, mean},
};
use std::collections::BTreeMap;

/// States of a cell in the order in which they are shown.
pub const STATES: [RunState; 7] = [
    RunState::Finished,
    RunState::Pruned,
    RunState::Running,
    RunState::Interrupted,
    RunState::Queued,
    RunState::Failed,
    RunState::Damaged,
];

/// Everything that is known of a sweep: same rows in, same report out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SweepTables {
    /// The experiment whose runs the cells are.
    pub experiment: String,
    /// What it asks.
    pub question: String,
    /// The score that chooses checkpoints, and that cells are pruned by.
    pub monitor: String,
    /// The rule that prunes, in words; `None` when none does.
    pub pruning: Option<String>,
    /// How settings are taken from the axes: `grid`, `tpe` and so on.
    pub sampler: String,
    /// Seeds that each setting has.
    pub n_seeds: usize,
    /// Folds that each setting has.
    pub n_folds: usize,
    /// Trials of a search that are not proposed yet.
    pub n_trials_left: usize,
    /// When anything happened last, RFC 3339; `None` before the first cell.
    pub as_of: Option<String>,
    /// Every cell in the order in which they should run.
    pub cells: Vec<CellRow>,
    /// Every setting: the ranked ones first, best first, then those that cannot be ranked.
    pub settings: Vec<SettingRow>,
    /// What varies.
    pub axes: Vec<AxisRow>,
    /// Where the time went.
    pub compute: Compute,
    /// Failures of one kind together, those that hit most cells first.
    pub failures: Vec<FailureRow>,
    /// What to do next, most urgent first.
    pub next: Vec<NextStep>,
    /// The runs themselves; pictures of a few.
    pub tables: Tables,
}

impl SweepTables {
    /// How many cells are in a state.
    pub fn n_in(&self, state: RunState) -> usize {
        self.cells.iter().filter(|cell| cell.state == state).count()
    }

    /// The setting with the highest mean among those that are ranked.
    pub fn best(&self) -> Option<&SettingRow> {
        self.settings.first().filter(|setting| setting.rank == Some(1))
    }

    /// How many settings have any score.
    pub fn n_scored(&self) -> usize {
        self.settings.iter().filter(|setting| setting.score.mean.is_some()).count()
    }
}

/// One cell: a setting with a seed and a fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CellRow {
    /// Its number in the plan, from 0.
    pub number: usize,
    /// What tells it from the others, in words.
    pub what: String,
    /// Its place among [`SweepTables::settings`].
    pub setting: usize,
    /// Seed.
    pub seed: u64,
    /// Fold, from 0.
    pub fold: usize,
    /// One of [`STATES`].
    pub state: RunState,
    /// The reason for its state, where there is one.
    pub reason: Option<String>,
    /// Epochs done.
    pub epochs: usize,
    /// Its run, once there is one.
    pub run: Option<String>,
    /// What was changed to let it run at all, such as a smaller batch.
    pub changed: Option<String>,
}

/// One setting with what its runs scored. Only finished runs count: one that was pruned has had
/// fewer epochs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettingRow {
    /// In words.
    pub name: String,
    /// The value of every key that differs, as TOML text.
    pub values: BTreeMap<String, String>,
    /// Its place, from 1; `None` when it was not scored on as many cases as others.
    pub rank: Option<usize>,
    /// Cells by state.
    pub states: BTreeMap<RunState, usize>,
    /// Seeds with a finished run.
    pub n_seeds: usize,
    /// Mean foreground Dice of the validation cases on their native grid, each averaged over its
    /// seeds before; `n` counts cases.
    pub score: Mean,
    /// Where that mean lies with 95 % confidence, over cases and seeds.
    pub interval: Option<Interval>,
    /// The mean of each seed.
    pub seed_means: Vec<f64>,
    /// Pairs of case and class whose Dice is undefined, over all finished runs: in no mean.
    pub n_undefined: usize,
    /// Pairs of case and class over all finished runs.
    pub n_pairs: usize,
    /// The setting against the one ranked first; `None` for that one itself.
    pub to_best: Option<ToBest>,
    /// The same mean on the test cases, which choose nothing.
    pub test: Mean,
    /// Its interval.
    pub test_interval: Option<Interval>,
    /// Mean of the best monitored scores of its runs, finished or not.
    pub monitored: Option<f64>,
    /// Mean seconds of a finished run.
    pub seconds: Option<f64>,
    /// Its finished runs.
    pub runs: Vec<String>,
}

/// A paired difference to the best, and what it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToBest {
    /// Case by case, on the cases that both have.
    pub difference: Difference,
    /// What may be said of it.
    pub verdict: Verdict,
    /// Whether a side has one seed and nothing is known of how another seed would have ended.
    pub has_one_seed: bool,
}

impl ToBest {
    /// As judged among other comparisons, and against the scatter of repeated seeds.
    pub(super) fn judged(of: &Judgement) -> Self {
        Self {
            difference: of.comparison.difference,
            verdict: of.verdict,
            has_one_seed: of.why.0.contains(&Reason::OneSeed),
        }
    }

    /// What the interval says alone.
    pub(super) fn first_look(difference: Difference, n_seeds: usize) -> Self {
        let verdict = difference.verdict();
        let has_one_seed = n_seeds < 2 && verdict != Verdict::TooFewCases;
        Self { difference, verdict, has_one_seed }
    }

    /// The verdict in words. With one seed a difference that the cases show may still be that of
    /// the seed, and the words say so.
    pub fn words(&self) -> String {
        let one_seed = if self.has_one_seed { ", one seed" } else { "" };
        format!("{}{one_seed}", self.verdict.words())
    }
}

/// How the values of an axis lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AxisScale {
    /// Numbers, evenly spaced.
    Linear,
    /// Numbers, spaced by factors.
    Log,
    /// Names in no order.
    #[default]
    Names,
}

/// One key that varies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AxisRow {
    /// The dotted key.
    pub key: String,
    /// As few of its last words as tell it from the others.
    pub short: String,
    /// How its values lie.
    pub scale: AxisScale,
    /// Its values as TOML text, in order.
    pub values: Vec<String>,
    /// What is compared: its values, or thirds of them where they are many numbers.
    pub levels: Vec<LevelRow>,
    /// How they are compared.
    pub design: Design,
}

/// How the levels of an axis are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Design {
    /// Within blocks: each has every level, and all else in it is the same, the seed too.
    Paired {
        /// How many blocks.
        n_blocks: usize,
    },
    /// Each level alone: other keys may differ between levels.
    #[default]
    Marginal,
}

/// One value of an axis, or a range of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LevelRow {
    /// In words.
    pub name: String,
    /// Settings that have it.
    pub n_settings: usize,
    /// Finished runs behind the mean.
    pub n_runs: usize,
    /// Mean foreground Dice, as that of a setting; `n` counts cases.
    pub score: Mean,
    /// Where it lies with 95 % confidence, over cases and seeds.
    pub interval: Option<Interval>,
    /// The level against the one with the highest mean; `None` for that one itself, and where no
    /// difference is tested.
    pub to_best: Option<ToBest>,
    /// How its runs learned.
    pub curve: LevelCurve,
}

/// Validation Dice over the epochs, averaged over the runs of a level.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LevelCurve {
    /// Epochs in order.
    pub points: Vec<CurvePoint>,
    /// Runs behind it.
    pub n_runs: usize,
    /// Seeds behind the band.
    pub n_seeds: usize,
    /// Whether these runs are still under way, because none is finished.
    pub is_open: bool,
}

/// One epoch of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean over the seeds, each averaged over its runs before; or over the runs.
    pub mean: f64,
    /// The lowest of them.
    pub low: f64,
    /// The highest of them.
    pub high: f64,
}

impl CurvePoint {
    /// The mean of some values and their ends; `None` without any.
    pub fn over(epoch: usize, values: &[f64]) -> Option<Self> {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(Self { epoch, mean: mean(values)?, low, high })
    }
}

/// Where the time of a sweep's processes went, in seconds from the start of each to its end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compute {
    /// All that has ended.
    pub spent: f64,
    /// On runs that are finished, without what they repeated.
    pub finished: f64,
    /// On runs that were pruned, without what they repeated.
    pub pruned: f64,
    /// Steps and validations that were done again, because an attempt died after its last
    /// checkpoint.
    pub repeated: f64,
    /// On tries that failed, and on runs that another one replaced.
    pub failed: f64,
    /// On runs that are not at their end yet.
    pub open: f64,
    /// On runs that are no longer in the plan.
    pub dropped: f64,
    /// By device: its name, seconds and processes.
    pub by_device: Vec<(String, f64, usize)>,
    /// Processes that have ended.
    pub n_ended: usize,
    /// Processes without an end: they run, or died with their worker. Their time is not known.
    pub n_without_end: usize,
    /// Times that a run was taken up again after it had been cut off.
    pub n_resumed: usize,
}

impl Compute {
    /// What led to no result: repeated and failed.
    pub fn wasted(&self) -> f64 {
        self.repeated + self.failed
    }
}

/// Failures of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FailureRow {
    /// Class: non-finite-loss, out-of-memory and so on, or `damaged`.
    pub class: String,
    /// The reason of the first one.
    pub reason: String,
    /// What that run advises.
    pub advice: Vec<String>,
    /// Cells that failed so, in words.
    pub cells: Vec<String>,
    /// Seconds that went into them.
    pub seconds: f64,
    /// Whether another try may get further.
    pub is_passing: bool,
}

/// A proposal for the next step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NextStep {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    /// The command, where one command does it.
    pub command: Option<String>,
}
