//! [`generate`]: a store of runs that were never trained, for whoever times reading them.
//!
//! Written through the recorder and compacted, as true runs are. Numbers are spread without
//! chance, so that two stores of one size hold the same scores.
//!
//! Does not know what is timed.

use crate::{
    analysis,
    base::{Error, Fault, Result},
    event::{CaseRow, Event, Listen, Split},
    record::{Freshness, Recorder, RunPlan, RunStart, Status, Store},
    spec::Experiment,
};
use std::{path::Path, thread};

/// How much there is of everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Runs.
    pub(super) runs: usize,
    /// Epochs of each.
    pub(super) epochs: usize,
    /// Classes: each has a Dice an epoch.
    pub(super) classes: usize,
}

/// Fills a folder with finished runs, all of one experiment.
///
/// # Errors
/// When a run cannot be begun, written or compacted.
pub(super) fn generate(folder: &Path, size: Size) -> Result<()> {
    let store = Store::new(folder.to_owned());
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let share = |first: usize| {
            let store = &store;
            let runs = (first..size.runs).step_by(n_threads);
            scope.spawn(move || runs.into_iter().try_for_each(|idx| write(store, size, idx)))
        };
        let threads: Vec<_> = (0..n_threads).map(share).collect();
        let lost = || Error::run(Fault::new("a thread that wrote runs panicked"));
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(lost())))
    })
}

fn write(store: &Store, size: Size, run_idx: usize) -> Result<()> {
    let mut recorder = begin(store, &plan(size, run_idx)?)?;
    let dir = recorder.run_dir().to_owned();
    recorder.hear(&started(size))?;
    for epoch in 1..=size.epochs {
        recorder.hear(&epoch_of(size, run_idx, epoch))?;
    }
    for case_idx in 0..2 {
        recorder.cases(&case(size, run_idx, case_idx))?;
    }
    recorder.finish(Status::Finished)?;
    analysis::compact(&dir).map(drop)
}

/// A new run in a store.
///
/// # Errors
/// When it cannot be begun, or was before.
pub(super) fn begin(store: &Store, plan: &RunPlan) -> Result<Recorder> {
    match store.begin(plan)? {
        RunStart::Fresh(recorder) => Ok(*recorder),
        _ => Err(Error::run(
            Fault::new(format!("run `{}` is there already", plan.run_id))
                .hint("choose a new folder, or remove this one"),
        )),
    }
}

/// What is asked of a run: its seed is all that sets it apart.
///
/// # Errors
/// When the spec made for it is none, which would be a bug.
pub(super) fn plan(size: Size, run_idx: usize) -> Result<RunPlan> {
    let seed = run_idx as u64 + 1;
    let classes: Vec<String> = (0..size.classes).map(|class| format!("\"c{class}\"")).collect();
    let spec_text = format!(
        "question = 'How fast are runs read?'\nname = 'made-up'\nseed = {seed}\n[data]\n\
         root = 'made-up'\nclasses = [{}]\n[train]\nepochs = {}\n",
        classes.join(", "),
        size.epochs
    );
    let no_spec = |error: &(dyn std::error::Error + 'static)| {
        Error::from(Fault::new("cannot make a synthetic spec").caused_by(error))
    };
    let experiment: Experiment = toml::from_str(&spec_text).map_err(|error| no_spec(&error))?;
    Ok(RunPlan {
        run_id: format!("made-up-f0-s{seed}-{seed:08x}"),
        resolved: toml::to_string(&experiment).map_err(|error| no_spec(&error))?,
        experiment,
        spec_text,
        digest: format!("{seed:016x}"),
        fold: 0,
        seed,
        data_fingerprint: "made-up".to_owned(),
        packed_fingerprint: None,
        split_fingerprint: "made-up".to_owned(),
        device: "none".to_owned(),
        freshness: Freshness::Reuse,
        cases: Vec::new(),
        parent: None,
        extends: Vec::new(),
    })
}

/// Fractional parts of multiples of the golden ratio, in [0, 1).
pub(super) fn spread(place: usize) -> f64 {
    (place as f64 * 0.618_033_988_749_895).fract()
}

fn started(size: Size) -> Event {
    Event::Started {
        n_cases: [8, 2, 0],
        n_parameters: 1_000_000,
        epochs: size.epochs,
        steps_per_epoch: 8,
        device: "none".to_owned(),
    }
}

fn epoch_of(size: Size, run_idx: usize, epoch: usize) -> Event {
    let value = |number: usize| spread((run_idx * 1009 + epoch) * 101 + number);
    let dice: Vec<Option<f64>> = (0..size.classes).map(|class| Some(value(class))).collect();
    Event::Epoch {
        epoch,
        step: epoch * 8,
        train_loss: 1.0 + value(90),
        valid_loss: Some(1.0 + value(91)),
        lr: 1e-3 * value(92),
        n_dice: vec![2; size.classes],
        dice_foreground: dice.last().copied().flatten(),
        monitored: dice.last().copied().flatten(),
        by_case: vec![Some(value(95)), Some(value(96))],
        is_best: epoch == size.epochs,
        seconds: [10.0 + value(93), 1.0 + value(94)],
        dice,
    }
}

fn case(size: Size, run_idx: usize, case_idx: usize) -> Vec<CaseRow> {
    let row = |class: usize| {
        let dice = spread(run_idx * 100 + case_idx * 50 + class);
        CaseRow {
            case: format!("case-{case_idx}"),
            split: Split::Valid,
            class,
            class_name: format!("c{class}"),
            epoch: size.epochs,
            true_positive: 1000,
            false_positive: 100,
            false_negative: 100,
            dice: Some(dice),
            iou: Some(dice / (2.0 - dice)),
            precision: Some(dice),
            recall: Some(dice),
            reference_ml: 10.0,
            prediction_ml: 10.0 * dice,
            ceiling_dice: Some(0.99),
            predicted_as: (0..size.classes as u64).map(|other| 10 + other).collect(),
            specificity: None,
            space: None,
            whole: None,
        }
    };
    (0..size.classes).map(row).collect()
}
