//! [`read_run`]: a run directory as values; [`list`] and [`find`]: run directories by name.
//!
//! A torn last line, as a kill leaves it, is left out with a note; any other damage is an error
//! of that run alone.
//!
//! Knows nothing of what the numbers say.

use super::{
    format::{
        CASES, EVENTS, OVERLAYS, PROVENANCE, RESOLVED, RunToml, StatusFile, not_understood,
        parse_toml, read_json,
    },
    provenance::Provenance,
    seal::read_lines,
};
use crate::{
    error::{Fault, Result},
    event::{CaseRow, Event},
    fs,
    spec::Experiment,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Everything a run directory says, but its checkpoints and pictures.
#[derive(Debug, Clone)]
pub struct RunFiles {
    /// The directory.
    pub dir: PathBuf,
    /// What the run is.
    pub run: RunToml,
    /// What was asked.
    pub experiment: Experiment,
    /// The same, key by key.
    pub resolved: toml::Table,
    /// Where it came from.
    pub provenance: Provenance,
    /// How it stands.
    pub status: StatusFile,
    /// What happened, in order.
    pub events: Vec<Entry>,
    /// Scores, in the order they were written.
    pub cases: Vec<CaseRow>,
    /// What was left out in reading.
    pub notes: Vec<String>,
}

/// One line of `events.jsonl`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Entry {
    /// Attempt at the run, from 1.
    pub attempt: u32,
    /// When it was written.
    pub time: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Reads a run directory.
///
/// # Errors
/// * when the run was written in a newer format
/// * when a file is missing, cannot be understood, or is damaged before its last line
pub fn read_run(dir: &Path) -> Result<RunFiles> {
    let run = RunToml::read(dir)?;
    let resolved_path = dir.join(RESOLVED);
    let resolved: toml::Table = parse_toml(&resolved_path, &fs::read_text(&resolved_path)?)?;
    let (events, torn_event) = read_lines(&dir.join(EVENTS))?;
    let (cases, torn_case) = read_lines(&dir.join(CASES))?;
    Ok(RunFiles {
        dir: dir.to_owned(),
        run,
        experiment: resolved
            .clone()
            .try_into()
            .map_err(|error| not_understood(&resolved_path, &error))?,
        resolved,
        provenance: read_json(&dir.join(PROVENANCE))?,
        status: StatusFile::read(dir)?,
        events,
        cases,
        notes: torn_event.into_iter().chain(torn_case).collect(),
    })
}

/// Overlay pictures of a run: file name and PNG bytes, in name order.
///
/// # Errors
/// When one cannot be read.
pub fn overlays(dir: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = dir.join(OVERLAYS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let pictures = fs::list(&folder)?;
    pictures.iter().map(|path| Ok((name(path), fs::read(path)?))).collect()
}

/// Run directories under `runs`, readable or not, in order of experiment and run id.
///
/// # Errors
/// When there is no such folder, or it cannot be listed.
pub fn list(runs: &Path) -> Result<Vec<PathBuf>> {
    if !runs.exists() {
        let fault = Fault::new(format!("there is no folder `{}` with runs", runs.display()));
        return Err(fault
            .hint("name the folder with `--runs DIR`, or make a first run: `seglab run SPEC`")
            .into());
    }
    let mut dirs = Vec::new();
    for experiment in fs::list(runs)?.into_iter().filter(|path| path.is_dir()) {
        dirs.extend(fs::list(&experiment)?.into_iter().filter(|path| path.is_dir()));
    }
    Ok(dirs)
}

/// The run whose id is `prefix`, or else the only one whose id begins so; `experiment/prefix`
/// looks in one experiment.
///
/// # Errors
/// When no run or more than one begins so: the candidates are listed.
pub fn find(runs: &Path, prefix: &str) -> Result<PathBuf> {
    let dirs = list(runs)?;
    let (experiment, id) = match prefix.trim_end_matches('/').rsplit_once('/') {
        Some((experiment, id)) => (Some(experiment), id),
        None => (None, prefix),
    };
    let candidates: Vec<&PathBuf> = dirs
        .iter()
        .filter(|dir| experiment.is_none_or(|wanted| experiment_of(dir) == wanted))
        .filter(|dir| name(dir).starts_with(id))
        .collect();
    let exact: Vec<&PathBuf> = candidates.iter().copied().filter(|dir| name(dir) == id).collect();
    if let ([only], _) | (_, [only]) = (exact.as_slice(), candidates.as_slice()) {
        return Ok((*only).clone());
    }
    let (message, shown, action) = if candidates.is_empty() {
        let message = format!("no run begins with `{prefix}` in `{}`", runs.display());
        (message, dirs.iter().collect(), "`seglab runs` lists all of them")
    } else {
        let message = format!("{} runs begin with `{prefix}`", candidates.len());
        (message, candidates, "give more of the id")
    };
    Err(listed(Fault::new(message), &shown).hint(action).into())
}

/// Most candidates that a message lists.
const N_SHOWN: usize = 10;

fn listed(mut fault: Fault, dirs: &[&PathBuf]) -> Fault {
    for dir in dirs.iter().take(N_SHOWN) {
        fault = fault.detail(name(dir));
    }
    if dirs.len() > N_SHOWN {
        fault = fault.detail(format!("and {} more", dirs.len() - N_SHOWN));
    }
    fault
}

/// Id of the run in a directory, which need not be readable.
pub fn id_of(dir: &Path) -> String {
    name(dir)
}

/// Experiment of the run in a directory, which need not be readable.
pub fn experiment_of(dir: &Path) -> String {
    dir.parent().map(name).unwrap_or_default()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
