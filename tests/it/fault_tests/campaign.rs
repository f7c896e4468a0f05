//! The campaign in its short form, and that it would see what it looks for.

use crate::support::sandbox::{Sandbox, lines, read};
use seglab::fault_tests::{Tolerance, compare};
use std::os::unix::process::ExitStatusExt;

#[test]
fn the_short_campaign_finds_no_problem() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["chaos", "--kills", "12", "--keep", "campaign"]);
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    for count in ["lost rows", "rows twice", "unreadable runs", "wrong rows", "untrue statuses"] {
        let line = ended.stdout.lines().find(|line| line.trim_start().starts_with(count));
        assert!(line.is_some_and(|line| line.ends_with(" 0")), "{count}: {}", ended.stdout);
    }
    for part in ["kills: ", "damage: ", "disk: ", "race: ", "clock: ", "stale: "] {
        assert!(ended.stdout.lines().any(|line| line.starts_with(part)), "{}", ended.stdout);
    }
}

#[test]
fn the_comparison_of_runs_finds_differences() {
    let sandbox = Sandbox::new();
    sandbox.run(&["run", "tiny.toml"]).succeeds();
    sandbox.run(&["run", "tiny.toml", "--fresh"]).succeeds();
    sandbox.run(&["run", "tiny.toml", "--set", "seed=43"]).succeeds();
    let runs = sandbox.runs("tiny");
    let [first, again, other] = runs.as_slice() else { panic!("{runs:?}") };
    assert_eq!(compare(first, again, Tolerance::Exact).unwrap(), [""; 0]);
    let told = compare(first, other, Tolerance::Exact).unwrap().join("\n");
    for part in ["event step 1: ", "score case ", "last checkpoint: `model.bpk` has other bytes"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!compare(first, other, Tolerance::Relative(1e-3)).unwrap().is_empty());
}

#[test]
fn a_fault_strikes_at_its_operation() {
    let sandbox = Sandbox::new();
    let phantom = ["data", "phantom", "data", "--cases", "1", "--shape", "8,8,8", "--seed", "3"];
    let under = |fault: &str| {
        let output = sandbox.command(&phantom).env("SEGLAB_FAULT", fault).output().unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    };
    let (status, _) = under("kill@2");
    assert_eq!(status.signal(), Some(9));
    assert!(!sandbox.path("data").exists());

    let (status, stderr) = under("readonly@1");
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("Read-only file system"), "{stderr}");
    let (status, stderr) = under("full@3");
    assert_eq!(status.code(), Some(75), "{stderr}");
    assert!(stderr.contains("hint: free some space on that disk"), "{stderr}");
    let (_, stderr) = under("nonsense");
    assert!(stderr.contains("`SEGLAB_FAULT` or `SEGLAB_CLOCK` is not valid"), "{stderr}");

    let trace = sandbox.path("trace");
    let (status, stderr) = under(&format!("trace:{}", trace.display()));
    assert_eq!(status.code(), Some(0), "{stderr}");
    let n_operations = read(&trace).lines().count();
    assert!(n_operations > 5, "{}", read(&trace));
    // One more than there are: nothing is struck.
    std::fs::remove_dir_all(sandbox.path("data")).unwrap();
    assert_eq!(under(&format!("kill@{}", n_operations + 1)).0.code(), Some(0));
}

#[test]
fn a_torn_line_is_half_a_line_and_is_gone_after_the_next_attempt() {
    let sandbox = Sandbox::new();
    let trace = sandbox.path("trace");
    sandbox
        .run(&["data", "phantom", "data", "--cases", "6", "--shape", "16,16,8", "--seed", "3"])
        .succeeds();
    let under = |fault: &str, runs: &str| {
        let arguments = ["run", "tiny.toml", "--runs", runs];
        sandbox.command(&arguments).env("SEGLAB_FAULT", fault).output().unwrap().status
    };
    assert!(under(&format!("trace:{}", trace.display()), "whole").success());
    let appends = read(&trace)
        .lines()
        .filter(|line| line.contains(" write ") && line.ends_with("/events.jsonl"))
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect::<Vec<_>>();
    // The third line: begun, and a step done.
    assert_eq!(under(&format!("torn@{}", appends[2]), "runs").signal(), Some(9));
    let events = sandbox.only_run("tiny").join("events.jsonl");
    assert!(!read(&events).ends_with('\n'));
    sandbox.run(&["run", "tiny.toml"]).succeeds();
    assert!(lines(&events).len() > 4, "every line can be understood");
}
