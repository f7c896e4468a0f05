//! A spec that extends another is compared with the runs of that, whatever its name is.

use crate::support::sandbox::{Sandbox, TINY, read, reseal};
use seglab::{
    analysis::{Change, Evidence, EvidenceOptions, Overlays, Setting, Split, evidence, load},
    record::RunToml,
};

const WIDE: &str = "question = 'Wider?'\nextends = 'base.toml'\n[model]\nwidths = [2, 6]\n";

/// A base whose name is not that of its file, and a wider net, each with a finished run.
fn base_and_wide(middle: Option<&str>) -> Sandbox {
    let sandbox = Sandbox::new();
    let base = TINY.replace("name = \"tiny\"", "name = \"recipe\"");
    sandbox.write("base.toml", &base.replace("epochs = 2", "epochs = 1"));
    if let Some(middle) = middle {
        sandbox.write("middle.toml", middle);
    }
    let extended = if middle.is_some() { "middle.toml" } else { "base.toml" };
    sandbox.write("wide.toml", &WIDE.replace("base.toml", extended));
    for spec in ["base.toml", "wide.toml"] {
        sandbox.run(&["run", spec]).succeeds();
    }
    sandbox
}

fn compared(sandbox: &Sandbox) -> Evidence {
    let tables = load(&sandbox.path("runs"), &[], Overlays::Skip).unwrap();
    evidence(&tables, EvidenceOptions { baseline: None, split: Split::Valid, margin: None })
}

fn setting<'a>(evidence: &'a Evidence, name: &str) -> &'a Setting {
    evidence.settings.iter().find(|setting| setting.name == name).unwrap()
}

fn base_of<'a>(evidence: &'a Evidence, name: &str) -> Option<&'a str> {
    setting(evidence, name).base.map(|base| evidence.settings[base].name.as_str())
}

#[test]
fn a_base_with_a_name_of_its_own_is_compared_with() {
    let sandbox = base_and_wide(None);
    let dir = sandbox.only_run("wide");
    let run = RunToml::read(&dir).unwrap();
    assert_eq!(run.extends.len(), 1);
    assert_eq!(run.extends[0].name, "recipe");
    assert_eq!(run.extends[0].setting.as_ref().map(String::len), Some(32));
    assert_eq!(RunToml::read(&sandbox.only_run("recipe")).unwrap().extends, []);
    let evidence = compared(&sandbox);
    assert_eq!(base_of(&evidence, "wide"), Some("recipe"));
    let changes: Vec<String> =
        setting(&evidence, "wide").changes.iter().map(Change::words).collect();
    assert_eq!(changes, ["model.widths [2, 4] -> [2, 6]"]);
    sandbox.run(&["report", "recipe", "wide"]).succeeds();
    let page = read(&sandbox.path("reports/recipe-vs-wide/report.md"));
    assert!(page.contains("wide against recipe: foreground Dice"), "{page}");
    assert!(!page.contains("which has no finished run here"), "{page}");

    // A run of an older build does not say what it extends: the name of the file is all there is.
    let text = read(&dir.join("run.toml"));
    std::fs::write(dir.join("run.toml"), text.split("[[extends]]").next().unwrap()).unwrap();
    reseal(&dir);
    let evidence = compared(&sandbox);
    assert_eq!(base_of(&evidence, "wide"), None);
    assert_eq!(setting(&evidence, "wide").missing_base.as_deref(), Some("base"));
    sandbox.run(&["report", "recipe", "wide"]).succeeds();
    let page = read(&sandbox.path("reports/recipe-vs-wide/report.md"));
    assert!(page.contains("wide extends base, which has no finished run here"), "{page}");
}

#[test]
fn where_the_base_was_never_run_what_that_extends_takes_its_place() {
    let middle = "extends = 'base.toml'\n[augment]\nflip = { p = 0.0 }\n";
    let sandbox = base_and_wide(Some(middle));
    let run = RunToml::read(&sandbox.only_run("wide")).unwrap();
    let names: Vec<&str> = run.extends.iter().map(|base| base.name.as_str()).collect();
    assert_eq!(names, ["middle", "recipe"]);
    let evidence = compared(&sandbox);
    assert_eq!(base_of(&evidence, "wide"), Some("recipe"));
    assert_eq!(setting(&evidence, "wide").changes.len(), 2);
    sandbox.run(&["report", "recipe", "wide"]).succeeds();
    let page = read(&sandbox.path("reports/recipe-vs-wide/report.md"));
    let said = "wide extends middle, which has no finished run here: it is compared with recipe";
    assert!(page.contains(said), "{page}");
    // The family of the baseline reaches through the spec in between.
    sandbox.write(
        "asked.toml",
        "baseline = 'recipe'\n[[question]]\nid = 'wide'\nask = 'Does it help?'\n\
         claim = ['{{scores[wide, primary].dice}}']\n",
    );
    let answered = sandbox.run(&["answer", "--questions", "asked.toml"]).succeeds();
    assert!(answered.stdout.contains("  answered"), "{}", answered.stdout);
}

#[test]
fn a_corrected_question_reaches_the_report_of_a_finished_run() {
    let sandbox = Sandbox::new();
    let spec = TINY.replace("epochs = 2", "epochs = 1");
    sandbox.write("tiny.toml", &spec);
    sandbox.run(&["run", "tiny.toml"]).succeeds();
    let dir = sandbox.only_run("tiny");
    let before = ["run.toml", "status.json", "cases.jsonl"].map(|name| read(&dir.join(name)));
    let new = spec.replace("Does a tiny net run?", "Does a tiny net run at all?");
    sandbox.write("tiny.toml", &new);
    let ended = sandbox.run(&["run", "tiny.toml"]).succeeds();
    assert!(ended.stderr.contains("the new question was recorded"), "{}", ended.stderr);
    assert!(ended.stderr.contains("finished already"), "{}", ended.stderr);
    for page in ["index.html", "report.md"] {
        let text = read(&sandbox.path("reports/tiny").join(page));
        assert!(text.contains("Does a tiny net run at all?"), "{page}");
        assert!(!text.contains("Does a tiny net run?"), "{page}");
    }
    let after = ["run.toml", "status.json", "cases.jsonl"].map(|name| read(&dir.join(name)));
    assert_eq!(before, after);
    let again = sandbox.run(&["run", "tiny.toml"]).succeeds();
    assert!(!again.stderr.contains("question"), "{}", again.stderr);
    let doctor = sandbox.run(&["doctor"]).succeeds();
    assert_eq!(doctor.stdout, "1 run is sound\n");
}

#[test]
fn a_copied_run_is_warned_of_beside_what_is_printed() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", &TINY.replace("epochs = 2", "epochs = 1"));
    sandbox.run(&["run", "tiny.toml"]).succeeds();
    let dir = sandbox.only_run("tiny");
    crate::support::sandbox::copy_folder(&dir, &dir.with_file_name("kept"));
    let id = dir.file_name().unwrap().to_str().unwrap();
    let listed = sandbox.run(&["runs", "--json"]).succeeds();
    let rows: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    for arguments in [&["runs"][..], &["runs", "show", id], &["runs", "diff", id, id]] {
        let ended = sandbox.run(arguments).succeeds();
        assert_eq!(ended.stderr.matches("is a copy of run").count(), 1, "{}", ended.stderr);
    }
    sandbox.run(&["report"]).succeeds();
    let page = read(&sandbox.path("reports/tiny/report.md"));
    assert_eq!(page.matches("is a copy of run").count(), 1, "{page}");
    let repaired = sandbox.run(&["doctor", "--repair"]).succeeds();
    assert!(repaired.stdout.contains("done: moved the run to"), "{}", repaired.stdout);
    assert_eq!(sandbox.run(&["runs"]).succeeds().stderr, "");
}
