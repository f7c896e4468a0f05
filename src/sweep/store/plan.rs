//! [`SweepPlan`]: the cells of a sweep, `plan.json`.
//!
//! Does not know about their states.

use super::{folder::SweepFolder, marks::TrialFile};
use crate::{
    base::{
        Fault, Result,
        checksum::{read_checked, write_checked},
        fs,
    },
    record::format::{FORMAT, now},
    spec::BaseSpec,
    sweep::Cell,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A sweep as it was applied last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SweepPlan {
    /// Format of the whole folder, the same as that of a run.
    pub format: u32,
    /// The experiment whose runs the cells are.
    pub experiment: String,
    /// What it asks.
    pub question: String,
    /// When it was applied first.
    pub created: DateTime<Utc>,
    /// When it was applied last.
    pub applied: DateTime<Utc>,
    /// The user's bytes.
    pub spec: String,
    /// The resolved spec with its sweep, which the cells' settings are laid over.
    pub base: String,
    /// Keys that differ between cells.
    pub differing: Vec<String>,
    /// How many seeds each setting has.
    pub n_seeds: usize,
    /// How many folds each setting has.
    pub n_folds: usize,
    /// How many trials a search has in all, those that are not yet proposed among them; `None`
    /// for a grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_trials: Option<usize>,
    /// The specs that the spec extends, the nearest first. Plans of older builds do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<BaseSpec>,
    /// The cells in the order in which they should run; those of proposed trials follow when it
    /// is read.
    pub cells: Vec<Cell>,
}

impl SweepPlan {
    /// Reads the plan of a sweep, with the cells of the trials that were proposed since.
    ///
    /// # Errors
    /// * when no sweep was ever applied here
    /// * when a file cannot be read, or does not match its checksum
    pub fn read(folder: &SweepFolder) -> Result<Self> {
        if !folder.exists() {
            let fault = Fault::new(format!("`{}` holds no sweep", folder.runs().display()));
            return Err(fault
                .hint("begin it with `seglab sweep run SPEC`")
                .hint("`--runs DIR` names another folder of runs")
                .into());
        }
        let mut plan: Self = read_checked(&folder.plan()).map_err(|mut error| {
            let path = folder.plan().display().to_string();
            let hint = format!(
                "remove `{path}`: `seglab sweep run SPEC` writes it anew and finds every run"
            );
            error.faults.iter_mut().for_each(|fault| fault.hints = vec![hint.clone()]);
            error
        })?;
        if plan.format > FORMAT {
            let fault = Fault::new(format!(
                "the sweep `{}` was written in format {}, but this build reads up to {FORMAT}",
                plan.experiment, plan.format
            ));
            return Err(fault.hint("use the newer build that wrote it").into());
        }
        for trial in TrialFile::all(folder)? {
            plan.cells.extend(trial.cells);
        }
        Ok(plan)
    }

    /// The folder of the sweep of an experiment: the one of its name, or else one that was given
    /// another name since; the one of its name, which holds none, when there is none.
    pub fn folder(runs: &Path, experiment: &str) -> SweepFolder {
        let own = SweepFolder::new(runs, experiment);
        if own.exists() {
            return own;
        }
        let is_it = |folder: &SweepFolder| {
            folder.exists()
                && read_checked::<Self>(&folder.plan())
                    .is_ok_and(|plan| plan.experiment == experiment)
        };
        let others = fs::list_folders(runs).unwrap_or_default().into_iter();
        let mut others = others.map(|path| SweepFolder::new(runs, &fs::name(&path)));
        others.find(is_it).unwrap_or(own)
    }

    /// Trials that were proposed.
    pub fn n_proposed(&self) -> usize {
        self.cells.iter().filter_map(|cell| cell.trial).max().map_or(0, |last| last + 1)
    }

    /// Cells of the trials that are still to be proposed.
    pub fn n_unproposed(&self) -> usize {
        let n_trials = self.n_trials.unwrap_or_default().saturating_sub(self.n_proposed());
        n_trials * self.n_seeds * self.n_folds
    }

    /// Puts a plan in the place of the one before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, folder: &SweepFolder) -> Result<()> {
        fs::create_folder(folder.root())?;
        self.format = FORMAT;
        self.applied = now();
        write_checked(&folder.plan(), self)
    }
}
