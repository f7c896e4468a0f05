//! [`Extension`]: more epochs for a finished run, as a new run whose parent it is.
//!
//! The new run copies the parent's checkpoints as its first ones, so that it resumes and is
//! evaluated like any other.
//!
//! Does not know how training works.

use crate::{
    base::{Error, Fault, Result, fs},
    record::{
        self, ExistingRun, Recorder, RunPlan, Status, Store,
        checkpoint::{self, Position},
        format::MANIFEST,
        read_run,
    },
    spec::{self, Difference, Experiment, OnExtend, RunId, Schedule},
};
use std::path::{Path, PathBuf};

/// A run that continues from the end of a finished one.
#[derive(Debug)]
pub(super) struct Extension {
    parent: PathBuf,
    /// Epochs that the parent did.
    pub(super) epochs_before: usize,
}

impl Extension {
    /// Checks that `experiment` is that of the run in `parent` with more epochs, and turns `plan`
    /// into the plan of a run of its own. `store` knows whether that was begun.
    ///
    /// # Errors
    /// Every reason why the run cannot be extended.
    pub(super) fn of(
        parent: &Path,
        experiment: &Experiment,
        store: &Store,
        plan: &mut RunPlan,
    ) -> Result<Self> {
        let files = read_run(parent)?;
        let id = &files.run.run_id;
        let done = files.status.epoch;
        let before = &files.experiment;
        let refuse = |reason: String| Fault::new(format!("cannot extend run `{id}`: {reason}"));
        let is_answered = files.status.status.is_answered();
        let mut faults = Vec::new();
        match files.status.status {
            Status::Finished => {}
            Status::StoppedEarly if is_more_patient(experiment, before) => {}
            Status::StoppedEarly => faults.push(
                refuse(format!("it stopped early, after {done} epochs"))
                    .hint("raise `train.patience`, or set it to 0"),
            ),
            Status::Pruned { reason } => faults.push(
                refuse(format!("it was pruned: {reason}"))
                    .hint("finish it first, with the command that started it and `--promote`"),
            ),
            status => faults.push(
                refuse(format!("it is {}, not finished", status.name()))
                    .hint("finish it first, with the command that started it"),
            ),
        }
        if experiment.train.epochs <= done {
            let reason = format!(
                "`train.epochs` must be at least {}: {done} epochs are done already",
                done + 1
            );
            faults.push(
                refuse(reason)
                    .detail(format!("found     {}", experiment.train.epochs))
                    .hint(format!("for example `--set train.epochs={}`", 2 * done)),
            );
        }
        let free = |key: &str| ["train.epochs", "train.patience"].contains(&key);
        let mut differing = spec::differences(before, experiment);
        differing.retain(|difference| !free(&difference.key));
        if !differing.is_empty() {
            let mut fault = refuse("the spec differs".into());
            for Difference { key, values: [before, now] } in differing {
                fault = fault.detail(format!("{key}  {before} -> {now}"));
            }
            faults.push(fault.hint("only `train.epochs` and `train.patience` may differ"));
        }
        for (what, before, now) in [
            ("data set", &files.provenance.data_fingerprint, &plan.data_fingerprint),
            ("split", &files.provenance.split_fingerprint, &plan.split_fingerprint),
        ] {
            if before != now {
                faults.push(refuse(format!("its {what} has changed")));
            }
        }
        // The schedule of a run that goes on has not ended.
        if is_answered {
            faults.extend(schedule_fault(&experiment.schedule, refuse));
        }
        Error::unless_empty(faults)?;
        let on_extend = on_extend(&experiment.schedule);
        let meaning = format!("{id}\n{}\n{done}\n{on_extend:?}\n{}", files.run.digest, plan.digest);
        plan.digest = blake3::hash(meaning.as_bytes()).to_hex()[..32].into();
        plan.run_id = RunId::new(experiment, plan.fold, plan.seed, &plan.digest).to_string();
        plan.parent = Some(id.clone());
        let extension = Self { parent: parent.to_owned(), epochs_before: done };
        // A run that was begun has checkpoints of its own, wherever it lies.
        if store.look(plan)? == ExistingRun::None {
            extension.last()?;
        }
        Ok(extension)
    }

    /// The parent's checkpoint at its end: only from there it can be extended.
    fn last(&self) -> Result<(PathBuf, Position)> {
        let (folder, position) = checkpoint::last(&self.parent)?;
        if position.epoch == self.epochs_before && position.batches == 0 {
            return Ok((folder, position));
        }
        let id = record::id_of(&self.parent);
        let fault = Fault::new(format!("cannot extend run `{id}`: its last checkpoint is gone"))
            .detail(format!("it has {} epochs", self.epochs_before))
            .detail(format!("its newest checkpoint is of epoch {}", position.epoch));
        Err(fault.hint("`seglab gc --keep last` keeps it; start a new run with more epochs").into())
    }

    /// The checkpoint to continue from: the run's own, or else the parent's last one, which becomes
    /// the run's first, together with the parent's best.
    ///
    /// # Errors
    /// When the parent's checkpoints are damaged, or cannot be copied.
    pub(super) fn adopt(
        &self,
        own: Option<(PathBuf, Position)>,
        recorder: &mut Recorder,
    ) -> Result<PathBuf> {
        if let Some((folder, position)) = own
            && position.epoch >= self.epochs_before
        {
            return Ok(folder);
        }
        for (folder, position) in [checkpoint::best(&self.parent)?, self.last()?] {
            recorder.commit(position, None, &mut |aside| copy_files(&folder, aside))?;
        }
        recorder.last().map(|(folder, _)| folder)
    }
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for path in fs::list(from)?.into_iter().filter(|path| !path.ends_with(MANIFEST)) {
        let name = path.file_name().unwrap_or_default();
        fs::copy(&path, &to.join(name))?;
    }
    Ok(())
}

fn is_more_patient(now: &Experiment, before: &Experiment) -> bool {
    now.train.patience == 0 || now.train.patience > before.train.patience
}

fn on_extend(schedule: &Schedule) -> Option<OnExtend> {
    match schedule {
        Schedule::OneCycle { on_extend, .. } => *on_extend,
        _ => None,
    }
}

/// A schedule that has ended cannot simply continue.
fn schedule_fault(schedule: &Schedule, refuse: impl Fn(String) -> Fault) -> Option<Fault> {
    match schedule {
        Schedule::Constant { .. } | Schedule::OneCycle { on_extend: Some(_), .. } => None,
        Schedule::OneCycle { on_extend: None, .. } => Some(
            refuse("its one-cycle learning rate has ended".into())
                .hint("`schedule.on-extend = \"restart\"`: a new cycle over the added epochs")
                .hint("`schedule.on-extend = \"stretch\"`: enter one cycle over all epochs"),
        ),
        Schedule::Cosine { .. } | Schedule::Poly { .. } => Some(
            refuse("its learning rate has decayed to its end".into())
                .hint("start a new run with more epochs: the same command without `--extend`"),
        ),
    }
}
