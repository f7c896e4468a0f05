//! [`run`]: begins or continues a run, or returns the finished one.
//!
//! Does not know about drawing or the terminal.

use super::{
    Planned, StopFlags,
    attempt::{Attempt, AttemptStart},
    disk,
    extend::Extension,
    other_data::unfinished_on_other_data,
    request::{Request, RunOutcome},
};
use crate::{
    base::{Error, Fault, Result},
    event::{Event, Listen},
    record::{self, ExistingRun, Failure, Resumed, RunPlan, RunStart, Store, checkpoint::Position},
};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
};

/// Finds the finished run, continues the one that was begun, or begins one. `listener` gets every
/// event that the run's log gets.
///
/// # Errors
/// * a wrong request: a runs folder that cannot be written, too little disk, an extension of a run
///   that cannot be extended
/// * another process works on the run, or it failed for a reason that would recur
/// * the run fails or is stopped; its directory then says so
pub fn run(
    request: &Request<'_>,
    planned: &Planned,
    flags: &StopFlags,
    listener: Rc<RefCell<dyn Listen>>,
) -> Result<RunOutcome> {
    let experiment = &request.loaded.experiment;
    let Sought { store, plan, extension } = Sought::of(request, planned)?;
    let found = store.look(&plan)?;
    if found != ExistingRun::Answered {
        store.check_policy(experiment.provenance.dirty)?;
    }
    // A run that was begun has most of its space already, and pauses when the disk is full.
    if found == ExistingRun::None
        && let Some(message) = disk::check(experiment, planned, request.runs)?.warning()
    {
        listener.borrow_mut().hear(&Event::Warning { message })?;
    }
    if found == ExistingRun::None
        && let Some(message) = unfinished_on_other_data(request.runs, &plan)
    {
        listener.borrow_mut().hear(&Event::Warning { message })?;
    }
    let begun = store.begin(&plan)?;
    if let Some(said) = ask_again(&begun, &experiment.question) {
        listener.borrow_mut().hear(&said)?;
    }
    let start = match begun {
        RunStart::Finished(dir) => return Ok(RunOutcome::Known(dir)),
        RunStart::Pruned { dir, reason } => return Ok(RunOutcome::Pruned { dir, reason }),
        RunStart::Failed { dir, failure } => return Err(failed_before(&dir, &failure)),
        RunStart::Fresh(mut recorder) => {
            let warnings = recorder.notes();
            AttemptStart {
                recorder: *recorder,
                from: None,
                cases: Vec::new(),
                note: None,
                warnings,
            }
        }
        RunStart::Resumed(resumed) => resumed_start(*resumed),
    };
    let attempt = Attempt { request, planned, extension: extension.as_ref() };
    attempt.make(start, flags, listener)
}

/// Whether the run that is asked for is finished already, so that nothing will be written.
///
/// # Errors
/// When the runs cannot be listed, or an extension is of a run that cannot be extended.
pub fn is_answered(request: &Request<'_>, planned: &Planned) -> Result<bool> {
    let Sought { store, plan, .. } = Sought::of(request, planned)?;
    Ok(store.look(&plan)? == ExistingRun::Answered)
}

/// A run that is asked for, and where it would lie.
struct Sought {
    store: Store,
    plan: RunPlan,
    extension: Option<Extension>,
}

impl Sought {
    fn of(request: &Request<'_>, planned: &Planned) -> Result<Self> {
        let experiment = &request.loaded.experiment;
        let data = PathBuf::from(&experiment.data.root);
        let store = Store::new(request.runs.to_owned())
            .with_own_folders(vec![request.reports.to_owned(), data]);
        let (text, device) = (&request.loaded.text, request.device.name());
        let mut plan = planned.run_plan(experiment, text, &device, request.freshness);
        plan.extends.clone_from(&request.loaded.bases);
        let extension = match &request.extends {
            Some(parent) => Some(Extension::of(parent, experiment, &store, &mut plan)?),
            None => None,
        };
        Ok(Self { store, plan, extension })
    }
}

/// Records the question of the spec with a run that was begun with another one, so that reports
/// show the newest.
fn ask_again(begun: &RunStart, question: &str) -> Option<Event> {
    let dir = match begun {
        RunStart::Fresh(_) => return None,
        RunStart::Resumed(resumed) => resumed.recorder.run_dir(),
        RunStart::Finished(dir) | RunStart::Pruned { dir, .. } | RunStart::Failed { dir, .. } => {
            dir
        }
    };
    match record::ask(dir, question) {
        Ok(false) => None,
        Ok(true) => {
            Some(Event::Note { message: "the new question was recorded with the run".to_owned() })
        }
        // Nothing that was asked for depends on it.
        Err(error) => {
            Some(Event::Warning { message: format!("the new question was not recorded: {error}") })
        }
    }
}

fn resumed_start(resumed: Resumed) -> AttemptStart {
    let Resumed { recorder, from, position, cases, notes } = resumed;
    let dir = recorder.run_dir().display();
    let note = match position {
        Some(Position { epoch, step, .. }) => {
            format!("continuing `{dir}` from epoch {epoch}, step {step}")
        }
        None => format!("`{dir}` has no checkpoint yet; it starts from the beginning"),
    };
    AttemptStart { recorder, from: from.zip(position), cases, note: Some(note), warnings: notes }
}

/// The same failure would recur, so it is not tried again.
fn failed_before(dir: &Path, failure: &Failure) -> Error {
    let mut fault = Fault::new(format!("this experiment has failed before: {}", failure.reason))
        .detail(format!("run `{}`", dir.display()));
    fault.details.extend(failure.details.iter().cloned());
    fault.hints.extend(failure.advice.iter().cloned());
    Error::run(fault.hint("`--fresh` tries again, as a new run beside it"))
}
