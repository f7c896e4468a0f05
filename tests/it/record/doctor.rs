//! `seglab doctor`: what is damaged is found and told, what can be saved is, and nothing is lost
//! on the way.

use crate::record::{
    formats::redacted,
    recorder::{begin, epoch, finished, plan},
};
use clap::Parser;
use seglab::{
    cli::Arguments,
    event::Listen,
    record::{
        Recorder, RunStart, Severity, Status, Store, checkpoint::Position, diagnose, read_run,
        repair,
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const RUN: &str = "tiny-f0-s1-01234567";

/// What the command prints, and its error when it ends with one.
fn doctor(runs: &Path, words: &str) -> (String, Option<String>) {
    let folder = runs.display().to_string();
    let words = words.split(' ').filter(|word| !word.is_empty());
    let line = ["seglab", "doctor"].into_iter().chain(words).chain(["--runs", &folder]);
    let mut out = Vec::new();
    let ended = Arguments::try_parse_from(line).unwrap().run(&mut out);
    (String::from_utf8(out).unwrap(), ended.err().map(|error| error.to_string()))
}

fn commit(recorder: &mut Recorder, epoch: usize) {
    let position = Position { epoch, step: epoch * 4, batches: 0, best_epoch: 1 };
    let mut write = |folder: &Path| {
        fs::write(folder.join("model.bpk"), format!("weights of {epoch}")).unwrap();
        Ok(())
    };
    recorder.commit(position, None, &mut write).unwrap();
}

/// A run that ended without a word in its third epoch, with checkpoints of the first two.
fn killed(runs: &Path) -> PathBuf {
    let mut recorder = begin(runs, &plan(RUN, 1));
    for number in 1..=2 {
        recorder.hear(&epoch(number, 0.5, Some(0.25))).unwrap();
        commit(&mut recorder, number);
    }
    recorder.hear(&epoch(3, 0.25, Some(0.25))).unwrap();
    recorder.run_dir().to_owned()
}

/// Changes one byte of a file, so many bytes from its end.
fn flip(path: &Path, from_end: usize) {
    let mut bytes = fs::read(path).unwrap();
    let byte_idx = bytes.len() - from_end;
    bytes[byte_idx] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn goes_on_at(runs: &Path) -> Option<usize> {
    match Store::new(runs.to_owned()).begin(&plan(RUN, 1)).unwrap() {
        RunStart::Resumed(resumed) => resumed.position.map(|position| position.epoch),
        found => panic!("{found:?}"),
    }
}

#[test]
fn sound_runs_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    finished(folder.path(), &plan(RUN, 1));
    assert_eq!(doctor(folder.path(), ""), ("1 run is sound\n".to_owned(), None));
    assert_eq!(doctor(folder.path(), "--json").1, None);
}

#[test]
fn what_a_kill_leaves_is_no_trouble_and_goes_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let dir = killed(folder.path());
    let events = fs::read(dir.join("events.jsonl")).unwrap();
    fs::write(dir.join("events.jsonl"), &events[..events.len() - 9]).unwrap();
    fs::create_dir(dir.join("checkpoints/.attempt-1.tmp")).unwrap();
    fs::write(dir.join(".status.json.77-1.tmp"), "{").unwrap();
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    let (text, error) = doctor(folder.path(), "");
    assert_eq!(error, None, "{text}");
    for line in [
        "  events.jsonl: line 3 is incomplete: the process was killed while it wrote it",
        "  .status.json.77-1.tmp: a killed process left it half written",
        "  checkpoints/.attempt-1.tmp: a killed process left it half written",
        "  notes.txt: seglab did not write it",
    ] {
        assert!(text.lines().any(|found| found == line), "`{line}` is not in\n{text}");
    }
    assert!(text.contains("it failed (killed): process "), "{text}");
    assert!(text.contains("the same `seglab run SPEC` continues from its last checkpoint"));

    assert_eq!(doctor(folder.path(), "--repair").1, None);
    let (text, _) = doctor(folder.path(), "");
    assert!(!text.contains("incomplete") && !text.contains(".tmp"), "{text}");
    assert!(dir.join("notes.txt").exists());
    assert_eq!(read_run(&dir).unwrap().events.len(), 2);
    assert_eq!(goes_on_at(folder.path()), Some(2));
}

#[test]
fn a_log_damaged_behind_a_checkpoint_is_cut_and_kept_beside() {
    let folder = tempfile::tempdir().unwrap();
    let dir = killed(folder.path());
    let log = dir.join("events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let third = text.lines().last().unwrap().len() + 1;
    fs::write(&log, format!("{text}{}", text.lines().last().unwrap().to_owned() + "\n")).unwrap();
    flip(&log, third + 20);
    let damaged = fs::read(&log).unwrap();
    let (text, error) = doctor(folder.path(), RUN);
    assert!(text.contains("advice: cut it to its first"), "{text}");
    assert_eq!(
        error.unwrap(),
        "error: 1 run is in trouble\nhint: `seglab doctor --repair` does what is advised"
    );
    assert_eq!(fs::read(&log).unwrap(), damaged, "looking changes nothing");

    let (text, error) = doctor(folder.path(), "--repair");
    assert_eq!(error, None, "{text}");
    let names = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = names.map(|name| name.into_string().unwrap());
    let aside = names.find(|name| name.starts_with("events.jsonl.damaged-")).unwrap();
    assert_eq!(fs::read(dir.join(aside)).unwrap(), damaged);
    assert_eq!(goes_on_at(folder.path()), Some(2));
}

#[test]
fn what_cannot_be_saved_is_moved_out_of_the_way_as_it_is() {
    let log_before_checkpoints = |dir: &Path| {
        let log = dir.join("events.jsonl");
        let length = fs::read(&log).unwrap().len();
        flip(&log, length - 20);
    };
    let origin = |dir: &Path| flip(&dir.join("run.toml"), 3);
    let damages: [&dyn Fn(&Path); 2] = [&log_before_checkpoints, &origin];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let dir = killed(folder.path());
        damage(&dir);
        let (text, error) = doctor(folder.path(), "");
        assert!(text.contains("advice: move the run to `.quarantine`"), "{text}");
        assert!(error.is_some() && dir.exists());
        let (text, error) = doctor(folder.path(), "--repair");
        assert_eq!(error, None);
        let place = text.split("done: moved the run to `").nth(1).unwrap();
        let place = Path::new(place.split('`').next().unwrap());
        assert!(place.starts_with(folder.path().join(".quarantine/tiny")), "{text}");
        assert!(place.join("checkpoints/2/model.bpk").exists() && !dir.exists());
        assert_eq!(doctor(folder.path(), ""), ("0 runs are sound\n".to_owned(), None));
    }
}

#[test]
fn a_damaged_checkpoint_is_set_aside_and_the_one_before_counts() {
    let folder = tempfile::tempdir().unwrap();
    let dir = killed(folder.path());
    flip(&dir.join("checkpoints/2/model.bpk"), 1);
    let (text, error) = doctor(folder.path(), "");
    assert!(text.contains("advice: rename it to `damaged-2`"), "{text}");
    assert!(error.is_some());
    assert_eq!(doctor(folder.path(), "--repair").1, None);
    assert!(dir.join("checkpoints/damaged-2/model.bpk").exists());
    let last = fs::read_to_string(dir.join("checkpoints/last")).unwrap();
    let last: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last["checkpoint"], "1");
    assert_eq!(goes_on_at(folder.path()), Some(1));
}

#[test]
fn a_lost_status_is_written_anew_so_that_the_run_can_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = killed(folder.path());
    fs::write(dir.join("status.json"), "{").unwrap();
    assert!(doctor(folder.path(), "").1.is_some());
    assert_eq!(doctor(folder.path(), "--repair").1, None);
    assert_eq!(fs::read_to_string(dir.join("status.json.damaged")).unwrap(), "{");
    let Status::Failed(failure) = read_run(&dir).unwrap().status.status else { panic!() };
    assert_eq!(failure.reason, "how it ended is not known: its `status.json` was lost");
    assert_eq!(goes_on_at(folder.path()), Some(2));
}

#[test]
fn a_lost_status_of_an_answer_is_that_of_an_answer_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    let whole = read_run(&dir).unwrap().status;
    fs::remove_file(dir.join("status.json")).unwrap();
    let (text, _) = doctor(folder.path(), "--repair");
    assert!(text.contains("the logs show that the run finished"), "{text}");
    assert!(text.contains("    done: rewrote it\n"), "{text}");
    let found = read_run(&dir).unwrap().status;
    assert_eq!((&found.status, found.epoch, found.step), (&Status::Finished, 2, 8));
    assert_eq!(found.files, whole.files);
    assert_eq!(doctor(folder.path(), ""), ("1 run is sound\n".to_owned(), None));

    // Without a picture that was asked for, nothing shows that it came to its end.
    fs::remove_file(dir.join("status.json")).unwrap();
    fs::remove_file(dir.join("overlays/best-a.png")).unwrap();
    doctor(folder.path(), "--repair");
    assert!(matches!(read_run(&dir).unwrap().status.status, Status::Failed(_)));
}

#[test]
fn a_run_that_is_being_worked_on_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan(RUN, 1));
    recorder.hear(&epoch(1, 0.5, None)).unwrap();
    let dir = recorder.run_dir().to_owned();
    fs::create_dir(dir.join("checkpoints/.attempt-1.tmp")).unwrap();
    flip(&dir.join("events.jsonl"), 9);
    let repaired = repair(&dir).unwrap();
    assert!(repaired.done.is_empty() && repaired.left.is_empty(), "{repaired:?}");
    assert!(dir.join("checkpoints/.attempt-1.tmp").exists());
    recorder.hear(&epoch(2, 0.5, None)).unwrap();
}

/// Every file of a run, damaged at four places or cut there: never a panic, never
/// believed, and in the end the run reads or is out of the way.
#[test]
fn no_damage_goes_unseen_and_none_stays() {
    let pristine = tempfile::tempdir().unwrap();
    let ended = finished(pristine.path(), &plan("tiny-f0-s2-89abcdef", 2));
    let open = killed(pristine.path());
    for source in [ended, open] {
        // Without a readable lease its owner is taken to work on; here that is this very process.
        for file in files(&source).into_iter().filter(|file| !file.ends_with("lease.json")) {
            let sound = fs::read(source.join(&file)).unwrap();
            for (number, byte_idx) in (0..sound.len()).step_by(sound.len() / 4 + 1).enumerate() {
                let folder = tempfile::tempdir().unwrap();
                let dir = folder.path().join("tiny").join(source.file_name().unwrap());
                copy(&source, &dir);
                let mut bytes = sound.clone();
                if number % 2 == 0 {
                    bytes[byte_idx] ^= 4;
                } else {
                    bytes.truncate(byte_idx);
                }
                fs::write(dir.join(&file), &bytes).unwrap();
                let found = diagnose(&dir);
                let told = found.iter().any(|finding| file.starts_with(&finding.file));
                assert!(told, "byte {byte_idx} of {}: {found:?}", file.display());
                let repaired = repair(&dir).unwrap();
                let is_trouble = |severity| severity == Severity::Trouble;
                assert!(
                    !repaired.left.iter().any(|finding| is_trouble(finding.severity)),
                    "byte {byte_idx} of {}: {repaired:?}",
                    file.display()
                );
                assert!(repaired.quarantine.is_some() || read_run(&dir).is_ok());
            }
        }
    }
}

/// Files of a run directory, hidden ones left out.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_str().unwrap().starts_with('.') {
                found.push(path.strip_prefix(dir).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let place = to.join(&file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(from.join(&file), place).unwrap();
    }
    for folder in ["checkpoints", "overlays"] {
        fs::create_dir_all(to.join(folder)).unwrap();
    }
}

#[test]
fn each_finding_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let dir = killed(folder.path());
    let events = fs::read(dir.join("events.jsonl")).unwrap();
    fs::write(dir.join("events.jsonl"), &events[..events.len() - 9]).unwrap();
    fs::write(dir.join(".status.json.77-1.tmp"), "{").unwrap();
    fs::write(dir.join("epochs.parquet"), "old").unwrap();
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    fs::remove_file(dir.join("checkpoints/last")).unwrap();
    flip(&dir.join("checkpoints/2/model.bpk"), 1);
    flip(&dir.join("checkpoints/best"), 5);
    let text = |words: &str| {
        let text = redacted(&doctor(folder.path(), words).0);
        let text = text.replace(&folder.path().display().to_string(), "[runs]");
        // Why it failed depends on the machine: it may be short of memory.
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.starts_with("  it failed (killed): ")).collect();
        lines.join("\n")
    };
    insta::assert_snapshot!(text(""), @r#"
    tiny-f0-s1-01234567
      events.jsonl: line 3 is incomplete: the process was killed while it wrote it
        advice: cut it to its first [n] bytes, which are intact
      checkpoints/2: checkpoint `[runs]/tiny/tiny-f0-s1-01234567/checkpoints/2` is damaged: `model.bpk`: its bytes do not match their hash
        advice: rename it to `damaged-2`
      checkpoints/last: it is missing; it would name `1`
        advice: rewrite it
      checkpoints/best: `[runs]/tiny/tiny-f0-s1-01234567/checkpoints/best` does not match its checksum
        advice: rewrite it
      epochs.parquet: it is out of date
        advice: remove it
      .status.json.77-1.tmp: a killed process left it half written
        advice: remove it
      notes.txt: seglab did not write it

    0 runs are sound
    "#);
    insta::assert_snapshot!(text("--repair"), @r#"
    tiny-f0-s1-01234567
      events.jsonl: line 3 is incomplete: the process was killed while it wrote it
        done: cut it to its first [n] bytes, which are intact
      checkpoints/2: checkpoint `[runs]/tiny/tiny-f0-s1-01234567/checkpoints/2` is damaged: `model.bpk`: its bytes do not match their hash
        done: renamed it to `damaged-2`
      checkpoints/last: it is missing; it would name `1`
        done: rewrote it
      checkpoints/best: `[runs]/tiny/tiny-f0-s1-01234567/checkpoints/best` does not match its checksum
        done: rewrote it
      epochs.parquet: it is out of date
        done: removed it
      .status.json.77-1.tmp: a killed process left it half written
        done: removed it
      notes.txt: seglab did not write it

    1 run is sound
    "#);
}
