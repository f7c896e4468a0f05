//! [`Store`]: begins runs under `runs/<experiment>/<run-id>/`.
//!
//! A run directory is made complete aside and moved into place, so a reader never sees half of
//! one; no run is ever written over another.
//!
//! Knows nothing of what a run does, or why it is wanted.

use super::{
    format::{
        CASES, CHECKPOINTS, EVENTS, FORMAT, OVERLAYS, PATCH, PROVENANCE, RESOLVED, RUN, RunToml,
        SPEC, STATUS, Status, StatusFile, now, to_json, to_toml,
    },
    git::{Git, probe_git},
    provenance::{Machine, Provenance, probe_machine},
    recorder::Recorder,
    seal::sealed_file,
};
use crate::{
    error::{Error, Fault, Result},
    fs,
    spec::Experiment,
};
use std::{
    env,
    path::{Path, PathBuf},
    process,
    sync::OnceLock,
};

/// Everything that is asked of one run.
#[derive(Debug, Clone)]
pub struct RunPlan {
    /// Name of the run: a function of what is asked, so that asking twice finds the answer.
    pub run_id: String,
    /// The experiment it belongs to.
    pub experiment: Experiment,
    /// The user's bytes.
    pub spec_text: String,
    /// Every key with its value, as TOML.
    pub resolved: String,
    /// Digest of the resolved spec and the data.
    pub digest: String,
    /// Fold, from 0.
    pub fold: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Fingerprint of the data set.
    pub data_fingerprint: String,
    /// Fingerprint of the split.
    pub split_fingerprint: String,
    /// Device in words.
    pub device: String,
    /// What to do about earlier runs of the same plan.
    pub freshness: Freshness,
}

/// What to do about earlier runs of the same plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Say how they stand.
    Reuse,
    /// Leave them alone and start beside them.
    Anew,
}

/// What [`Store::begin`] found or made.
#[derive(Debug)]
pub enum Begun {
    /// A new run, to be recorded.
    Fresh(Box<Recorder>),
    /// The plan was answered before, here.
    Finished(PathBuf),
    /// The plan was begun before, here, and not answered. [`Freshness::Anew`] starts beside it.
    Unfinished(PathBuf, Status),
}

/// Begins runs under one folder.
#[derive(Debug)]
pub struct Store {
    runs: PathBuf,
    /// Other folders that seglab writes; like the runs they are no change of the code.
    own: Vec<PathBuf>,
    /// Found out once: the code that runs is that of the process's start, not of the moment.
    origin: OnceLock<Origin>,
}

#[derive(Debug)]
struct Origin {
    git: Option<Git>,
    machine: Machine,
    notes: Vec<String>,
}

impl Store {
    /// A store in a folder, which need not exist yet.
    pub fn new(runs: PathBuf) -> Self {
        Self { runs, own: Vec::new(), origin: OnceLock::new() }
    }

    /// Names other folders that seglab writes: what lies there makes no working tree dirty.
    #[must_use]
    pub fn with_own_folders(mut self, folders: Vec<PathBuf>) -> Self {
        self.own = folders;
        self
    }

    /// Begins the run of a plan, or says how an earlier one stands. A second run of the plan gets
    /// the id with `-2`, a third with `-3`, and so on; an earlier one that cannot be read is
    /// passed over and left as it is.
    ///
    /// # Errors
    /// When the run directory cannot be made.
    pub fn begin(&self, plan: &RunPlan) -> Result<Begun> {
        let folder = self.runs.join(&plan.experiment.name);
        let earlier = earlier(&folder, &plan.run_id)?;
        if plan.freshness == Freshness::Reuse
            && let Some(found) = best_of(&earlier)
        {
            return Ok(found);
        }
        let run_id = match earlier.last() {
            None => plan.run_id.clone(),
            Some((number, _)) => format!("{}-{}", plan.run_id, number + 1),
        };
        self.make(plan, &folder, &run_id)
            .map(|recorder| Begun::Fresh(Box::new(recorder)))
            .map_err(|error| self.unwritable(&run_id, error))
    }

    fn make(&self, plan: &RunPlan, folder: &Path, run_id: &str) -> Result<Recorder> {
        let aside = folder.join(format!(".{run_id}.{}.tmp", process::id()));
        let place = folder.join(run_id);
        fs::create_folder(folder)?;
        fs::remove_folder(&aside)?;
        fs::create_folder(&aside)?;
        let made = self
            .fill(plan, &aside, run_id)
            .and_then(|()| move_into_place(&aside, &place))
            .and_then(|()| Recorder::open(place, 1));
        if made.is_err() {
            // Half a run directory is of no use; failing to remove it changes nothing.
            let _ = fs::remove_folder(&aside);
        }
        fs::sync_folder(folder);
        made
    }

    fn fill(&self, plan: &RunPlan, dir: &Path, run_id: &str) -> Result<()> {
        let origin = self.origin.get_or_init(|| origin(&self.runs, &self.own));
        let created = now();
        let run = RunToml {
            format: FORMAT,
            run_id: run_id.to_owned(),
            experiment: plan.experiment.name.clone(),
            question: plan.experiment.question.clone(),
            digest: plan.digest.clone(),
            fold: plan.fold,
            seed: plan.seed,
            parent: (run_id != plan.run_id).then(|| plan.run_id.clone()),
            created,
        };
        let provenance = Provenance {
            git: origin.git.clone(),
            machine: origin.machine.clone(),
            device: plan.device.clone(),
            argv: env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
            data_fingerprint: plan.data_fingerprint.clone(),
            split_fingerprint: plan.split_fingerprint.clone(),
            notes: origin.notes.clone(),
        };
        let status = StatusFile { status: Status::Running, updated: created, epoch: 0, step: 0 };
        let write = |name: &str, bytes: &[u8]| fs::write_synced(&dir.join(name), bytes);
        write(RUN, to_toml(&run)?.as_bytes())?;
        write(SPEC, plan.spec_text.as_bytes())?;
        write(RESOLVED, plan.resolved.as_bytes())?;
        write(PROVENANCE, to_json(&provenance)?.as_bytes())?;
        if let Some(patch) = origin.git.as_ref().and_then(|git| git.patch.as_ref()) {
            write(PATCH, &patch.bytes)?;
        }
        write(STATUS, sealed_file(&status)?.as_bytes())?;
        write(EVENTS, b"")?;
        write(CASES, b"")?;
        fs::create_folder(&dir.join(CHECKPOINTS))?;
        fs::create_folder(&dir.join(OVERLAYS))
    }

    fn unwritable(&self, run_id: &str, error: Error) -> Error {
        let message = format!("cannot begin run `{run_id}` in `{}`", self.runs.display());
        let mut fault = Fault::new(message);
        for cause in error.faults {
            fault.causes.push(cause.message);
            fault.causes.extend(cause.causes);
        }
        fault
            .hint("give yourself write access there, or choose another folder with `--runs DIR`")
            .into()
    }
}

fn origin(runs: &Path, own: &[PathBuf]) -> Origin {
    let mut notes = Vec::new();
    let own: Vec<&Path> = own.iter().map(PathBuf::as_path).chain([runs]).collect();
    let git = probe_git(Path::new("."), &own).unwrap_or_else(|error| {
        notes.push(format!("git: {}", error.message()));
        None
    });
    Origin { git, machine: probe_machine(), notes }
}

/// Moves a new run directory to where no other may be.
fn move_into_place(aside: &Path, place: &Path) -> Result<()> {
    fs::rename(aside, place).map_err(|error| {
        if !place.exists() {
            return error;
        }
        let fault = Fault::new(format!("run `{}` was begun by another process", place.display()));
        fault.hint("wait for it, or start beside it with `--fresh`").into()
    })
}

/// Runs of one plan that stand already, with their numbers, in the order they were begun.
fn earlier(folder: &Path, run_id: &str) -> Result<Vec<(u32, PathBuf)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let numbered = |path: PathBuf| {
        let suffix = path.file_name()?.to_str()?.strip_prefix(run_id)?;
        let number = match suffix {
            "" => 1,
            _ => suffix.strip_prefix('-')?.parse().ok()?,
        };
        Some((number, path))
    };
    let mut runs: Vec<_> = fs::list(folder)?.into_iter().filter_map(numbered).collect();
    runs.sort();
    Ok(runs)
}

/// The newest answered run, or else the newest that can be read.
fn best_of(earlier: &[(u32, PathBuf)]) -> Option<Begun> {
    let readable = |(_, dir): &(u32, PathBuf)| {
        RunToml::read(dir).ok()?;
        Some((dir.clone(), StatusFile::read(dir).ok()?.status))
    };
    let mut stand: Vec<_> = earlier.iter().rev().filter_map(readable).collect();
    match stand.iter().position(|(_, status)| status.is_answered()) {
        Some(answered_idx) => Some(Begun::Finished(stand.swap_remove(answered_idx).0)),
        None => stand.into_iter().next().map(|(dir, status)| Begun::Unfinished(dir, status)),
    }
}
