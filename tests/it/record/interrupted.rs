//! Runs that were cut off: what counts afterwards, what is gone on from, and who may write.

use crate::record::recorder::{begin, case, epoch, finished, plan};
use seglab::{
    base::{ErrorCode, Fault, Result},
    event::{Event, Listen},
    record::{
        Failure, FailureClass, Freshness, Recorder, Resumed, RunPlan, RunStart, Status, Store,
        checkpoint::{self, Position},
        history, read_run,
    },
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const ID: &str = "tiny-f0-s1-01234567";

fn step(epoch: usize, step: usize) -> Event {
    let (loss, lr, beta1, grad_norm) = (0.5 / step as f64, 1e-3, 0.9, 2.5);
    Event::Step { epoch, step, loss, lr, beta1, grad_norm, seconds: 0.01 }
}

/// Four steps and the end of an epoch.
fn train(recorder: &mut Recorder, number: usize) {
    for step_idx in 0..4 {
        recorder.hear(&step(number, (number - 1) * 4 + step_idx + 1)).unwrap();
    }
    recorder.hear(&epoch(number, 0.5, Some(0.25))).unwrap();
}

fn end_of(epoch: usize, best_epoch: usize) -> Position {
    Position { epoch, step: epoch * 4, batches: 0, best_epoch }
}

fn commit(recorder: &mut Recorder, position: Position, keep_every: Option<usize>) {
    let text = format!("weights of step {}", position.step);
    recorder
        .commit(position, keep_every, &mut |folder| {
            fs::write(folder.join("model.bpk"), &text).unwrap();
            fs::write(folder.join("state.json"), "{}").unwrap();
            Ok(())
        })
        .unwrap();
}

fn train_and_commit(recorder: &mut Recorder, number: usize, best_epoch: usize) {
    train(recorder, number);
    commit(recorder, end_of(number, best_epoch), None);
    let (step, seconds) = (number * 4, 0.1);
    recorder.hear(&Event::Checkpoint { epoch: number, step, seconds }).unwrap();
}

fn again(runs: &Path, plan: &RunPlan) -> RunStart {
    Store::new(runs.to_owned()).begin(plan).unwrap()
}

fn resumed(runs: &Path, plan: &RunPlan) -> Resumed {
    match again(runs, plan) {
        RunStart::Resumed(resumed) => *resumed,
        found => panic!("expected to go on, found {found:?}"),
    }
}

/// Keys and steps of the events that count; none may be there twice.
fn steps(dir: &Path) -> Vec<(&'static str, usize)> {
    let key = |event: &Event| match event {
        Event::Step { .. } => Some("step"),
        Event::Epoch { .. } => Some("epoch"),
        Event::Checkpoint { .. } => Some("checkpoint"),
        _ => None,
    };
    let events = read_run(dir).unwrap().events;
    let keys: Vec<_> =
        events.iter().filter_map(|entry| Some((key(&entry.event)?, entry.step))).collect();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "twice: {keys:?}");
    keys
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn pointed(dir: &Path, pointer: &str) -> String {
    let text = fs::read_to_string(dir.join("checkpoints").join(pointer)).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["checkpoint"].as_str().unwrap().to_owned()
}

fn flip(path: &Path, byte_idx: usize) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let mut altered = bytes.clone();
    altered[byte_idx] ^= 1;
    fs::write(path, altered).unwrap();
    bytes
}

#[test]
fn log_cut_at_any_byte_gives_its_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let mut recorder = begin(folder.path(), &plan);
    recorder.hear(&Event::Warning { message: "odd".into() }).unwrap();
    train(&mut recorder, 1);
    let dir = recorder.run_dir().to_owned();
    drop(recorder);
    let (log, whole) = (dir.join("events.jsonl"), fs::read(dir.join("events.jsonl")).unwrap());
    let all = read_run(&dir).unwrap().events;
    assert_eq!(all.len(), 6);
    assert_eq!((all[0].epoch, all[0].step, all[0].attempt), (0, 0, 1));
    for n_bytes in 0..=whole.len() {
        fs::write(&log, &whole[..n_bytes]).unwrap();
        let n_lines = whole[..n_bytes].split(|byte| *byte == b'\n').count() - 1;
        let is_torn = n_bytes > 0 && whole[n_bytes - 1] != b'\n';
        let files = read_run(&dir).unwrap();
        assert_eq!(files.events, all[..n_lines], "cut at {n_bytes}");
        let is_noted =
            files.notes.iter().any(|note| note.ends_with("is incomplete and is ignored"));
        assert_eq!(is_noted, is_torn, "cut at {n_bytes}");
        if n_bytes % 41 == 0 {
            let resumed = resumed(folder.path(), &plan);
            assert_eq!(resumed.notes.len(), usize::from(is_torn), "{:?}", resumed.notes);
            assert_eq!(steps(&dir), [], "without a checkpoint it starts over");
            let told = history(&dir).unwrap();
            let told: Vec<_> = told.events.into_iter().map(|(entry, _)| entry).collect();
            assert_eq!(told, all[..n_lines], "nothing whole is cut");
        }
    }
}

#[test]
fn what_a_dead_attempt_logged_after_its_checkpoint_is_masked() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let mut recorder = begin(folder.path(), &plan);
    train_and_commit(&mut recorder, 1, 1);
    recorder.hear(&step(2, 5)).unwrap();
    recorder.hear(&step(2, 6)).unwrap();
    let dir = recorder.run_dir().to_owned();
    drop(recorder);

    let mut second = resumed(folder.path(), &plan);
    let first_epoch =
        [("step", 1), ("step", 2), ("step", 3), ("step", 4), ("epoch", 4), ("checkpoint", 4)];
    assert_eq!(steps(&dir), first_epoch);
    assert_eq!(second.position, Some(end_of(1, 1)));
    assert_eq!(second.from, Some(dir.join("checkpoints/1")));
    assert_eq!(second.notes, Vec::<String>::new());
    assert_eq!(second.recorder.position(), second.position);
    let status = read_run(&dir).unwrap().status;
    assert_eq!((status.status, status.epoch, status.step), (Status::Running, 1, 4));
    second.recorder.hear(&step(2, 5)).unwrap();
    drop(second);

    let mut third = resumed(folder.path(), &plan);
    train_and_commit(&mut third.recorder, 2, 1);
    third.recorder.finish(Status::Finished).unwrap();
    let second_epoch =
        [("step", 5), ("step", 6), ("step", 7), ("step", 8), ("epoch", 8), ("checkpoint", 8)];
    assert_eq!(steps(&dir), [first_epoch, second_epoch].concat());
    let told = history(&dir).unwrap();
    let masked: Vec<_> = told
        .events
        .iter()
        .filter(|(_, is_masked)| *is_masked)
        .map(|(entry, _)| (entry.attempt, entry.step))
        .collect();
    assert_eq!(masked, [(1, 5), (1, 6), (2, 5)]);
    let rewinds: Vec<_> =
        told.rewinds.iter().map(|to| (to.attempt, to.epoch, to.step, to.to)).collect();
    assert_eq!((rewinds.len(), rewinds[0].0, rewinds[1].0), (2, 2, 3));
    assert_eq!((rewinds[0].1, rewinds[0].2, rewinds[0].3), (1, 4, rewinds[1].3));
    let known = again(folder.path(), &plan);
    assert!(matches!(&known, RunStart::Finished(found) if *found == dir), "{known:?}");
}

#[test]
fn lines_of_a_process_that_lost_the_run_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let mut recorder = begin(folder.path(), &plan);
    recorder.cases(&case("a", Some(0.5))).unwrap();
    train(&mut recorder, 1);
    let dir = recorder.run_dir().to_owned();
    drop(recorder);
    let events = fs::read_to_string(dir.join("events.jsonl")).unwrap();
    let rows = fs::read_to_string(dir.join("cases.jsonl")).unwrap();
    let mut second = resumed(folder.path(), &plan);
    train(&mut second.recorder, 1);
    let before = steps(&dir);
    let append = |name: &str, text: &str| {
        let path = dir.join(name);
        fs::write(&path, fs::read_to_string(&path).unwrap() + text).unwrap();
    };
    append("events.jsonl", &events);
    append("cases.jsonl", &rows);
    assert_eq!(steps(&dir), before);
    assert_eq!(read_run(&dir).unwrap().cases, []);
    second.recorder.hear(&step(2, 5)).unwrap();
    assert_eq!(steps(&dir), [before, vec![("step", 5)]].concat());
}

#[test]
fn a_process_that_lost_the_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan(ID, 1));
    train_and_commit(&mut recorder, 1, 1);
    let dir = recorder.run_dir().to_owned();
    fs::write(dir.join("attempts/0002.json"), "another process was here").unwrap();
    // For the lines of a log, a look at the disk holds for a millisecond.
    std::thread::sleep(std::time::Duration::from_millis(2));
    let bytes = |name: &str| fs::read(dir.join(name)).unwrap();
    let stand = || (bytes("events.jsonl"), bytes("cases.jsonl"), bytes("status.json"));
    let (before, folders) = (stand(), names(&dir.join("checkpoints")));
    let write = &mut |aside: &Path| -> Result<()> {
        fs::write(aside.join("model.bpk"), "late").unwrap();
        Ok(())
    };
    let outcomes = [
        recorder.hear(&step(2, 5)),
        recorder.cases(&case("a", None)),
        recorder.overlay("best-a", b"png"),
        recorder.commit(end_of(2, 2), None, write),
        recorder.forget_cases(),
        recorder.set_status(Status::Running),
        recorder.finish(Status::Finished),
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.code, ErrorCode::Superseded, "{error}");
        assert!(error.faults[0].message.starts_with(&format!("run `{ID}` was taken over by")));
    }
    assert_eq!(stand(), before);
    assert_eq!(names(&dir.join("checkpoints")), folders);
    assert_eq!(names(&dir.join("overlays")), Vec::<String>::new());
}

#[test]
fn of_many_processes_that_begin_at_once_one_gets_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let begun: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Store::new(folder.path().to_owned()).begin(&plan)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (one, refused): (Vec<_>, Vec<_>) = begun.into_iter().partition(Result::is_ok);
    assert_eq!(one.len(), 1, "{one:?}");
    for error in refused {
        let message = error.unwrap_err().to_string();
        let process = format!("process {}", std::process::id());
        assert!(message.contains(ID) && message.contains(&process), "{message}");
    }
    assert_eq!(names(&folder.path().join("tiny")), [ID], "nothing is left beside the run");
}

#[test]
fn any_altered_byte_of_a_small_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(ID, 1));
    let listed = fs::read_to_string(dir.join("files.json")).unwrap();
    for name in ["run.toml", "spec.toml", "resolved.toml", "provenance.json", "files.json"] {
        assert!(name == "files.json" || listed.contains(name), "{name} is hashed");
    }
    let small = ["run.toml", "spec.toml", "resolved.toml", "provenance.json", "files.json"];
    for name in small.into_iter().chain(["status.json", "events.jsonl", "cases.jsonl"]) {
        let path = dir.join(name);
        for byte_idx in 0..fs::metadata(&path).unwrap().len() as usize {
            let bytes = flip(&path, byte_idx);
            let error = read_run(&dir).unwrap_err().to_string();
            let named = error.contains(name) || name == "run.toml" && error.contains(ID);
            assert!(named, "byte {byte_idx} of {name}: {error}");
            fs::write(&path, bytes).unwrap();
        }
    }
    read_run(&dir).unwrap();
    let patch = dir.join("uncommitted.patch");
    if patch.exists() {
        flip(&patch, 0);
        assert!(read_run(&dir).unwrap_err().to_string().contains("uncommitted.patch"));
    }
}

#[test]
fn ended_run_says_what_its_files_are() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(ID, 1));
    let files = read_run(&dir).unwrap().status.files;
    let listed: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(listed, ["cases.jsonl", "events.jsonl", "overlays/best-a.png"]);
    for (name, file) in files {
        let bytes = fs::read(dir.join(&name)).unwrap();
        assert_eq!(file.bytes, bytes.len() as u64, "{name}");
        assert_eq!(file.blake3, blake3::hash(&bytes).to_hex().as_str(), "{name}");
    }
}

/// A run of three epochs whose best is the second, cut off.
fn three_epochs(runs: &Path, plan: &RunPlan) -> PathBuf {
    let mut recorder = begin(runs, plan);
    for (number, best) in [(1, 1), (2, 2), (3, 2)] {
        train_and_commit(&mut recorder, number, best);
    }
    recorder.run_dir().to_owned()
}

#[test]
fn damaged_checkpoint_is_set_aside_and_the_one_before_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let dir = three_epochs(folder.path(), &plan);
    let model = dir.join("checkpoints/3/model.bpk");
    for (file, n_bytes) in [("model.bpk", 18), ("MANIFEST.json", 0)] {
        let path = dir.join("checkpoints/3").join(file);
        let n_bytes = if n_bytes == 0 { fs::read(&path).unwrap().len() } else { n_bytes };
        for byte_idx in 0..n_bytes {
            let bytes = flip(&path, byte_idx);
            // Without its manifest the third is no checkpoint, and the second is the last.
            let last = checkpoint::last(&dir).map(|(path, _)| path);
            assert_ne!(last, Ok(dir.join("checkpoints/3")), "byte {byte_idx} of {file}");
            fs::write(&path, bytes).unwrap();
        }
    }
    fs::write(&model, "wEights of step 12").unwrap();
    let mut resumed = resumed(folder.path(), &plan);
    assert_eq!(
        (resumed.position, resumed.from),
        (Some(end_of(2, 2)), Some(dir.join("checkpoints/2")))
    );
    let [note] = resumed.notes.as_slice() else { panic!("{:?}", resumed.notes) };
    assert_eq!(
        *note,
        format!(
            "checkpoint `{}` is renamed to `damaged-3`: `model.bpk`: its bytes do not match \
             their hash",
            dir.join("checkpoints/3").display()
        )
    );
    assert_eq!(pointed(&dir, "last"), "2");
    train_and_commit(&mut resumed.recorder, 3, 2);
    assert_eq!(steps(&dir).last(), Some(&("checkpoint", 12)));
    assert_eq!(fs::read_to_string(&model).unwrap(), "weights of step 12");
    let standing = names(&dir.join("checkpoints"));
    assert_eq!(standing, ["2", "3", "best", "damaged-3", "last"]);
}

#[test]
fn a_run_whose_best_checkpoint_is_lost_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let dir = three_epochs(folder.path(), &plan);
    fs::remove_file(dir.join("checkpoints/2/state.json")).unwrap();
    assert!(checkpoint::best(&dir).is_err());
    let resumed = resumed(folder.path(), &plan);
    assert_eq!((resumed.from, resumed.position), (None, None));
    assert_eq!(resumed.notes.len(), 2, "{:?}", resumed.notes);
    assert_eq!(steps(&dir), [], "it starts over");
    assert_eq!(names(&dir.join("checkpoints")), ["damaged-2", "damaged-3"]);
}

#[test]
fn checkpoint_whose_log_is_gone_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let dir = three_epochs(folder.path(), &plan);
    let log = dir.join("events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    // Into the third epoch: its checkpoint rests on lines that are not there.
    let cut = text.match_indices('\n').nth(13).unwrap().0 + 10;
    fs::write(&log, &text[..cut]).unwrap();
    let mut resumed = resumed(folder.path(), &plan);
    assert_eq!(resumed.position, Some(end_of(2, 2)));
    assert_eq!(resumed.notes.len(), 2, "{:?}", resumed.notes);
    assert!(resumed.notes[1].ends_with("the log no longer has the lines from before it"));
    train(&mut resumed.recorder, 3);
    assert_eq!(steps(&dir).iter().filter(|(key, _)| *key == "epoch").count(), 3);
}

#[test]
fn lost_and_wrong_checkpoint_pointers_are_mended() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let dir = three_epochs(folder.path(), &plan);
    assert_eq!((pointed(&dir, "best"), pointed(&dir, "last")), ("2".into(), "3".into()));
    fs::write(dir.join("checkpoints/best"), "1\n").unwrap();
    fs::remove_file(dir.join("checkpoints/last")).unwrap();
    assert_eq!(checkpoint::best(&dir).unwrap(), (dir.join("checkpoints/2"), end_of(2, 2)));
    assert_eq!(checkpoint::last(&dir).unwrap(), (dir.join("checkpoints/3"), end_of(3, 2)));
    assert_eq!(resumed(folder.path(), &plan).position, Some(end_of(3, 2)));
    assert_eq!((pointed(&dir, "best"), pointed(&dir, "last")), ("2".into(), "3".into()));
    let kept = checkpoint::checkpoints(&dir).unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|kept| (kept.position.unwrap().name(), kept.is_best, kept.is_last))
        .collect();
    assert_eq!(kept, [("2".into(), true, false), ("3".into(), false, true)]);
}

#[test]
fn old_checkpoints_and_leftovers_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan(ID, 1));
    let checkpoints = recorder.run_dir().join("checkpoints");
    for number in 1..=7 {
        let mid = Position {
            epoch: number - 1,
            step: number * 4 - 2,
            batches: 2,
            best_epoch: 2.min(number - 1),
        };
        commit(&mut recorder, mid, Some(3));
        assert!(checkpoints.join(mid.name()).is_dir());
        commit(&mut recorder, end_of(number, 2.min(number)), Some(3));
    }
    // The second is best, the third and the sixth are wanted, the other is the one before.
    assert_eq!(names(&checkpoints), ["2", "3", "6", "6-step26", "7", "best", "last"]);
    assert_eq!(
        (pointed(recorder.run_dir(), "best").as_str(), recorder.position()),
        ("2", Some(end_of(7, 2)))
    );
}

#[test]
fn failed_commit_changes_nothing_and_a_sound_one_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let mut recorder = begin(folder.path(), &plan);
    train_and_commit(&mut recorder, 1, 1);
    let checkpoints = recorder.run_dir().join("checkpoints");
    let before = names(&checkpoints);
    let failing = &mut |aside: &Path| -> Result<()> {
        fs::write(aside.join("model.bpk"), "half").unwrap();
        Err(Fault::new("disk full").into())
    };
    assert_eq!(recorder.commit(end_of(2, 2), None, failing).unwrap_err().code, ErrorCode::Run);
    recorder.commit(end_of(1, 1), None, failing).unwrap();
    assert_eq!(names(&checkpoints), before);
    // What a kill in the middle of a commit leaves goes with the next attempt.
    fs::create_dir(checkpoints.join(".attempt-1.tmp")).unwrap();
    drop(recorder);
    assert_eq!(resumed(folder.path(), &plan).position, Some(end_of(1, 1)));
    assert_eq!(names(&checkpoints), before);
}

#[test]
fn scores_are_kept_until_training_continues() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let mut recorder = begin(folder.path(), &plan);
    train_and_commit(&mut recorder, 1, 1);
    train_and_commit(&mut recorder, 2, 2);
    recorder.cases(&case("a", Some(0.5))).unwrap();
    let dir = recorder.run_dir().to_owned();
    drop(recorder);
    let mut second = resumed(folder.path(), &plan);
    assert_eq!(second.cases, case("a", Some(0.5)));
    second.recorder.cases(&case("b", None)).unwrap();
    let rows = || read_run(&dir).unwrap().cases;
    assert_eq!(rows(), [case("a", Some(0.5)), case("b", None)].concat());
    drop(second);
    // The second epoch's checkpoint is gone, and with it what was scored with it.
    fs::remove_dir_all(dir.join("checkpoints/2")).unwrap();
    let mut third = resumed(folder.path(), &plan);
    assert_eq!((third.position, third.cases), (Some(end_of(1, 1)), vec![]));
    assert_eq!(rows(), []);
    third.recorder.cases(&case("a", None)).unwrap();
    third.recorder.forget_cases().unwrap();
    third.recorder.cases(&case("c", None)).unwrap();
    assert_eq!(rows(), case("c", None));
}

#[test]
fn failure_that_would_come_again_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, mut plan) = (folder.path(), plan(ID, 1));
    let fail = |recorder: &mut Recorder, class| {
        let reason = "it broke".into();
        let failure = Failure { class, reason, details: vec![], advice: vec![] };
        recorder.finish(Status::Failed(failure)).unwrap();
    };
    fail(&mut begin(runs, &plan), FailureClass::DiskFull);
    let mut second = resumed(runs, &plan);
    fail(&mut second.recorder, FailureClass::NonFiniteLoss);
    let dir = second.recorder.run_dir().to_owned();
    let before = (names(&dir.join("attempts")), fs::read(dir.join("status.json")).unwrap());
    let found = again(runs, &plan);
    let RunStart::Failed { dir: found, failure } = found else { panic!("{found:?}") };
    assert_eq!((found, failure.class), (dir.clone(), FailureClass::NonFiniteLoss));
    assert_eq!((names(&dir.join("attempts")), fs::read(dir.join("status.json")).unwrap()), before);
    plan.freshness = Freshness::Fresh;
    assert!(begin(runs, &plan).run_dir().ends_with(format!("{ID}-2")));
}

#[test]
fn unreadable_run_is_not_trained_a_second_time_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan(ID, 1);
    let dir = three_epochs(folder.path(), &plan);
    let place = dir.display();
    for (file, cause) in [
        ("events.jsonl", format!("line 1 of `{place}/events.jsonl` is damaged")),
        ("status.json", format!("`{place}/status.json` does not match its checksum")),
        ("spec.toml", format!("`{place}/spec.toml` is not as it was written")),
    ] {
        let sound = flip(&dir.join(file), 20);
        let error = Store::new(folder.path().to_owned()).begin(&plan).unwrap_err();
        let fault = &error.faults[0];
        let expected = format!("run `{ID}` exists already and cannot be continued");
        assert_eq!((&fault.message, &fault.causes[0]), (&expected, &cause));
        assert!(fault.hints[0].starts_with(&format!("`seglab doctor {ID}` says")), "{error}");
        assert_eq!(names(&dir.join("checkpoints")), ["2", "3", "best", "last"], "left as it is");
        assert_eq!(names(&folder.path().join("tiny")), [ID]);
        fs::write(dir.join(file), sound).unwrap();
    }
    flip(&dir.join("events.jsonl"), 20);
    plan.freshness = Freshness::Fresh;
    assert!(begin(folder.path(), &plan).run_dir().ends_with(format!("{ID}-2")));
    plan.freshness = Freshness::Reuse;
    finish_beside(folder.path(), &plan);
}

/// An answer counts, whatever lies beside it.
fn finish_beside(runs: &Path, plan: &RunPlan) {
    let mut second = resumed(runs, plan);
    second.recorder.finish(Status::Finished).unwrap();
    assert!(matches!(again(runs, plan), RunStart::Finished(_)));
}

#[test]
fn a_run_restored_without_its_attempts_counts_on_from_its_logs() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let dir = three_epochs(folder.path(), &plan);
    let second = resumed(folder.path(), &plan).recorder;
    drop(second);
    let before = steps(&dir);
    fs::remove_dir_all(dir.join("attempts")).unwrap();
    let Resumed { mut recorder, notes, .. } = resumed(folder.path(), &plan);
    assert!(notes[0].contains("it continues as attempt 3"), "{notes:?}");
    recorder.hear(&step(4, 13)).unwrap();
    assert_eq!(steps(&dir), [before, vec![("step", 13)]].concat(), "what it logs counts");
    assert!(dir.join("attempts/0003.json").exists());
}

#[test]
fn going_on_with_another_device_or_program_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan(ID, 1);
    three_epochs(folder.path(), &plan);
    assert_eq!(resumed(folder.path(), &plan).notes, Vec::<String>::new());
    plan.device = "cuda:0".into();
    let notes = resumed(folder.path(), &plan).notes;
    let expected = "the run started on `CPU (flex)` and continues on `cuda:0`";
    assert!(notes.len() == 1 && notes[0].starts_with(expected), "{notes:?}");
    plan.device = "CPU (flex), threads: 9".into();
    assert_eq!(resumed(folder.path(), &plan).notes, Vec::<String>::new());
}

#[test]
fn space_is_reserved_to_record_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(ID, 1);
    let dir = begin(folder.path(), &plan).run_dir().to_owned();
    let reserve = dir.join(".reserve");
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 65_536);
    fs::remove_file(&reserve).unwrap();
    drop(resumed(folder.path(), &plan));
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 65_536, "made anew");
}
