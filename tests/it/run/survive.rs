//! Runs that are cut off, go on, are extended and are compared, through the program.

use crate::support::sandbox::{Ended, Sandbox, TINY, lines, read};
use serde_json::Value;
use std::{path::Path, process::Stdio, thread, time::Duration};

fn status(dir: &Path) -> Value {
    serde_json::from_str(&read(&dir.join("status.json"))).unwrap()
}

/// What was measured, without when and by whom.
fn scores(dir: &Path) -> Vec<Value> {
    let mut rows = lines(&dir.join("cases.jsonl"));
    rows.retain(|row| row.get("rewind").is_none());
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        row.retain(|key, _| !["attempt", "time", "checksum"].contains(&key.as_str()));
    }
    rows
}

fn best_model(dir: &Path) -> Vec<u8> {
    let best = seglab::record::checkpoint::best(dir).unwrap().0;
    std::fs::read(best.join("model.bpk")).unwrap()
}

/// A spec with everything that draws: dropout, augmentation, shuffling.
fn drawing() -> String {
    TINY.replace("widths = [2, 4]", "widths = [2, 4]\ndropout = 0.3\nskip-dropout = 0.1")
        .replace("epochs = 2", "epochs = 4")
}

#[test]
fn stopped_at_a_step_the_same_command_ends_like_one_that_was_not() {
    let straight = Sandbox::new();
    straight.write("tiny.toml", &drawing());
    straight.run(&["run", "tiny.toml"]).succeeds();
    let straight = straight.only_run("tiny");

    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", &drawing());
    for step in ["2", "7", "8"] {
        let ended = sandbox.run(&["run", "tiny.toml", "--stop-at-step", step]);
        assert_eq!(ended.code, 75, "{}", ended.stderr);
        assert!(ended.stderr.contains("error: stopped by its step limit"), "{}", ended.stderr);
        assert!(ended.stderr.contains("the same command continues from there"), "{}", ended.stderr);
        let status = status(&sandbox.only_run("tiny"));
        assert_eq!((&status["status"], &status["by"]), (&"preempted".into(), &"step-limit".into()));
    }
    let ended = sandbox.run(&["run", "tiny.toml"]).succeeds();
    assert!(ended.stderr.contains("continuing `runs/tiny/"), "{}", ended.stderr);
    let dir = sandbox.only_run("tiny");
    assert_eq!(status(&dir)["status"], "finished");
    assert_eq!(scores(&dir), scores(&straight));
    assert_eq!(best_model(&dir), best_model(&straight));
}

#[test]
fn run_time_leaves_out_pauses() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["run", "tiny.toml", "--stop-at-step", "2"]).code, 75);
    // By its clock, the second attempt begins an hour later.
    let mut later = sandbox.command(&["run", "tiny.toml"]);
    Ended::from(later.env("SEGLAB_CLOCK", "+3600s@1").output().unwrap()).succeeds();
    let listed: Value = serde_json::from_str(&sandbox.run(&["runs", "--json"]).stdout).unwrap();
    let seconds = listed[0]["seconds"].as_f64().unwrap();
    assert!(seconds > 0.0 && seconds < 1800.0, "{seconds}");
}

#[test]
fn an_interrupted_run_is_verified_to_end_like_a_straight_one() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", &drawing());
    let ended =
        sandbox.run(&["verify-resume", "tiny.toml", "--steps", "10", "--interruptions", "3"]);
    let ended = ended.succeeds();
    let expected = "equal bit for bit: 10 steps without interruption, and again with SIG";
    assert!(ended.stdout.starts_with(expected), "{}", ended.stdout);
}

#[test]
fn a_failure_that_would_come_again_is_not_repeated() {
    let sandbox = Sandbox::new();
    let settings = [
        "optimizer.weight-decay=10.0",
        "schedule={ kind = \"constant\", max-lr = 1.0 }",
        "train.epochs=30",
    ];
    let mut arguments = vec!["run", "tiny.toml"];
    for setting in &settings {
        arguments.extend(["--set", setting]);
    }
    assert_eq!(sandbox.run(&arguments).code, 1);
    let log = read(&sandbox.only_run("tiny").join("events.jsonl"));
    let again = sandbox.run(&arguments);
    assert_eq!(again.code, 1, "{}", again.stderr);
    let expected = "error: this experiment has failed before: ";
    assert!(again.stderr.contains(expected), "{}", again.stderr);
    assert!(again.stderr.contains("`--fresh` tries again"), "{}", again.stderr);
    assert_eq!(read(&sandbox.only_run("tiny").join("events.jsonl")), log);
}

#[test]
fn a_killed_run_is_told_from_a_living_one_at_once_and_goes_on() {
    let sandbox = Sandbox::new();
    let arguments = ["run", "tiny.toml", "--set", "train.epochs=400", "--set", "train.patience=0"];
    let mut child = sandbox.command(&arguments).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        thread::sleep(Duration::from_millis(50));
        let folder = sandbox.path("runs/tiny");
        if folder.exists() && seglab::record::checkpoint::last(&sandbox.only_run("tiny")).is_ok() {
            break;
        }
    }
    let listed = sandbox.run(&["runs"]).succeeds().stdout;
    assert!(listed.contains("running"), "{listed}");
    let second = sandbox.run(&arguments);
    assert_eq!(second.code, 1, "{}", second.stderr);
    let pid = child.id().to_string();
    assert!(second.stderr.contains(&pid), "refused by name: {}", second.stderr);

    child.kill().unwrap();
    child.wait().unwrap();
    let listed = sandbox.run(&["runs"]).succeeds().stdout;
    assert!(listed.contains("killed"), "{listed}");
    let last_step = |dir: &Path| {
        let events = lines(&dir.join("events.jsonl"));
        events.iter().filter_map(|event| event["step"].as_u64()).max().unwrap()
    };
    let before = last_step(&sandbox.only_run("tiny"));
    let further = (before + 5).to_string();
    let ended = sandbox.run(&[&arguments[..], &["--stop-at-step", &further]].concat());
    assert_eq!(ended.code, 75, "{}", ended.stderr);
    assert!(ended.stderr.contains("continuing `"), "{}", ended.stderr);
    assert!(last_step(&sandbox.only_run("tiny")) >= before + 5);
}

#[test]
#[cfg(unix)]
fn wall_time_stops_a_run_that_the_same_command_goes_on_with() {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", &TINY.replace("epochs = 2", "epochs = 2000\npatience = 0"));
    let arguments = ["run", "tiny.toml", "--set", "train.walltime='5s'"];
    let began = std::time::Instant::now();
    let ended = sandbox.run(&arguments);
    assert!(began.elapsed() < Duration::from_secs(5), "it must be done by then");
    assert_eq!(ended.code, 75, "{}", ended.stderr);
    assert!(ended.stderr.contains("stopped by its wall time"), "{}", ended.stderr);
    let steps = |dir: &Path| status(dir)["step"].as_u64().unwrap();
    let first = steps(&sandbox.only_run("tiny"));
    assert_eq!(sandbox.run(&arguments).code, 75);
    assert!(steps(&sandbox.only_run("tiny")) > first);
}

#[test]
fn a_wall_time_in_which_nothing_can_be_done_is_an_error_and_a_longer_one_goes_on() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["run", "tiny.toml", "--set", "train.walltime='1s'"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let expected = "error: `train.walltime` is too short: it ended before anything was done";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: raise it: "), "{}", ended.stderr);
    assert_eq!(status(&sandbox.only_run("tiny"))["status"], "failed");
    sandbox.run(&["run", "tiny.toml", "--set", "train.walltime='10m'"]).succeeds();
    assert_eq!(status(&sandbox.only_run("tiny"))["status"], "finished");
}

#[test]
fn a_finished_cycle_is_extended_only_as_the_spec_says_and_as_a_new_run() {
    let sandbox = Sandbox::new();
    sandbox.run(&["run", "tiny.toml"]).succeeds();
    let parent = sandbox.only_run("tiny").file_name().unwrap().to_string_lossy().into_owned();
    let extend = |settings: &[&str]| -> Ended {
        let mut arguments = vec!["run", "tiny.toml", "--extend", &parent];
        for setting in settings {
            arguments.extend(["--set", setting]);
        }
        sandbox.run(&arguments)
    };
    let refused = extend(&["train.epochs=4"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("one-cycle learning rate has ended"), "{}", refused.stderr);
    assert!(refused.stderr.contains("schedule.on-extend = \"restart\""), "{}", refused.stderr);
    let refused = extend(&["model.widths=[2, 8]", "schedule.on-extend='stretch'"]);
    assert!(refused.stderr.contains("`train.epochs` must be at least"), "{}", refused.stderr);
    assert!(refused.stderr.contains("model.widths  [2,4] -> [2,8]"), "{}", refused.stderr);
    assert_eq!(sandbox.runs("tiny").len(), 1, "nothing was begun");

    for on_extend in ["schedule.on-extend='restart'", "schedule.on-extend='stretch'"] {
        extend(&["train.epochs=4", on_extend]).succeeds();
    }
    let mut rates = Vec::new();
    for dir in sandbox.runs("tiny") {
        if dir.ends_with(&parent) {
            continue;
        }
        assert!(read(&dir.join("run.toml")).contains(&format!("parent = \"{parent}\"")));
        let id = dir.file_name().unwrap().to_string_lossy().into_owned();
        let shown = sandbox.run(&["runs", "show", &id]).succeeds().stdout;
        assert!(shown.lines().any(|line| line == format!("parent      {parent}")), "{shown}");
        assert_eq!(
            (&status(&dir)["status"], &status(&dir)["epoch"]),
            (&"finished".into(), &4.into())
        );
        let steps: Vec<Value> =
            lines(&dir.join("events.jsonl")).into_iter().filter(|e| e["event"] == "step").collect();
        assert_eq!(steps[0]["epoch"], 3, "it goes on where the parent ended");
        rates.push(steps.iter().map(|step| step["lr"].as_f64().unwrap()).collect::<Vec<_>>());
    }
    assert_eq!(rates.len(), 2);
    assert_ne!(rates[0], rates[1]);
    let restart = ["--set", "train.epochs=4", "--set", "schedule.on-extend='restart'"];
    let known = |run: &str| {
        let arguments = [&["run", "tiny.toml", "--extend", run][..], &restart].concat();
        let again = sandbox.run(&arguments).succeeds();
        assert!(again.stderr.contains("finished already"), "{}", again.stderr);
    };
    known(&parent);
    // As short as before there were extensions, whose ids begin alike.
    known("tiny-f");
    // The parent in a folder of another name, and without its checkpoints: the extension is found
    // where it was begun.
    let [folder, kept] = ["runs/tiny", "runs/tiny-2025"].map(|name| sandbox.path(name));
    std::fs::create_dir(&kept).unwrap();
    std::fs::rename(folder.join(&parent), kept.join(&parent)).unwrap();
    let checkpoints = kept.join(&parent).join("checkpoints");
    std::fs::remove_dir_all(&checkpoints).unwrap();
    std::fs::create_dir(&checkpoints).unwrap();
    known(&parent);
}

#[test]
fn a_run_that_was_stopped_is_not_told_that_its_schedule_has_ended() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["run", "tiny.toml", "--stop-at-step", "2"]).code, 75);
    let arguments = ["run", "tiny.toml", "--extend", "tiny-f", "--set", "train.epochs=4"];
    let refused = sandbox.run(&arguments);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("it is preempted, not finished"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("has ended"), "{}", refused.stderr);
}
