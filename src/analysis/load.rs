//! [`load`]: everything under `runs/` as plain rows; [`load_runs`]: one row for each run and no more.
//!
//! The files that [`compact`](super::compact()) made of an ended run are used as long as they are
//! valid, and the logs otherwise. A run that cannot be read becomes a row with the status `damaged`
//! and the reason; the other runs are still read.
//!
//! Does not know who shows the rows.

use super::{
    RunRow, Tables,
    aggregate::fill_means,
    compact::{Compacted, NewTables, is_final},
    from_files::{damaged_row, epoch_rows, run_row, score_rows},
};
use crate::{
    base::{Error, Fault, Result},
    record::{self, SourceFiles, experiment_of},
};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Whether pictures are read; they are most of a run's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlays {
    /// Leave [`RunRow::overlays`] empty.
    Skip,
    /// Read them all.
    Load,
}

/// Rows of the runs of some experiments, or of all when none is named. Runs that have ended and
/// are not compacted yet are compacted, where that is possible.
///
/// # Errors
/// * when there is no folder `runs`, or it cannot be listed
/// * when an experiment has no folder there: those that have are listed
pub fn load(runs: &Path, experiments: &[String], overlays: Overlays) -> Result<Tables> {
    let dirs = dirs(runs, experiments)?;
    let read: Vec<_> = dirs.par_iter().map(|dir| read(dir, overlays)).collect();
    let tables = joined(&dirs, read)?;
    let facts = dirs.iter().filter_map(|dir| record::case_facts(dir).ok());
    Ok(Tables {
        cases: facts.into_iter().find(|facts| !facts.is_empty()).unwrap_or_default(),
        ..tables
    })
}

/// The runs of [`load`] without epochs, scores and pictures, which takes a fraction of the time.
///
/// # Errors
/// As [`load`].
pub fn load_runs(runs: &Path, experiments: &[String]) -> Result<Vec<RunRow>> {
    let dirs = dirs(runs, experiments)?;
    let read = |dir: &PathBuf| match Compacted::read(dir) {
        Some(compacted) => {
            let tables = Tables { runs: vec![compacted.into_row()], ..Tables::default() };
            Ok(ReadRun { tables, has_means: true, new_tables: None })
        }
        None => read_files(dir),
    };
    let read: Vec<_> = dirs.par_iter().map(read).collect();
    joined(&dirs, read).map(|tables| tables.runs)
}

/// Rows of one run.
///
/// # Errors
/// When the run cannot be read.
pub fn load_run(dir: &Path, overlays: Overlays) -> Result<Tables> {
    joined(&[dir.to_owned()], [Ok(read(dir, overlays)?)])
}

/// Directories of the runs of some experiments.
///
/// # Errors
/// As [`load`].
pub(super) fn dirs(runs: &Path, experiments: &[String]) -> Result<Vec<PathBuf>> {
    let mut dirs = record::list(runs)?;
    if !experiments.is_empty() {
        check_known(&dirs, runs, experiments)?;
        dirs.retain(|dir| experiments.contains(&experiment_of(dir)));
    }
    Ok(dirs)
}

/// What was read of a run: its rows, and the tables to be kept with its row once that has its
/// means.
#[derive(Default)]
struct ReadRun {
    tables: Tables,
    has_means: bool,
    new_tables: Option<NewTables>,
}

fn read(dir: &Path, overlays: Overlays) -> Result<ReadRun> {
    let mut read = match read_compacted(dir) {
        Some(read) => read,
        None => read_files(dir)?,
    };
    if let (Overlays::Load, Some(run)) = (overlays, read.tables.runs.first_mut()) {
        run.overlays = record::overlays(dir)?;
    }
    Ok(read)
}

fn read_compacted(dir: &Path) -> Option<ReadRun> {
    let (run, epochs) = Compacted::read(dir)?.rows(dir)?;
    let scores = score_rows(&run.run, &record::read_cases(dir).ok()?);
    let tables = Tables { runs: vec![run], epochs, scores, cases: Vec::new() };
    Some(ReadRun { tables, has_means: true, new_tables: None })
}

fn read_files(dir: &Path) -> Result<ReadRun> {
    let sources = SourceFiles::take(dir);
    let files = record::read_run(dir)?;
    // For the next time. Where they cannot be kept, as on a read-only disk, nothing is lost.
    let new_tables =
        if is_final(dir) { sources.and_then(|it| NewTables::write(it, &files)).ok() } else { None };
    let tables = Tables {
        runs: vec![run_row(&files)],
        epochs: epoch_rows(&files),
        scores: score_rows(&files.run.run_id, &files.cases),
        cases: Vec::new(),
    };
    Ok(ReadRun { tables, has_means: false, new_tables })
}

/// The rows of all runs. On one thread, since polars aggregates: a thread of a pool that waits for
/// polars is given the next run to read meanwhile, and so on until the stack overflows.
fn joined(dirs: &[PathBuf], read: impl IntoIterator<Item = Result<ReadRun>>) -> Result<Tables> {
    let mut tables = Tables::default();
    let (mut raw, mut new_tables) = (Vec::new(), Vec::new());
    for (dir, read) in dirs.iter().zip(read) {
        let ReadRun { tables: of_run, has_means, new_tables: new } = read.unwrap_or_else(|error| {
            let tables = Tables { runs: vec![damaged_row(dir, &error)], ..Tables::default() };
            ReadRun { tables, has_means: true, new_tables: None }
        });
        if !has_means {
            raw.push(tables.runs.len());
            new_tables.extend(new.map(|new| (tables.runs.len(), dir, new)));
        }
        tables.runs.extend(of_run.runs);
        tables.epochs.extend(of_run.epochs);
        tables.scores.extend(of_run.scores);
    }
    fill_means(&mut tables.runs, &raw, &tables.scores)?;
    new_tables.into_par_iter().for_each(|(run_idx, dir, new)| {
        // As above: nothing is lost where it cannot be kept.
        let _ = new.complete(dir, &tables.runs[run_idx]);
    });
    Ok(tables)
}

fn check_known(dirs: &[PathBuf], runs: &Path, experiments: &[String]) -> Result<()> {
    let mut known: Vec<String> = dirs.iter().map(|dir| experiment_of(dir)).collect();
    known.dedup();
    let unknown = experiments.iter().filter(|experiment| !known.contains(experiment));
    Error::unless_empty(
        unknown
            .map(|experiment| {
                Fault::new(format!("no run of `{experiment}` in `{}`", runs.display()))
                    .detail(format!("experiments there: {}", known.join(", ")))
                    .hint("name one of these, or run it first: `seglab run SPEC`")
            })
            .collect(),
    )
}
