//! [`Attempt`]: one process working on a run, to its end or to a stop.
//!
//! Does not know how the run was found, or about other runs.

use super::{
    Planned, Request, RunOutcome, StopFlags,
    evaluate::{Evaluation, Scored},
    extend::Extension,
    host::RunHost,
};
use crate::{
    base::{Error, ErrorCode, Fault, Result, crash, text::duration},
    data::cases::PreparedCases,
    event::{CaseRow, Event, Listen, Stop},
    model::classify_panic,
    record::{Failure, Recorder, Status, checkpoint::Position},
    spec::Preprocess,
    train::{self, Cases, Host, Limits, MODEL_FILE, TrainingEnd, TrainingOutcome},
};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

/// Where an attempt starts.
pub(super) struct AttemptStart {
    pub(super) recorder: Recorder,
    /// The checkpoint to continue from.
    pub(super) from: Option<(PathBuf, Position)>,
    /// Rows of an evaluation that was interrupted.
    pub(super) cases: Vec<CaseRow>,
    /// Where the run continues, as text.
    pub(super) note: Option<String>,
    /// What was damaged, and moved aside.
    pub(super) warnings: Vec<String>,
}

/// What is to be done.
pub(super) struct Attempt<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) planned: &'a Planned,
    pub(super) extension: Option<&'a Extension>,
}

impl Attempt<'_> {
    /// Trains what is left, evaluates what is left unless the run is pruned, and records how it
    /// ended.
    pub(super) fn make(
        &self,
        start: AttemptStart,
        flags: &StopFlags,
        listener: Rc<RefCell<dyn Listen>>,
    ) -> Result<RunOutcome> {
        let experiment = &self.request.loaded.experiment;
        let AttemptStart { recorder, from, cases, note, warnings } = start;
        let dir = recorder.run_dir().to_owned();
        let host = Rc::new(RefCell::new(RunHost {
            recorder,
            listener,
            flags: flags.clone(),
            deadline: experiment.train.walltime().map(|time| self.request.began + time),
            keep_every: experiment.checkpoint.keep_every,
            has_cases: !cases.is_empty(),
            pruner: self.request.pruner.clone(),
        }));
        let work = || {
            let warn = |message| Event::Warning { message };
            let warnings = warnings.into_iter().chain(self.planned.warnings.clone()).map(warn);
            for event in warnings.chain(note.map(|message| Event::Note { message })) {
                host.borrow_mut().hear(&event)?;
            }
            self.train_then_evaluate(&dir, from, cases, &host)
        };
        let outcome = crash::catch("the run", work)
            .map_err(classify_panic)
            .and_then(|end| self.advanced(end, &host.borrow()));
        let status = match &outcome {
            Ok(TrainingEnd::Finished) => Status::Finished,
            Ok(TrainingEnd::StoppedEarly) => Status::StoppedEarly,
            Ok(TrainingEnd::Stopped(by)) => Status::Preempted { by: *by },
            Ok(TrainingEnd::Pruned(reason)) => Status::Pruned { reason: reason.clone() },
            Err(error) => Status::Failed(Failure::of(error)),
        };
        let finished = host.borrow_mut().recorder.finish(status);
        if let Err(error @ Error { code: ErrorCode::Superseded, .. }) = finished {
            // Another process has taken the run over and writes its status.
            return Err(error);
        }
        let mut error = match outcome {
            Ok(TrainingEnd::Stopped(stop)) => {
                stopped(stop, &dir, host.borrow().recorder.position())
            }
            Ok(TrainingEnd::Pruned(reason)) => {
                return finished.map(|()| RunOutcome::Pruned { dir, reason });
            }
            Ok(TrainingEnd::Finished | TrainingEnd::StoppedEarly) => {
                return finished.map(|()| RunOutcome::New(dir));
            }
            Err(error) => failed(error, &dir),
        };
        error.faults.extend(finished.err().into_iter().flat_map(|error| error.faults));
        Err(error)
    }

    /// Fails an attempt that the wall time ended before it did anything: further attempts would end
    /// in the same way.
    fn advanced(&self, end: TrainingEnd, host: &RunHost) -> Result<TrainingEnd> {
        let walltime = self.request.loaded.experiment.train.walltime();
        let Some(walltime) = walltime.filter(|_| {
            end == TrainingEnd::Stopped(Stop::Walltime) && !host.recorder.has_advanced()
        }) else {
            return Ok(end);
        };
        let fault = Fault::new("`train.walltime` is too short: it ended before anything was done")
            .detail(format!(
                "it is {}, counted from the start of the program",
                duration(walltime.as_secs_f64())
            ));
        Err(Error::run(fault.hint(
            "raise it: reading the data, one step, validation or scored case, and a checkpoint \
             must fit in",
        )))
    }

    fn train_then_evaluate(
        &self,
        dir: &Path,
        from: Option<(PathBuf, Position)>,
        cases: Vec<CaseRow>,
        host: &Rc<RefCell<RunHost>>,
    ) -> Result<TrainingEnd> {
        let (experiment, device) = (&self.request.loaded.experiment, self.request.device);
        let training_cases = self.planned.cases(experiment);
        if let Some(stop) = self.prepare_once(&training_cases, host)? {
            return Ok(TrainingEnd::Stopped(stop));
        }
        let from = match (from, self.extension) {
            (from, Some(extension)) => {
                Some(extension.adopt(from, &mut host.borrow_mut().recorder)?)
            }
            (from, None) => from.map(|(folder, _)| folder),
        };
        let start = train::Start {
            from: from.as_deref(),
            extends: self.extension.map(|extension| extension.epochs_before),
            limits: Limits {
                deadline: host.borrow().deadline,
                step_limit: self.request.step_limit,
            },
        };
        let shared: Rc<RefCell<dyn Host>> = Rc::clone(host) as _;
        let TrainingOutcome { end, state } =
            train::train(experiment, &training_cases, device, dir, shared, &start)?;
        if let TrainingEnd::Stopped(_) | TrainingEnd::Pruned(_) = end {
            return Ok(end);
        }
        if let Some(stop) = host.borrow().stop_before(Duration::ZERO) {
            return Ok(TrainingEnd::Stopped(stop));
        }
        let scored = self.known_scores(cases, host)?;
        let model = host.borrow().recorder.best()?.join(MODEL_FILE);
        let predictor = &train::load_predictor(experiment, &model, &device.device)?;
        let (planned, epoch) = (self.planned, state.best_epoch);
        let stop = Evaluation { experiment, planned, predictor, epoch, host }.run(scored)?;
        let memory = stop.is_none().then(|| train::memory_taken(device)).flatten();
        if let Some((bytes, of)) = memory {
            host.borrow_mut().hear(&Event::Memory { bytes, of })?;
        }
        Ok(stop.map_or(end, TrainingEnd::Stopped))
    }

    /// Prepares every case that is scored, so that a bad one shows before hours of training. Test
    /// cases are not kept.
    fn prepare_once(&self, cases: &Cases, host: &Rc<RefCell<RunHost>>) -> Result<Option<Stop>> {
        let experiment = &self.request.loaded.experiment;
        let rules = Preprocess { cache: false, ..experiment.preprocess.clone() };
        let dataset = Arc::clone(&self.planned.dataset);
        let tests = PreparedCases::new(dataset, &self.planned.parts.test, &rules);
        for cases in [&*cases.valid, &tests] {
            for index in 0..cases.len() {
                if let Some(stop) = host.borrow().stop_asked() {
                    return Ok(Some(stop));
                }
                cases.get(index).map(drop)?;
            }
        }
        Ok(None)
    }

    /// Rows of an interrupted evaluation, as far as they are complete and still valid. A case with
    /// missing rows is scored again, so its rows are removed.
    fn known_scores(&self, rows: Vec<CaseRow>, host: &Rc<RefCell<RunHost>>) -> Result<Scored> {
        let mut host = host.borrow_mut();
        if !host.has_cases {
            // There were none, or training has continued since.
            return Ok(Scored::new());
        }
        let mut scored = Scored::new();
        for row in rows {
            scored.entry(row.case.clone()).or_default().push(row);
        }
        let n_scored = scored.len();
        let n_classes = self.request.loaded.experiment.data.classes.len();
        scored.retain(|_, rows| rows.len() == n_classes);
        if scored.len() < n_scored {
            host.recorder.forget_cases()?;
            scored.values().try_for_each(|rows| host.recorder.cases(rows))?;
        }
        Ok(scored)
    }
}

fn stopped(stop: Stop, dir: &Path, position: Option<Position>) -> Error {
    let kept = match position {
        None => "no checkpoint yet".to_owned(),
        Some(at) => format!("checkpoint of epoch {}, step {}", at.epoch, at.step),
    };
    let fault = Fault::new(format!("stopped by {}", stop.name()))
        .detail(format!("run `{}`, {kept}", dir.display()))
        .hint("the same command continues from there");
    Error::new(stop.code(), fault)
}

fn failed(error: Error, dir: &Path) -> Error {
    let mut error = error.of_run();
    for fault in &mut error.faults {
        fault.details.push(format!("run `{}`", dir.display()));
    }
    if error.code == ErrorCode::DiskFull
        && let Some(fault) = error.faults.last_mut()
    {
        fault.hints.push("then the same command continues from the last checkpoint".into());
    }
    error
}
