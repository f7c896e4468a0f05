//! [`SyntheticSweep`]: planned as a real sweep is, never run, and recorded as if it had been.

use crate::{spec::loading::load_text, support::synthetic_runs::PNG};
use seglab::{
    analysis::{SweepTables, load_sweep},
    event::{CaseRow, Event, Listen, Split, Stop},
    record::{Failure, FailureClass, Freshness, Recorder, RunPlan, RunStart, Status, Store},
    spec::{RunId, digest},
    sweep::{
        self, Cell, Plan, PlannedCell,
        store::{Outcome, SweepFolder, SweepPlan, WorkerEvent, WorkerLog},
    },
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const CLASSES: [&str; 3] = ["background", "primary", "metastasis"];

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Queued,
    LeftOut,
    /// Epochs done so far.
    Running(usize),
    /// Epochs done so far.
    Interrupted(usize),
    Finished,
    /// Epochs done.
    Pruned(usize),
    Failed(FailureClass, &'static str),
}

/// What a synthetic sweep is made from.
pub(crate) struct Recipe<'a> {
    /// TOML below the data.
    pub(crate) text: &'a str,
    pub(crate) n_cases: usize,
    pub(crate) epochs: usize,
    pub(crate) fate: &'a dyn Fn(&PlannedCell) -> Fate,
    /// Mean Dice of a cell.
    pub(crate) skill: &'a dyn Fn(&PlannedCell) -> f64,
}

/// A sweep on disk.
pub(crate) struct SyntheticSweep {
    folder: TempDir,
    pub(crate) plan: SweepPlan,
    source: Plan,
    /// Runs that look as if a process still works on them.
    _running: Vec<Recorder>,
}

/// Seconds of every process that ended.
pub(crate) const SECONDS: f64 = 90.0;
pub(crate) const NAME: &str = "made-up";

impl SyntheticSweep {
    pub(crate) fn runs(&self) -> PathBuf {
        self.folder.path().join("runs")
    }

    pub(crate) fn tables(&self) -> SweepTables {
        load_sweep(&self.runs(), NAME).unwrap()
    }

    /// A new attempt at a cell.
    pub(crate) fn begin(&self, cell_idx: usize) -> Recorder {
        let cell = &self.source.cells[cell_idx];
        begin(&self.runs(), cell, &self.plan.cells[cell_idx])
    }

    pub(crate) fn new(recipe: &Recipe<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let text = format!(
            "name = '{NAME}'\nquestion = 'Which of these is best?'\n[data]\nroot = 'd'\n\
             classes = ['background', 'primary', 'metastasis']\n{}",
            recipe.text
        );
        let loaded = load_text(&text, &[]).unwrap();
        let source = sweep::plan(&loaded).unwrap();
        let place = SweepFolder::new(&runs, NAME);
        let mut plan = planned(&source, &text, &loaded.experiment.to_toml());
        plan.n_trials = source.search.as_ref().map(sweep::Search::n_trials);
        plan.write(&place).unwrap();
        let mut worker = WorkerLog::enter(&place).unwrap();
        worker.write(&WorkerEvent::Began { slots: vec!["cpu".into(); 2], until: None }).unwrap();
        let mut running = Vec::new();
        for (cell, planned) in source.cells.iter().zip(&plan.cells) {
            running.extend(live(&runs, recipe, cell, planned, &mut worker));
        }
        Self { folder, plan, source, _running: running }
    }
}

fn planned(source: &Plan, text: &str, base: &str) -> SweepPlan {
    let cell = |cell: &PlannedCell| {
        let digest = digest(&cell.experiment, "data", "split");
        Cell {
            number: cell.number,
            trial: cell.trial,
            what: source.words(cell),
            settings: cell.settings.clone(),
            seed: cell.seed,
            fold: cell.fold,
            run_id: RunId::new(&cell.experiment, cell.fold, cell.seed, &digest).to_string(),
            digest,
        }
    };
    SweepPlan {
        format: 1,
        experiment: NAME.into(),
        question: "Which of these is best?".into(),
        created: chrono::DateTime::UNIX_EPOCH,
        applied: chrono::DateTime::UNIX_EPOCH,
        spec: text.into(),
        base: base.into(),
        differing: sweep::differing(&source.cells),
        n_seeds: source.n_seeds,
        n_folds: source.n_folds,
        n_trials: None,
        extends: Vec::new(),
        cells: source.cells.iter().map(cell).collect(),
    }
}

/// Writes down the life of one cell; its recorder while it goes on.
fn live(
    runs: &Path,
    recipe: &Recipe<'_>,
    cell: &PlannedCell,
    planned: &Cell,
    worker: &mut WorkerLog,
) -> Option<Recorder> {
    let fate = (recipe.fate)(cell);
    let (number, run) = (cell.number, planned.run_id.clone());
    let (n_epochs, status) = match fate {
        Fate::Queued => return None,
        Fate::LeftOut => {
            let reason = "it needs about 40 min, and there are 12".to_owned();
            worker.write(&WorkerEvent::LeftOut { cell: number, run, reason }).unwrap();
            return None;
        }
        Fate::Running(epochs) => (epochs, Status::Running),
        Fate::Interrupted(epochs) => (epochs, Status::Preempted { by: Stop::Signal }),
        Fate::Finished => (recipe.epochs, Status::Finished),
        Fate::Pruned(epochs) => {
            let reason = "its best score is number 5 of 8; the best 4 continue".to_owned();
            (epochs, Status::Pruned { reason })
        }
        Fate::Failed(class, reason) => {
            let advice = vec!["lower `schedule.max-lr`".to_owned()];
            let failure = Failure { class, reason: reason.into(), details: vec![], advice };
            (1, Status::Failed(failure))
        }
    };
    let device = if number % 2 == 0 { "cuda:0" } else { "cuda:1" };
    let idle = 0.1;
    let started =
        WorkerEvent::Started { cell: number, run: run.clone(), device: device.into(), idle };
    worker.write(&started).unwrap();
    let mut recorder = begin(runs, cell, planned);
    let skill = (recipe.skill)(cell);
    recorder
        .hear(&Event::Started {
            n_cases: [4 * recipe.n_cases, recipe.n_cases, 0],
            n_parameters: 1234,
            epochs: recipe.epochs,
            steps_per_epoch: 4,
            device: device.into(),
        })
        .unwrap();
    for number in 1..=n_epochs {
        recorder.hear(&epoch(cell, skill, number, recipe.epochs)).unwrap();
    }
    if fate == Fate::Finished {
        for case_idx in 0..recipe.n_cases {
            recorder.cases(&case(cell, skill, case_idx, recipe)).unwrap();
        }
        recorder.overlay("01_worst_case_003_dice-0.31_slice-9_window--160..240", PNG).unwrap();
    }
    if fate == Fate::Running(n_epochs) {
        recorder.set_status(Status::Running).unwrap();
        return Some(recorder);
    }
    recorder.finish(status.clone()).unwrap();
    let outcome = Outcome::of(&status, n_epochs, None);
    let device = device.into();
    let ended =
        WorkerEvent::Ended { cell: number, run, device, seconds: SECONDS, outcome, note: None };
    worker.write(&ended).unwrap();
    None
}

fn begin(runs: &Path, cell: &PlannedCell, planned: &Cell) -> Recorder {
    let plan = RunPlan {
        run_id: planned.run_id.clone(),
        experiment: cell.experiment.clone(),
        spec_text: "[data]\nroot = 'd'\n".into(),
        resolved: cell.experiment.to_toml(),
        digest: planned.digest.clone(),
        fold: planned.fold,
        seed: planned.seed,
        data_fingerprint: "data".into(),
        packed_fingerprint: None,
        split_fingerprint: format!("split {}", planned.fold),
        device: "cpu".into(),
        cases: Vec::new(),
        parent: None,
        extends: Vec::new(),
        freshness: Freshness::Reuse,
    };
    match Store::new(runs.to_owned()).begin(&plan).unwrap() {
        RunStart::Fresh(recorder) => *recorder,
        RunStart::Resumed(resumed) => resumed.recorder,
        found => panic!("expected a fresh run, found {found:?}"),
    }
}

/// Spread without chance: the fractional parts of multiples of the golden ratio, around 0.
pub(crate) fn spread(place: usize) -> f64 {
    (place as f64 * 0.618_033_988_749_895).fract() - 0.5
}

fn epoch(cell: &PlannedCell, skill: f64, epoch: usize, epochs: usize) -> Event {
    let done = epoch as f64 / epochs as f64;
    let noise = 0.05 * spread(epoch * 7 + cell.number * 3) + 0.06 * spread(cell.seed as usize);
    let dice = (skill * (1.0 - (-4.0 * done).exp()) + noise).clamp(0.0, 1.0);
    Event::Epoch {
        epoch,
        step: epoch * 4,
        train_loss: 1.5 - dice,
        valid_loss: Some(1.6 - dice),
        lr: 1e-3,
        dice: vec![Some(0.99), Some(dice), Some(0.8 * dice)],
        n_dice: vec![4; 3],
        dice_foreground: Some(0.9 * dice),
        monitored: Some(0.9 * dice),
        is_best: true,
        by_case: vec![],
        seconds: [1.0, 0.5],
    }
}

/// A case is easier or harder for all, and a run is luckier with some than with others. The last
/// case holds no metastasis.
fn case(cell: &PlannedCell, skill: f64, case_idx: usize, recipe: &Recipe<'_>) -> [CaseRow; 3] {
    let row = |class: usize| {
        let hard = 0.25 * spread(case_idx * 5 + 1);
        let luck = 0.05 * spread(case_idx * 3 + cell.number * 11 + class);
        let of_seed = 0.03 * spread(cell.seed as usize * 2);
        let dice = (skill + hard + luck + of_seed - 0.05 * class as f64).clamp(0.0, 1.0);
        let is_empty = class == 2 && case_idx + 1 == recipe.n_cases;
        let dice = (!is_empty).then_some(if class == 0 { 0.99 } else { dice });
        CaseRow {
            // Folds have cases of their own.
            case: format!("case_{:03}", case_idx + cell.fold * recipe.n_cases),
            split: Split::Valid,
            class,
            class_name: CLASSES[class].into(),
            epoch: recipe.epochs,
            true_positive: 4000,
            false_positive: 800,
            false_negative: 900,
            dice,
            iou: dice.map(|dice| dice / (2.0 - dice)),
            precision: dice,
            recall: dice,
            reference_ml: 12.5,
            prediction_ml: 11.25,
            ceiling_dice: dice.map(|_| 0.96),
            predicted_as: vec![900, 4000, 50],
            specificity: None,
            space: None,
            whole: None,
        }
    };
    [row(0), row(1), row(2)]
}
