//! [`Store`]: begins runs under `runs/<experiment>/<run-id>/`.
//!
//! A run directory is made complete aside and moved into place, so a reader never sees half of
//! one; no run is ever written over another.
//!
//! Does not know what a run does, or why it is wanted.

use super::{
    files::write_immutable,
    format::{
        CASES, CHECKPOINTS, EVENTS, FORMAT, OVERLAYS, PATCH, PROVENANCE, RESOLVED, RUN, RunToml,
        SPEC, STATUS, Status, StatusFile, now,
    },
    lock::RunLock,
    plan::{Freshness, RunPlan},
    provenance::{GitProblem, Machine, Origin, Provenance, machine, probe_in_background},
    recorder::Recorder,
    resume::{Earlier, earlier, resume, stays_ended},
    run_start::{ExistingRun, RunStart},
};
use crate::{
    base::{
        Error, ErrorCode, Fault, Result,
        checksum::checked_text,
        codec::{read_json, to_json, to_toml},
        fs,
    },
    spec::DeviceId,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Begins runs under one folder.
#[derive(Debug)]
pub struct Store {
    runs: PathBuf,
    /// Other folders that seglab writes; like the runs they are no change of the code.
    own: Vec<PathBuf>,
    /// Found out once: the code that runs is that of the process's start, not of the moment.
    origin: OnceLock<Origin>,
}

impl Store {
    /// A store in a folder, which need not exist yet.
    pub fn new(runs: PathBuf) -> Self {
        probe_in_background();
        Self { runs, own: Vec::new(), origin: OnceLock::new() }
    }

    /// Names other folders that seglab writes: what lies there makes no working tree dirty.
    #[must_use]
    pub fn with_own_folders(mut self, folders: Vec<PathBuf>) -> Self {
        self.own = folders;
        self
    }

    /// The code that runs, looked at when it is first asked for.
    pub(super) fn origin(&self) -> &Origin {
        self.origin.get_or_init(|| {
            let own: Vec<&Path> =
                self.own.iter().chain([&self.runs]).map(PathBuf::as_path).collect();
            Origin::probe(&own)
        })
    }

    /// Begins the run of a plan, goes on with the one that was begun, or says where the answer is.
    /// A second run of the plan gets the id with `-2`, a third with `-3`, and so on.
    ///
    /// # Errors
    /// * when the run directory cannot be made
    /// * when a living process works on the run: it is named
    /// * when the run that was begun cannot be read: `seglab doctor` is named
    pub fn begin(&self, plan: &RunPlan) -> Result<RunStart> {
        let folder = self.runs.join(&plan.experiment.name);
        loop {
            let Earlier { runs: earlier, next } = earlier(&folder, &plan.run_id)?;
            let mut notes = Vec::new();
            if plan.freshness != Freshness::Fresh
                && let Some(mut found) = resume(&earlier, plan, &mut notes)?
            {
                if let RunStart::Resumed(resumed) = &mut found {
                    resumed.notes.extend(changes_since(resumed.recorder.run_dir(), plan)?);
                }
                return Ok(found);
            }
            let run_id = match next {
                1 => plan.run_id.clone(),
                number => format!("{}-{number}", plan.run_id),
            };
            let made = self.make(plan, &folder, &run_id);
            // Another process may have been faster; then there is an earlier run to go on with.
            if let Some(place) = made.map_err(|error| self.unwritable(&run_id, error))? {
                let lock = RunLock::take(&place)?;
                let mut recorder = Recorder::open(place, lock, None)?;
                recorder.set_status(Status::Running)?;
                notes.extend(self.origin().git_problem.as_ref().map(GitProblem::words));
                recorder.note(notes);
                return Ok(RunStart::Fresh(Box::new(recorder)));
            }
        }
    }

    /// What beginning the plan would find.
    ///
    /// # Errors
    /// When the runs cannot be listed.
    pub fn look(&self, plan: &RunPlan) -> Result<ExistingRun> {
        if plan.freshness == Freshness::Fresh {
            return Ok(ExistingRun::None);
        }
        let earlier = earlier(&self.runs.join(&plan.experiment.name), &plan.run_id)?.runs;
        let is_answer = |dir: &Path| {
            RunToml::read(dir).is_ok_and(|run| run.digest == plan.digest)
                && StatusFile::read(dir).is_ok_and(|file| stays_ended(&file.status, plan.freshness))
        };
        Ok(match earlier.as_slice() {
            [] => ExistingRun::None,
            earlier if earlier.iter().any(|(_, dir)| is_answer(dir)) => ExistingRun::Answered,
            _ => ExistingRun::Unfinished,
        })
    }

    /// Makes a run directory, which is not locked yet; `None` when the place is taken.
    fn make(&self, plan: &RunPlan, folder: &Path, run_id: &str) -> Result<Option<PathBuf>> {
        let place = folder.join(run_id);
        let aside = fs::aside(&place);
        fs::create_folder(folder)?;
        fs::create_folder(&aside)?;
        let made = self.fill(plan, &aside, run_id).and_then(|()| {
            fs::sync_folder(&aside)?;
            match fs::rename(&aside, &place) {
                Ok(()) => Ok(Some(place.clone())),
                Err(_) if place.exists() => Ok(None),
                Err(error) => Err(error),
            }
        });
        if !matches!(made, Ok(Some(_))) {
            // Half a run directory is of no use; failing to remove it changes nothing.
            let _ = fs::remove_folder(&aside);
        }
        let made = made?;
        fs::sync_folder(folder)?;
        Ok(made)
    }

    fn fill(&self, plan: &RunPlan, dir: &Path, run_id: &str) -> Result<()> {
        let origin = self.origin();
        let created = now();
        let run = RunToml {
            format: FORMAT,
            run_id: run_id.to_owned(),
            experiment: plan.experiment.name.clone(),
            question: plan.experiment.question.clone(),
            digest: plan.digest.clone(),
            fold: plan.fold,
            seed: plan.seed,
            parent: plan
                .parent
                .clone()
                .or_else(|| (run_id != plan.run_id).then(|| plan.run_id.clone())),
            created,
            extends: plan.extends.clone(),
        };
        let provenance = origin.of_run(plan);
        let status = StatusFile {
            status: Status::Queued,
            updated: created,
            epoch: 0,
            step: 0,
            files: BTreeMap::new(),
        };
        let mut contents = vec![
            (RUN, to_toml(&run)?.into_bytes()),
            (SPEC, plan.spec_text.clone().into_bytes()),
            (RESOLVED, plan.resolved.clone().into_bytes()),
            (PROVENANCE, to_json(&provenance)?.into_bytes()),
        ];
        if let Some(patch) = origin.git.as_ref().and_then(|git| git.patch.as_ref()) {
            contents.push((PATCH, patch.bytes.clone()));
        }
        write_immutable(dir, &contents)?;
        fs::write_synced(&dir.join(STATUS), checked_text(&status)?.as_bytes())?;
        // Nothing is in them yet, and their names are synced with the folder.
        fs::write_plain(&dir.join(EVENTS), b"")?;
        fs::write_plain(&dir.join(CASES), b"")?;
        fs::create_folder(&dir.join(CHECKPOINTS))?;
        fs::create_folder(&dir.join(OVERLAYS))
    }

    fn unwritable(&self, run_id: &str, error: Error) -> Error {
        let message = format!("cannot create run `{run_id}` in `{}`", self.runs.display());
        let mut fault = Fault::new(message);
        for cause in error.faults {
            fault.causes.push(cause.message);
            fault.causes.extend(cause.causes);
        }
        let action = match error.code {
            ErrorCode::DiskFull => "free some space there",
            _ => "give yourself write access there",
        };
        let hint = format!("{action}, or choose another folder with `--runs DIR`");
        Error::new(error.code, fault.hint(hint))
    }
}

/// What differs from what the run was begun with, so that it may not end bit for bit as one that
/// was never stopped.
fn changes_since(dir: &Path, plan: &RunPlan) -> Result<Vec<String>> {
    let Provenance { device, machine: then, .. } = read_json(&dir.join(PROVENANCE))?;
    let now = machine();
    let mut notes = Vec::new();
    // The number of threads of a CPU changes nothing.
    if DeviceId::of_recorded(&device) != DeviceId::of_recorded(&plan.device) {
        notes.push(format!(
            "the run started on `{device}` and continues on `{}`: its result is close to that \
             of a run that was never stopped, but not the same bit for bit",
            plan.device
        ));
    }
    if then.binary != now.binary {
        let from = |machine: &Machine| match &machine.built_from {
            Some(commit) => format!("seglab {} of {commit}", machine.seglab),
            None => format!("seglab {}", machine.seglab),
        };
        notes.push(format!(
            "the run started with another program ({}) than the one that continues it ({}): its \
             result may not be the same bit for bit as that of a run that was never stopped",
            from(&then),
            from(now)
        ));
    }
    Ok(notes)
}
