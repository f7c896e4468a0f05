//! Spec files from text to experiment: messages whole, layers, round trips, the experiments here.

use clap::Parser;
use seglab::{
    cli::Arguments,
    error::{Error, Result},
    spec::{self, Loaded, SplitRule, digest, flatten, load_resolved},
};
use std::{collections::BTreeMap, fs, path::PathBuf};
use tempfile::TempDir;

/// The least that is a spec.
const LEAST: &str = "[data]\nroot = 'd'\nclasses = ['background', 'tumour']\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Loads `a.toml` of a folder.
fn load(folder: &TempDir, settings: &[&str]) -> Result<Loaded> {
    let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
    spec::load(&folder.path().join("a.toml"), &settings)
}

fn load_text(text: &str, settings: &[&str]) -> Result<Loaded> {
    load(&folder(&[("a.toml", text)]), settings)
}

/// The whole message, without the temporary folder.
fn message(folder: &TempDir, error: &Error) -> String {
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

fn faults(text: &str) -> Vec<String> {
    let error = load_text(text, &[]).unwrap_err();
    error.faults.iter().map(|fault| fault.message.clone()).collect()
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
    let mut paths: Vec<_> = paths.filter(|path| path.extension().unwrap() == "toml").collect();
    paths.sort();
    paths
}

#[test]
fn five_faults_are_told_at_once_each_with_its_place() {
    let text = r#"question = "Which of these five is wrong?"

[data]
root = "data/ovarian"
classes = ["background", "primary", "metastasis"]

[model]
dropuot = 0.1
norm = "bach"

[loss]
cross-entropy = { class-weights = [0.1, 0.9] }

[train]
epochs = "ten"
batch = 0
"#;
    let folder = folder(&[("a.toml", text)]);
    let error = load(&folder, &[]).unwrap_err();
    assert_eq!(error.kind.exit_code(), 2);
    let expected = r#"error: unknown key `dropuot` in `[model]`
  --> a.toml:8:1
  |
8 | dropuot = 0.1
  | ^^^^^^^
hint: did you mean `dropout`?

error: `model.norm` cannot be "bach"
  --> a.toml:9:8
  |
9 | norm = "bach"
  |        ^^^^^^
  expected  "batch", "instance" or "group"
  found     string "bach"
hint: did you mean `batch`?

error: `loss.cross-entropy.class-weights` does not fit the classes
  --> a.toml:12:35
   |
12 | cross-entropy = { class-weights = [0.1, 0.9] }
   |                                   ^^^^^^^^^^
  expected  3 weights, one for each of `data.classes`
  found     2

error: `train.epochs` cannot be a string
  --> a.toml:15:10
   |
15 | epochs = "ten"
   |          ^^^^^
  expected  integer, 1 to 100000
  found     string "ten"

error: `train.batch` is out of range
  --> a.toml:16:9
   |
16 | batch = 0
   |         ^
  expected  integer, 1 to 1024
  found     integer 0

5 faults"#;
    assert_eq!(message(&folder, &error), expected);
}

#[test]
fn syntax_errors_and_what_else_is_wrong_are_told_together() {
    let folder = folder(&[("a.toml", "seed = \n[model]\nwidth = [8, 16]\nnorm = batch\n")]);
    let error = load(&folder, &[]).unwrap_err();
    let lines = error.faults.iter().map(|it| it.place.as_ref().unwrap().line_column.unwrap().0);
    assert_eq!(lines.collect::<Vec<_>>(), [1, 3, 4], "{error}");
}

#[test]
fn a_fault_in_a_base_is_placed_in_the_base() {
    let base = format!("{LEAST}[train]\nepochs = 0\n");
    let folder = folder(&[("a.toml", "extends = 'b.toml'\nseed = 1.5\n"), ("b.toml", &base)]);
    let error = load(&folder, &[]).unwrap_err();
    let places = error.faults.iter().map(|fault| fault.place.clone().unwrap());
    let places: Vec<_> = places
        .map(|place| {
            let name =
                PathBuf::from(place.file).file_name().unwrap().to_string_lossy().into_owned();
            (name, place.line_column.unwrap())
        })
        .collect();
    assert_eq!(places, [("a.toml".into(), (2, 8)), ("b.toml".into(), (5, 10))]);
}

#[test]
fn every_rule_between_keys_is_told() {
    let cases = [
        ("name = 'a b'", "`name` cannot name a folder"),
        (
            "[train]\nmonitor = 'valid/dice/tumor'",
            "`train.monitor` names no score of this experiment",
        ),
        (
            "[preprocess]\nintensity = { lower = 5, upper = 5 }",
            "`preprocess.intensity.lower` is not below `upper`",
        ),
        (
            "[evaluate]\noverlay-window = [2, 1]",
            "the first of `evaluate.overlay-window` is not below the second",
        ),
        ("[preprocess]\ngrid.size = 7", "a grid of 7x7 voxels cannot be halved 3 times"),
        ("[split]\nkind = 'k-fold'\nfolds = 5\nfold = 5", "there is no fold 5"),
        ("[split]\nvalid = 0.5\ntest = 0.5", "the split leaves no case to train"),
        (
            "[split]\nkind = 'explicit'\nvalid = ['x']\ntest = ['x']",
            "case `x` stands in `split.valid` and in `split.test`",
        ),
        (
            "[split]\nkind = 'explicit'\nvalid = ['x', 'x']",
            "case `x` stands twice in `split.valid`",
        ),
        ("[loss]\ndice.weight = 0\ncross-entropy.weight = 0", "the loss is switched off"),
        (
            "[loss]\ncross-entropy.class-weights = [1]",
            "`loss.cross-entropy.class-weights` does not fit the classes",
        ),
        (
            "[loss]\ncross-entropy.class-weights = [0, 0]",
            "`loss.cross-entropy.class-weights` gives no class any weight",
        ),
        (
            "[schedule]\nkind = 'cosine'\nmin-lr = 0.5",
            "`schedule.min-lr` is above `schedule.max-lr`",
        ),
        ("[augment]\nflip.axes = ['x', 'x']", "`augment.flip.axes` names an axis twice"),
    ];
    for (wrong, expected) in cases {
        let (head, tail) = if wrong.starts_with('[') { ("", wrong) } else { (wrong, "") };
        assert_eq!(faults(&format!("{head}\n{LEAST}{tail}")), [expected], "{wrong}");
    }
    let of_data = [
        ("label-map = { a = 1 }", "`a` in `data.label-map` is no label value"),
        ("label-map = { 09 = 1 }", "`09` in `data.label-map` is no label value"),
        ("label-map = { 7 = 2 }", "`data.label-map.7` names a class that is not there"),
        ("patient = '(S'", "`data.patient` is no regular expression"),
        ("patient = 'S'", "`data.patient` has no group"),
        (
            "phantom = { cases = 1, shape = [8, 8, 64] }\n[preprocess]\ngrid.kind = 'native'\n\
             [model]\nwidths = [1, 2, 3, 4, 5]",
            "a grid of 8x8x64 voxels cannot be halved 4 times",
        ),
    ];
    for (wrong, expected) in of_data {
        assert_eq!(faults(&format!("{LEAST}{wrong}")), [expected], "{wrong}");
    }
    assert_eq!(
        faults("[data]\nroot = ''\nclasses = ['a', ' ', 'a']"),
        ["`data.root` is empty", "class 1 has no name", "two of `data.classes` are called `a`"]
    );
}

#[test]
fn a_rule_says_nothing_of_a_key_that_is_already_faulty() {
    assert_eq!(
        faults("[data]\nroot = 'd'\nclases = ['a', 'b']\nlabel-map = { 5 = 3 }"),
        ["missing key `classes` in `[data]`", "unknown key `clases` in `[data]`"]
    );
    let grid = format!("{LEAST}[preprocess]\ngrid.size = 4\n[model]\nwidths = [2, 4, 'x']");
    assert_eq!(faults(&grid), ["`model.widths[2]` cannot be a string"]);
}

#[test]
fn values_of_every_type_are_checked() {
    let cases = [
        ("[model]\nwidths = []", "`model.widths` has too few values"),
        ("[model]\nresidual = 1", "`model.residual` cannot be an integer"),
        ("[model]\ndropout = nan", "`model.dropout` is out of range"),
        ("[optimizer]\nclip-norm = 0", "`optimizer.clip-norm` is out of range"),
        ("[train]\nepochs = 3.0", "`train.epochs` cannot be a number"),
        ("[train]\nmonitor = 2020-01-01", "`train.monitor` cannot be a date"),
        ("[loss]\ndice = 3", "`loss.dice` cannot be an integer"),
        (
            "[loss]\ncross-entropy.class-weights = true",
            "`loss.cross-entropy.class-weights` cannot be a boolean",
        ),
        (
            "[loss]\ncross-entropy.class-weights = [1, -1]",
            "`loss.cross-entropy.class-weights[1]` is out of range",
        ),
        ("[augment]\nflip = { p = 1.5 }", "`augment.flip.p` is out of range"),
        (
            "[schedule]\nkind = 'constant'\npct-start = 0.3",
            "`schedule.pct-start` does not go with `kind = \"constant\"`",
        ),
        ("[split]\nkind = 'k-fold'", "missing key `folds` in `[split]`"),
        ("[sweep]\nseeds = [1, 2]", "unknown key `sweep` at the top level"),
        ("[[train]]\nepochs = 1", "`train` cannot be a list"),
    ];
    for (wrong, expected) in cases {
        assert_eq!(faults(&format!("{LEAST}{wrong}")), [expected], "{wrong}");
    }
    assert_eq!(faults(""), ["missing table `[data]`"]);
    let huge = format!("seed = 99999999999999999999\n{LEAST}");
    assert_eq!(faults(&huge), ["`seed` is out of range"]);
}

#[test]
fn an_unknown_key_is_answered_with_the_one_that_was_meant() {
    let hint = |wrong: &str| {
        let error = load_text(&format!("{LEAST}{wrong}"), &[]).unwrap_err();
        (error.faults[0].hints.clone(), error.faults[0].details.clone())
    };
    assert_eq!(hint("[schedule]\nmax_lr = 1e-3").0, ["did you mean `max-lr`?"]);
    assert_eq!(hint("[train]\ndropout = 0.1").0, ["did you mean `model.dropout`?"]);
    assert_eq!(hint("[trian]\nepochs = 1").0, ["did you mean `train`?"]);
    let (hints, details) = hint("[train]\nzebra = 1");
    assert_eq!((hints.len(), details.len()), (0, 1));
    assert_eq!(details[0], "keys in `[train]`: epochs, batch, patience, monitor");
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
fn specs_that_extend_each_other_in_a_circle_are_a_fault() {
    let folder =
        folder(&[("a.toml", "extends = 'b.toml'\n"), ("b.toml", "extends = './a.toml'\n")]);
    let expected = "error: specs extend each other in a circle
  --> b.toml:1:11
  |
1 | extends = './a.toml'
  |           ^^^^^^^^^^
  `a.toml` extends `b.toml` extends `./a.toml`
hint: take `extends` out of one of them";
    assert_eq!(message(&folder, &load(&folder, &[]).unwrap_err()), expected);
}

#[test]
fn a_base_that_is_not_there_is_a_fault_beside_the_others() {
    let folder =
        folder(&[("a.toml", "extends = 'baselin.toml'\nseed = 'x'\n"), ("baseline.toml", "")]);
    let expected = "error: cannot read `baselin.toml`, which this spec extends
  --> a.toml:1:11
  |
1 | extends = 'baselin.toml'
  |           ^^^^^^^^^^^^^^
caused by: No such file or directory (os error 2)
hint: did you mean `baseline.toml`?

error: `seed` cannot be a string
  --> a.toml:2:8
  |
2 | seed = 'x'
  |        ^^^
  expected  integer, at least 0
  found     string \"x\"

2 faults";
    assert_eq!(message(&folder, &load(&folder, &[]).unwrap_err()), expected);
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
fn faults_of_settings_name_the_setting() {
    let folder = folder(&[("a.toml", LEAST)]);
    let settings = ["epochs", "extends=x.toml", "a b=3", "train.epochs=0", "sede=3"];
    let expected = "error: `epochs` sets nothing
  --> --set epochs
hint: write `--set key=value`, as in `--set train.epochs=3`

error: `extends` can be set in a file only
  --> --set extends=x.toml
hint: write `--set key=value`, as in `--set train.epochs=3`

error: cannot read `a b=3`: key with no value, expected `=`
  --> --set a b=3
hint: write `--set key=value`, as in `--set train.epochs=3`

error: `train.epochs` is out of range
  --> --set train.epochs=0
  expected  integer, 1 to 100000
  found     integer 0

error: unknown key `sede` at the top level
  --> --set sede=3
hint: did you mean `seed`?

5 faults";
    assert_eq!(load(&folder, &settings).unwrap_err().to_string(), expected);
}

#[test]
fn what_is_resolved_loads_back_to_the_same_experiment() {
    let mut specs: Vec<_> =
        experiments().iter().map(|path| spec::load(path, &[]).unwrap().experiment).collect();
    let more = [
        "[split]\nkind = 'k-fold'\nfolds = 3\nfold = 2\n[schedule]\nkind = 'cosine'\nwarmup = 0.1",
        "[split]\nkind = 'explicit'\nvalid = [\"a \\\"b\\\"\\t\\\\\", \"é\\u007F\"]\n[preprocess]\ngrid.kind = 'native'",
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
    let expected: String = paths.iter().map(|path| format!("ok {path}\n")).collect();
    assert_eq!(seglab(&arguments).unwrap(), expected);
    for path in experiments() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("question = \""), "{}", path.display());
    }
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
    assert_eq!(experiment.split, SplitRule::KFold { folds: 4, fold: 1 });
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
