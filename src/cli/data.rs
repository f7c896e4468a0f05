//! `seglab data`: looks at a data set before anything is trained on it.
//!
//! Knows nothing of how files are read or what makes them wrong.

use crate::{
    data::{
        audit::{self, ClassStatistics, Spread, Statistics},
        dataset::{Case, Dataset},
    },
    error::{Error, Fault, Result},
    spec::OrientationPolicy,
};
use serde_json::json;
use std::io::{self, Write};

/// What is asked of a data set.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Reads every case and lists all that is wrong; exit code 2 when anything is.
    Check(Target),
    /// Classes, spacing, shape and HU of a data set.
    Stats(Target),
}

/// A data set.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Folder with `CT/` and `Segmentation/`, or nnU-Net's `imagesTr/` and `labelsTr/`.
    root: String,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Does what was asked, printing data to `out`.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Check(target) => check(&target, out),
            Self::Stats(target) => stats(&target, out),
        }
    }
}

impl Target {
    fn examine(&self) -> Result<(Dataset, Vec<Fault>)> {
        audit::examine(&self.root, None, OrientationPolicy::Ras)
    }
}

fn check(target: &Target, out: &mut dyn Write) -> Result<()> {
    let (dataset, faults) = target.examine()?;
    let text = if target.json {
        let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
        let (cases, warnings) = (&dataset.cases, &dataset.warnings);
        let all = json!({
            "root": target.root,
            "classes": dataset.classes,
            "fingerprint": dataset.fingerprint,
            "cases": cases,
            "warnings": warnings,
            "faults": faults,
        });
        format!("{all:#}\n")
    } else {
        check_text(&dataset, faults.len())
    };
    print(out, &text)?;
    Error::unless_empty(faults)
}

fn check_text(dataset: &Dataset, n_faults: usize) -> String {
    let head = ["case", "shape", "spacing", "stored axes", "HU"].map(str::to_owned);
    let names = dataset.classes.iter().map(|class| format!("voxels of {class}"));
    let mut rows = vec![head.into_iter().chain(names).collect()];
    rows.extend(dataset.cases.iter().map(case_cells));
    let mut lines = columns(&rows);
    lines.extend(dataset.warnings.iter().map(|warning| format!("warning: {warning}")));
    let (n_cases, n_warnings) = (dataset.cases.len(), dataset.warnings.len());
    lines.push(format!("{n_cases} sound cases, {n_warnings} warnings, {n_faults} faults\n"));
    lines.join("\n")
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

fn stats(target: &Target, out: &mut dyn Write) -> Result<()> {
    let (dataset, faults) = target.examine()?;
    Error::unless_empty(faults)?;
    let statistics = Statistics::of(&dataset)?;
    let text =
        if target.json { format!("{:#}\n", json!(statistics)) } else { stats_text(&statistics) };
    print(out, &text)
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
    let mut lines = columns(&classes);
    lines.push(String::new());
    lines.extend(columns(&spreads));
    lines.push(String::new());
    lines.join("\n")
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
        || ["-", "-", "-"].map(str::to_owned),
        |spread| [spread.min, spread.median, spread.max].map(|value| format!("{value:.digits$}")),
    )
}

/// Lines of cells under each other; the first column to the left, the others to the right.
fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(row.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect()
}

fn print(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()) {
        // Whoever reads has seen enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Fault::new("cannot print").caused_by(&error).into()),
        Ok(()) => Ok(()),
    }
}
