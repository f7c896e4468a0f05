//! [`run`]: plan, begin, train, evaluate, finish; or the run that already answered.
//!
//! Knows nothing of drawing or of the terminal.

use super::{Planned, StopFlags, host::RunHost, overlays};
use crate::{
    crash,
    data::cases::PreparedCases,
    error::{Error, Fault, Kind, Result},
    event::{CaseRow, Event, Listen, Split, Stop},
    record::{
        Begun, Failure, Freshness, Status, Store,
        checkpoint::{self, Pointer},
    },
    spec::{Experiment, Loaded, Preprocess},
    train::{
        self, Cases, Ending, Host, MODEL_FILE, Overlay, Segmenter, Start, Trained,
        device::Chosen, foreground_dice,
    },
};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

/// What is asked for.
#[derive(Debug)]
pub struct Request<'a> {
    /// The checked spec.
    pub loaded: &'a Loaded,
    /// Where to compute.
    pub device: &'a Chosen,
    /// Folder of all runs.
    pub runs: &'a Path,
    /// Folder of the reports, which are no change of the code either.
    pub reports: &'a Path,
    /// What to do about earlier runs of the same plan.
    pub freshness: Freshness,
}

/// The run directory that holds the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Trained and evaluated just now.
    New(PathBuf),
    /// Answered before; nothing was done.
    Known(PathBuf),
}

impl Answer {
    /// The run directory.
    pub fn run_dir(&self) -> &Path {
        match self {
            Self::New(dir) | Self::Known(dir) => dir,
        }
    }
}

/// Answers a request. `listener` hears everything that the run's own log hears.
///
/// # Errors
/// * a wrong request: a runs folder that cannot be written
/// * a run that failed or was stopped; its directory then says so
pub fn run(
    request: &Request<'_>,
    planned: &Planned,
    flags: &StopFlags,
    listener: Rc<RefCell<dyn Listen>>,
) -> Result<Answer> {
    let data = PathBuf::from(&request.loaded.experiment.data.root);
    let store = Store::new(request.runs.to_owned())
        .with_own_folders(vec![request.reports.to_owned(), data]);
    let mut plan = planned.run_plan(request.loaded, &request.device.name, request.freshness);
    let mut begun = store.begin(&plan)?;
    if let Begun::Unfinished(dir, status) = &begun {
        let message = format!(
            "`{}` was left {}; it stays as it is, and a new run starts beside it",
            dir.display(),
            status.name()
        );
        listener.borrow_mut().hear(&Event::Warning { message })?;
        plan.freshness = Freshness::Anew;
        begun = store.begin(&plan)?;
    }
    let recorder = match begun {
        Begun::Fresh(recorder) => *recorder,
        Begun::Finished(dir) | Begun::Unfinished(dir, _) => return Ok(Answer::Known(dir)),
    };
    let dir = recorder.run_dir().to_owned();
    let host = Rc::new(RefCell::new(RunHost { recorder, listener, flags: flags.clone() }));
    let outcome = crash::catch("the run", || train_then_evaluate(request, planned, &dir, &host));
    // A stop during evaluation comes as an error, since not all cases were scored.
    let status = match &outcome {
        Ok(Trained { ending: Ending::Finished, .. }) => Status::Finished,
        Ok(Trained { ending: Ending::StoppedEarly, .. }) => Status::StoppedEarly,
        Ok(Trained { ending: Ending::Stopped(by), .. }) => Status::Preempted { by: *by },
        Err(Error { kind: Kind::Interrupted, .. }) => Status::Preempted { by: Stop::Interrupt },
        Err(Error { kind: Kind::Preempted, .. }) => Status::Preempted { by: Stop::Signal },
        Err(error) => Status::Failed(Failure::of(error)),
    };
    let finished = host.borrow_mut().recorder.finish(status);
    let mut error = match outcome {
        Ok(Trained { ending: Ending::Stopped(stop), state }) => stopped(stop, &dir, state.epoch),
        Ok(_) => return finished.map(|()| Answer::New(dir)),
        Err(error @ Error { kind: Kind::Interrupted | Kind::Preempted, .. }) => error,
        Err(mut error) => {
            if error.kind == Kind::Request {
                error.kind = Kind::Run;
            }
            for fault in &mut error.faults {
                fault.details.push(format!("run `{}`", dir.display()));
            }
            error
        }
    };
    error.faults.extend(finished.err().into_iter().flat_map(|error| error.faults));
    Err(error)
}

fn train_then_evaluate(
    request: &Request<'_>,
    planned: &Planned,
    dir: &Path,
    host: &Rc<RefCell<RunHost>>,
) -> Result<Trained> {
    for message in &planned.warnings {
        host.borrow_mut().hear(&Event::Warning { message: message.clone() })?;
    }
    let experiment = &request.loaded.experiment;
    let cases = planned.cases(experiment);
    prepare_once(experiment, planned, &cases)?;
    let shared: Rc<RefCell<dyn Host>> = Rc::clone(host) as _;
    let trained = train::train(experiment, &cases, request.device, dir, shared, &Start::default())?;
    if !matches!(trained.ending, Ending::Stopped(_)) {
        let checkpoints = host.borrow().recorder.checkpoints();
        let model = checkpoint::resolve(&checkpoints, Pointer::Best)?.join(MODEL_FILE);
        let best = train::load_segmenter(experiment, &model, &request.device.device)?;
        evaluate(experiment, planned, &best, trained.state.best_epoch, host)?;
    }
    Ok(trained)
}

/// Prepares every case that is scored: one that cannot be must not be found out after hours of
/// training. Test cases are not kept.
fn prepare_once(experiment: &Experiment, planned: &Planned, cases: &Cases) -> Result<()> {
    let rules = Preprocess { cache: false, ..experiment.preprocess.clone() };
    let tests = PreparedCases::new(Arc::clone(&planned.dataset), &planned.parts.test, &rules);
    for cases in [&*cases.valid, &tests] {
        (0..cases.len()).try_for_each(|index| cases.get(index).map(drop))?;
    }
    Ok(())
}

/// Scores the cases, each on disk before the next, and then draws some of the validation ones.
fn evaluate(
    experiment: &Experiment,
    planned: &Planned,
    segmenter: &Segmenter,
    epoch: usize,
    host: &Rc<RefCell<RunHost>>,
) -> Result<()> {
    let mut drawable: Vec<(f64, String, Overlay)> = Vec::new();
    let subjects = planned.subjects();
    train::evaluate(
        experiment,
        &planned.dataset,
        segmenter,
        &subjects,
        epoch,
        |subject, scored| {
            let mut host = host.borrow_mut();
            host.recorder.cases(&scored.rows)?;
            host.hear(&Event::CaseScored {
                case: subject.case.id.clone(),
                split: subject.split,
                dice: scored.rows.iter().map(|row: &CaseRow| row.dice).collect(),
            })?;
            if let (Split::Valid, Some(score)) = (subject.split, foreground_dice(&scored.rows)) {
                drawable.push((score, subject.case.id.clone(), scored.overlay));
            }
            match host.stop_asked() {
                Some(stop) => Err(stopped(stop, host.recorder.run_dir(), epoch)),
                None => Ok(()),
            }
        },
    )?;
    drawable.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let host = host.borrow();
    for (position, name) in overlays::choose(drawable.len(), experiment.evaluate.overlays) {
        let (score, case, overlay) = &drawable[position];
        let png = overlay.png().map_err(|error| {
            Error::run(Fault::new(format!("cannot draw case `{case}`")).caused_by(&error))
        })?;
        let [lower, upper] = overlay.window;
        let name = format!(
            "{:02}_{name}_{case}_dice-{score:.2}_slice-{}_window-{lower}..{upper}",
            position + 1,
            overlay.slice
        );
        host.recorder.overlay(&name, &png)?;
    }
    Ok(())
}

fn stopped(stop: Stop, dir: &Path, epoch: usize) -> Error {
    let kept = match epoch {
        0 => "it has no checkpoint yet".to_owned(),
        epoch => format!("epoch {epoch} is its last checkpoint"),
    };
    let fault = Fault::new(format!("stopped by {}", stop.name()))
        .detail(format!("run `{}`, {kept}", dir.display()))
        .hint("the same command starts the run anew, beside this one");
    Error { kind: stop.kind(), faults: vec![fault] }
}
