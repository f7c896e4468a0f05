//! `seglab data stats`: a data set in numbers, as tables, JSON, Parquet and figures.
//!
//! Does not know how a number is worked out.

use super::Target;
use crate::{
    analysis::profile_parquet,
    base::{Error, Result, fs},
    cli::print::{UNDEFINED, aligned, json, print, score},
    data::{
        audit::{ClassStatistics, Quantiles, Spread, Statistics},
        volume::{LabelMap, Volume},
    },
    metric::{ClassProfile, DataProfile, HuQuantiles, ProfileCollector},
    report,
};
use serde::Serialize;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// What `--json` prints, for the long help.
pub(super) const JSON: &str = "\
AUC of HU: how often a voxel of the class has a higher HU than another voxel, ties counted half. 0.5
says that HU alone tells nothing of the class, 1 or 0 that it tells all. HU count as whole numbers.
Components hang together by faces, edges or corners.

JSON, with --json, on stdout; null where nothing is defined:
  n_cases         number of cases
  classes         by class: cases that have it, share of voxels, quantiles of its volume in mL
  shape           voxels along x, y and z: min, median and max over cases
  spacing_mm      millimetres along x, y and z, likewise
  hu_percentiles  pairs of a percentile of a CT and its spread over cases
  by_class        by class: hu (p5, p50, p95), hu_auc, case_hu_auc (spread over cases), n_components,
                  components_per_case (spread over cases that have it), component_ml (quantiles)
  by_case         by case and class: voxels, ml, hu, hu_auc, component_ml (largest first)";

/// Describes a data set.
#[derive(Debug, clap::Args)]
pub(crate) struct Command {
    #[command(flatten)]
    target: Target,
    /// Writes a row for every class of every case to a Parquet file: volume, HU, AUC, components.
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
    /// Draws the HU and the sizes of components by class into a folder, as SVG and as PNG.
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Stats<'a> {
    #[serde(flatten)]
    statistics: &'a Statistics,
    #[serde(flatten)]
    profile: &'a DataProfile,
}

impl Command {
    /// Reads every case once, and prints and writes what was asked for.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<()> {
        let collector = ProfileCollector::default();
        let on_case = |id: &str, hu: &Volume, labels: &LabelMap, classes: &[String]| {
            collector.add(id, hu, labels, classes);
        };
        let (dataset, faults) = self.target.examine(Some(&on_case))?;
        Error::unless_empty(faults)?;
        let profile = collector.finish(&dataset.classes);
        let statistics = Statistics::of(&dataset);
        if let Some(path) = &self.parquet {
            if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
                fs::create_folder(folder)?;
            }
            fs::write_atomic(path, &profile_parquet(&profile)?)?;
        }
        if let Some(folder) = &self.figures {
            report::write_data_figures(&profile, folder)?;
        }
        if self.target.json {
            json(out, &Stats { statistics: &statistics, profile: &profile })
        } else {
            print(out, &text(&statistics, &profile))
        }
    }
}

fn text(statistics: &Statistics, profile: &DataProfile) -> String {
    let head = ["class", "cases", "share of voxels", "mL, smallest", "median", "largest"];
    let mut classes = vec![head.map(str::to_owned).to_vec()];
    classes.extend(statistics.classes.iter().map(|class| class_cells(class, statistics.n_cases)));

    let head = ["class", "HU, 5 %", "50 %", "95 %", "AUC of HU", "of a case, smallest", "largest"];
    let mut hu = vec![head.map(str::to_owned).to_vec()];
    hu.extend(profile.by_class.iter().map(hu_cells));

    let head =
        ["class", "components", "of a case, fewest", "median", "most", "mL, 5 %", "50 %", "95 %"];
    let mut components = vec![head.map(str::to_owned).to_vec()];
    components.extend(profile.by_class.iter().skip(1).map(component_cells));

    let head = ["of a case", "smallest", "median", "largest"].map(str::to_owned);
    let mut spreads = vec![head.to_vec()];
    for (axis, name) in ["x", "y", "z"].iter().enumerate() {
        spreads.push(spread_cells(format!("voxels along {name}"), statistics.shape[axis], 0));
    }
    for (axis, name) in ["x", "y", "z"].iter().enumerate() {
        spreads.push(spread_cells(format!("spacing {name}, mm"), statistics.spacing_mm[axis], 2));
    }
    for (percent, spread) in &profile.hu_percentiles {
        spreads.push(spread_cells(format!("HU, percentile {percent}"), *spread, 0));
    }
    [classes, hu, components, spreads].map(|rows| aligned(&rows)).join("\n")
}

fn class_cells(class: &ClassStatistics, n_cases: usize) -> Vec<String> {
    let share = format!("{:.3} %", 100.0 * class.share);
    let own = vec![class.class.clone(), format!("{} of {n_cases}", class.n_cases), share];
    let ml = class.ml.map(|Quantiles { min, median, max, .. }| [min, median, max]);
    own.into_iter().chain(numbers(ml, 2)).collect()
}

fn hu_cells(class: &ClassProfile) -> Vec<String> {
    let hu = class.hu.map(|HuQuantiles { p5, p50, p95 }| [p5, p50, p95].map(f64::from));
    let ends = class.case_hu_auc.map(|it| [it.min, it.max]);
    let auc = [class.hu_auc, ends.map(|it| it[0]), ends.map(|it| it[1])].map(score);
    [class.class.clone()].into_iter().chain(numbers(hu, 0)).chain(auc).collect()
}

fn component_cells(class: &ClassProfile) -> Vec<String> {
    let per_case = class.components_per_case.map(|it| [it.min, it.median, it.max]);
    let ml = class.component_ml.map(|it| [it.p5, it.median, it.p95]);
    // The middle of two counts is half a component.
    let per_case = per_case.map_or_else(
        || [UNDEFINED; 3].map(str::to_owned),
        |counts| counts.map(|count| count.to_string()),
    );
    let own = [class.class.clone(), class.n_components.to_string()];
    own.into_iter().chain(per_case).chain(numbers(ml, 2)).collect()
}

fn spread_cells(name: String, spread: Option<Spread>, digits: usize) -> Vec<String> {
    let values = spread.map(|spread| [spread.min, spread.median, spread.max]);
    [name].into_iter().chain(numbers(values, digits)).collect()
}

fn numbers(values: Option<[f64; 3]>, digits: usize) -> [String; 3] {
    values.map_or_else(
        || [UNDEFINED; 3].map(str::to_owned),
        |values| values.map(|value| format!("{value:.digits$}")),
    )
}
