//! What a run is said to take of the disk, beside what it takes.

use crate::support::sandbox::{Sandbox, TINY, read};
use seglab::{
    base::fs::tree_bytes,
    data::scan::FileCache,
    run::{self, disk},
    spec,
};

/// Predicted over taken must lie between 1 and this: generous, never too little.
const MOST: f64 = 3.0;

#[test]
fn a_run_takes_what_was_predicted() {
    let sandbox = Sandbox::new();
    let root = sandbox.path("data").display().to_string();
    // Enough epochs and width that the files' own words are not all there is to them.
    let text = TINY
        .replace("root = \"data\"", &format!("root = \"{root}\""))
        .replace("[2, 4]", "[8, 16]")
        .replace("epochs = 2", "epochs = 12\npatience = 0");
    sandbox.write("tiny.toml", &text);
    sandbox.run(&["run", "tiny.toml"]).succeeds();
    let dir = sandbox.only_run("tiny");

    let loaded = spec::load(&sandbox.path("tiny.toml"), &[]).unwrap();
    let planned = run::plan(&loaded, &sandbox.path("runs"), FileCache::Off).unwrap();
    let prediction = disk::check(&loaded.experiment, &planned, &sandbox.path("runs")).unwrap();
    let part = |name: &str| prediction.parts.iter().find(|part| part.0 == name).unwrap().1;

    let last = dir.join("checkpoints/12");
    let bytes = |name: &str| tree_bytes(&dir.join(name));
    for (name, predicted, taken) in [
        ("checkpoint", part("checkpoints") / 4, tree_bytes(&last)),
        ("events", part("event log"), bytes("events.jsonl")),
        ("scores", part("scores"), bytes("cases.jsonl")),
    ] {
        let factor = predicted as f64 / taken as f64;
        assert!((1.0..MOST).contains(&factor), "{name}: {predicted} predicted, {taken} taken");
    }
    // Pictures compress very differently; what counts is that no more is taken.
    assert!(part("overlays") >= bytes("overlays"));
    assert!(prediction.total >= tree_bytes(&dir));
    assert!(read(&dir.join("status.json")).contains("finished"));
}

#[test]
fn a_budget_that_does_not_suffice_is_told_before_anything_is_made() {
    let sandbox = Sandbox::new();
    let root = sandbox.path("data").display().to_string();
    let text = TINY.replace("root = \"data\"", &format!("root = \"{root}\""));
    sandbox.write("tiny.toml", &(text + "\n[disk]\nbudget = \"100 kB\"\n"));
    let loaded = spec::load(&sandbox.path("tiny.toml"), &[]).unwrap();
    let planned = run::plan(&loaded, &sandbox.path("runs"), FileCache::Off).unwrap();
    let error = disk::check(&loaded.experiment, &planned, &sandbox.path("runs")).unwrap_err();
    assert_eq!(error.code.exit_code(), 2);
    let message = error.to_string();
    assert!(message.contains("its budget `disk.budget` is 100.0 kB"), "{message}");
    assert!(message.contains("checkpoints "), "{message}");
    assert!(!sandbox.path("runs").exists());
}
