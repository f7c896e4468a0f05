//! Spec files from text to experiment: layers, round trips, listings, the experiments here.

use clap::Parser;
use seglab::{
    base::Result,
    cli::Arguments,
    spec::{self, Loaded, SplitRule, digest, flatten, load_resolved, setting_digest},
};
use std::{collections::BTreeMap, fs, path::PathBuf};
use tempfile::TempDir;

/// The least that is a spec.
pub(crate) const LEAST: &str = "[data]\nroot = 'd'\nclasses = ['background', 'tumour']\n";

pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Loads `a.toml` of a folder.
pub(crate) fn load(folder: &TempDir, settings: &[&str]) -> Result<Loaded> {
    let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
    spec::load(&folder.path().join("a.toml"), &settings)
}

pub(crate) fn load_text(text: &str, settings: &[&str]) -> Result<Loaded> {
    load(&folder(&[("a.toml", text)]), settings)
}

fn seglab(arguments: &[&str]) -> Result<String> {
    let mut out = Vec::new();
    let arguments = Arguments::try_parse_from(["seglab"].iter().chain(arguments)).unwrap();
    arguments.run(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn experiments() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Questions about experiments are none.
    let is_experiment = |path: &PathBuf| {
        path.extension().unwrap() == "toml" && path.file_stem().unwrap() != "discussion"
    };
    let mut paths: Vec<_> = paths.filter(is_experiment).collect();
    paths.sort();
    paths
}

#[test]
fn extends_is_relative_to_its_file_and_the_nearer_file_wins() {
    let folder = folder(&[
        ("a.toml", "extends = 'sub/b.toml'\n[train]\nepochs = 3\n"),
        ("sub/b.toml", "extends = '../c.toml'\nname = 'b'\n[train]\nepochs = 2\nbatch = 2\n"),
        ("c.toml", &format!("question = 'c?'\nseed = 5\n{LEAST}[train]\nepochs = 1\nbatch = 1\n")),
    ]);
    let loaded = load(&folder, &[]).unwrap();
    let experiment = &loaded.experiment;
    assert_eq!((experiment.train.epochs, experiment.train.batch, experiment.seed), (3, 2, 5));
    assert_eq!((experiment.name.as_str(), experiment.question.as_str()), ("a", "c?"));
    assert_eq!(loaded.text, "extends = 'sub/b.toml'\n[train]\nepochs = 3\n");
    let origin = |key: &str| {
        let origin = loaded.origins.of_key(key).to_string();
        origin.replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(origin("train.epochs"), "a.toml:3:10");
    assert_eq!(origin("train.batch"), "sub/b.toml:5:9");
    assert_eq!(origin("seed"), "sub/../c.toml:2:8");
    assert_eq!(origin("model.norm"), "default");
}

#[test]
fn what_a_spec_extends_is_known_by_name_and_setting() {
    let folder = folder(&[
        ("a.toml", "extends = 'sub/b.toml'\nname = 'own'\n[train]\nepochs = 3\n"),
        ("sub/b.toml", "extends = '../c.toml'\n[train]\nepochs = 2\n"),
        ("c.toml", &format!("name = 'recipe'\nseed = 5\n{LEAST}[train]\nepochs = 1\n")),
    ]);
    let alone = |name: &str, settings: &[&str]| {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        setting_digest(&spec::load(&folder.path().join(name), &settings).unwrap().experiment)
    };
    // The seed tells repetitions of a setting apart, and the name is the spec's own.
    for settings in [&[][..], &["seed=8"], &["train.batch=2"], &["name=other"]] {
        let bases = load(&folder, settings).unwrap().bases;
        let names: Vec<&str> = bases.iter().map(|base| base.name.as_str()).collect();
        assert_eq!(names, ["b", "recipe"]);
        let digests = [alone("sub/b.toml", settings), alone("c.toml", settings)].map(Some);
        assert_eq!([&bases[0].setting, &bases[1].setting], [&digests[0], &digests[1]]);
        assert_ne!(digests[0], digests[1]);
    }
    assert_eq!(alone("c.toml", &["seed=8"]), alone("c.toml", &[]));
    assert_ne!(alone("c.toml", &["train.batch=2"]), alone("c.toml", &[]));
    assert!(load_text(LEAST, &[]).unwrap().bases.is_empty());
    // A base need not be a whole spec.
    let part = folder_of_part();
    assert_eq!(load(&part, &[]).unwrap().bases[0].setting, None);
}

fn folder_of_part() -> TempDir {
    let text = format!("extends = 'part.toml'\n{LEAST}");
    folder(&[("a.toml", &text), ("part.toml", "[train]\nepochs = 2\n")])
}

#[test]
fn a_table_of_another_kind_takes_nothing_from_the_one_it_replaces() {
    let base = format!("{LEAST}[schedule]\nkind = 'one-cycle'\npct-start = 0.5\nmax-lr = 0.1\n");
    let over = "extends = 'b.toml'\n[schedule]\nkind = 'poly'\n";
    let other = folder(&[("a.toml", over), ("b.toml", &base)]);
    let text = flatten(&load(&other, &[]).unwrap().experiment);
    assert_eq!(text["schedule.max-lr"], "0.001");
    assert!(!text.contains_key("schedule.pct-start"));

    let same =
        folder(&[("a.toml", &over.replace("kind = 'poly'", "max-lr = 0.2")), ("b.toml", &base)]);
    let text = flatten(&load(&same, &[]).unwrap().experiment);
    assert_eq!(
        (text["schedule.max-lr"].as_str(), text["schedule.pct-start"].as_str()),
        ("0.2", "0.5")
    );
}

#[test]
fn settings_win_over_files_and_may_leave_out_quotes() {
    let settings = [
        "model.widths=[8, 16]",
        "model.norm=instance",
        "question=Why = what?",
        "schedule.max-lr=1",
        "schedule.kind=constant",
        "data.label-map.9=1",
        "train.epochs=3",
        "train.epochs=4",
    ];
    let loaded = load_text(&format!("{LEAST}[train]\nepochs = 2\n"), &settings).unwrap();
    let text = flatten(&loaded.experiment);
    let expected = [
        ("model.widths", "[8, 16]"),
        ("model.norm", "\"instance\""),
        ("question", "\"Why = what?\""),
        ("schedule.max-lr", "1.0"),
        ("schedule.kind", "\"constant\""),
        ("data.label-map", "{ 9 = 1 }"),
        ("train.epochs", "4"),
    ];
    for (key, value) in expected {
        assert_eq!(text[key], value, "{key}");
        assert_eq!(loaded.origins.of_key(key).to_string(), "--set", "{key}");
    }
}

#[test]
fn what_is_resolved_loads_back_to_the_same_experiment() {
    let mut specs: Vec<_> =
        experiments().iter().map(|path| spec::load(path, &[]).unwrap().experiment).collect();
    let more = [
        "[split]\nkind = 'k-fold'\nfolds = 3\nfold = 2\n[schedule]\nkind = 'cosine'\nwarmup = 0.1",
        "[split]\nkind = 'explicit'\nvalid = [\"a \\\"b\\\"\\t\\\\\", \"é\\u007F\"]\n\
         [preprocess]\ngrid.kind = 'native'",
        "[preprocess]\ngrid = { kind = 'spacing', mm = [0.5, 1, 1e1] }\norientation = 'as-stored'",
        "label-map = { -1 = 1, 2 = 0 }\npatient = '^(STS_\\d+)'\nexclude = ['a']\n\
         phantom = { cases = 1, shape = [8, 9, 10] }\n[schedule]\nkind = 'poly'",
        "[loss]\ncross-entropy.class-weights = [0.25, 1e-6]\n[augment]\nrotate = { fill = 'air' }",
    ];
    specs.extend(more.map(|more| load_text(&format!("{LEAST}{more}"), &[]).unwrap().experiment));
    assert!(specs.len() >= 13);
    for experiment in specs {
        let resolved = experiment.to_toml();
        let again = load_resolved(&resolved).unwrap();
        assert_eq!(again, experiment, "{resolved}");
        assert_eq!(digest(&again, "d", "s"), digest(&experiment, "d", "s"));
    }
}

#[test]
fn every_experiment_here_passes_the_check_and_asks_a_question() {
    let paths: Vec<_> = experiments().iter().map(|path| path.display().to_string()).collect();
    let mut arguments = vec!["spec", "check"];
    arguments.extend(paths.iter().map(String::as_str));
    let expected: Vec<_> = paths.iter().map(|path| format!("ok {path}\n")).collect();
    assert_eq!(seglab(&arguments).unwrap(), expected.concat());
    for path in experiments() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("question = \""), "{}", path.display());
    }
}

#[test]
fn a_file_of_questions_is_told_to_be_one() {
    let path = format!("{}/experiments/discussion.toml", env!("CARGO_MANIFEST_DIR"));
    let error = seglab(&["spec", "check", &path]).unwrap_err().to_string();
    let expected = format!(
        "error: `{path}` is a file of questions for `seglab answer`, not an experiment\n  --> {path}\n\
         hint: answer them: `seglab answer --questions {path}`"
    );
    assert_eq!(error, expected);
    // A list of anything else is only not a text.
    let error = load_text(&format!("question = [1]\n{LEAST}"), &[]).unwrap_err();
    assert_eq!(error.faults[0].message, "`question` cannot be a list");
}

#[test]
fn an_ablation_differs_from_the_baseline_in_one_key() {
    let settings = |name: &str| -> BTreeMap<String, String> {
        let path = format!("{}/experiments/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let mut settings = flatten(&spec::load(path.as_ref(), &[]).unwrap().experiment);
        settings.retain(|key, _| key != "name" && key != "question");
        settings
    };
    let baseline = settings("baseline");
    for (name, key, value) in [
        ("dice-background", "loss.dice.background", "true"),
        ("class-weights", "loss.cross-entropy.class-weights", "\"inverse-frequency\""),
        ("squeeze-excitation", "model.squeeze-excitation", "0"),
        ("max-lr", "schedule.max-lr", "0.001"),
        ("no-augmentation", "augment.flip.p", "0.0"),
    ] {
        let mut expected = baseline.clone();
        assert!(expected.insert(key.into(), value.into()).is_some_and(|was| was != value));
        assert_eq!(settings(name), expected, "{name}");
    }
}

#[test]
fn the_listing_holds_every_key_and_the_default_that_an_experiment_gets() {
    let listing = spec::listing();
    for path in experiments() {
        for key in flatten(&spec::load(&path, &[]).unwrap().experiment).keys() {
            assert!(listing.iter().any(|row| row.key == *key), "`{key}` is not listed");
        }
    }
    let least = flatten(&load_text(LEAST, &[]).unwrap().experiment);
    let mut n_compared = 0;
    for row in listing.iter().filter(|row| row.key != "name" && row.default != "required") {
        let kind =
            row.key.rsplit_once('.').and_then(|(table, _)| least.get(&format!("{table}.kind")));
        let applies = row.when.is_empty() || kind == Some(&format!("{:?}", row.when));
        if applies && let Some(value) = least.get(&row.key) {
            assert_eq!(*value, row.default, "{}", row.key);
            n_compared += 1;
        }
    }
    // All but `name` and the two required keys.
    assert_eq!(n_compared, least.len() - 3);
}

#[test]
fn keys_are_listed_for_people_and_for_programs() {
    let text = seglab(&["spec", "keys"]).unwrap();
    let block = "\
model.norm
    Normalisation after each convolution.
    \"batch\", \"instance\" or \"group\"; default: \"batch\"
      batch: Statistics of the batch in training, running ones in evaluation.
      instance: Statistics of each channel of each case.
      group: Statistics of groups of at most 8 channels of each case.
";
    assert!(text.contains(block), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&seglab(&["spec", "keys", "--json"]).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), spec::listing().len());
    let folds = json.as_array().unwrap().iter().find(|row| row["key"] == "split.folds").unwrap();
    assert_eq!(
        (folds["when"].as_str(), folds["type"].as_str()),
        (Some("k-fold"), Some("integer, 2 to 100"))
    );
}

#[test]
fn show_prints_a_spec_that_loads_and_says_who_set_each_key() {
    let folder = folder(&[("a.toml", &format!("{LEAST}[split]\nkind = 'k-fold'\nfolds = 4\n"))]);
    let path = folder.path().join("a.toml").display().to_string();
    let text = seglab(&["spec", "show", &path, "--set", "split.fold=1"]).unwrap();
    let experiment = load_resolved(&text).unwrap();
    assert_eq!(experiment.split, SplitRule::KFold { folds: 4, fold: 1, seed: None });
    let shown = text.replace(&path, "a.toml");
    let table =
        "[split]\nkind = \"k-fold\"  # a.toml:5:8\nfolds = 4  # a.toml:6:9\nfold = 1  # --set\n";
    assert!(shown.contains(table), "{shown}");
    assert!(shown.contains("\nseed = 42  # default\n"), "{shown}");

    let json = seglab(&["spec", "show", &path, "--json"]).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json.replace(&path, "a.toml")).unwrap();
    let row = json.as_array().unwrap().iter().find(|row| row["key"] == "split.folds").unwrap();
    assert_eq!((row["value"].as_str(), row["origin"].as_str()), (Some("4"), Some("a.toml:6:9")));
}

#[test]
fn check_tells_the_faults_of_all_files_and_those_of_a_shared_base_once() {
    let folder = folder(&[
        ("a.toml", "extends = 'base.toml'\n"),
        ("b.toml", "extends = 'base.toml'\nseed = -1\n"),
        ("good.toml", LEAST),
        ("base.toml", &format!("{LEAST}[train]\nepochs = 0\n")),
    ]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (a, b, good) = (path("a.toml"), path("b.toml"), path("good.toml"));
    let error = seglab(&["spec", "check", &a, &b, &good]).unwrap_err();
    let messages: Vec<_> = error.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(messages, ["`train.epochs` is out of range", "`seed` is out of range"]);
    assert_eq!(seglab(&["spec", "check", &good]).unwrap(), format!("ok {good}\n"));
}

#[test]
fn classes_that_no_spec_names_are_those_of_the_data_set() {
    let json = r#"{"labels": {"background": 0, "organ": 1, "tumour": 2, "ignore": 3}}"#;
    let folder = folder(&[("data/dataset.json", json)]);
    let root = folder.path().join("data").display().to_string();
    let text = format!("[data]\nroot = {root:?}\n");
    fs::write(folder.path().join("a.toml"), &text).unwrap();
    let loaded = load(&folder, &[]).unwrap();
    assert_eq!(loaded.experiment.data.classes, ["background", "organ", "tumour"]);
    let origin = loaded.origins.of_key("data.classes").to_string();
    assert_eq!(origin, format!("{root}/dataset.json:1:1"));
    // What a spec says counts.
    let own = load(&folder, &["data.classes=['background', 'a', 'b']"]).unwrap();
    assert_eq!(own.experiment.data.classes, ["background", "a", "b"]);
    fs::write(folder.path().join("data/dataset.json"), r#"{"labels": {"bg": 0, "x": 7}}"#).unwrap();
    let error = load(&folder, &[]).unwrap_err().to_string();
    assert!(error.contains("cannot be taken from `dataset.json`"), "{error}");
    assert!(error.contains("found     0 bg, 7 x"), "{error}");
}

#[test]
fn classes_that_the_data_set_cannot_tell_are_one_fault_that_says_why() {
    let json = r#"{"labels": {"background": 0, "whole": [1, 2], "core": [2], "ignore": 3}}"#;
    let folder = folder(&[("data/dataset.json", json)]);
    let root = folder.path().join("data").display().to_string();
    let text = format!("[data]\nroot = {root:?}\n[train]\nmonitor = 'valid/dice/a'\n");
    fs::write(folder.path().join("a.toml"), &text).unwrap();
    let told = || {
        let told = load(&folder, &[]).unwrap_err().to_string();
        told.replace(&format!("{}/", folder.path().display()), "")
    };
    let expected = "error: `data.classes` cannot be taken from `dataset.json`
  --> data/dataset.json
  expected  labels with the values 0, 1, 2 and so on, 0 for the background
  found     0 background
  regions   whole, core: several values each, so no classes
  ignore    3: not labelled, so no class
hint: write `data.classes`, and a `data.label-map` for other values";
    assert_eq!(told(), expected);

    fs::write(folder.path().join("data/dataset.json"), "{").unwrap();
    let broken = load(&folder, &[]).unwrap_err();
    assert_eq!(broken.faults.len(), 1, "{broken}");
    assert!(told().starts_with("error: cannot read `data/dataset.json`"), "{broken}");

    fs::remove_file(folder.path().join("data/dataset.json")).unwrap();
    let missing = load(&folder, &[]).unwrap_err();
    assert_eq!(missing.faults.len(), 1, "{missing}");
    let (start, hint) = (
        "error: missing key `classes` in `[data]`\n  --> a.toml:1:",
        "\nhint: write it, or put a `dataset.json` with the labels under `data.root`: there is no \
         `data/dataset.json`",
    );
    assert!(told().starts_with(start) && told().ends_with(hint), "{}", told());
}

#[test]
fn a_base_without_classes_is_no_setting_of_its_own() {
    let folder = folder(&[
        ("a.toml", "extends = 'b.toml'\ndata.classes = ['a', 'b']\n"),
        ("b.toml", "[data]\nroot = 'nowhere'\n"),
    ]);
    assert_eq!(load(&folder, &[]).unwrap().bases[0].setting, None);
}
