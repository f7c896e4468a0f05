//! What `seglab gc` and `seglab runs rm` remove, and what they leave.

use crate::support::sandbox::{Sandbox, read};
use serde_json::Value;
use std::{fs, path::Path, process::Stdio, thread, time::Duration};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn asked(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    serde_json::from_str(&sandbox.run(arguments).succeeds().stdout).unwrap()
}

#[test]
fn checkpoints_of_a_finished_run_go_but_the_best_and_those_asked_for() {
    let sandbox = Sandbox::new();
    let epochs = ["--set", "train.epochs=5", "--set", "train.patience=0"];
    sandbox
        .run(&[&["run", "tiny.toml", "--set", "checkpoint.keep-every=3"], &epochs[..]].concat())
        .succeeds();
    let dir = sandbox.only_run("tiny");
    let checkpoints = dir.join("checkpoints");
    let before = names(&checkpoints);
    assert!(before.contains(&"3".to_owned()) && before.contains(&"5".to_owned()), "{before:?}");
    fs::create_dir(checkpoints.join("damaged-3")).unwrap();
    fs::write(checkpoints.join("damaged-3/model.bpk"), [0; 1000]).unwrap();
    fs::write(dir.join(".status.json.7-0.tmp"), [0; 10]).unwrap();

    let planned = asked(&sandbox, &["gc", "--keep", "best", "--dry-run", "--json"]);
    assert_eq!(names(&checkpoints).len(), before.len() + 1, "a dry run removes nothing");
    let items = planned["runs"][0]["items"].as_array().unwrap();
    let sum: u64 = items.iter().map(|item| item["bytes"].as_u64().unwrap()).sum();
    assert_eq!(planned["bytes"], sum);
    assert!(sum > 1010, "{planned}");

    let kept_last = asked(&sandbox, &["gc", "--keep", "last", "--dry-run", "--json"]);
    assert!(kept_last["bytes"].as_u64().unwrap() <= sum);
    let removed = asked(&sandbox, &["gc", "--keep", "best", "--json"]);
    assert_eq!(removed["bytes"], planned["bytes"]);
    let shown = asked(&sandbox, &["runs", "--json"]);
    let best = shown[0]["best_epoch"].to_string();
    let left = names(&checkpoints);
    assert!(left.contains(&best), "{left:?}");
    assert!(left.contains(&"3".to_owned()), "`checkpoint.keep-every` asks for it: {left:?}");
    assert!(!left.contains(&"5".to_owned()), "{left:?}");
    assert!(!dir.join(".status.json.7-0.tmp").exists());
    for pointer in ["last", "best"] {
        let named: Value = serde_json::from_str(&read(&checkpoints.join(pointer))).unwrap();
        let named = named["checkpoint"].as_str().unwrap().to_owned();
        assert!(left.contains(&named), "`{pointer}` names `{named}`, and there are {left:?}");
    }
    assert_eq!(sandbox.run(&["gc", "--keep", "best"]).succeeds().stdout, "nothing to remove\n");
    // The run is as finished as before, and sound.
    sandbox.run(&["doctor"]).succeeds();
    let again = sandbox.run(&[&["run", "tiny.toml"], &epochs[..]].concat()).succeeds();
    assert!(again.stderr.contains("finished already"), "{}", again.stderr);
}

#[test]
fn a_run_that_is_worked_on_is_neither_cleared_nor_thrown_away() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(&["run", "tiny.toml", "--set", "train.epochs=10000", "--set", "train.patience=0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let last = |sandbox: &Sandbox| {
        let folder = sandbox.path("runs/tiny");
        folder.is_dir()
            && sandbox.runs("tiny").iter().any(|dir| dir.join("checkpoints/last").exists())
    };
    for _ in 0..3000 {
        if last(&sandbox) {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let id = sandbox.only_run("tiny").file_name().unwrap().to_string_lossy().into_owned();
    let cleared = sandbox.run(&["gc"]).succeeds().stdout;
    let refused = sandbox.run(&["runs", "rm", &id]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(cleared.contains("spared: it is being worked on"), "{cleared}");
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains(&format!("process {}", child.id())), "{}", refused.stderr);

    // Killed, it can still go on: its checkpoints stay.
    let before = names(&sandbox.only_run("tiny").join("checkpoints"));
    sandbox.run(&["gc"]).succeeds();
    let numbered = |names: Vec<String>| -> Vec<String> {
        names.into_iter().filter(|name| !name.starts_with('.')).collect()
    };
    assert_eq!(numbered(names(&sandbox.only_run("tiny").join("checkpoints"))), numbered(before));
}

#[test]
fn what_is_thrown_away_can_be_taken_back_until_the_trash_is_emptied() {
    let sandbox = Sandbox::new();
    sandbox.run(&["run", "tiny.toml"]).succeeds();
    let dir = sandbox.only_run("tiny");
    let id = dir.file_name().unwrap().to_string_lossy().into_owned();
    let moved = asked(&sandbox, &["runs", "rm", &id, "--json"]);
    assert!(!dir.exists());
    assert_eq!(sandbox.run(&["runs"]).succeeds().stdout, "no runs\n");
    let place = sandbox.path(moved[0]["to"].as_str().unwrap());
    assert!(place.join("status.json").exists(), "{moved}");
    fs::rename(&place, sandbox.path(moved[0]["from"].as_str().unwrap())).unwrap();
    assert!(sandbox.run(&["runs"]).succeeds().stdout.contains("finished"));

    let said = sandbox.run(&["runs", "rm", &id]).succeeds().stdout;
    assert!(said.contains("to get it back: mv -nT runs/.trash/"), "{said}");
    assert_eq!(sandbox.run(&["gc", "--keep", "all"]).succeeds().stdout, "nothing to remove\n");
    sandbox.run(&["gc", "--trash", "--older-than", "1h"]).succeeds();
    assert!(sandbox.path("runs/.trash").read_dir().unwrap().next().is_some());
    sandbox.run(&["gc", "--trash"]).succeeds();
    assert!(sandbox.path("runs/.trash").read_dir().unwrap().next().is_none());
}
