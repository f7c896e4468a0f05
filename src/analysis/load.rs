//! [`load`]: everything under `runs/` as plain rows; [`load_list`]: one row for each run and no more.
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
    record::{self, Inventory, RunPlace, SourceFiles},
};
use chrono::SecondsFormat;
use rayon::prelude::*;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

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
    let Chosen { dirs, warnings } = chosen(runs, experiments)?;
    let read: Vec<_> = dirs.par_iter().map(|dir| read(dir, overlays)).collect();
    let tables = joined(&dirs, read)?;
    let facts = dirs.iter().filter_map(|dir| record::case_facts(dir).ok());
    Ok(Tables {
        cases: facts.into_iter().find(|facts| !facts.is_empty()).unwrap_or_default(),
        warnings,
        ..tables
    })
}

/// The runs of [`load`] without epochs, scores and pictures, which takes a fraction of the time.
///
/// # Errors
/// As [`load`].
pub fn load_list(runs: &Path, experiments: &[String]) -> Result<Tables> {
    let Chosen { dirs, warnings } = chosen(runs, experiments)?;
    let read = |dir: &PathBuf| match Compacted::read(dir) {
        Some(compacted) => {
            let tables = Tables { runs: vec![compacted.into_row()], ..Tables::default() };
            Ok(ReadRun { tables, has_means: true, new_tables: None }.with_question(dir))
        }
        None => read_files(dir),
    };
    let read: Vec<_> = dirs.par_iter().map(read).collect();
    Ok(Tables { warnings, ..joined(&dirs, read)? })
}

/// The runs of [`load_list`].
///
/// # Errors
/// As [`load`].
pub fn load_runs(runs: &Path, experiments: &[String]) -> Result<Vec<RunRow>> {
    load_list(runs, experiments).map(|tables| tables.runs)
}

/// Rows of one run.
///
/// # Errors
/// When the run cannot be read.
pub fn load_run(dir: &Path, overlays: Overlays) -> Result<Tables> {
    joined(&[dir.to_owned()], [Ok(read(dir, overlays)?)])
}

/// The runs that are asked for, each once.
pub(super) struct Chosen {
    /// Their directories, in order of experiment and run id.
    pub(super) dirs: Vec<PathBuf>,
    /// What a user should know of the folders.
    pub(super) warnings: Vec<String>,
}

/// The runs of some experiments, or of all when none is named.
///
/// # Errors
/// As [`load`].
pub(super) fn chosen(runs: &Path, experiments: &[String]) -> Result<Chosen> {
    let mut inventory = record::inventory(runs)?;
    if !experiments.is_empty() {
        check_known(&inventory, runs, experiments)?;
        inventory.runs.retain(|place| experiments.contains(&place.experiment));
    }
    let warnings = inventory.warnings(experiments);
    Ok(Chosen { dirs: inventory.runs.into_iter().map(|place| place.dir).collect(), warnings })
}

/// What was read of a run: its rows, and the tables to be kept with its row once that has its
/// means.
#[derive(Default)]
struct ReadRun {
    tables: Tables,
    has_means: bool,
    new_tables: Option<NewTables>,
}

impl ReadRun {
    /// With what the experiment asks now, where that has changed since the run began. It is in no
    /// summary: an ended run stays what it was.
    fn with_question(mut self, dir: &Path) -> Self {
        if let (Some(run), Some(newer)) =
            (self.tables.runs.first_mut(), record::newer_question(dir))
        {
            run.question = newer.question;
            run.asked = Some(newer.asked.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        self
    }
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
    let tables = Tables { runs: vec![run], epochs, scores, ..Tables::default() };
    Some(ReadRun { tables, has_means: true, new_tables: None }.with_question(dir))
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
        ..Tables::default()
    };
    Ok(ReadRun { tables, has_means: false, new_tables }.with_question(dir))
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

fn check_known(inventory: &Inventory, runs: &Path, experiments: &[String]) -> Result<()> {
    let known: BTreeSet<&str> =
        inventory.runs.iter().map(|place| place.experiment.as_str()).collect();
    let unknown = experiments.iter().filter(|experiment| !known.contains(experiment.as_str()));
    let fault = |experiment: &String| {
        let there = known.iter().copied().collect::<Vec<_>>().join(", ");
        let fault = Fault::new(format!("no run of `{experiment}` in `{}`", runs.display()));
        let mut fault = fault.detail(format!("experiments there: {there}"));
        // A folder that was given another name holds runs of the experiment that they began as.
        let folder = runs.join(experiment);
        let lies_there = |place: &&RunPlace| place.dir.parent() == Some(folder.as_path());
        let held: BTreeSet<&str> = inventory
            .runs
            .iter()
            .filter(lies_there)
            .map(|place| place.experiment.as_str())
            .collect();
        for held in held {
            fault = fault.detail(format!("`{}` holds runs of `{held}`", folder.display()));
        }
        fault.hint("name one of these, or run it first: `seglab run SPEC`")
    };
    Error::unless_empty(unknown.map(fault).collect())
}
