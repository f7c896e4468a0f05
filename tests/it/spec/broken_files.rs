//! Spec files that are not quite TOML, or not quite text: every error and every other fault at
//! once, and what to write instead.

use crate::{
    spec::loading::{LEAST, folder, load, load_text},
    support::sandbox::{Sandbox, TINY},
};
use seglab::base::Error;

/// Line and message of every fault; line 0 for a fault of the whole file.
fn told(text: &str) -> Vec<(usize, String)> {
    let error = load_text(text, &[]).unwrap_err();
    let line = |fault: &seglab::base::Fault| fault.place.as_ref()?.line_column.map(|it| it.0);
    error.faults.iter().map(|it| (line(it).unwrap_or(0), it.message.clone())).collect()
}

fn lines(text: &str) -> Vec<usize> {
    told(text).into_iter().map(|(line, _)| line).collect()
}

/// The whole message of `a.toml`, whose bytes these are.
fn message(bytes: &[u8]) -> String {
    let folder = folder(&[]);
    std::fs::write(folder.path().join("a.toml"), bytes).unwrap();
    let error: Error = load(&folder, &[]).unwrap_err();
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_colon_of_yaml_hides_nothing() {
    let text = "question = \"Is it told?\"\nseed: 1\n\n[data]\nroot = 5\nclasses = \"x\"\n\n[train]\n\
                epoch = 3\nbatch: 0\n";
    let expected = r#"error: cannot read TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
  --> a.toml:2:5
  |
2 | seed: 1
  |     ^
hint: write `seed = 1`

error: `data.root` cannot be an integer
  --> a.toml:5:8
  |
5 | root = 5
  |        ^
  expected  string
  found     integer 5
hint: put it in quotes: `"5"`

error: `data.classes` cannot be a string
  --> a.toml:6:11
  |
6 | classes = "x"
  |           ^^^
  expected  list of 2 to 255: string
  found     string "x"

error: unknown key `epoch` in `[train]`
  --> a.toml:9:1
  |
9 | epoch = 3
  | ^^^^^
hint: did you mean `epochs`?

error: cannot read TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
  --> a.toml:10:6
   |
10 | batch: 0
   |      ^
hint: write `batch = 0`

error: `train.batch` is out of range
  --> a.toml:10:8
   |
10 | batch: 0
   |        ^
  expected  integer, 1 to 1024
  found     integer 0

6 faults"#;
    assert_eq!(message(text.as_bytes()), expected);
}

#[test]
fn habits_of_yaml_and_python_are_told_line_by_line() {
    let data = "[data]\nroot = \"data\"\nclasses = [\"background\", \"primary\"]\n";
    let text = format!(
        "question = \"x\"\nseed = None\n{data}[model]\ndeep-supervision = False\n[train]\nepoch = 3\n\
         batch = 0\n"
    );
    assert_eq!(lines(&text), [2, 7, 9, 10]);
    assert_eq!(lines("seed: 1\nquestion = 3\n[data]\nroot = 5\nclasses = ['a', 'b']"), [1, 2, 4]);
    assert_eq!(lines(&format!("seed 1\n{LEAST}[train]\nepochs: 3\nbatch = 0")), [1, 6, 7]);
    // The values are those that were meant, so rules between keys are looked at too.
    let wrong = format!("{LEAST}[split]\nvalid: 0.5\ntest = 0.5\n");
    assert_eq!(lines(&wrong), [5, 5]);
}

#[test]
fn a_key_whose_value_cannot_be_read_is_not_missed_and_breaks_no_rule() {
    for text in [
        "[data]\nroot: x\nclasses = ['a', 'b']\n",
        "[data]\nroot = \nclasses = ['a', 'b']\n",
        "[data\nroot = 'x'\nclasses = ['a', 'b']\n",
        "data:\n  root: x\n  classes: [a, b]\n",
        "data = x\n",
        "[data]\nroot = 'x'\nclasses = ['a', b]\n[loss]\ncross-entropy.class-weights = [1, 2, 3]\n",
        "[data]\nroot = 'x'\nclasses = ['a', 'b'\n[train]\nmonitor = 'valid/dice/b'\n",
        "name = a b\n[data]\nroot = 'x'\nclasses = ['a', 'b']\n",
        "[data]\nroot = 'x'\nclasses = ['a', 'b']\n[schedule]\nkind = poly\npower = 0.5\n",
    ] {
        assert_eq!(told(text).len(), 1, "{text}: {:?}", told(text));
    }
    let least = "[data]\nroot = 'x'\n";
    let both = [
        (1, "missing key `classes` in `[data]`"),
        (3, "cannot read TOML: string values must be quoted, expected literal string"),
    ];
    let told = told(&format!("{least}label-map = x\n"));
    assert_eq!(told.iter().map(|(line, it)| (*line, it.as_str())).collect::<Vec<_>>(), both);
}

#[test]
fn a_table_that_is_written_twice_keeps_both_of_its_parts() {
    let text = format!("{LEAST}[train]\nepochs = 0\n[model]\nnorm = 'batch'\n[train]\nbatch = 0\n");
    assert_eq!(lines(&text), [5, 8, 9]);
}

#[test]
fn a_broken_base_says_nothing_of_the_keys_it_may_hold() {
    let files = [("a.toml", "extends = 'b.toml'\nseed = 'x'\n"), ("b.toml", "[data]\n= 3\n")];
    let error = load(&folder(&files), &[]).unwrap_err();
    assert_eq!(error.faults.len(), 2, "{error}");
}

#[test]
fn a_path_of_windows_is_answered_with_single_quotes() {
    let text = "[data]\nroot = \"C:\\Users\\me\"\nclasses = ['a', 'b']\n";
    let told = message(text.as_bytes());
    assert!(told.starts_with("error: cannot read TOML: "), "{told}");
    assert!(told.contains("\n  --> a.toml:2:"), "{told}");
    let hint = "\nhint: a backslash in double quotes begins a special character; single quotes take \
                the text as it is: `root = 'C:\\Users\\me'`";
    assert!(told.ends_with(hint), "{told}");
    let newline = "[data]\nroot = \"C:\\new\"\nclasses = ['a', 'b']\n";
    let expected = "error: `data.root` contains a control character
  --> a.toml:2:8
  |
2 | root = \"C:\\new\"
  |        ^^^^^^^^
  found     \"C:\\new\"
hint: put a path with backslashes in single quotes: in double quotes `\\n` means a line end";
    assert_eq!(message(newline.as_bytes()), expected);
}

#[test]
fn a_file_that_is_not_utf_8_says_what_it_is_and_is_checked_all_the_same() {
    let text = "seed = 1.5\n[data]\nroot = 'd'\nclasses = ['a', 'b']\n";
    let utf_16: Vec<u8> =
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let seed = "error: `seed` cannot be a number
  --> a.toml:1:8
  |
1 | seed = 1.5
  |        ^^^
  expected  integer, at least 0
  found     number 1.5";
    let expected = format!(
        "error: `a.toml` is not UTF-8: it looks like UTF-16 (little-endian)\n  --> a.toml\n\
         hint: save it as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8 OLD > NEW`\n\n{seed}\n\n\
         2 faults"
    );
    assert_eq!(message(&utf_16), expected);

    let latin_1 = [b"question = 'L\xe4uft das?'\n", LEAST.as_bytes()].concat();
    let expected = "error: `a.toml` is not UTF-8: it looks like Latin-1 (ISO 8859-1)
  --> a.toml:1:14
  |
1 | question = 'Läuft das?'
  |              ^
hint: save it as UTF-8, or convert it: `iconv -f LATIN1 -t UTF-8 OLD > NEW`";
    assert_eq!(message(&latin_1), expected);
}

#[test]
fn a_mark_of_utf_8_line_ends_of_windows_and_tabs_are_fine() {
    for text in [
        format!("\u{feff}seed = 1\n{LEAST}"),
        format!("seed = 1\n{LEAST}").replace('\n', "\r\n"),
        format!("\tseed\t=\t1\t\n{LEAST}"),
    ] {
        assert_eq!(load_text(&text, &[]).unwrap().experiment.seed, 1, "{text:?}");
    }
    // The mark is no column.
    assert_eq!(told("\u{feff}seed = x\n").len(), 2);
    assert!(message("\u{feff}seed = x\n".as_bytes()).contains("a.toml:1:8"));
}

#[test]
fn text_without_quotes_is_strict_in_a_file_and_lenient_on_the_command_line() {
    let expected = "error: `name` cannot be a date
  --> a.toml:1:8
  |
1 | name = 2025-11-30
  |        ^^^^^^^^^^
  expected  string
  found     date 2025-11-30
hint: put it in quotes: `\"2025-11-30\"`";
    assert_eq!(message(format!("name = 2025-11-30\n{LEAST}").as_bytes()), expected);

    let settings = [
        "data.root=2024",
        "name=2025-11-30",
        "question=true",
        "data.exclude=[17, 2024-01-01]",
        "data.patient=(1e3)",
    ];
    let experiment = load_text(LEAST, &settings).unwrap().experiment;
    let (data, question) = (&experiment.data, experiment.question.as_str());
    assert_eq!((data.root.as_str(), experiment.name.as_str()), ("2024", "2025-11-30"));
    assert_eq!((question, data.patient.as_deref()), ("true", Some("(1e3)")));
    assert_eq!(data.exclude, ["17", "2024-01-01"]);
    // As typed, not as a number prints.
    let experiment = load_text(LEAST, &["data.root=1e3", "name=0x10"]).unwrap().experiment;
    assert_eq!((experiment.data.root.as_str(), experiment.name.as_str()), ("1e3", "0x10"));
}

#[test]
fn numbers_in_quotes_and_with_a_point_are_answered() {
    let hint = |wrong: &str| {
        let error = load_text(&format!("{LEAST}{wrong}"), &[]).unwrap_err();
        error.faults[0].hints.concat()
    };
    let point = "write it without a point or exponent: `10`";
    assert_eq!(hint("[train]\nepochs = 1e1"), point);
    assert_eq!(hint("[train]\nepochs = '3'"), "leave the quotes out: `3`");
    assert_eq!(hint("[optimizer]\nclip-norm = '1e-3'"), "leave the quotes out: `1e-3`");
    assert_eq!(hint("[model]\nresidual = 'true'"), "leave the quotes out: `true`");
    assert_eq!(hint("[train]\nepochs = 1.5"), "");
}

#[test]
fn a_home_folder_and_variables_are_expanded_in_a_spec_and_on_the_command_line() {
    let sandbox = Sandbox::new();
    let shown = |spec: &str, settings: &[&str]| {
        sandbox.write("a.toml", spec);
        let mut command = sandbox.command(&["spec", "show", "a.toml"]);
        command.args(settings).env("HOME", "/home/me").env("SEGLAB_DATA", "/data");
        command.env_remove("SEGLAB_NONE");
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let root = |path: &str| format!("[data]\nroot = '{path}'\nclasses = ['a', 'b']\n");
    assert!(shown(&root("~/ct"), &[]).contains("\nroot = \"/home/me/ct\"  # a.toml:2:8\n"));
    assert!(shown(&root("$SEGLAB_DATA/ct"), &[]).contains("\nroot = \"/data/ct\"  #"));
    let set = ["--set", "data.root=${SEGLAB_DATA}/x"];
    assert!(shown(&root("d"), &set).contains("\nroot = \"/data/x\"  # --set\n"));
    let expected = "error: cannot use `data.root`: the variable `SEGLAB_NONE` is not set
  --> a.toml:2:8
  |
2 | root = '$SEGLAB_NONE/ct'
  |        ^^^^^^^^^^^^^^^^^
  found     $SEGLAB_NONE/ct
hint: set it with `export SEGLAB_NONE=...`, or write the path in full
";
    assert_eq!(shown(&root("$SEGLAB_NONE/ct"), &[]), expected);
    let base = "extends = '$SEGLAB_NONE.toml'\n";
    assert!(shown(base, &[]).starts_with("error: cannot use `extends`: the variable"));

    let home = sandbox.path("home");
    std::fs::create_dir(&home).unwrap();
    sandbox.write("tiny.toml", &TINY.replace("root = \"data\"", "root = \"~/data\""));
    let mut command = sandbox.command(&["run", "tiny.toml", "--runs=~/runs", "--reports=~/out"]);
    let output = command.env("HOME", &home).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(home.join("runs/tiny").is_dir() && home.join("out/tiny").is_dir());
    assert!(home.join("data/CT").is_dir() && !sandbox.path("~").exists());
}

#[test]
fn a_missing_data_root_is_told_with_the_folder_that_was_looked_at() {
    let sandbox = Sandbox::new();
    sandbox.write("a.toml", LEAST);
    let ended = sandbox.run(&["run", "a.toml", "--device", "cpu"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let looked = sandbox.path("").canonicalize().unwrap().join("d");
    let expected = format!(
        "error: data root `d` does not exist\n  looked at {}\nhint: put `CT/`",
        looked.display()
    );
    assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
    assert!(!sandbox.path("runs").exists() && !sandbox.path("reports").exists());
}
