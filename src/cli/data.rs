//! `seglab data`: a look at a data set before training.
//!
//! Does not know how files are read or what makes them wrong.

mod check;
mod stats;

use crate::{
    base::{Fault, Result},
    cli::print::print,
    data::{
        audit::{self, OnCase},
        dataset::Dataset,
        phantom::write_phantom,
        scan::FileCache,
    },
    record,
    spec::{self, Phantom},
};
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
    /// Reads every case and lists every fault and warning by case; exit code 2 when there is a fault.
    #[command(after_long_help = check::JSON)]
    Check(check::Command),
    /// Classes, components, spacing, shape and HU of a data set.
    #[command(after_long_help = stats::JSON)]
    Stats(stats::Command),
    /// Makes a synthetic data set of CT-like cases with tumours, the same for the same seed.
    Phantom(Made),
}

/// A data set.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Folder with `CT/` and `Segmentation/`, or nnU-Net's `imagesTr/` and `labelsTr/`.
    root: String,
    /// Spec that says what labels mean, which cases to leave out, how cases are split and what
    /// becomes of HU; without it every label value is a class.
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
            Self::Check(command) => command.run(out),
            Self::Stats(command) => command.run(out),
            Self::Phantom(made) => phantom(&made, out),
        }
    }
}

impl Target {
    /// The sound cases, and every fault; `on_case` sees each sound case while it is in memory.
    fn examine(&self, on_case: Option<OnCase<'_>>) -> Result<(Dataset, Vec<Fault>)> {
        let load = |path: &Path| spec::load(path, &[]);
        let experiment = self.spec.as_deref().map(load).transpose()?.map(|spec| spec.experiment);
        audit::examine(&self.root, experiment.as_ref(), on_case)
    }
}

fn phantom(made: &Made, out: &mut dyn Write) -> Result<()> {
    let rules = Phantom { cases: usize::from(made.cases), shape: made.shape, seed: made.seed };
    write_phantom(&made.folder, &rules)?;
    print(out, &format!("made {} cases in {}\n", made.cases, made.folder.display()))
}
