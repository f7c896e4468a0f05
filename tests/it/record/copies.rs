//! A run is what its `run.toml` says: copied or renamed folders are neither counted twice nor lost.

use crate::{
    record::recorder::{begin, epoch, finished, plan},
    support::sandbox::copy_folder,
};
use clap::Parser;
use seglab::{
    analysis::{Overlays, Tables, epochs_frame, load, load_list},
    cli::Arguments,
    event::Listen,
    record::{
        ExistingRun, Freshness, RunPlan, RunStart, Severity, Store, diagnose, find, inventory,
        repair,
    },
    report::write,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const RUN: &str = "tiny-f0-s1-01234567";
const OTHER: &str = "tiny-f0-s2-89abcdef";

/// Two finished runs.
fn two(runs: &Path) -> [PathBuf; 2] {
    [finished(runs, &plan(RUN, 1)), finished(runs, &plan(OTHER, 2))]
}

/// Ids of the runs that count.
fn ids(tables: &Tables) -> Vec<&str> {
    tables.runs.iter().map(|run| run.run.as_str()).collect()
}

fn command(runs: &Path, words: &str) -> (String, Option<String>) {
    let folder = runs.display().to_string();
    let line = ["seglab"].into_iter().chain(words.split(' ')).chain(["--runs", &folder]);
    let mut out = Vec::new();
    let ended = Arguments::try_parse_from(line).unwrap().run(&mut out);
    (String::from_utf8(out).unwrap(), ended.err().map(|error| error.to_string()))
}

fn begun(runs: &Path, plan: &RunPlan) -> RunStart {
    Store::new(runs.to_owned()).begin(plan).unwrap()
}

#[test]
fn a_copy_of_a_run_is_counted_once_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let [dir, _] = two(folder.path());
    let before = load(folder.path(), &[], Overlays::Skip).unwrap();
    let epochs = epochs_frame(folder.path(), &[]).unwrap().height();
    // A name that sorts before the run's own, one behind it, and that of a further run of the plan.
    for name in ["a-copy", &format!("{RUN}-backup"), &format!("{RUN}-2")] {
        copy_folder(&dir, &dir.with_file_name(name));
    }
    for _ in 0..2 {
        let tables = load(folder.path(), &[], Overlays::Skip).unwrap();
        assert_eq!(ids(&tables), [RUN, OTHER]);
        assert_eq!((&tables.runs, &tables.scores), (&before.runs, &before.scores));
        assert_eq!(tables.warnings.len(), 3, "{:?}", tables.warnings);
        for warning in &tables.warnings {
            let counted = format!("is a copy of run `{RUN}` in `{}`", dir.display());
            assert!(warning.contains(&counted), "{warning}");
        }
    }
    assert_eq!(ids(&load_list(folder.path(), &["tiny".into()]).unwrap()), [RUN, OTHER]);
    assert_eq!(epochs_frame(folder.path(), &[]).unwrap().height(), epochs);

    let tables = load(folder.path(), &[], Overlays::Skip).unwrap();
    let out = tempfile::tempdir().unwrap();
    let page = write(&tables, "tiny", out.path()).unwrap();
    for text in [fs::read_to_string(&page), fs::read_to_string(page.with_file_name("report.md"))] {
        let text = text.unwrap();
        assert_eq!(text.matches("is a copy of run").count(), 3, "each copy once");
    }
    // The list holds each run once, and the beginning of an id is enough.
    let (listed, error) = command(folder.path(), "runs list");
    assert_eq!((error, listed.matches(RUN).count()), (None, 1), "{listed}");
    assert_eq!(find(folder.path(), "tiny-f0-s1").unwrap(), dir);
    assert_eq!(find(folder.path(), RUN).unwrap(), dir);
    // By its own name a copy is found too, so that it can be looked at and thrown away.
    let backup = dir.with_file_name(format!("{RUN}-backup"));
    assert_eq!(find(folder.path(), &format!("{RUN}-backup")).unwrap(), backup);
}

#[test]
fn a_copy_is_not_continued_and_does_not_stop_a_further_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan(RUN, 1));
    recorder.hear(&epoch(1, 0.5, Some(0.25))).unwrap();
    let dir = recorder.run_dir().to_owned();
    drop(recorder);
    copy_folder(&dir, &dir.with_file_name(format!("{RUN}-2")));
    let RunStart::Resumed(resumed) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(resumed.recorder.run_dir(), dir);
    drop(resumed);
    // The number of the copy is taken.
    let anew = RunPlan { freshness: Freshness::Fresh, ..plan(RUN, 1) };
    let RunStart::Fresh(recorder) = begun(folder.path(), &anew) else { panic!() };
    assert_eq!(recorder.run_dir(), dir.with_file_name(format!("{RUN}-3")));
}

#[test]
fn doctor_tells_of_a_copy_and_sets_it_aside_whole() {
    let folder = tempfile::tempdir().unwrap();
    let [dir, _] = two(folder.path());
    let backup = dir.with_file_name(format!("{RUN}-backup"));
    copy_folder(&dir, &backup);
    let findings = diagnose(&backup);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].severity, Severity::Note);
    assert_eq!(diagnose(&dir), []);
    let (text, error) = command(folder.path(), "doctor");
    assert_eq!(error, None, "{text}");
    assert!(text.contains(&format!("is a copy of run `tiny/{RUN}` in")), "{text}");
    assert!(text.contains("advice: move the run to `.quarantine`"), "{text}");
    assert!(text.ends_with("2 runs are sound\n"), "{text}");

    let events = fs::read(backup.join("events.jsonl")).unwrap();
    let place = repair(&backup).unwrap().quarantine.unwrap();
    assert!(place.starts_with(folder.path().join(".quarantine")), "{}", place.display());
    assert_eq!(fs::read(place.join("events.jsonl")).unwrap(), events);
    assert!(dir.is_dir() && !backup.exists());
    assert!(inventory(folder.path()).unwrap().copies.is_empty());
}

#[test]
fn a_copy_of_a_damaged_run_stays() {
    let folder = tempfile::tempdir().unwrap();
    let [dir, _] = two(folder.path());
    let backup = dir.with_file_name("backup");
    copy_folder(&dir, &backup);
    fs::write(dir.join("resolved.toml"), "altered").unwrap();
    assert_eq!(diagnose(&backup)[0].remedy, None);
    let (text, _) = command(folder.path(), "doctor --repair");
    assert!(text.contains("which is damaged: repair that first"), "{text}");
    assert!(backup.is_dir() && !dir.exists(), "the damaged one went, and the copy counts now");
    let tables = load(folder.path(), &[], Overlays::Skip).unwrap();
    assert_eq!(ids(&tables), [RUN, OTHER]);
}

#[test]
fn an_experiment_in_a_folder_of_another_name_stays_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    two(folder.path());
    let mut open = begin(folder.path(), &plan("tiny-f0-s3-00000000", 3));
    open.hear(&epoch(1, 0.5, Some(0.25))).unwrap();
    drop(open);
    let [own, other] = ["tiny", "tiny-2025"].map(|name| folder.path().join(name));
    fs::rename(&own, &other).unwrap();

    let tables = load(folder.path(), &["tiny".into()], Overlays::Skip).unwrap();
    assert_eq!(tables.runs.len(), 3);
    assert!(tables.runs.iter().all(|run| run.experiment == "tiny"));
    assert_eq!(tables.warnings.len(), 1, "{:?}", tables.warnings);
    assert!(tables.warnings[0].contains("tiny-2025` holds 3 runs of experiment `tiny`"));
    let error = load(folder.path(), &["tiny-2025".into()], Overlays::Skip).unwrap_err();
    assert!(error.to_string().contains("tiny-2025` holds runs of `tiny`"), "{error}");

    // Found there, finished or not, and not done again.
    let store = Store::new(folder.path().to_owned());
    assert_eq!(store.look(&plan(RUN, 1)).unwrap(), ExistingRun::Answered);
    let RunStart::Finished(dir) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(dir, other.join(RUN));
    let RunStart::Resumed(resumed) = begun(folder.path(), &plan("tiny-f0-s3-00000000", 3)) else {
        panic!()
    };
    assert_eq!(resumed.recorder.run_dir(), other.join("tiny-f0-s3-00000000"));
    drop(resumed);

    // The whole folder copied back: each run once, in the folder of its experiment.
    copy_folder(&other, &own);
    let found = inventory(folder.path()).unwrap();
    assert_eq!((found.runs.len(), found.copies.len()), (3, 3));
    assert!(found.runs.iter().all(|place| place.dir.starts_with(&own)));
    let RunStart::Finished(dir) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(dir, own.join(RUN));
    let one = format!("tiny-2025/{RUN}");
    assert_eq!(find(folder.path(), &one).unwrap(), other.join(RUN));
    assert_eq!(find(folder.path(), RUN).unwrap(), own.join(RUN));
}

#[test]
fn a_run_in_a_folder_of_another_name_is_found_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let [dir, _] = two(folder.path());
    let best = dir.with_file_name("best");
    fs::rename(&dir, &best).unwrap();
    let tables = load(folder.path(), &[], Overlays::Skip).unwrap();
    assert_eq!(ids(&tables), [RUN, OTHER]);
    assert!(tables.warnings[0].contains(&format!("counts as run `{RUN}`")));
    let RunStart::Finished(found) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(found, best);
    assert_eq!(find(folder.path(), "best").unwrap(), best);
    assert_eq!(find(folder.path(), RUN).unwrap(), best);
    let findings = diagnose(&best);
    assert_eq!((findings.len(), &findings[0].remedy), (1, &None), "{findings:?}");
}
