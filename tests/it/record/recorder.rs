//! A run written through the recorder reads back; what is damaged is told apart.

use seglab::{
    analysis::{self, Mean, Overlays},
    event::{CaseRow, Event, Listen, Split},
    record::{
        ExistingRun, Failure, FailureClass, Freshness, Recorder, RunPlan, RunStart, Status, Store,
        find, read_run,
    },
    spec::Experiment,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Plan of a run of the experiment `tiny` with two classes.
pub(crate) fn plan(run_id: &str, seed: u64) -> RunPlan {
    let spec_text = format!(
        "question = 'Does it read back?'\nname = 'tiny'\nseed = {seed}\n\
         [data]\nroot = 'data/tiny'\nclasses = ['background', 'lesion']\n[train]\nepochs = 2\n"
    );
    let experiment: Experiment = toml::from_str(&spec_text).unwrap();
    RunPlan {
        run_id: run_id.into(),
        resolved: toml::to_string(&experiment).unwrap(),
        experiment,
        spec_text,
        digest: "0123456789abcdef".into(),
        fold: 0,
        seed,
        data_fingerprint: "data-1".into(),
        packed_fingerprint: None,
        split_fingerprint: "split-1".into(),
        device: "CPU (flex)".into(),
        cases: Vec::new(),
        parent: None,
        extends: Vec::new(),
        freshness: Freshness::Reuse,
    }
}

pub(crate) fn begin(runs: &Path, plan: &RunPlan) -> Recorder {
    match Store::new(runs.to_owned()).begin(plan).unwrap() {
        RunStart::Fresh(recorder) => *recorder,
        found => panic!("expected a fresh run, found {found:?}"),
    }
}

pub(crate) fn epoch(epoch: usize, train_loss: f64, lesion: Option<f64>) -> Event {
    Event::Epoch {
        epoch,
        step: epoch * 4,
        train_loss,
        valid_loss: Some(0.5),
        lr: 1e-3,
        dice: vec![Some(0.99), lesion],
        n_dice: vec![2, 1],
        dice_foreground: lesion,
        monitored: lesion,
        by_case: vec![lesion, None],
        is_best: true,
        seconds: [1.0, 0.5],
    }
}

pub(crate) fn case(name: &str, lesion: Option<f64>) -> [CaseRow; 2] {
    let row = |class: usize, dice, predicted_as: [u64; 2]| CaseRow {
        case: name.into(),
        split: Split::Valid,
        class,
        class_name: ["background", "lesion"][class].into(),
        epoch: 2,
        true_positive: predicted_as[class],
        false_positive: 0,
        false_negative: predicted_as[1 - class],
        dice,
        iou: None,
        precision: None,
        recall: None,
        reference_ml: 1.5,
        prediction_ml: 1.25,
        ceiling_dice: Some(0.875),
        predicted_as: predicted_as.to_vec(),
        specificity: None,
        space: None,
        whole: None,
    };
    [row(0, Some(0.75), [90, 0]), row(1, lesion, [3, 7])]
}

/// A finished run of two epochs with two validation cases, one of them without lesion.
pub(crate) fn finished(runs: &Path, plan: &RunPlan) -> PathBuf {
    let mut recorder = begin(runs, plan);
    recorder
        .hear(&Event::Started {
            n_cases: [4, 2, 0],
            n_parameters: 1234,
            epochs: 2,
            steps_per_epoch: 4,
            device: "CPU (flex)".into(),
        })
        .unwrap();
    recorder.hear(&epoch(1, 1.5, None)).unwrap();
    recorder.hear(&epoch(2, 0.5, Some(0.25))).unwrap();
    recorder.cases(&case("a", Some(0.5))).unwrap();
    recorder.cases(&case("b", None)).unwrap();
    recorder.overlay("best-a", b"png bytes").unwrap();
    recorder.finish(Status::Finished).unwrap();
    recorder.run_dir().to_owned()
}

#[test]
fn what_was_recorded_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan("tiny-f0-s1-01234567", 1);
    let dir = finished(folder.path(), &plan);
    assert_eq!(dir, folder.path().join("tiny/tiny-f0-s1-01234567"));
    let files = read_run(&dir).unwrap();
    assert_eq!((files.run.seed, files.run.parent.as_deref()), (1, None));
    assert_eq!(files.experiment, plan.experiment);
    assert_eq!(fs::read_to_string(dir.join("spec.toml")).unwrap(), plan.spec_text);
    assert_eq!((files.status.epoch, files.status.step), (2, 8));
    assert_eq!(files.events[2].event, epoch(2, 0.5, Some(0.25)));
    assert_eq!(files.cases, [case("a", Some(0.5)), case("b", None)].concat());
    assert_eq!(files.provenance.argv, std::env::args().collect::<Vec<_>>());
    assert!(files.provenance.machine.rustc.starts_with("rustc 1."));
    assert!(files.notes.is_empty());
    let left: Vec<_> = fs::read_dir(dir.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside the run: {left:?}");
}

#[test]
fn tables_hold_means_beside_their_counts() {
    let folder = tempfile::tempdir().unwrap();
    finished(folder.path(), &plan("tiny-f0-s1-01234567", 1));
    let mut running = begin(folder.path(), &plan("tiny-f0-s2-89abcdef", 2));
    running.hear(&epoch(1, 1.25, None)).unwrap();
    let tables = analysis::load(folder.path(), &["tiny".into()], Overlays::Load).unwrap();
    let [done, open] = tables.runs.as_slice() else { panic!("{:?}", tables.runs) };
    assert_eq!(done.valid_dice[1], Mean { mean: Some(0.5), n: 1 });
    assert_eq!(done.valid_dice[0], Mean { mean: Some(0.75), n: 2 });
    assert_eq!(done.valid_foreground, Mean { mean: Some(0.5), n: 1 });
    assert_eq!(done.valid_confusion, [[180, 0], [6, 14]]);
    assert_eq!(done.valid_accuracy, Some(194.0 / 200.0));
    assert_eq!((done.best_epoch, done.best_monitored), (Some(2), Some(0.25)));
    assert_eq!((done.epochs, done.epochs_asked, done.n_parameters), (2, 2, Some(1234)));
    assert_eq!(done.overlays, [("best-a.png".to_owned(), b"png bytes".to_vec())]);
    assert_eq!((open.status.name(), open.epochs), ("running", 1));
    assert_eq!(open.valid_foreground, Mean::default());
    assert_eq!(analysis::differing(&tables.runs), ["seed"]);
    assert_eq!((tables.epochs.len(), tables.scores.len()), (3, 4));
}

#[test]
fn diverged_run_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan("tiny-f0-s1-01234567", 1));
    recorder.hear(&epoch(1, f64::NAN, None)).unwrap();
    recorder.hear(&epoch(2, f64::NEG_INFINITY, None)).unwrap();
    let failure = Failure {
        class: FailureClass::NonFiniteLoss,
        reason: "loss became NaN".into(),
        details: vec!["last finite loss 0.4 at step 3".into()],
        advice: vec!["lower `schedule.max-lr`".into()],
    };
    recorder.finish(Status::Failed(failure.clone())).unwrap();
    let dir = recorder.run_dir().to_owned();
    assert_eq!(read_run(&dir).unwrap().status.status, Status::Failed(failure));
    let tables = analysis::load_run(&dir, Overlays::Skip).unwrap();
    assert!(tables.epochs[0].train_loss.is_nan());
    assert!(tables.epochs[1].train_loss.total_cmp(&f64::NEG_INFINITY).is_eq());
    assert_eq!(tables.runs[0].reason.as_deref(), Some("loss became NaN"));
}

#[test]
fn damage_in_a_log_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan("tiny-f0-s1-01234567", 1));
    let events = dir.join("events.jsonl");
    let (whole, place) = (fs::read(&events).unwrap(), events.display());
    fs::write(&events, &whole[..whole.len() - 7]).unwrap();
    let lost = read_run(&dir).unwrap_err();
    assert_eq!(lost.faults[0].message, format!("`{place}` has lost its end"), "the run has ended");
    fs::write(&events, [&*whole, b"a stale owner's line\n"].concat()).unwrap();
    assert_eq!(read_run(&dir).unwrap().events.len(), 3, "what follows the end is not of the run");

    let mut altered = whole.clone();
    altered[20] ^= 1;
    fs::write(&events, &altered).unwrap();
    assert_eq!(
        read_run(&dir).unwrap_err().to_string(),
        format!(
            "error: line 1 of `{place}` is damaged\n  --> {place}\n  \
             it does not match its checksum, and 2 follow\n\
             hint: what comes before the line is sound; see what `seglab doctor` says"
        )
    );
}

#[test]
fn damaged_run_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan("tiny-f0-s1-01234567", 1));
    finished(folder.path(), &plan("tiny-f0-s2-89abcdef", 2));
    fs::write(dir.join("run.toml"), "format = 2\n").unwrap();
    let tables = analysis::load(folder.path(), &[], Overlays::Skip).unwrap();
    let stand: Vec<_> = tables.runs.iter().map(|run| (&*run.run, run.status.name())).collect();
    assert_eq!(stand, [("tiny-f0-s1-01234567", "damaged"), ("tiny-f0-s2-89abcdef", "finished")]);
    assert_eq!(
        tables.runs[0].reason.as_deref(),
        Some("run `tiny-f0-s1-01234567` was written in format 2, but this build reads up to 1")
    );
}

#[test]
fn run_is_found_by_the_beginning_of_its_id_when_no_other_shares_it() {
    let folder = tempfile::tempdir().unwrap();
    for run_id in ["tiny-f0-s1-01234567", "tiny-f0-s1-01234567-2", "tiny-f0-s2-89abcdef"] {
        begin(folder.path(), &plan(run_id, 1));
    }
    let found =
        |prefix: &str| find(folder.path(), prefix).map(|dir| dir.file_name().unwrap().to_owned());
    assert_eq!(found("tiny-f0-s2").unwrap(), "tiny-f0-s2-89abcdef");
    assert_eq!(found("tiny-f0-s1-01234567").unwrap(), "tiny-f0-s1-01234567", "exact wins");
    assert_eq!(found("tiny/tiny-f0-s2").unwrap(), "tiny-f0-s2-89abcdef");
    assert_eq!(
        found("tiny-f0-s1").unwrap_err().to_string(),
        "error: 2 runs begin with `tiny-f0-s1`\n  tiny-f0-s1-01234567\n  tiny-f0-s1-01234567-2\n\
         hint: give more of the id"
    );
    let none = found("large").unwrap_err();
    assert_eq!(none.faults[0].details.len(), 3, "all are candidates: {none}");
}

#[test]
fn run_begun_before_is_gone_on_with_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().to_owned());
    let mut plan = plan("tiny-f0-s1-01234567", 1);
    let dir = begin(folder.path(), &plan).run_dir().to_owned();
    plan.freshness = Freshness::Fresh;
    let beside = finished(folder.path(), &plan);
    assert_eq!(beside, folder.path().join("tiny/tiny-f0-s1-01234567-2"));
    let files = read_run(&beside).unwrap();
    assert_eq!(files.run.parent.as_deref(), Some("tiny-f0-s1-01234567"));
    assert_eq!(files.run.digest, plan.digest);
    assert_eq!(store.look(&plan).unwrap(), ExistingRun::None, "a fresh run is wanted");
    plan.freshness = Freshness::Reuse;
    assert_eq!(store.look(&plan).unwrap(), ExistingRun::Answered);
    let status = fs::read(dir.join("status.json")).unwrap();
    let again = store.begin(&plan).unwrap();
    assert!(matches!(&again, RunStart::Finished(found) if *found == beside), "{again:?}");
    assert_eq!(fs::read(dir.join("status.json")).unwrap(), status, "answered wins");
    plan.freshness = Freshness::Fresh;
    assert!(begin(folder.path(), &plan).run_dir().ends_with("tiny-f0-s1-01234567-3"));
}

#[test]
fn unwritable_runs_folder_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be: unlike missing rights, it stops root too.
    let runs = folder.path().join("runs");
    fs::write(&runs, "in the way").unwrap();
    let error = Store::new(runs.clone()).begin(&plan("tiny-f0-s1-01234567", 1)).unwrap_err();
    let runs = runs.display();
    assert_eq!(
        error.to_string(),
        format!(
            "error: cannot create run `tiny-f0-s1-01234567` in `{runs}`\n\
             caused by: cannot create folder `{runs}/tiny`\n\
             caused by: Not a directory (os error 20)\n\
             hint: give yourself write access there, or choose another folder with `--runs DIR`"
        )
    );
    assert_eq!(error.code.exit_code(), 2);
}
