//! A run that is stopped and goes on ends bit for bit like one that was not.

use burn::data::dataloader::DataLoader;
use seglab::{
    base::{Error, ErrorCode, Result},
    data::scan::FileCache,
    event::{Event, Listen, Stop},
    run,
    spec::{self, DeviceChoice, DeviceId, Loaded},
    train::{
        self, Cases, Host, Limits, MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE, STATE_FILE, Start,
        TrainingEnd, TrainingOutcome, TrainingState, device,
    },
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::Instant,
};
use tempfile::TempDir;

/// Everything that could make a step depend on the one before it. Five cases train, in batches
/// of 2, 2 and 1; three validate.
const SPEC: &str = r#"
[data]
classes = ["background", "primary", "metastasis"]
phantom = { cases = 8, shape = [16, 16, 8], seed = 3 }
[split]
valid = 0.34
[preprocess]
grid = { kind = "xy-size", size = 16 }
intensity = { kind = "window", lower = -160.0, upper = 240.0 }
[augment]
flip = { p = 0.5 }
rotate = { p = 0.5, degrees = 15.0 }
[model]
widths = [2, 4]
norm = "batch"
deep-supervision = true
dropout = 0.3
skip-dropout = 0.1
[optimizer]
amsgrad = true
clip-norm = 1.0
[schedule]
kind = "one-cycle"
max-lr = 0.01
[train]
epochs = 3
batch = 2
patience = 10
"#;
const STEPS_PER_EPOCH: usize = 3;
const N_STEPS: usize = 9;

/// One data set, and the attempts made on it.
struct Bench {
    folder: TempDir,
    loaded: Loaded,
    cases: Cases,
    n_attempts: Cell<usize>,
}

/// One attempt as its host saw it.
struct Attempt {
    trained: Result<TrainingOutcome>,
    /// Without `Started`, and all seconds 0.
    events: Vec<Event>,
    checkpoints: Vec<(TrainingState, PathBuf)>,
}

/// Keeps every checkpoint in a folder of its own, and stops when it has been asked often enough.
struct Keeper {
    folder: PathBuf,
    events: Vec<Event>,
    checkpoints: Vec<(TrainingState, PathBuf)>,
    n_asked: Cell<usize>,
    stops_at: Option<usize>,
}

impl Listen for Keeper {
    fn hear(&mut self, event: &Event) -> Result<()> {
        let mut event = event.clone();
        match &mut event {
            Event::Started { .. } => {
                assert!(self.events.is_empty() && self.checkpoints.is_empty());
                return Ok(());
            }
            Event::Step { seconds, .. } | Event::Checkpoint { seconds, .. } => *seconds = 0.0,
            Event::Epoch { seconds, .. } => *seconds = [0.0; 2],
            _ => {}
        }
        self.events.push(event);
        Ok(())
    }
}

impl Host for Keeper {
    fn commit(
        &mut self,
        state: &TrainingState,
        write: &mut dyn FnMut(&Path) -> Result<()>,
    ) -> Result<()> {
        let folder = self.folder.join(self.checkpoints.len().to_string());
        std::fs::create_dir_all(&folder).unwrap();
        write(&folder)?;
        self.checkpoints.push((state.clone(), folder));
        Ok(())
    }

    fn stop_asked(&self) -> Option<Stop> {
        self.n_asked.set(self.n_asked.get() + 1);
        (self.stops_at == Some(self.n_asked.get())).then_some(Stop::Signal)
    }
}

impl Bench {
    fn new(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let text = SPEC.replace("[data]", &format!("[data]\nroot = {:?}", root.to_str().unwrap()));
        let path = folder.path().join("resume.toml");
        std::fs::write(&path, text).unwrap();
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        let loaded = spec::load(&path, &settings).unwrap();
        let planned = run::plan(&loaded, &folder.path().join("runs"), FileCache::Off).unwrap();
        let cases = planned.cases(&loaded.experiment);
        assert_eq!([cases.train.len(), cases.valid.len()], [5, 3]);
        Self { folder, loaded, cases, n_attempts: Cell::new(0) }
    }

    /// The same data under other settings.
    fn with(&self, change: impl FnOnce(&mut spec::Experiment)) -> Self {
        let mut other = Self::new(&[]);
        change(&mut other.loaded.experiment);
        other.cases = self.cases.clone();
        other
    }

    fn attempt(&self, start: &Start<'_>, stops_at: Option<usize>) -> Attempt {
        self.n_attempts.set(self.n_attempts.get() + 1);
        let folder = self.folder.path().join(format!("attempt-{}", self.n_attempts.get()));
        let keeper = Rc::new(RefCell::new(Keeper {
            folder: folder.clone(),
            events: Vec::new(),
            checkpoints: Vec::new(),
            n_asked: Cell::new(0),
            stops_at,
        }));
        let chosen = device::choose(DeviceChoice::Only(DeviceId::Cpu)).unwrap();
        let host: Rc<RefCell<dyn Host>> = Rc::clone(&keeper) as _;
        let experiment = &self.loaded.experiment;
        let trained = train::train(experiment, &self.cases, &chosen, &folder, host, start);
        let mut keeper = keeper.borrow_mut();
        let (events, checkpoints) =
            (std::mem::take(&mut keeper.events), std::mem::take(&mut keeper.checkpoints));
        Attempt { trained, events, checkpoints }
    }

    fn straight(&self) -> Attempt {
        self.attempt(&Start::default(), None)
    }

    fn until_step(&self, from: Option<&Path>, step: usize) -> Attempt {
        let limits = Limits { step_limit: Some(step), deadline: None };
        self.attempt(&Start { from, limits, extends: None }, None)
    }

    fn go_on(&self, from: &Attempt) -> Attempt {
        self.attempt(&Start { from: Some(from.last()), ..Start::default() }, None)
    }
}

impl Attempt {
    fn end(&self) -> TrainingEnd {
        self.trained.as_ref().unwrap().end.clone()
    }

    fn error(&self) -> &Error {
        self.trained.as_ref().unwrap_err()
    }

    fn last(&self) -> &Path {
        &self.checkpoints.last().unwrap().1
    }

    fn n_steps(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Step { .. })).count()
    }

    /// Epochs done, steps and batches of each checkpoint.
    fn places(&self) -> Vec<[usize; 3]> {
        let place = |state: &TrainingState| [state.epoch, state.step, state.batches];
        self.checkpoints.iter().map(|(state, _)| place(state)).collect()
    }

    /// Bytes of the checkpoints at the ends of epochs.
    fn ends(&self) -> BTreeMap<usize, Vec<Vec<u8>>> {
        let ends = self.checkpoints.iter().filter(|(state, _)| state.batches == 0);
        ends.map(|(state, folder)| (state.epoch, bytes(folder))).collect()
    }
}

/// Bytes of a checkpoint's files.
fn bytes(folder: &Path) -> Vec<Vec<u8>> {
    let files = [MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE, STATE_FILE];
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), files.len());
    files.map(|file| std::fs::read(folder.join(file)).unwrap()).into()
}

/// The attempts, each going on from the one before, come to what `straight` came to: every
/// event, and every byte of the checkpoints at the ends of epochs.
#[track_caller]
fn agree(straight: &Attempt, attempts: &[&Attempt], what: &str) {
    let last = attempts.last().unwrap();
    assert_eq!(last.trained, straight.trained, "{what}");
    let is_value = |event: &&Event| !matches!(event, Event::Checkpoint { .. });
    let expected: Vec<&Event> = straight.events.iter().filter(is_value).collect();
    let found: Vec<&Event> =
        attempts.iter().flat_map(|attempt| &attempt.events).filter(is_value).collect();
    assert_eq!(found, expected, "{what}");
    let mut ends = BTreeMap::new();
    for attempt in attempts {
        for (epoch, bytes) in attempt.ends() {
            assert!(ends.insert(epoch, bytes).is_none(), "{what}: epoch {epoch} twice");
        }
    }
    let expected = straight.ends();
    assert_eq!(ends.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (epoch, files) in &expected {
        let is_same: Vec<bool> = files.iter().zip(&ends[epoch]).map(|(a, b)| a == b).collect();
        assert_eq!(is_same, [true; 4], "{what}: model, optimizer, scheduler, state of {epoch}");
    }
}

#[test]
fn a_run_can_stop_at_every_step() {
    let bench = Bench::new(&[]);
    let straight = bench.straight();
    assert_eq!(straight.end(), TrainingEnd::Finished);
    assert_eq!(straight.places(), [[1, 3, 0], [2, 6, 0], [3, 9, 0]]);
    assert_eq!(straight.n_steps(), N_STEPS);
    agree(&straight, &[&bench.straight()], "again");
    // Weights move, or all of this would say nothing.
    assert_ne!(straight.ends()[&1][0], straight.ends()[&2][0]);
    for step in 0..=N_STEPS {
        let first = bench.until_step(None, step);
        assert_eq!(first.end(), TrainingEnd::Stopped(Stop::StepLimit));
        let batches = if step == 0 { 0 } else { (step - 1) % STEPS_PER_EPOCH + 1 };
        let stopped = first.checkpoints.last().unwrap().0.clone();
        assert_eq!((stopped.step, stopped.batches), (step, batches));
        assert_eq!(first.trained.as_ref().unwrap().state, stopped);
        assert!(!stopped.is_best());
        let second = bench.go_on(&first);
        assert_eq!(second.n_steps(), N_STEPS - step);
        let what = format!("stopped at step {step}");
        if step == 0 {
            // The checkpoint before the first step is the end of no epoch.
            agree(&straight, &[&second], &what);
        } else {
            agree(&straight, &[&first, &second], &what);
        }
    }
}

/// Three batches in two steps: one of two batches and one of the last batch alone.
#[test]
fn a_run_with_accumulated_batches_can_stop_at_every_step() {
    let bench = Bench::new(&["train.accumulate=2"]);
    let straight = bench.straight();
    assert_eq!(straight.end(), TrainingEnd::Finished);
    assert_eq!(straight.places(), [[1, 2, 0], [2, 4, 0], [3, 6, 0]]);
    for step in 1..=6 {
        let first = bench.until_step(None, step);
        let stopped = first.checkpoints.last().unwrap().0.clone();
        assert_eq!((stopped.step, stopped.batches), (step, if step % 2 == 1 { 2 } else { 3 }));
        let second = bench.go_on(&first);
        assert_eq!(second.n_steps(), 6 - step);
        agree(&straight, &[&first, &second], &format!("stopped at step {step}"));
    }
    let first = bench.until_step(None, 1);
    let second = bench.until_step(Some(first.last()), 3);
    agree(&straight, &[&first, &second, &bench.go_on(&second)], "two stops");
    // The steps are others than with one batch each, and so are their checkpoints.
    let plain = Bench::new(&[]);
    assert_ne!(plain.straight().ends()[&3][0], straight.ends()[&3][0]);
    let start = Start { from: Some(second.last()), ..Start::default() };
    let refused = plain.attempt(&start, None).error().to_string();
    assert!(refused.contains("3 batches in 3 steps"), "{refused}");
}

#[test]
fn two_stops_in_one_epoch_and_one_in_the_next() {
    let bench = Bench::new(&[]);
    let first = bench.until_step(None, 1);
    let second = bench.until_step(Some(first.last()), 2);
    let third = bench.until_step(Some(second.last()), 4);
    let fourth = bench.go_on(&third);
    agree(&bench.straight(), &[&first, &second, &third, &fourth], "three stops");
    // At its limit already, an attempt has nothing to do and nothing to keep.
    let again = bench.until_step(Some(second.last()), 2);
    assert_eq!((again.n_steps(), again.places()), (0, vec![]));
    assert_eq!(again.end(), TrainingEnd::Stopped(Stop::StepLimit));
}

#[test]
fn a_stop_in_validation_repeats_the_validation_alone() {
    let bench = Bench::new(&[]);
    let straight = bench.straight();
    // Asked before each of three steps, before validation, and before each of its three cases.
    for asking in 4..=7 {
        let first = bench.attempt(&Start::default(), Some(asking));
        assert_eq!(first.end(), TrainingEnd::Stopped(Stop::Signal));
        assert_eq!(first.places(), [[0, 3, 3]], "asked {asking} times");
        assert_eq!(first.n_steps(), 3);
        let second = bench.go_on(&first);
        agree(&straight, &[&first, &second], &format!("asked {asking} times"));
    }
}

#[test]
fn each_case_has_its_monitored_score_in_the_order_of_names() {
    let batches = |bench: &Bench| -> Vec<String> {
        let valid = Arc::clone(&bench.cases.valid);
        let loader = train::CaseLoader::new(valid, train::Purpose::Score, 1);
        loader.iter().flat_map(|batch| batch.unwrap().cases).collect()
    };
    let epochs = |bench: &Bench| -> Vec<(Option<f64>, Vec<Option<f64>>)> {
        let scores = |event: Event| match event {
            Event::Epoch { monitored, by_case, .. } => Some((monitored, by_case)),
            _ => None,
        };
        bench.straight().events.into_iter().filter_map(scores).collect()
    };
    let mean = |scores: &[Option<f64>]| {
        let defined: Vec<f64> = scores.iter().flatten().copied().collect();
        (!defined.is_empty()).then(|| defined.iter().sum::<f64>() / defined.len() as f64)
    };
    for monitor in ["valid/loss", "valid/dice/primary", "valid/dice/foreground"] {
        let bench = Bench::new(&[&format!("train.monitor={monitor:?}")]);
        let names = batches(&bench);
        assert!(names.len() == 3 && names.is_sorted(), "{names:?}");
        for (monitored, by_case) in epochs(&bench) {
            assert_eq!(by_case.len(), names.len(), "{monitor}");
            // The foreground's score is the mean of classes, and not of cases.
            if monitor != "valid/dice/foreground" {
                assert_eq!(mean(&by_case), monitored, "{monitor}");
            }
        }
    }
}

#[test]
fn a_complete_run_returns_at_once() {
    let bench = Bench::new(&[]);
    let straight = bench.straight();
    let again = bench.go_on(&straight);
    assert_eq!(again.trained, straight.trained);
    assert_eq!((again.events.len(), again.places()), (0, vec![]));
}

#[test]
fn patience_counts_across_a_stop() {
    // Steps too small to change any voxel's class: the first epoch stays the best.
    let settings = [
        "schedule={ kind = \"constant\", max-lr = 1e-9 }",
        "optimizer.weight-decay=0.0",
        "model.norm=\"instance\"",
        "train.patience=2",
        "train.epochs=30",
    ];
    let bench = Bench::new(&settings);
    let straight = bench.straight();
    assert_eq!(straight.end(), TrainingEnd::StoppedEarly);
    let n_steps = straight.n_steps();
    assert_eq!(n_steps, 9, "{:?}", straight.trained);
    for step in [4, 6, 8] {
        let first = bench.until_step(None, step);
        let second = bench.go_on(&first);
        agree(&straight, &[&first, &second], &format!("stopped at step {step}"));
    }
    let again = bench.go_on(&straight);
    assert_eq!((again.end(), again.events.len()), (TrainingEnd::StoppedEarly, 0));
}

#[test]
fn checkpoints_come_as_often_as_the_spec_says() {
    let bench = Bench::new(&[]);
    let straight = bench.straight();
    let every_step = bench.with(|experiment| experiment.checkpoint.every_minutes = Some(0.0));
    let often = every_step.straight();
    let mut expected = Vec::new();
    for epoch in 0..3 {
        expected.extend((1..=3).map(|batch| [epoch, 3 * epoch + batch, batch]));
        expected.push([epoch + 1, 3 * (epoch + 1), 0]);
    }
    assert_eq!(often.places(), expected);
    agree(&straight, &[&often], "a checkpoint a step");
    let heard = often.events.iter().filter_map(|event| match event {
        Event::Checkpoint { epoch, step, .. } => Some([*epoch, *step]),
        _ => None,
    });
    let said = expected.iter().map(|[epoch, step, n]| [epoch + usize::from(*n > 0), *step]);
    assert_eq!(heard.collect::<Vec<_>>(), said.collect::<Vec<_>>());

    // The score does not rise after the first epoch, which is kept as the best one, and the
    // fourth as the last.
    let seldom = Bench::new(&[
        "schedule={ kind = \"constant\", max-lr = 1e-9 }",
        "optimizer.weight-decay=0.0",
        "model.norm=\"instance\"",
        "train.epochs=4",
        "checkpoint.every-epochs=3",
        "checkpoint.every-minutes=100000",
    ]);
    assert_eq!(seldom.straight().places(), [[1, 3, 0], [3, 9, 0], [4, 12, 0]]);
}

#[test]
fn a_deadline_that_has_passed_stops_at_once_with_a_checkpoint() {
    let bench = Bench::new(&[]);
    let limits = Limits { deadline: Some(Instant::now()), step_limit: None };
    let first = bench.attempt(&Start { limits: limits.clone(), ..Start::default() }, None);
    assert_eq!(first.end(), TrainingEnd::Stopped(Stop::Walltime));
    assert_eq!(first.places(), [[0, 0, 0]]);
    let two = bench.until_step(Some(first.last()), 2);
    let start = Start { from: Some(two.last()), limits, extends: None };
    let none = bench.attempt(&start, None);
    assert_eq!(none.end(), TrainingEnd::Stopped(Stop::Walltime));
    assert_eq!((none.n_steps(), none.places()), (0, vec![]));
    agree(&bench.straight(), &[&two, &bench.go_on(&two)], "deadlines");
    // Far away, it changes nothing.
    let later = Instant::now() + std::time::Duration::from_hours(24);
    let limits = Limits { deadline: Some(later), step_limit: None };
    assert_eq!(
        bench.attempt(&Start { limits, ..Start::default() }, None).end(),
        TrainingEnd::Finished
    );
}

#[test]
fn a_loss_that_is_not_finite_says_the_last_finite_one_after_a_resume() {
    let bench = Bench::new(&[
        "optimizer.weight-decay=10.0",
        "schedule={ kind = \"constant\", max-lr = 1.0 }",
        "train.epochs=30",
        "train.patience=0",
    ]);
    let straight = bench.straight();
    assert_eq!(straight.error().code, ErrorCode::NotFinite);
    assert!(straight.error().faults[0].details[0].starts_with("last finite loss "));
    // The latest step that can still be stopped at and is not in a validation that fails.
    let first = bench.until_step(None, straight.n_steps());
    let second = bench.go_on(&first);
    assert_eq!(second.error(), straight.error());
}

#[test]
fn a_checkpoint_of_another_run_is_refused_by_the_name_of_its_file() {
    let bench = Bench::new(&[]);
    let stopped = bench.until_step(None, 2);
    let refused = |other: &Bench, folder: &Path| {
        let start = Start { from: Some(folder), ..Start::default() };
        let attempt = other.attempt(&start, None);
        assert!(attempt.events.is_empty());
        let error = attempt.error().clone();
        assert_eq!((error.code, error.faults.len()), (ErrorCode::Run, 1));
        error.to_string()
    };
    let folder = stopped.last();
    let wider = bench.with(|experiment| experiment.model.widths = vec![2, 6]);
    let message = refused(&wider, folder);
    let expected = format!("error: checkpoint `{}` belongs to another run", folder.display());
    assert!(message.starts_with(&expected) && message.contains("model.bpk"), "{message}");
    assert!(message.contains("shape mismatch"), "{message}");
    let plain = bench.with(|experiment| experiment.optimizer.amsgrad = false);
    let message = refused(&plain, folder);
    assert!(message.contains("optimizer.bpk") && message.contains("expected "), "{message}");
    let single = bench.with(|experiment| experiment.train.batch = 1);
    // Two batches of an epoch of five fit; a whole epoch of three does not.
    let whole = bench.until_step(None, 4);
    let message = refused(&single, whole.last());
    assert!(message.contains("state.json") && message.contains("step 4"), "{message}");

    let copy = bench.folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for file in [MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE, STATE_FILE] {
        std::fs::copy(folder.join(file), copy.join(file)).unwrap();
    }
    let scheduler = std::fs::read(whole.last().join(SCHEDULER_FILE)).unwrap();
    std::fs::write(copy.join(SCHEDULER_FILE), scheduler).unwrap();
    let message = refused(&bench, &copy);
    assert!(message.contains("expected step 2, found Some(4)"), "{message}");
    for file in [MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE, STATE_FILE] {
        let whole = std::fs::read(folder.join(file)).unwrap();
        // Half of a scheduler's file is padding, and not missed.
        std::fs::write(copy.join(file), &whole[..whole.len() / 8]).unwrap();
        let message = refused(&bench, &copy);
        let path = copy.join(file).display().to_string();
        assert!(message.starts_with(&format!("error: cannot read `{path}`")), "{message}");
        std::fs::remove_file(copy.join(file)).unwrap();
        assert!(refused(&bench, &copy).contains(&path));
        std::fs::write(copy.join(file), &whole).unwrap();
    }
}

#[test]
fn a_finished_cycle_is_extended_as_the_spec_says_or_not_at_all() {
    let bench = Bench::new(&[]);
    let parent = bench.straight();
    let extended = |on_extend| {
        bench.with(|experiment| {
            experiment.train.epochs = 5;
            let spec::Schedule::OneCycle { on_extend: how, .. } = &mut experiment.schedule else {
                panic!("another schedule");
            };
            *how = on_extend;
        })
    };
    let start = Start { from: Some(parent.last()), extends: Some(3), ..Start::default() };
    let refused = extended(None).attempt(&start, None);
    assert!(refused.error().to_string().contains("schedule.on-extend"), "{}", refused.error());
    for (how, is_restart) in [(spec::OnExtend::Restart, true), (spec::OnExtend::Stretch, false)] {
        let bench = extended(Some(how));
        let whole = bench.attempt(&start, None);
        assert_eq!((whole.end(), whole.n_steps()), (TrainingEnd::Finished, 6));
        let state = &whole.trained.as_ref().unwrap().state;
        assert!(state.best_epoch > 0 && state.step == 15, "the best of all epochs: {state:?}");
        let lrs: Vec<f64> = whole
            .events
            .iter()
            .filter_map(|event| if let Event::Step { lr, .. } = event { Some(*lr) } else { None })
            .collect();
        let rules = &bench.loaded.experiment.schedule;
        let schedule = if is_restart {
            train::LrSchedule::new(rules, 0.9, 3, 2)
        } else {
            train::LrSchedule::new(rules, 0.9, 3, 5)
        };
        let first = if is_restart { 0 } else { 9 };
        let expected: Vec<f64> = (first..first + 6).map(|step| schedule.at(step).lr).collect();
        assert_eq!(lrs, expected);
        // An extension is stopped and goes on like any run.
        let limits = Limits { step_limit: Some(11), deadline: None };
        let stopped = bench.attempt(&Start { limits, ..start.clone() }, None);
        let from = Some(stopped.last());
        let rest = bench.attempt(&Start { from, extends: Some(3), ..Start::default() }, None);
        agree(&whole, &[&stopped, &rest], "extended and stopped");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_from_other_failures() {
    struct Full(PathBuf);
    impl Listen for Full {
        fn hear(&mut self, _event: &Event) -> Result<()> {
            Ok(())
        }
    }
    impl Host for Full {
        fn commit(
            &mut self,
            _state: &TrainingState,
            write: &mut dyn FnMut(&Path) -> Result<()>,
        ) -> Result<()> {
            std::os::unix::fs::symlink("/dev/full", self.0.join(MODEL_FILE)).unwrap();
            write(&self.0)
        }
        fn stop_asked(&self) -> Option<Stop> {
            None
        }
    }
    let bench = Bench::new(&[]);
    let folder = bench.folder.path().to_owned();
    let chosen = device::choose(DeviceChoice::Only(DeviceId::Cpu)).unwrap();
    let host = Rc::new(RefCell::new(Full(folder.clone())));
    let experiment = &bench.loaded.experiment;
    let start = Start::default();
    let error = train::train(experiment, &bench.cases, &chosen, &folder, host, &start).unwrap_err();
    assert_eq!(error.code, ErrorCode::DiskFull);
    assert!(error.to_string().contains("model.bpk"), "{error}");
}

/// Not a promise of burn's, but of the kernels as they are: what is summed in parallel is summed
/// in an order of its own.
#[test]
fn the_number_of_threads_changes_nothing() {
    let bytes = |n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| Bench::new(&[]).straight().ends())
    };
    assert_eq!(bytes(1), bytes(3));
}
