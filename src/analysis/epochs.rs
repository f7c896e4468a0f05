//! [`epochs_frame`]: the epochs of many runs as one frame.
//!
//! Does not know who draws them.

use super::{
    columns::Columns, compact::epoch_bytes, frames::unbuilt, load::chosen, parquet::decode, points,
};
use crate::{
    base::Result,
    record::{self, RunPlace},
};
use polars::prelude::*;
use rayon::prelude::*;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Most runs of one piece of the frame's columns. Thousands of pieces make everything slow that
/// comes after; one piece would be written twice.
const N_TOGETHER: usize = 64;

/// Epochs of the runs of some experiments, or of all when none is named: `run`, `epoch`, `step`,
/// the losses, the learning rate and a column `dice.CLASS` for each class that any run has.
///
/// Read from the files of [`compact`](super::compact()), and from the logs of runs without valid
/// ones. A run that cannot be read has no rows.
///
/// # Errors
/// * when there is no folder `runs`, it cannot be listed, or an experiment has no folder there
/// * when polars cannot join the runs
pub fn epochs_frame(runs: &Path, experiments: &[String]) -> Result<DataFrame> {
    let dirs = chosen(runs, experiments)?.dirs;
    let n_together = (dirs.len() / (4 * rayon::current_num_threads())).clamp(1, N_TOGETHER);
    // The small columns of a run are freed before the next runs are read.
    let piece = |dirs: &[PathBuf]| {
        let frames: Vec<DataFrame> = dirs.iter().filter_map(|dir| of_run(dir)).collect();
        joined(&frames, |column| column.rechunk())
    };
    let pieces: PolarsResult<Vec<DataFrame>> = dirs.par_chunks(n_together).map(piece).collect();
    pieces.and_then(|pieces| joined(&pieces, |column| column)).map_err(|error| unbuilt(&error))
}

/// The rows of all frames; a run has null in the columns that only others have.
fn joined(frames: &[DataFrame], finish: impl Fn(Series) -> Series) -> PolarsResult<DataFrame> {
    let mut kinds: Vec<(PlSmallStr, DataType)> = Vec::new();
    let mut known = BTreeSet::new();
    for column in frames.iter().flat_map(DataFrame::columns) {
        if known.insert(column.name().clone()) {
            kinds.push((column.name().clone(), column.dtype().clone()));
        }
    }
    let join = |(name, kind): &(PlSmallStr, DataType)| {
        let mut all = Series::new_empty(name.clone(), kind);
        for frame in frames {
            match frame.column(name) {
                Ok(column) => all.append(column.as_materialized_series())?,
                Err(_) => all.append(&Series::full_null(name.clone(), frame.height(), kind))?,
            };
        }
        Ok(finish(all).into_column())
    };
    let columns: PolarsResult<Vec<Column>> = kinds.iter().map(join).collect();
    DataFrame::new_infer_height(columns?)
}

/// Left out is what no figure shows: attempt and time of a line, and the cases behind a mean.
fn is_wanted(column: &str) -> bool {
    let of_cases = ["n_dice.", points::BY_CASE];
    column != "attempt"
        && column != "unix_ms"
        && !of_cases.iter().any(|beginning| column.starts_with(beginning))
}

fn of_run(dir: &Path) -> Option<DataFrame> {
    let kept = || decode(&epoch_bytes(dir)?, is_wanted).ok();
    let mut frame = kept().or_else(|| from_log(dir))?;
    let run = Scalar::from(PlSmallStr::from(RunPlace::of(dir).run_id));
    let n_rows = frame.height();
    frame.insert_column(0, Column::new_scalar("run".into(), run, n_rows)).ok()?;
    Some(frame)
}

fn from_log(dir: &Path) -> Option<DataFrame> {
    let columns: Columns = points::epochs(&record::read_run(dir).ok()?).ok()?;
    let frame = columns.frame().ok()?;
    let wanted = frame.columns().iter().filter(|column| is_wanted(column.name())).cloned();
    DataFrame::new(frame.height(), wanted.collect()).ok()
}
