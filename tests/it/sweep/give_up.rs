//! Runs that are given up between two epochs, and go on after all.

use crate::{
    analysis::compaction::taken_up_again,
    record::recorder::{begin, epoch, plan},
    support::sandbox::{Sandbox, TINY, lines, read},
};
use seglab::{
    analysis::{self, Overlays},
    base::{Error, Fault, Result},
    data::scan::FileCache,
    event::{Event, Listen},
    record::{
        Freshness, Recorder, RunPlan, Status, checkpoint,
        gc::{Keep, waste},
        metric_history, read_run,
    },
    run::{self, Pruner, Request, RunOutcome, StopFlags},
    spec::{self, DeviceChoice, DeviceId, Experiment, Loaded, Monitor, Prune, PruneKind, Settings},
    sweep::{
        Cell,
        prune::{SweepPruner, promoted_runs},
        store::{SweepFolder, SweepPlan, TrialFile},
    },
    train::device,
};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
    time::Instant,
};

/// Halving as in the textbook, with rungs after epochs 1, 2, 4 and so on.
fn halving(min_epochs: usize) -> Prune {
    Prune {
        kind: PruneKind::Asha,
        min_epochs,
        min_share: 0.0,
        min_cells: 0,
        reduction: 2.0,
        optimism: 0.0,
        ..Prune::default()
    }
}

/// A sandbox whose `tiny.toml` makes every random draw there is, over five epochs.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let root = sandbox.path("data");
    let text = TINY
        .replace("root = \"data\"", &format!("root = {:?}", root.to_str().unwrap()))
        .replace("widths = [2, 4]", "widths = [2, 4]\ndropout = 0.3\nskip-dropout = 0.1")
        .replace("epochs = 2", "epochs = 5\npatience = 0\nmonitor = \"valid/loss\"");
    sandbox.write("tiny.toml", &text);
    sandbox
}

/// Learns next to nothing.
const POOR: &str = "schedule={ kind = \"constant\", max-lr = 1e-9 }";
const GOOD: &str = "schedule={ kind = \"constant\", max-lr = 0.01 }";

fn load(sandbox: &Sandbox, schedule: &str) -> Loaded {
    spec::load(&sandbox.path("tiny.toml"), &[schedule.to_owned()]).unwrap()
}

#[derive(Default)]
struct Heard(Vec<Event>);

impl Listen for Heard {
    fn hear(&mut self, event: &Event) -> Result<()> {
        self.0.push(event.clone());
        Ok(())
    }
}

/// Asks for an answer in this process.
fn ask(
    loaded: &Loaded,
    runs: &Path,
    freshness: Freshness,
    pruner: Option<Rc<dyn Pruner>>,
) -> (Result<RunOutcome>, Vec<Event>) {
    let heard = Rc::new(RefCell::new(Heard::default()));
    let request = Request {
        loaded,
        device: &device::choose(DeviceChoice::Only(DeviceId::Cpu)).unwrap(),
        runs,
        reports: &runs.with_file_name("reports"),
        freshness,
        extends: None,
        step_limit: None,
        pruner,
        began: Instant::now(),
    };
    let planned = run::plan(loaded, runs, FileCache::Off).unwrap();
    let listener: Rc<RefCell<dyn Listen>> = Rc::clone(&heard) as _;
    let answer = run::run(&request, &planned, &StopFlags::default(), listener);
    let events = std::mem::take(&mut heard.borrow_mut().0);
    (answer, events)
}

/// What counts of a run's log, without how long it took.
fn results(dir: &Path) -> Vec<Event> {
    let mut events: Vec<Event> =
        read_run(dir).unwrap().events.into_iter().map(|entry| entry.event).collect();
    events.retain_mut(|event| match event {
        Event::Step { seconds, .. } => {
            *seconds = 0.0;
            true
        }
        Event::Epoch { seconds, .. } => {
            *seconds = [0.0; 2];
            true
        }
        Event::CaseScored { seconds, .. } => {
            *seconds = None;
            true
        }
        _ => false,
    });
    events
}

/// Names and bytes of the files of a checkpoint; its manifest holds the attempt.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| !path.ends_with("MANIFEST.json"));
    files.sort();
    let named = |path: &PathBuf| (path.file_name().unwrap().into(), std::fs::read(path).unwrap());
    files.iter().map(named).collect()
}

#[test]
fn a_run_that_was_given_up_and_promoted_ends_bit_for_bit_like_one_that_was_never_judged() {
    let sandbox = sandbox();
    let (good, poor) = (load(&sandbox, GOOD), load(&sandbox, POOR));
    let runs = sandbox.path("runs");
    let (first, _) = ask(&good, &runs, Freshness::Reuse, None);
    let folder = runs.join("tiny");
    let id = |dir: &Path| dir.file_name().unwrap().to_str().unwrap().to_owned();
    let ids = vec![id(first.unwrap().run_dir()), "tiny-f0-s42-not-begun".to_owned()];
    let rule = halving(2);
    let siblings = ids.clone();
    let siblings = move || Ok(siblings.clone());
    let judge = Rc::new(SweepPruner::new(&rule, &poor.experiment, folder.clone(), siblings));

    let (answer, _) = ask(&poor, &runs, Freshness::Reuse, Some(judge));
    let Ok(RunOutcome::Pruned { dir, reason }) = answer else { panic!("{answer:?}") };
    assert!(reason.starts_with("after epoch 2 its best score"), "{reason}");
    assert!(reason.contains("number 2 of 2; the best 1 continue"), "{reason}");
    let files_of_run = read_run(&dir).unwrap();
    assert_eq!(files_of_run.status.status, Status::Pruned { reason: reason.clone() });
    assert_eq!((files_of_run.status.epoch, files_of_run.cases.len()), (2, 0));
    assert_eq!(checkpoint::last(&dir).unwrap().1.epoch, 2);
    assert!(checkpoint::best(&dir).is_ok());
    assert_eq!(waste(&dir, Keep::Best, None).unwrap().items, []);
    let row = analysis::load_run(&dir, Overlays::Skip).unwrap().runs.remove(0);
    assert_eq!((row.status.name(), row.reason.as_ref()), ("pruned", Some(&reason)));
    let ids: Vec<String> = [ids, vec![id(&dir)]].concat();
    assert!(promoted_runs(&rule, &Monitor::Loss, &folder, &ids).is_empty());

    // Asked again, it is left as it is, and the user is told how to go on.
    let log = read(&dir.join("events.jsonl"));
    let asked = sandbox.run(&["run", "tiny.toml", "--set", POOR, "--device", "cpu"]).succeeds();
    assert!(asked.stderr.contains(&reason) && asked.stderr.contains("`--promote`"));
    assert!(asked.stdout.contains(&id(&dir)), "{}", asked.stdout);
    assert_eq!(read(&dir.join("events.jsonl")), log);
    let listed = sandbox.run(&["runs"]).succeeds().stdout;
    assert!(listed.contains(&format!("{} pruned: {reason}", id(&dir))), "{listed}");
    let shown = sandbox.run(&["runs", "show", &id(&dir)]).succeeds().stdout;
    assert!(shown.contains(&reason), "{shown}");

    sandbox.run(&["run", "tiny.toml", "--set", POOR, "--device", "cpu", "--promote"]).succeeds();
    let (straight, _) = ask(&poor, &sandbox.path("straight"), Freshness::Reuse, None);
    let straight = straight.unwrap();
    let straight = straight.run_dir();
    assert_eq!(id(straight), id(&dir));
    let status = read_run(&dir).unwrap().status;
    assert_eq!((status.status, status.epoch), (Status::Finished, 5));
    assert_eq!(results(&dir), results(straight));
    assert_eq!(read_run(&dir).unwrap().cases, read_run(straight).unwrap().cases);
    for find in [checkpoint::last, checkpoint::best] {
        let [(one, mark), (other, expected)] = [&dir, straight].map(|dir| find(dir).unwrap());
        assert_eq!(mark, expected);
        assert_eq!(files(&one), files(&other));
    }
    let attempts: Vec<_> =
        lines(&dir.join("events.jsonl")).iter().map(|line| line["attempt"].clone()).collect();
    assert_eq!((&attempts[0], attempts.last().unwrap()), (&1.into(), &2.into()));
}

/// Gives up after one epoch and notes when it was asked.
#[derive(Debug, Default)]
struct Asked {
    at: RefCell<Vec<usize>>,
    gives_up: Option<usize>,
    fails: bool,
}

impl Pruner for Asked {
    fn prune(&self, run_dir: &Path, epoch: usize) -> Result<Option<String>> {
        // The epoch stands in the log already.
        assert_eq!(metric_history(run_dir).unwrap().monitored.len(), epoch);
        self.at.borrow_mut().push(epoch);
        if self.fails {
            return Err(Error::run(Fault::new("the others are out of reach")));
        }
        Ok((self.gives_up == Some(epoch)).then(|| "it is enough".to_owned()))
    }
}

#[test]
fn a_judge_is_asked_once_an_epoch_and_not_after_the_last() {
    let sandbox = sandbox();
    let (poor, runs) = (load(&sandbox, POOR), sandbox.path("runs"));
    let judge = Rc::new(Asked { gives_up: Some(3), ..Asked::default() });
    let ask = |freshness| ask(&poor, &runs, freshness, Some(Rc::clone(&judge) as _)).0.unwrap();
    let answer = ask(Freshness::Reuse);
    let RunOutcome::Pruned { dir, reason } = &answer else { panic!("{answer:?}") };
    assert_eq!(reason, "it is enough");
    assert_eq!(ask(Freshness::Reuse), answer);
    assert_eq!(*judge.at.borrow(), [1, 2, 3]);
    assert_eq!(ask(Freshness::Promote), RunOutcome::New(dir.clone()));
    assert_eq!(*judge.at.borrow(), [1, 2, 3, 4]);
    assert_eq!(ask(Freshness::Promote), RunOutcome::Known(dir.clone()));
}

#[test]
fn a_failing_judge_does_not_fail_the_run() {
    let sandbox = sandbox();
    let judge = Rc::new(Asked { fails: true, ..Asked::default() });
    let poor = load(&sandbox, POOR);
    let (answer, heard) = ask(&poor, &sandbox.path("runs"), Freshness::Reuse, Some(judge));
    assert!(matches!(answer, Ok(RunOutcome::New(_))), "{answer:?}");
    let warnings = heard.iter().filter(|event| {
        matches!(event, Event::Warning { message } if message.ends_with("the others are out of reach"))
    });
    assert_eq!(warnings.count(), 4);
}

/// A run of two epochs that has done `scores.len()` of them, twelve cases each.
fn made_up(runs: &Path, plan: &RunPlan, scores: &[f64]) -> Recorder {
    let mut recorder = begin(runs, plan);
    for (idx, score) in scores.iter().enumerate() {
        let mut event = epoch(idx + 1, 1.0, Some(*score));
        let Event::Epoch { by_case, .. } = &mut event else { panic!("{event:?}") };
        *by_case = (0..12).map(|case| Some(score - 0.01 * f64::from(case))).collect();
        recorder.hear(&event).unwrap();
    }
    recorder
}

fn named(name: &str) -> RunPlan {
    plan(&format!("tiny-f0-s1-{name}"), 1)
}

/// Runs of one sweep, made up.
struct Sweep {
    folder: tempfile::TempDir,
    ids: Vec<String>,
    experiment: Experiment,
}

impl Sweep {
    fn new() -> Self {
        let experiment = named("mine").experiment;
        Self { folder: tempfile::tempdir().unwrap(), ids: Vec::new(), experiment }
    }

    fn add(&mut self, plan: &RunPlan, scores: &[f64], status: Option<Status>) -> PathBuf {
        let mut recorder = made_up(self.folder.path(), plan, scores);
        if let Some(status) = status {
            recorder.finish(status).unwrap();
        }
        self.ids.push(plan.run_id.clone());
        recorder.run_dir().to_owned()
    }

    fn prune(&self, rule: &Prune, dir: &Path, epoch: usize) -> Result<Option<String>> {
        let runs = self.folder.path().join("tiny");
        let ids = self.ids.clone();
        SweepPruner::new(rule, &self.experiment, runs, move || Ok(ids.clone())).prune(dir, epoch)
    }

    fn promoted_runs(&self, rule: &Prune) -> Vec<String> {
        let runs = self.folder.path().join("tiny");
        promoted_runs(rule, &self.experiment.train.monitor, &runs, &self.ids)
    }
}

#[test]
fn only_sound_runs_of_the_same_data_and_split_are_compared() {
    let mut sweep = Sweep::new();
    let rule = halving(1);
    let mine = sweep.add(&named("mine"), &[0.5], None);
    let other_split = RunPlan { split_fingerprint: "split-2".into(), ..named("split") };
    let other_data = RunPlan { data_fingerprint: "data-2".into(), ..named("data") };
    let damaged = sweep.add(&named("damaged"), &[0.9], None);
    std::fs::write(damaged.join("events.jsonl"), "no event\nno event either\n").unwrap();
    sweep.add(&other_split, &[0.9], None);
    sweep.add(&other_data, &[0.9], None);
    sweep.ids.push("tiny-f0-s1-not-there".into());
    assert_eq!(sweep.prune(&rule, &mine, 1).unwrap(), None);
    sweep.add(&named("better"), &[0.9], None);
    let reason = sweep.prune(&rule, &mine, 1).unwrap().unwrap();
    assert!(reason.contains("0.5000 is number 2 of 2"), "{reason}");
    // Epoch 2 is no rung: nothing is read, not even what is not there.
    assert_eq!(sweep.prune(&rule, Path::new("nowhere"), 2).unwrap(), None);
    assert!(sweep.prune(&rule, Path::new("nowhere"), 1).is_err());
    let none = Prune { kind: PruneKind::None, ..rule };
    assert_eq!(sweep.prune(&none, Path::new("nowhere"), 1).unwrap(), None);
}

/// A search proposes trials while other cells run.
#[test]
fn cells_of_trials_that_were_proposed_later_are_compared_too() {
    let mut sweep = Sweep::new();
    let folder = SweepFolder::new(sweep.folder.path(), "tiny");
    let cell = |number: usize, name: &str| Cell {
        number,
        trial: Some(number),
        what: name.into(),
        settings: Settings::new(),
        seed: sweep.experiment.seed,
        fold: sweep.experiment.split.fold(),
        run_id: named(name).run_id,
        digest: String::new(),
    };
    let (mine, later) = (cell(0, "mine"), cell(1, "later"));
    let other_seed = Cell { seed: mine.seed + 1, ..cell(2, "seed") };
    let asked = Experiment {
        sweep: Some(spec::Sweep { prune: halving(1), ..spec::Sweep::default() }),
        ..sweep.experiment.clone()
    };
    let mut plan = SweepPlan {
        format: 1,
        experiment: "tiny".into(),
        question: String::new(),
        created: chrono::DateTime::UNIX_EPOCH,
        applied: chrono::DateTime::UNIX_EPOCH,
        spec: String::new(),
        base: asked.to_toml(),
        differing: Vec::new(),
        n_seeds: 1,
        n_folds: 1,
        n_trials: Some(3),
        extends: Vec::new(),
        cells: vec![mine],
    };
    plan.write(&folder).unwrap();
    let pruner = SweepPruner::of_cell(&folder, &plan, &sweep.experiment).unwrap().unwrap();
    let dir = sweep.add(&named("mine"), &[0.5], None);
    sweep.add(&named("later"), &[0.9], None);
    sweep.add(&named("seed"), &[0.9], None);
    assert_eq!(pruner.prune(&dir, 1).unwrap(), None, "no other cell is planned");
    let settings = Some(Settings::new());
    let trial = |trial, cells| TrialFile { trial, settings: settings.clone(), cells };
    trial(1, vec![later]).propose(&folder).unwrap();
    trial(2, vec![other_seed]).propose(&folder).unwrap();
    let reason = pruner.prune(&dir, 1).unwrap().unwrap();
    assert!(reason.contains("0.5000 is number 2 of 2"), "{reason}");
}

#[test]
fn runs_are_compared_case_by_case_as_their_logs_say() {
    let mut sweep = Sweep::new();
    let rule = Prune { kind: PruneKind::Race, min_cells: 1, ..halving(1) };
    let mine = sweep.add(&named("mine"), &[0.3], None);
    sweep.add(&named("done"), &[0.8, 0.8], Some(Status::Finished));
    let reason = sweep.prune(&rule, &mine, 1).unwrap().unwrap();
    assert!(reason.contains("worse than `tiny-f0-s1-done` by 0.5000 on 12 cases"), "{reason}");
    assert_eq!(metric_history(&mine).unwrap().by_case[0][11], Some(0.3 - 0.11));
}

#[test]
fn a_run_is_promoted_when_enough_worse_ones_have_come() {
    let mut sweep = Sweep::new();
    let rule = halving(1);
    let pruned = || Some(Status::Pruned { reason: "it is last".into() });
    sweep.add(&named("better"), &[0.9], None);
    sweep.add(&named("mine"), &[0.5], pruned());
    assert!(sweep.promoted_runs(&rule).is_empty());
    sweep.add(&named("worse"), &[0.2], pruned());
    // Of another fold, and the best there.
    let other = RunPlan { split_fingerprint: "split-2".into(), ..named("fold") };
    sweep.add(&other, &[0.1], pruned());
    // Two of three go on.
    assert_eq!(sweep.promoted_runs(&rule), ["tiny-f0-s1-mine", "tiny-f0-s1-fold"]);
}

#[test]
fn masked_lines_are_not_in_a_metric_history() {
    let folder = tempfile::tempdir().unwrap();
    let dir = taken_up_again(folder.path());
    let course = metric_history(&dir).unwrap();
    assert_eq!(course.monitored, [Some(0.5), Some(0.75)]);
    assert_eq!((course.epochs, course.status), (2, Status::Finished));
    assert_eq!((course.data_fingerprint.as_str(), course.run_id.len()), ("data-1", 19));
}

#[test]
fn a_rule_that_can_never_give_a_cell_up_is_a_fault() {
    let sandbox = Sandbox::new();
    let check = |sweep: &str, epochs: usize| {
        let text = TINY.replace("epochs = 2", &format!("epochs = {epochs}"));
        sandbox.write("sweep.toml", &format!("{text}\n[sweep]\nseeds = [1, 2]\n{sweep}"));
        sandbox.run(&["spec", "check", "sweep.toml"])
    };
    let rule = "[sweep.prune]\nkind = \"asha\"\nmin-epochs = 3\n";
    let late = check(rule, 3);
    assert_eq!(late.code, 2);
    let expected = "`sweep.prune` would never stop a cell\n  --> sweep.toml:";
    assert!(late.stderr.contains(expected), "{}", late.stderr);
    assert!(late.stderr.contains("every cell gets 3 of its 3 epochs"), "{}", late.stderr);
    check(rule, 4).succeeds();
    check("[sweep.axes]\ntrain.epochs = [2, 40]\n[sweep.prune]\nkind = \"race\"\n", 3).succeeds();
    let wrong = check("[sweep.prune]\nreduction = 1.0\nkin = \"asha\"\n", 9).stderr;
    assert!(wrong.contains("`sweep.prune.reduction` is out of range"), "{wrong}");
    assert!(wrong.contains("did you mean `kind`?"), "{wrong}");
    let keys = sandbox.run(&["spec", "keys"]).succeeds().stdout;
    assert!(keys.contains("\nsweep.prune.kind\n") && keys.contains("\ntrain.accumulate\n"));
}
