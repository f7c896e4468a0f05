//! What is wrong with a spec: messages whole, every fault at once, each with its place.

use crate::spec::loading::{LEAST, folder, load, load_text};
use seglab::base::Error;
use std::path::PathBuf;
use tempfile::TempDir;

/// The whole message, without the temporary folder.
fn message(folder: &TempDir, error: &Error) -> String {
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

fn faults(text: &str) -> Vec<String> {
    let error = load_text(text, &[]).unwrap_err();
    error.faults.iter().map(|fault| fault.message.clone()).collect()
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
    assert_eq!(error.code.exit_code(), 2);
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

error: `loss.cross-entropy.class-weights` has the wrong number of weights
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
    let text = format!("seed = \n{LEAST}[model]\nwidth = [8, 16]\nnorm = batch\n");
    let error = load_text(&text, &[]).unwrap_err();
    let lines = error.faults.iter().map(|it| it.place.as_ref().unwrap().line_column.unwrap().0);
    assert_eq!(lines.collect::<Vec<_>>(), [1, 6, 7], "{error}");
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

/// What breaks a rule between keys, appended to the least spec or put before it, and the message.
const RULES: [(&str, &str); 16] = [
    ("name = 'a b'", "`name` is not a valid folder name"),
    ("[train]\nmonitor = 'valid/dice/tumor'", "`train.monitor` is not a score of this experiment"),
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
    ("[split]\nvalid = 0.5\ntest = 0.5", "the split leaves no case for training"),
    (
        "[split]\nkind = 'explicit'\nvalid = ['x']\ntest = ['x']",
        "case `x` is in both `split.valid` and `split.test`",
    ),
    ("[split]\nkind = 'explicit'\nvalid = ['x', 'x']", "case `x` is twice in `split.valid`"),
    ("[loss]\ndice.weight = 0\ncross-entropy.weight = 0", "the loss is switched off"),
    (
        "[loss]\ncross-entropy.class-weights = [1]",
        "`loss.cross-entropy.class-weights` has the wrong number of weights",
    ),
    (
        "[loss]\ncross-entropy.class-weights = [0, 0]",
        "`loss.cross-entropy.class-weights` is 0 for every class",
    ),
    ("[schedule]\nkind = 'cosine'\nmin-lr = 0.5", "`schedule.min-lr` is above `schedule.max-lr`"),
    ("[augment]\nflip.axes = ['x', 'x']", "`augment.flip.axes` names an axis twice"),
    ("[train]\nwalltime = 'soon'", "`train.walltime` is not a valid duration"),
    ("[disk]\nbudget = '20 gigs'", "`disk.budget` is not a valid size"),
];

/// The same within `[data]`.
const RULES_OF_DATA: [(&str, &str); 6] = [
    ("label-map = { a = 1 }", "`a` in `data.label-map` is not a label value"),
    ("label-map = { 09 = 1 }", "`09` in `data.label-map` is not a label value"),
    ("label-map = { 7 = 2 }", "`data.label-map.7` names a class that does not exist"),
    ("patient = '(S'", "`data.patient` is not a valid regular expression"),
    ("patient = 'S'", "`data.patient` has no group"),
    (
        "phantom = { cases = 1, shape = [8, 8, 64] }\n[preprocess]\ngrid.kind = 'native'\n\
         [model]\nwidths = [1, 2, 3, 4, 5]",
        "a grid of 8x8x64 voxels cannot be halved 4 times",
    ),
];

#[test]
fn every_rule_between_keys_is_told() {
    for (wrong, expected) in RULES {
        let (head, tail) = if wrong.starts_with('[') { ("", wrong) } else { (wrong, "") };
        assert_eq!(faults(&format!("{head}\n{LEAST}{tail}")), [expected], "{wrong}");
    }
    for (wrong, expected) in RULES_OF_DATA {
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
            "`schedule.pct-start` cannot be used with `kind = \"constant\"`",
        ),
        ("[split]\nkind = 'k-fold'", "missing key `folds` in `[split]`"),
        ("[[train]]\nepochs = 1", "`train` cannot be a list"),
    ];
    for (wrong, expected) in cases {
        assert_eq!(faults(&format!("{LEAST}{wrong}")), [expected], "{wrong}");
    }
    assert_eq!(faults(""), ["missing table `[data]`"]);
    let huge = |n_digits| load_text(&format!("seed = {}\n{LEAST}", "9".repeat(n_digits)), &[]);
    for (n_digits, found) in
        [(20, "integer 99999999999999999999"), (41, "integer of 39 digits or more")]
    {
        let error = huge(n_digits).unwrap_err();
        assert_eq!(error.faults.len(), 1, "{error}");
        assert_eq!(error.faults[0].message, "`seed` is out of range");
        assert_eq!(error.faults[0].details[1], format!("found     {found}"));
    }
    assert_eq!(
        faults(&format!("{LEAST}[train]\nepochs = 1_0;\n")),
        ["cannot read TOML: `1_0;` is not a number"]
    );
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
    let fault = |text: &str| load_text(text, &[]).unwrap_err().faults.remove(0);
    assert_eq!(fault(&format!("extend = 'b.toml'\n{LEAST}")).hints, ["did you mean `extends`?"]);
    let details = fault(&format!("zebra = 1\n{LEAST}")).details.concat();
    assert!(details.starts_with("keys at the top level: question, "), "{details}");
    assert!(details.ends_with(", extends"), "{details}");
    let (hints, details) = hint("[train]\nzebra = 1");
    assert_eq!((hints.len(), details.len()), (0, 1));
    assert_eq!(
        details[0],
        "keys in `[train]`: epochs, batch, accumulate, patience, monitor, walltime"
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
fn faults_of_settings_name_the_setting() {
    let folder = folder(&[("a.toml", LEAST)]);
    let settings = ["epochs", "extends=x.toml", "a b=3", "train.epochs=0", "sede=3"];
    let expected = "error: `epochs` has no value
  --> --set epochs
hint: write `--set key=value`, as in `--set train.epochs=3`

error: `extends` can only be set in a file
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
    let error = load(&folder, &["train.epochs=1_0;"]).unwrap_err();
    assert_eq!(error.faults[0].details[1], "found     string \"1_0;\"", "{error}");
}
