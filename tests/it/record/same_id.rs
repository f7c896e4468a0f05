//! Folders with the id of another run: another run, a copy that has come less or more far, a link,
//! or a folder that is none; each is told as what it is.

use crate::{
    record::recorder::{begin, epoch, finished, plan},
    support::sandbox::copy_folder,
};
use clap::Parser;
use seglab::{
    cli::Arguments,
    event::{Listen, Stop},
    record::{
        ExistingRun, Finding, Freshness, Inventory, Remedy, RunPlan, RunStart, Status, Store,
        Surroundings, checkpoint::Position, diagnose, diagnose_among, find, find_parent, inventory,
        repair,
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

const RUN: &str = "tiny-f0-s1-01234567";

/// A run that was stopped after one epoch, without a checkpoint.
fn stopped(runs: &Path, plan: &RunPlan) -> PathBuf {
    let mut recorder = begin(runs, plan);
    recorder.hear(&epoch(1, 0.5, Some(0.25))).unwrap();
    recorder.finish(Status::Preempted { by: Stop::Signal }).unwrap();
    recorder.run_dir().to_owned()
}

fn begun(runs: &Path, plan: &RunPlan) -> RunStart {
    Store::new(runs.to_owned()).begin(plan).unwrap()
}

/// What the doctor prints, and its error when it ends with one.
fn doctor(runs: &Path, words: &[&str]) -> (String, Option<String>) {
    let folder = runs.display().to_string();
    let folder = ["--runs", &folder];
    let line = ["seglab", "doctor"].iter().chain(words).chain(&folder);
    let mut out = Vec::new();
    let ended = Arguments::try_parse_from(line).unwrap().run(&mut out);
    (String::from_utf8(out).unwrap(), ended.err().map(|error| error.to_string()))
}

/// The folder that counts, and the only other one with its id.
fn only_pair(found: &Inventory) -> (&Path, &Path) {
    let ([run], [(copy, counted)]) = (found.runs.as_slice(), found.copies.as_slice()) else {
        panic!("{found:?}")
    };
    assert_eq!(*counted, run.dir);
    (&run.dir, &copy.dir)
}

/// What is found about the folder as a whole, its name first.
fn place_of(dir: &Path) -> Finding {
    diagnose(dir).into_iter().find(|finding| finding.file == ".").unwrap()
}

#[test]
fn a_finished_run_counts_before_another_with_its_id_whatever_their_names() {
    let (here, cluster) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dir = stopped(here.path(), &plan(RUN, 1));
    // The times in `run.toml` are told to the millisecond.
    thread::sleep(Duration::from_millis(5));
    let fetched = dir.with_file_name(format!("{RUN}-from-cluster"));
    copy_folder(&finished(cluster.path(), &plan(RUN, 1)), &fetched);

    let found = inventory(here.path()).unwrap();
    assert_eq!(only_pair(&found), (fetched.as_path(), dir.as_path()));
    let told = found.warnings(&[]);
    let other = format!("`{}` is another run with the id of run `{RUN}`", dir.display());
    assert!(told.iter().any(|warning| warning.starts_with(&other)), "{told:?}");
    assert_eq!(Store::new(here.path().into()).look(&plan(RUN, 1)).unwrap(), ExistingRun::Answered);
    let RunStart::Finished(answer) = begun(here.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(answer, fetched);

    // Neither is a copy of the other, so neither is moved.
    assert!(
        place_of(&dir).what.contains("is another run with the same id"),
        "{:?}",
        diagnose(&dir)
    );
    assert!(diagnose(&dir).iter().all(|finding| finding.remedy.is_none()));
    let (text, error) = doctor(here.path(), &["--repair"]);
    assert_eq!(error, None, "{text}");
    assert!(dir.is_dir() && fetched.is_dir(), "{text}");
    assert!(text.ends_with("1 run is sound\n"), "{text}");
}

#[test]
fn of_copies_the_finished_one_counts_and_the_other_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let dir = stopped(folder.path(), &plan(RUN, 1));
    let aside = tempfile::tempdir().unwrap();
    let kept = aside.path().join("kept");
    copy_folder(&dir, &kept);
    let RunStart::Resumed(mut resumed) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    resumed.recorder.hear(&epoch(1, 0.5, Some(0.25))).unwrap();
    resumed.recorder.finish(Status::Finished).unwrap();
    drop(resumed);
    let fetched = dir.with_file_name(format!("{RUN}-from-cluster"));
    fs::rename(&dir, &fetched).unwrap();
    fs::rename(&kept, &dir).unwrap();

    let found = inventory(folder.path()).unwrap();
    assert_eq!(only_pair(&found), (fetched.as_path(), dir.as_path()));
    assert!(found.warnings(&[])[0].contains("is a copy of run"), "{:?}", found.warnings(&[]));
    assert_eq!(place_of(&dir).remedy, Some(Remedy::Quarantine));
    assert_eq!(place_of(&fetched).remedy, None, "{:?}", diagnose(&fetched));
    let (text, error) = doctor(folder.path(), &["--repair"]);
    assert_eq!(error, None, "{text}");
    assert!(fetched.is_dir() && !dir.exists(), "{text}");
    assert_eq!(find(folder.path(), RUN).unwrap(), fetched);
}

#[test]
fn a_copy_that_has_come_further_stays() {
    let folder = tempfile::tempdir().unwrap();
    let dir = stopped(folder.path(), &plan(RUN, 1));
    let aside = tempfile::tempdir().unwrap();
    let kept = aside.path().join("kept");
    copy_folder(&dir, &kept);
    let RunStart::Resumed(mut resumed) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    resumed.recorder.hear(&epoch(1, 0.5, Some(0.25))).unwrap();
    let position = Position { epoch: 1, step: 4, batches: 0, best_epoch: 1 };
    let mut write = |aside: &Path| {
        fs::write(aside.join("model.bpk"), "weights").unwrap();
        Ok(())
    };
    resumed.recorder.commit(position, None, &mut write).unwrap();
    resumed.recorder.finish(Status::Preempted { by: Stop::Signal }).unwrap();
    drop(resumed);
    let further = dir.with_file_name(format!("{RUN}-further"));
    fs::rename(&dir, &further).unwrap();
    copy_folder(&kept, &dir);

    assert_eq!(only_pair(&inventory(folder.path()).unwrap()), (dir.as_path(), further.as_path()));
    let finding = place_of(&further);
    assert!(finding.what.contains("has come further"), "{finding:?}");
    assert_eq!(finding.remedy, None);
    assert_eq!(repair(&further).unwrap().quarantine, None);
    // The same copy beside one that has come as far is a mere copy.
    fs::remove_dir_all(&dir).unwrap();
    copy_folder(&further, &dir);
    assert_eq!(place_of(&further).remedy, Some(Remedy::Quarantine));
}

#[test]
fn what_lies_beside_a_run_is_found_out_once_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    let backup = dir.with_file_name("backup");
    copy_folder(&dir, &backup);
    let around = Surroundings::of(&inventory(folder.path()).unwrap());
    assert_eq!(diagnose_among(&backup, &around), diagnose(&backup));
    assert_eq!(around.counted(&backup), Some(dir.as_path()));
    // Told that nothing lies beside it, the doctor does not look again.
    let alone = diagnose_among(&backup, &Surroundings::default());
    assert!(alone[0].what.contains("counts as run"), "{alone:?}");
}

#[test]
fn a_folder_called_after_a_run_without_one_in_it_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let plots = folder.path().join("zz-plots").join(RUN);
    fs::create_dir_all(&plots).unwrap();
    fs::write(plots.join("plot.png"), "png").unwrap();
    let store = Store::new(folder.path().to_owned());
    assert_eq!(store.look(&plan(RUN, 1)).unwrap(), ExistingRun::None);
    let dir = finished(folder.path(), &plan(RUN, 1));
    assert_eq!(dir, folder.path().join("tiny").join(RUN));
    let RunStart::Finished(found) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(found, dir);

    // By the id alone it cannot be told which folder is meant.
    let error = find(folder.path(), RUN).unwrap_err().to_string();
    for (experiment, dir) in [("tiny", &dir), ("zz-plots", &plots)] {
        let line = format!("\n  {experiment}/{RUN} (`{}`)", dir.display());
        assert!(error.contains(&line), "{error}");
    }
    assert!(error.contains("hint: give the experiment too, `EXPERIMENT/ID`"), "{error}");
    assert_eq!(find(folder.path(), &format!("tiny/{RUN}")).unwrap(), dir);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_run_is_no_copy_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    let link = dir.with_file_name("latest");
    std::os::unix::fs::symlink(&dir, &link).unwrap();
    let found = inventory(folder.path()).unwrap();
    assert_eq!((found.runs.len(), found.copies.len(), found.links.len()), (1, 0, 1));
    assert_eq!((found.runs[0].dir.as_path(), found.warnings(&[])), (dir.as_path(), Vec::new()));
    assert_eq!(found.dirs(), std::slice::from_ref(&dir));
    assert_eq!(find(folder.path(), "latest").unwrap(), dir);
    assert_eq!(diagnose(&link), []);
    for words in [&[][..], &["--repair"], &["latest"]] {
        assert_eq!(doctor(folder.path(), words), ("1 run is sound\n".to_owned(), None));
    }
    let RunStart::Finished(answer) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(answer, dir);
    // Its number is not taken either.
    let fresh = RunPlan { freshness: Freshness::Fresh, ..plan(RUN, 1) };
    let RunStart::Fresh(recorder) = begun(folder.path(), &fresh) else { panic!() };
    assert_eq!(recorder.run_dir(), dir.with_file_name(format!("{RUN}-2")));
    drop(recorder);

    // With the run damaged, the run goes and not the link.
    fs::write(dir.join("run.toml"), "damaged").unwrap();
    assert_eq!(inventory(folder.path()).unwrap().links.len(), 1);
    doctor(folder.path(), &["--repair"]);
    assert!(!dir.exists() && fs::symlink_metadata(&link).is_ok());
}

#[cfg(unix)]
#[test]
fn a_linked_experiment_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    std::os::unix::fs::symlink(dir.parent().unwrap(), folder.path().join("a-link")).unwrap();
    let found = inventory(folder.path()).unwrap();
    assert_eq!((found.runs.len(), found.links.len(), found.copies.len()), (1, 1, 0));
    assert_eq!((found.runs[0].dir.as_path(), found.warnings(&[])), (dir.as_path(), Vec::new()));
    let RunStart::Finished(answer) = begun(folder.path(), &plan(RUN, 1)) else { panic!() };
    assert_eq!(answer, dir);
}

#[test]
fn of_a_run_and_its_extensions_the_run_is_extended() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path();
    let dir = finished(runs, &plan(RUN, 1));
    for id in ["tiny-f0-s1-aaaaaaaa", "tiny-f0-s1-bbbbbbbb"] {
        finished(runs, &RunPlan { parent: Some(RUN.into()), ..plan(id, 1) });
    }
    assert!(find(runs, "tiny-f0-s1").is_err());
    assert_eq!(find_parent(runs, "tiny-f0-s1").unwrap(), dir);
    let extension = dir.with_file_name("tiny-f0-s1-aaaaaaaa");
    assert_eq!(find_parent(runs, "tiny-f0-s1-aaaaaaaa").unwrap(), extension);
    // A run started beside it with `--fresh` is no extension: then it is not known which is meant.
    let fresh = RunPlan { freshness: Freshness::Fresh, ..plan(RUN, 1) };
    finished(runs, &fresh);
    let error = find_parent(runs, "tiny-f0-s1").unwrap_err().to_string();
    assert!(error.contains("4 runs begin with `tiny-f0-s1`"), "{error}");
    assert_eq!(find_parent(runs, RUN).unwrap(), dir);
}

#[test]
fn a_run_of_a_sweep_is_continued_by_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let dir = stopped(folder.path(), &plan(RUN, 1));
    let killed = begin(folder.path(), &plan("tiny-f0-s2-89abcdef", 2));
    drop(killed);
    let (text, _) = doctor(folder.path(), &[]);
    assert_eq!(text.matches("the same `seglab run SPEC` continues").count(), 2, "{text}");
    let cells = folder.path().join("tiny/.sweep/cells");
    fs::create_dir_all(&cells).unwrap();
    for id in [RUN, "tiny-f0-s2-89abcdef"] {
        fs::write(cells.join(format!("{id}.toml")), "").unwrap();
    }
    // A further run of a cell, of which the sweep knows the first id only.
    stopped(folder.path(), &RunPlan { freshness: Freshness::Fresh, ..plan(RUN, 1) });
    assert!(dir.with_file_name(format!("{RUN}-2")).is_dir());
    let (text, _) = doctor(folder.path(), &[]);
    assert_eq!(text.matches("the same `seglab sweep run SPEC` continues").count(), 3, "{text}");
    assert!(!text.contains("`seglab run SPEC"), "{text}");
    // Also where the folder of the experiment has another name.
    fs::rename(folder.path().join("tiny"), folder.path().join("tiny-2025")).unwrap();
    let (text, _) = doctor(folder.path(), &[]);
    assert_eq!(text.matches("the same `seglab sweep run SPEC` continues").count(), 3, "{text}");
}

#[test]
fn runs_that_can_be_read_and_continued_are_sound() {
    let folder = tempfile::tempdir().unwrap();
    finished(folder.path(), &plan(RUN, 1));
    stopped(folder.path(), &plan("tiny-f0-s2-89abcdef", 2));
    let (text, error) = doctor(folder.path(), &[]);
    assert_eq!(error, None, "{text}");
    assert!(text.contains("it was stopped by"), "{text}");
    assert!(text.ends_with("2 runs are sound\n"), "{text}");
    fs::rename(folder.path().join("tiny"), folder.path().join("tiny-2025")).unwrap();
    let (text, _) = doctor(folder.path(), &[]);
    assert!(text.contains("counts as run") && text.ends_with("2 runs are sound\n"), "{text}");
}
