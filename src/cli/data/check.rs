//! `seglab data check`: every fault and every warning of a data set, by case.
//!
//! Does not know how they are found.

use super::Target;
use crate::{
    base::{Error, Result},
    cli::print::{aligned, json, print},
    data::{
        audit::{Report, by_case, warnings_by_case},
        dataset::{Case, Dataset},
    },
};
use std::io::Write;

/// What `--json` prints, for the long help.
pub(super) const JSON: &str = "\
Warnings that need the split or the intensity rule are given with --spec only: a class in no
training case, the same image on two sides of the split, a class beyond the window, padding.

JSON, with --json, on stdout; faults are on stderr too:
  root         the data root as given
  classes      class names, background first
  fingerprint  hash of all sound cases
  faults       texts of faults of no single case
  warnings     texts of warnings about no single case
  cases        by name, each with
    id         name of the case
    facts      null when its files cannot be used; else patient, image, labels, shape, spacing (mm),
               voxel_ml, stored_axes, hu (lowest, highest), class_voxels (by class), fingerprint,
               padding (null, or hu and voxels), class_hu (by class, null or the 5th and the 95th
               percentile)
    faults     texts of its faults
    warnings   texts of warnings about it; one about several cases is listed at each";

/// Checks a data set.
#[derive(Debug, clap::Args)]
pub(crate) struct Command {
    #[command(flatten)]
    target: Target,
}

impl Command {
    /// Prints the cases and their warnings to `out`; faults are the error.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let (dataset, faults) = self.target.examine(None)?;
        let faults = by_case(faults);
        let report = Report::of(&self.target.root, &dataset, &faults);
        if self.target.json {
            json(out, &report)?;
        } else {
            print(out, &text(&dataset, report.n_sound(), faults.len()))?;
        }
        Error::unless_empty(faults)
    }
}

fn text(dataset: &Dataset, n_sound: usize, n_faults: usize) -> String {
    let head = ["case", "shape", "spacing", "stored axes", "HU"].map(str::to_owned);
    let names = dataset.classes.iter().map(|class| format!("voxels of {class}"));
    let mut rows = vec![head.into_iter().chain(names).collect()];
    rows.extend(dataset.cases.iter().map(case_cells));
    let n_warnings = dataset.warnings.len();
    let warnings = warnings_by_case(&dataset.warnings);
    let warnings: Vec<String> =
        warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
    let sum = format!("sound cases: {n_sound}, warnings: {n_warnings}, faults: {n_faults}\n");
    aligned(&rows) + &warnings.concat() + &sum
}

fn case_cells(case: &Case) -> Vec<String> {
    let [x, y, z] = case.shape;
    let [lowest, highest] = case.hu;
    let own = [
        case.id.clone(),
        format!("{x}x{y}x{z}"),
        case.spacing.to_string(),
        case.stored_axes.clone(),
        format!("{lowest}..{highest}"),
    ];
    own.into_iter().chain(case.class_voxels.iter().map(u64::to_string)).collect()
}
