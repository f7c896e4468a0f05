//! A question that was changed after the run began is shown, and nothing of the run changes.

use crate::record::recorder::{finished, plan};
use seglab::{
    analysis::{Overlays, RunRow, compact, load, load_list},
    record::{RunToml, Severity, ask, diagnose, newer_question, read_run, repair},
};
use std::{fs, path::Path};

const RUN: &str = "tiny-f0-s1-01234567";

fn rows(runs: &Path) -> [RunRow; 2] {
    let [whole, listed] = [load(runs, &[], Overlays::Skip), load_list(runs, &[])];
    [whole, listed].map(|tables| tables.unwrap().runs.remove(0))
}

#[test]
fn the_newest_question_is_shown_and_the_run_stays_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    // As it was asked: nothing is recorded, and neither is a spec without a question.
    assert!(!ask(&dir, "Does it read back?").unwrap() && !ask(&dir, "").unwrap());
    assert!(!dir.join("question.json").exists());
    let [before, _] = rows(folder.path());
    let (run, status) = (RunToml::read(&dir).unwrap(), fs::read(dir.join("status.json")).unwrap());

    assert!(ask(&dir, "Does it still read back?").unwrap());
    assert!(!ask(&dir, "Does it still read back?").unwrap(), "known now");
    for row in rows(folder.path()) {
        assert_eq!(row.question, "Does it still read back?");
        assert!(row.asked.is_some());
        // The rest of the row is that of the run, also where its tables were kept.
        assert_eq!(RunRow { question: before.question.clone(), asked: None, ..row }, before);
    }
    compact(&dir).unwrap();
    assert_eq!(rows(folder.path()).map(|row| row.question), ["Does it still read back?"; 2]);
    assert_eq!(RunToml::read(&dir).unwrap(), run);
    assert_eq!(fs::read(dir.join("status.json")).unwrap(), status);
    assert_eq!(read_run(&dir).unwrap().run.question, "Does it read back?");
    assert_eq!(diagnose(&dir), []);

    // Back to the first one: that is the newest now.
    assert!(ask(&dir, "Does it read back?").unwrap());
    assert_eq!(rows(folder.path()).map(|row| row.question), ["Does it read back?"; 2]);
}

#[test]
fn a_damaged_question_costs_nothing_but_itself() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    ask(&dir, "Does it still read back?").unwrap();
    let path = dir.join("question.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("still", "never")).unwrap();
    assert_eq!(newer_question(&dir), None);
    assert_eq!(rows(folder.path()).map(|row| row.question), ["Does it read back?"; 2]);
    let findings = diagnose(&dir);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (findings[0].file.as_str(), findings[0].severity),
        ("question.json", Severity::Note)
    );
    repair(&dir).unwrap();
    assert!(!path.exists() && dir.join("question.json.damaged").exists());
    assert!(ask(&dir, "Does it still read back?").unwrap());
}
