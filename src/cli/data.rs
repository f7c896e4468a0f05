//! `seglab data`: a look at a data set before training.
//!
//! Does not know how files are read or what makes them wrong.

use crate::{
    base::{Error, Fault, Result},
    cli::print::{UNDEFINED, aligned, json, print},
    data::{
        audit::{self, ClassStatistics, Spread, Statistics},
        dataset::{Case, Dataset},
        phantom::write_phantom,
        scan::FileCache,
    },
    record,
    spec::{self, OrientationPolicy, Phantom},
};
use serde::Serialize;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// What is known of data files from earlier runs, kept beside the runs; with `rehash` it is not
/// believed but written anew.
pub(crate) fn file_cache(runs: &Path, rehash: bool) -> FileCache {
    let folder = record::cache_folder(runs);
    if rehash { FileCache::Renewed(folder) } else { FileCache::Trusted(folder) }
}

/// What to do with a data set.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Reads every case and lists every fault; exit code 2 when there is one.
    Check(Target),
    /// Classes, spacing, shape and HU of a data set.
    Stats(Target),
    /// Makes a synthetic data set of CT-like cases with tumours, the same for the same seed.
    Phantom(Made),
}

/// A data set.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Folder with `CT/` and `Segmentation/`, or nnU-Net's `imagesTr/` and `labelsTr/`.
    root: String,
    /// Spec with a `[data]` table that says what labels mean and which cases to leave out; without it every
    /// label value is a class.
    #[arg(long, value_name = "SPEC")]
    spec: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// A data set to make.
#[derive(Debug, clap::Args)]
pub(crate) struct Made {
    /// Folder to make; it must be empty or absent.
    folder: PathBuf,
    /// Number of cases.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=9999))]
    cases: u16,
    /// Voxels along x, y and z, each at least 8.
    #[arg(long, value_name = "X,Y,Z", default_value = "64,64,24", value_parser = shape)]
    shape: [usize; 3],
    /// Seed of every random draw.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

fn shape(text: &str) -> std::result::Result<[usize; 3], String> {
    let lengths: Vec<usize> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    <[usize; 3]>::try_from(lengths)
        .ok()
        .filter(|shape| shape.iter().all(|length| (8..=1024).contains(length)))
        .ok_or_else(|| "expected three numbers from 8 to 1024, as 64,64,24".to_owned())
}

impl Command {
    /// Runs the command and prints data to `out`.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Check(target) => check(&target, out),
            Self::Stats(target) => stats(&target, out),
            Self::Phantom(made) => phantom(&made, out),
        }
    }
}

impl Target {
    fn examine(&self) -> Result<(Dataset, Vec<Fault>)> {
        let load = |path: &Path| spec::load(path, &[]);
        let experiment = self.spec.as_deref().map(load).transpose()?.map(|spec| spec.experiment);
        let orientation = experiment
            .as_ref()
            .map_or(OrientationPolicy::Ras, |experiment| experiment.preprocess.orientation);
        let data = experiment.as_ref().map(|experiment| &experiment.data);
        audit::examine(&self.root, data, orientation)
    }
}

/// What `check --json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    root: &'a str,
    classes: &'a [String],
    fingerprint: &'a str,
    cases: &'a [Case],
    warnings: &'a [String],
    faults: Vec<String>,
}

fn check(target: &Target, out: &mut dyn Write) -> Result<()> {
    let (dataset, faults) = target.examine()?;
    if target.json {
        let checked = Checked {
            root: &target.root,
            classes: &dataset.classes,
            fingerprint: &dataset.fingerprint,
            cases: &dataset.cases,
            warnings: &dataset.warnings,
            faults: faults.iter().map(Fault::to_string).collect(),
        };
        json(out, &checked)?;
    } else {
        print(out, &check_text(&dataset, faults.len()))?;
    }
    Error::unless_empty(faults)
}

fn check_text(dataset: &Dataset, n_faults: usize) -> String {
    let head = ["case", "shape", "spacing", "stored axes", "HU"].map(str::to_owned);
    let names = dataset.classes.iter().map(|class| format!("voxels of {class}"));
    let mut rows = vec![head.into_iter().chain(names).collect()];
    rows.extend(dataset.cases.iter().map(case_cells));
    let (n_cases, n_warnings) = (dataset.cases.len(), dataset.warnings.len());
    let warnings: Vec<String> =
        dataset.warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
    let sum = format!("sound cases: {n_cases}, warnings: {n_warnings}, faults: {n_faults}\n");
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

fn phantom(made: &Made, out: &mut dyn Write) -> Result<()> {
    let rules = Phantom { cases: usize::from(made.cases), shape: made.shape, seed: made.seed };
    write_phantom(&made.folder, &rules)?;
    print(out, &format!("made {} cases in {}\n", made.cases, made.folder.display()))
}

fn stats(target: &Target, out: &mut dyn Write) -> Result<()> {
    let (dataset, faults) = target.examine()?;
    Error::unless_empty(faults)?;
    let statistics = Statistics::of(&dataset)?;
    if target.json { json(out, &statistics) } else { print(out, &stats_text(&statistics)) }
}

fn stats_text(statistics: &Statistics) -> String {
    let head = ["class", "cases", "share of voxels", "mL, smallest", "median", "largest"];
    let mut classes = vec![head.map(str::to_owned).to_vec()];
    classes.extend(statistics.classes.iter().map(|class| class_cells(class, statistics.n_cases)));

    let head = ["of a case", "smallest", "median", "largest"].map(str::to_owned);
    let mut spreads = vec![head.to_vec()];
    for (axis, name) in ["x", "y", "z"].iter().enumerate() {
        spreads.push(spread_cells(format!("voxels along {name}"), statistics.shape[axis], 0));
    }
    for (axis, name) in ["x", "y", "z"].iter().enumerate() {
        spreads.push(spread_cells(format!("spacing {name}, mm"), statistics.spacing_mm[axis], 2));
    }
    for (percent, spread) in &statistics.hu_percentiles {
        spreads.push(spread_cells(format!("HU, percentile {percent}"), *spread, 0));
    }
    aligned(&classes) + "\n" + &aligned(&spreads)
}

fn class_cells(class: &ClassStatistics, n_cases: usize) -> Vec<String> {
    let share = format!("{:.3} %", 100.0 * class.share);
    let own = vec![class.class.clone(), format!("{} of {n_cases}", class.n_cases), share];
    own.into_iter().chain(numbers(class.ml, 2)).collect()
}

fn spread_cells(name: String, spread: Option<Spread>, digits: usize) -> Vec<String> {
    [name].into_iter().chain(numbers(spread, digits)).collect()
}

fn numbers(spread: Option<Spread>, digits: usize) -> [String; 3] {
    spread.map_or_else(
        || [UNDEFINED; 3].map(str::to_owned),
        |spread| [spread.min, spread.median, spread.max].map(|value| format!("{value:.digits$}")),
    )
}
