//! What an ended run logged, kept as Parquet: equal to the logs, and never believed over them.

use crate::record::recorder::{begin, case, epoch, finished, plan};
use polars::prelude::{AnyValue, DataFrame};
use seglab::{
    analysis::{Overlays, STEPS_TABLE, Tables, compact, epochs_frame, load, load_run, load_runs},
    event::{Event, Listen, Stop},
    record::{Failure, FailureClass, RunStart, SUMMARY, Status, Store, checkpoint::Position},
};
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

const ID: &str = "tiny-f0-s1-01234567";
const EPOCHS_TABLE: &str = "epochs.parquet";

fn step(step: usize, loss: f64, grad_norm: f64) -> Event {
    Event::Step { epoch: 1, step, loss, lr: 1e-3, beta1: 0.9, grad_norm, seconds: 0.25 }
}

/// A run that diverged: its log holds every kind of number there is.
fn diverged(runs: &Path) -> PathBuf {
    let mut recorder = begin(runs, &plan(ID, 1));
    for event in [
        step(1, 0.1, -0.0),
        step(2, f64::INFINITY, f64::NAN),
        epoch(1, f64::NEG_INFINITY, Some(0.1 + 0.2)),
        step(3, f64::NAN, f64::MIN_POSITIVE),
        epoch(2, f64::NAN, None),
    ] {
        recorder.hear(&event).unwrap();
    }
    recorder.cases(&case("a", Some(1.0 / 3.0))).unwrap();
    let failure = Failure {
        class: FailureClass::NonFiniteLoss,
        reason: "the loss became NaN".into(),
        details: Vec::new(),
        advice: Vec::new(),
    };
    recorder.finish(Status::Failed(failure)).unwrap();
    recorder.run_dir().to_owned()
}

/// A run of which a second attempt went on from step 2, when the first had logged step 3 and an
/// epoch besides.
pub(crate) fn taken_up_again(runs: &Path) -> PathBuf {
    let plan = plan(ID, 1);
    let mut first = begin(runs, &plan);
    first.hear(&step(1, 10.0, 1.0)).unwrap();
    first.hear(&step(2, 20.0, 1.0)).unwrap();
    let mark = Position { epoch: 0, step: 2, batches: 2, best_epoch: 0 };
    let mut write =
        |folder: &Path| seglab::base::fs::write_synced(&folder.join("model"), b"weights");
    first.commit(mark, None, &mut write).unwrap();
    first.hear(&step(3, 666.0, 1.0)).unwrap();
    first.hear(&epoch(1, 666.0, None)).unwrap();
    first.finish(Status::Preempted { by: Stop::Signal }).unwrap();
    drop(first);
    let mut second = match Store::new(runs.to_owned()).begin(&plan).unwrap() {
        RunStart::Resumed(resumed) => resumed.recorder,
        found => panic!("expected to go on, found {found:?}"),
    };
    second.hear(&step(3, 30.0, 1.0)).unwrap();
    second.hear(&epoch(1, 0.5, Some(0.5))).unwrap();
    second.hear(&epoch(2, 0.25, Some(0.75))).unwrap();
    second.finish(Status::Finished).unwrap();
    second.run_dir().to_owned()
}

fn rows(dir: &Path) -> Tables {
    load_run(dir, Overlays::Skip).unwrap()
}

/// As text, in which NaN equals itself.
fn text(tables: &Tables) -> String {
    format!("{tables:?}")
}

/// Rows from the logs alone: nothing that was kept is there.
fn rows_of_logs(dir: &Path) -> Tables {
    for name in [SUMMARY, EPOCHS_TABLE, STEPS_TABLE] {
        let _ = fs::remove_file(dir.join(name));
    }
    rows(dir)
}

/// Alters a file in place and leaves its time as it was.
fn alter_unseen(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from) && from.len() == to.len());
    let modified = path.metadata().unwrap().modified().unwrap();
    fs::write(path, text.replace(from, to)).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}

fn value<'a>(frame: &'a DataFrame, column: &str, row: usize) -> AnyValue<'a> {
    frame.column(column).unwrap().get(row).unwrap()
}

#[test]
fn tables_hold_what_the_logs_say_with_values_that_are_not_finite() {
    let folder = tempfile::tempdir().unwrap();
    for dir in [diverged(folder.path()), finished(folder.path(), &plan("tiny-f0-s2-89abcdef", 2))] {
        let of_logs = rows_of_logs(&dir);
        compact(&dir).unwrap();
        assert_eq!(text(&rows(&dir)), text(&of_logs));
    }
    let compacted = compact(&folder.path().join("tiny").join(ID)).unwrap();
    assert_eq!((compacted.n_epochs, compacted.n_steps), (2, 3));

    let frame = epochs_frame(folder.path(), &[]).unwrap();
    assert_eq!(frame.height(), 4);
    assert_eq!(value(&frame, "run", 0), AnyValue::String(ID));
    assert_eq!(value(&frame, "train_loss", 0), AnyValue::Float64(f64::NEG_INFINITY));
    assert_eq!(value(&frame, "dice.lesion", 0), AnyValue::Float64(0.1 + 0.2));
    assert_eq!(value(&frame, "dice.lesion", 1), AnyValue::Null);
    assert!(matches!(value(&frame, "train_loss", 1), AnyValue::Float64(loss) if loss.is_nan()));
    assert_eq!(value(&frame, "epoch", 3), AnyValue::UInt64(2));
}

#[test]
fn tables_hold_scores_by_case_and_plots_do_not_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(ID, 1));
    compact(&dir).unwrap();
    // Names of columns stand in the file as they are.
    let bytes = fs::read(dir.join(EPOCHS_TABLE)).unwrap();
    let holds = |name: &str| bytes.windows(name.len()).any(|window| window == name.as_bytes());
    assert!(holds("by_case.0") && holds("by_case.1") && !holds("by_case.2"));
    let frame = epochs_frame(folder.path(), &[]).unwrap();
    let names = frame.get_column_names();
    assert!(!names.iter().any(|name| name.starts_with("by_case")), "{names:?}");
}

#[test]
fn masked_lines_are_not_in_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let dir = taken_up_again(folder.path());
    let compacted = compact(&dir).unwrap();
    assert_eq!((compacted.n_epochs, compacted.n_steps), (2, 3));
    let frame = epochs_frame(folder.path(), &[]).unwrap();
    assert_eq!(frame.height(), 2);
    assert_eq!(value(&frame, "train_loss", 0), AnyValue::Float64(0.5));
    assert_eq!(text(&rows(&dir)), text(&rows_of_logs(&dir)));
}

#[test]
fn a_run_that_can_still_continue_has_no_tables() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let mut first = begin(folder.path(), &plan);
    first.hear(&epoch(1, 0.5, None)).unwrap();
    first.finish(Status::Preempted { by: Stop::Signal }).unwrap();
    let dir = first.run_dir().to_owned();
    let error = compact(&dir).unwrap_err();
    assert_eq!(error.faults[0].message, format!("run `{ID}` has not ended"));
    assert_eq!(load_runs(folder.path(), &[]).unwrap()[0].status.name(), "preempted");
    assert!(!dir.join(SUMMARY).exists() && !dir.join(EPOCHS_TABLE).exists());
    let second = Store::new(folder.path().to_owned()).begin(&plan).unwrap();
    assert_eq!(load_runs(folder.path(), &[]).unwrap()[0].status.name(), "running");
    drop(second);
}

#[test]
fn a_table_is_used_until_the_log_changes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(ID, 1));
    compact(&dir).unwrap();
    let before = rows(&dir);
    let events = dir.join("events.jsonl");
    // The same length and time: this shows that the log is not what is read.
    alter_unseen(&events, "\"epoch\"", "\"epoCh\"");
    assert_eq!(rows(&dir), before);
    // Another time: the hash is asked, and tells.
    fs::write(&events, fs::read(&events).unwrap()).unwrap();
    assert!(load_run(&dir, Overlays::Skip).is_err());
    assert_eq!(load_runs(folder.path(), &[]).unwrap()[0].status.name(), "damaged");
    // The true bytes at another time, as a copy of the run has them.
    let text = fs::read_to_string(&events).unwrap().replace("epoCh", "epoch");
    fs::write(&events, &text).unwrap();
    assert_eq!(rows(&dir), before);
    // A longer log, as one attempt more has it: what is kept is made anew.
    let kept = fs::read(dir.join(EPOCHS_TABLE)).unwrap();
    let line = text.lines().find(|line| line.contains("\"started\"")).unwrap();
    fs::write(&events, format!("{text}{line}\n")).unwrap();
    fs::write(dir.join(EPOCHS_TABLE), b"old").unwrap();
    assert_eq!(rows(&dir).epochs, before.epochs);
    assert_eq!(fs::read(dir.join(EPOCHS_TABLE)).unwrap(), kept);
}

#[test]
fn a_damaged_table_or_summary_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let dir = diverged(folder.path());
    compact(&dir).unwrap();
    let before = text(&rows(&dir));
    for name in [EPOCHS_TABLE, SUMMARY] {
        let path = dir.join(name);
        let sound = fs::read(&path).unwrap();
        for place in (0..sound.len()).step_by(97) {
            let mut flipped = sound.clone();
            flipped[place] ^= 1 << (place % 8);
            for bytes in [flipped.as_slice(), &sound[..place]] {
                fs::write(&path, bytes).unwrap();
                assert_eq!(text(&rows(&dir)), before, "{name}, byte {place}");
                assert_eq!(epochs_frame(folder.path(), &[]).unwrap().height(), 2);
                assert_eq!(fs::read(&path).unwrap(), sound, "{name}, byte {place}");
            }
        }
    }
}

#[test]
fn two_compactions_at_once_leave_one_sound_table() {
    let folder = tempfile::tempdir().unwrap();
    let dir = diverged(folder.path());
    let of_logs = text(&rows_of_logs(&dir));
    for _ in 0..20 {
        thread::scope(|scope| {
            let both = [0, 1].map(|_| scope.spawn(|| compact(&dir)));
            let reader = scope.spawn(|| text(&rows(&dir)));
            for thread in both {
                thread.join().unwrap().unwrap();
            }
            assert_eq!(reader.join().unwrap(), of_logs);
        });
        assert_eq!(text(&rows(&dir)), of_logs);
    }
    let left = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_run_under_way_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan(ID, 1));
    recorder.hear(&epoch(1, 0.5, Some(0.5))).unwrap();
    let dir = recorder.run_dir().to_owned();
    let error = compact(&dir).unwrap_err();
    assert_eq!(error.faults[0].message, format!("run `{ID}` has not ended"));
    let tables = load(folder.path(), &[], Overlays::Skip).unwrap();
    assert_eq!((tables.runs[0].status.name(), tables.epochs.len()), ("running", 1));
    assert!(!dir.join(SUMMARY).exists());
    recorder.finish(Status::Finished).unwrap();
    assert_eq!(load_runs(folder.path(), &[]).unwrap()[0].status.name(), "finished");
    assert!(dir.join(SUMMARY).exists(), "kept for the next time");
}

#[test]
fn a_folder_that_cannot_be_written_is_listed_all_the_same() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(ID, 1));
    let writable = dir.metadata().unwrap().permissions();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).unwrap();
    let listed = load_runs(folder.path(), &[]).unwrap();
    fs::set_permissions(&dir, writable).unwrap();
    assert_eq!((listed[0].status.name(), listed[0].epochs), ("finished", 2));
}
