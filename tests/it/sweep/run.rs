//! Sweeps through the program: what is run, what is not run again, and who stops whom.

use crate::support::sandbox::{Ended, Sandbox, lines, read};
use seglab::{
    event::Event,
    record::{Failure, FailureClass, read_run, record_failure},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Two rates by two seeds of a net that trains in a fraction of a second.
const FOUR: &str = r#"
extends = "tiny.toml"
name = "four"

[train]
epochs = 1
patience = 0

[sweep]
seeds = [1, 2]
axes."schedule.max-lr" = [1e-3, 1e-2]
"#;

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_mins(2);

fn sweep(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    sandbox.run(&[&["sweep"], arguments].concat())
}

fn run(sandbox: &Sandbox, more: &[&str]) -> Ended {
    sweep(sandbox, &[&["run", "four.toml", "--devices", "cpu"], more].concat())
}

fn status(sandbox: &Sandbox, name: &str) -> Value {
    let json = sweep(sandbox, &["status", name, "--json"]).succeeds().stdout;
    serde_json::from_str(&json).unwrap()
}

/// Runs of an experiment that a list would show.
fn runs(sandbox: &Sandbox, name: &str) -> Vec<PathBuf> {
    let is_shown = |dir: &PathBuf| !dir.file_name().unwrap().to_str().unwrap().starts_with('.');
    sandbox.runs(name).into_iter().filter(is_shown).collect()
}

fn status_of(dir: &Path) -> Value {
    serde_json::from_str(&read(&dir.join("status.json"))).unwrap()
}

fn worker_events(sandbox: &Sandbox, name: &str) -> Vec<Value> {
    let workers = sandbox.path(&format!("runs/{name}/.sweep/workers"));
    let folders = std::fs::read_dir(workers).unwrap();
    let logs = folders.map(|worker| worker.unwrap().path().join("deeds.jsonl"));
    // A worker that was killed before it did anything left its folder alone.
    logs.filter(|log| log.exists()).flat_map(|log| lines(&log)).collect()
}

fn await_that(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(status.success(), "kill {signal} {pid}");
}

#[test]
fn a_sweep_runs_each_cell_once_and_the_same_command_does_nothing_more() {
    let sandbox = Sandbox::new();
    sandbox.write("four.toml", FOUR);
    let first = run(&sandbox, &[]).succeeds();
    for line in ["cell 1/4  max-lr = 0.001, seed 1  started on cpu", "finished after"] {
        assert!(first.stderr.contains(line), "{}", first.stderr);
    }
    let dirs = runs(&sandbox, "four");
    assert_eq!(dirs.len(), 4);
    let order: Vec<u64> = worker_events(&sandbox, "four")
        .iter()
        .filter(|deed| deed["deed"] == "started")
        .map(|deed| deed["cell"].as_u64().unwrap())
        .collect();
    assert_eq!(order, [0, 1, 2, 3]);
    let stood = |dirs: &[PathBuf]| -> Vec<String> {
        dirs.iter().map(|dir| read(&dir.join("status.json"))).collect()
    };
    let before = stood(&dirs);
    let again = run(&sandbox, &[]).succeeds();
    assert!(again.stderr.contains("4 cells, 4 already done"), "{}", again.stderr);
    assert_eq!((runs(&sandbox, "four"), stood(&dirs)), (dirs.clone(), before));
    let seen = status(&sandbox, "four");
    assert_eq!(seen["counts"], serde_json::json!({ "finished": 4 }));
    // All seeds of a setting are scored on the same cases.
    let cases = |dir: &PathBuf| -> BTreeSet<String> {
        let rows = lines(&dir.join("cases.jsonl"));
        rows.iter().filter_map(|row| row["case"].as_str().map(str::to_owned)).collect()
    };
    assert!(dirs.iter().all(|dir| cases(dir) == cases(&dirs[0])));
}

#[test]
fn a_sweep_grows_by_new_cells_and_refuses_cells_of_another_meaning() {
    let sandbox = Sandbox::new();
    sandbox.write("four.toml", FOUR);
    run(&sandbox, &[]).succeeds();
    sandbox.write("four.toml", &FOUR.replace("[1e-3, 1e-2]", "[1e-3, 1e-2, 3e-2]"));
    let grown = run(&sandbox, &[]).succeeds();
    assert!(grown.stderr.contains("6 cells, 4 already done, 2 new"), "{}", grown.stderr);
    assert_eq!(runs(&sandbox, "four").len(), 6);
    sandbox.write("four.toml", &FOUR.replace("epochs = 1", "epochs = 2"));
    let refused = run(&sandbox, &[]);
    assert_eq!(refused.code, 2);
    for line in [
        "error: 4 cells of this sweep mean something else than before",
        "train.epochs  1 -> 2",
        "another `name`",
        "`--replan`",
    ] {
        assert!(refused.stderr.contains(line), "{}", refused.stderr);
    }
    assert_eq!(runs(&sandbox, "four").len(), 6, "nothing was begun");
    run(&sandbox, &["--replan"]).succeeds();
    assert_eq!(runs(&sandbox, "four").len(), 10);
}

/// The first cell that has a checkpoint, and its process; waited for.
fn first_with_checkpoint(sandbox: &Sandbox) -> (PathBuf, u32) {
    let found = || {
        let dir = std::fs::read_dir(sandbox.path("runs/four")).ok()?.find_map(|run| {
            let dir = run.ok()?.path();
            dir.join("checkpoints/last").exists().then_some(dir)
        })?;
        let attempt: Value = serde_json::from_str(&read(&dir.join("attempts/0001.json"))).ok()?;
        Some((dir, u32::try_from(attempt["owner"]["pid"].as_u64()?).ok()?))
    };
    await_that("the first cell has a checkpoint", || found().is_some());
    found().unwrap()
}

/// A worker of its own process group, as one in another terminal would be.
fn worker(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let log = std::fs::File::create(sandbox.path("worker.log")).unwrap();
    let mut command = sandbox.command(&[&["sweep"], arguments].concat());
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

#[test]
fn stop_ends_every_worker_with_a_checkpoint_and_run_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.write("four.toml", &FOUR.replace("epochs = 1", "epochs = 60"));
    let mut first = worker(&sandbox, &["run", "four.toml", "--devices", "cpu", "--jobs", "2"]);
    let epochs = || -> usize {
        let Ok(found) = std::fs::read_dir(sandbox.path("runs/four")) else { return 0 };
        found.filter(|run| run.as_ref().unwrap().path().join("checkpoints/last").exists()).count()
    };
    await_that("two cells have a checkpoint", || epochs() == 2);
    let stopped = sweep(&sandbox, &["stop", "four"]).succeeds();
    let told = "no worker of `four` is running any more\nreport  reports/four/index.html\n";
    assert_eq!(stopped.stdout, told);
    assert_eq!(first.wait().unwrap().code(), Some(75), "{}", read(&sandbox.path("worker.log")));
    let seen = status(&sandbox, "four");
    assert_eq!(seen["counts"], serde_json::json!({ "interrupted": 2, "queued": 2 }));
    let late = sweep(&sandbox, &["work", "four.toml", "--devices", "cpu"]);
    assert_eq!(late.code, 75, "who comes to help later stops too: {}", late.stderr);
    // Fewer epochs than that would be another question; what is left fits into a second or two.
    run(&sandbox, &["--jobs", "2"]).succeeds();
    assert_eq!(status(&sandbox, "four")["counts"], serde_json::json!({ "finished": 4 }));
    assert_eq!(runs(&sandbox, "four").len(), 4);
}

#[test]
fn a_cell_that_hangs_is_ended_and_classed_and_retry_goes_on_with_it() {
    let sandbox = Sandbox::new();
    sandbox.write("four.toml", &FOUR.replace("epochs = 1", "epochs = 60").replace("[1, 2]", "[1]"));
    let arguments = ["run", "four.toml", "--devices", "cpu", "--hang-after", "3s"];
    let mut first = worker(&sandbox, &arguments);
    let (dir, pid) = first_with_checkpoint(&sandbox);
    kill("-STOP", pid);
    assert_eq!(first.wait().unwrap().code(), Some(1), "{}", read(&sandbox.path("worker.log")));
    let ended = status_of(&dir);
    assert_eq!((&ended["status"], &ended["class"]), (&"failed".into(), &"hang".into()), "{ended}");
    let seen = status(&sandbox, "four");
    assert_eq!(seen["counts"], serde_json::json!({ "failed": 1, "finished": 1 }));
    let retry = sweep(&sandbox, &["retry", "four"]).succeeds();
    assert!(retry.stdout.contains("max-lr = 0.001"), "{}", retry.stdout);
    run(&sandbox, &[]).succeeds();
    assert_eq!(status_of(&dir)["status"], "finished");
    assert!(dir.join("attempts/0002.json").exists(), "it went on where it was");
}

#[test]
fn a_cell_that_ran_out_of_memory_is_run_once_more_with_a_smaller_batch() {
    let sandbox = Sandbox::new();
    let spec = FOUR.replace("epochs = 1", "epochs = 40\nbatch = 2").replace("[1, 2]", "[1]");
    sandbox.write("four.toml", &spec);
    let mut first = worker(&sandbox, &["run", "four.toml", "--devices", "cpu"]);
    let (dir, pid) = first_with_checkpoint(&sandbox);
    // Nobody is left to say what became of the run.
    kill("-STOP", first.id());
    kill("-KILL", pid);
    first.kill().unwrap();
    first.wait().unwrap();
    let failure = Failure {
        class: FailureClass::OutOfMemory,
        reason: "the device's memory did not suffice".into(),
        details: vec![],
        advice: vec![],
    };
    assert!(record_failure(&dir, failure).unwrap());
    run(&sandbox, &[]).succeeds();
    let seen = status(&sandbox, "four");
    assert_eq!(seen["counts"], serde_json::json!({ "finished": 2 }));
    let derived = &seen["cells"][0]["derived"];
    let changes = serde_json::json!({ "train.accumulate": 2, "train.batch": 1 });
    assert_eq!(derived["changes"], changes);
    assert_eq!(derived["from"], dir.file_name().unwrap().to_str().unwrap());
    assert_eq!(derived["because"]["class"], "out-of-memory");
    assert_eq!(runs(&sandbox, "four").len(), 3, "the one that failed stays where it is");
    let stand_in = sandbox.path("runs/four").join(derived["run-id"].as_str().unwrap());
    assert!(read(&stand_in.join("resolved.toml")).contains("batch = 1\naccumulate = 2"));
    run(&sandbox, &[]).succeeds();
    assert_eq!(runs(&sandbox, "four").len(), 3, "and nobody starts over");
}

#[test]
fn a_cell_that_will_not_win_is_given_up_and_said_to_be() {
    let sandbox = Sandbox::new();
    // With a rate of next to nothing the loss stays where it is.
    let rates =
        ["epochs = 1", "epochs = 4\nmonitor = \"valid/loss\"", "[1e-3, 1e-2]", "[3e-2, 1e-9]"];
    let spec =
        FOUR.replace(rates[0], rates[1]).replace(rates[2], rates[3]).replace("[1, 2]", "[1]")
            + "[sweep.prune]\nkind = \"asha\"\nmin-epochs = 2\nmin-share = 0.0\nmin-cells = 0\n";
    sandbox.write("four.toml", &spec);
    run(&sandbox, &[]).succeeds();
    let seen = status(&sandbox, "four");
    assert_eq!(seen["counts"], serde_json::json!({ "finished": 1, "pruned": 1 }));
    let cell = &seen["cells"][1];
    let remark = cell["remark"].as_str().unwrap();
    assert_eq!((cell["state"].as_str(), cell["epoch"].as_u64()), (Some("pruned"), Some(2)));
    assert!(remark.contains("is number 2 of 2; the best 1 continue"), "{remark}");
    run(&sandbox, &[]).succeeds();
    assert_eq!(status(&sandbox, "four")["counts"], seen["counts"], "it is not begun again");
}

#[test]
fn a_failure_that_would_come_again_is_left_until_somebody_asks_for_another_try() {
    let sandbox = Sandbox::new();
    // Each step multiplies the weights by 1 - 10.
    let spec = "extends = \"tiny.toml\"\nname = \"four\"\n[sweep]\nseeds = [1]\n\
         [train]\nepochs = 30\n[optimizer]\nweight-decay = 10.0\n\
         [schedule]\nkind = \"constant\"\nmax-lr = 1.0\n";
    sandbox.write("four.toml", spec);
    let failed = run(&sandbox, &[]);
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.contains("error: 1 of 1 cells of `four` failed"), "{}", failed.stderr);
    assert_eq!(status(&sandbox, "four")["counts"], serde_json::json!({ "failed": 1 }));
    assert_eq!(run(&sandbox, &[]).code, 1);
    assert_eq!(runs(&sandbox, "four").len(), 1, "the same would come again");
    sweep(&sandbox, &["retry", "four"]).succeeds();
    assert_eq!(run(&sandbox, &[]).code, 1);
    assert_eq!(
        runs(&sandbox, "four").len(),
        2,
        "somebody asked, and it is begun anew beside the first"
    );
    assert_eq!(run(&sandbox, &[]).code, 1);
    assert_eq!(runs(&sandbox, "four").len(), 2, "once");
}

#[test]
fn cells_not_done_in_time_are_left_out_and_named() {
    let sandbox = Sandbox::new();
    sandbox.write("four.toml", &FOUR.replace("epochs = 1", "epochs = 100000"));
    let ended = run(&sandbox, &["--until", "30s"]);
    assert_eq!(ended.code, 75);
    assert!(ended.stderr.contains("max-lr = 0.001, seed 1  left out: "), "{}", ended.stderr);
    assert_eq!(status(&sandbox, "four")["counts"], serde_json::json!({ "queued": 4 }));
    let over = run(&sandbox, &["--until", "2020-01-01 08:00"]);
    assert_eq!(over.code, 2, "{}", over.stderr);
}

#[test]
fn cells_over_the_disk_budget_fail_and_run_once_there_is_space() {
    let sandbox = Sandbox::new();
    sandbox.write("four.toml", FOUR);
    let ended = run(&sandbox, &["--set", "disk.budget=\"1 kB\""]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error: 4 of 4 cells of `four` failed"), "{}", ended.stderr);
    assert!(ended.stderr.contains("its budget `disk.budget` is 1.0 kB"), "{}", ended.stderr);
    let seen = status(&sandbox, "four");
    assert!(seen["cells"][0]["remark"].as_str().unwrap().contains("disk.budget"), "{seen}");
    run(&sandbox, &[]).succeeds();
}

/// A pseudo-random sequence that is the same in every run of the test.
fn spread(place: u64) -> u64 {
    (place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) ^ (place << 3)
}

#[test]
fn workers_that_are_killed_lose_no_cell_and_run_none_twice() {
    let sandbox = Sandbox::new();
    let many = FOUR
        .replace("[1, 2]", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]")
        .replace("[1e-3, 1e-2]", "[1e-3, 3e-3, 1e-2, 3e-2]");
    sandbox.write("four.toml", &many);
    sandbox
        .run(&["data", "phantom", "data", "--cases", "6", "--shape", "16,16,8", "--seed", "3"])
        .succeeds();
    let arguments = ["work", "four.toml", "--devices", "cpu", "--linger"];
    let mut workers: Vec<Child> = (0..4).map(|_| worker(&sandbox, &arguments)).collect();
    let mut n_kills = 0;
    for round in 0.. {
        thread::sleep(Duration::from_millis(150 + spread(round) % 500));
        let all_ended = workers.iter_mut().all(|it| it.try_wait().unwrap().is_some());
        if all_ended {
            break;
        }
        assert!(round < 600, "{:?}", status(&sandbox, "four")["counts"]);
        if n_kills < 12 {
            let victim = usize::try_from(spread(round + 1000) % 4).unwrap();
            if workers[victim].try_wait().unwrap().is_none() {
                workers[victim].kill().unwrap();
                workers[victim].wait().unwrap();
                n_kills += 1;
                workers[victim] = worker(&sandbox, &arguments);
            }
        }
    }
    assert!(n_kills >= 6, "only {n_kills} kills: the sweep was too quick for the test");
    assert!(workers.iter_mut().all(|it| it.wait().unwrap().code() == Some(0)));
    let seen = status(&sandbox, "four");
    assert_eq!(seen["counts"], serde_json::json!({ "finished": 40 }));
    let dirs = runs(&sandbox, "four");
    assert_eq!(dirs.len(), 40, "no cell has two runs");
    let mut n_finished: BTreeMap<String, usize> = BTreeMap::new();
    for deed in worker_events(&sandbox, "four") {
        if deed["deed"] == "ended" && deed["outcome"]["status"] == "finished" {
            *n_finished.entry(deed["run"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert!(n_finished.values().all(|n| *n == 1), "{n_finished:?}");
    for dir in dirs {
        assert_eq!(status_of(&dir)["epoch"], 1, "{}", dir.display());
        let run = read_run(&dir).unwrap();
        let epochs = run.events.iter().filter(|it| matches!(it.event, Event::Epoch { .. }));
        assert_eq!(epochs.count(), 1, "no epoch stands twice: {}", dir.display());
        // No process worked on a run that another had: their lines do not mix.
        let attempts: Vec<u32> = run.events.iter().map(|entry| entry.attempt).collect();
        assert!(attempts.is_sorted(), "{}: {attempts:?}", dir.display());
    }
}

#[test]
fn a_search_that_is_killed_proposes_what_it_would_have_proposed() {
    let spec = "extends = \"tiny.toml\"\nname = \"search\"\n[train]\nepochs = 1\n[sweep]\n\
         axes.\"schedule.max-lr\" = { from = 1e-4, to = 1e-1, log = true }\n\
         sampler = { kind = \"tpe\", trials = 13 }\n";
    let proposed = |sandbox: &Sandbox| -> Vec<Value> {
        let seen = status(sandbox, "search");
        assert_eq!(seen["counts"], serde_json::json!({ "finished": 13 }));
        seen["cells"].as_array().unwrap().iter().map(|cell| cell["settings"].clone()).collect()
    };
    let arguments = ["sweep", "run", "search.toml", "--devices", "cpu"];
    let peace = Sandbox::new();
    peace.write("search.toml", spec);
    peace.run(&arguments).succeeds();
    let sandbox = Sandbox::new();
    sandbox.write("search.toml", spec);
    let mut killed = worker(&sandbox, &arguments[1..]);
    let n_done = || {
        let Ok(found) = std::fs::read_dir(sandbox.path("runs/search/.sweep/trials")) else {
            return 0;
        };
        found.count()
    };
    await_that("a trial was proposed", || n_done() >= 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    sandbox.run(&arguments).succeeds();
    assert_eq!(proposed(&sandbox), proposed(&peace));
    assert_eq!(runs(&sandbox, "search").len(), 13);
    // Its proposals rest on results that another spec would not have had.
    sandbox.write("search.toml", &spec.replace("epochs = 1", "epochs = 2"));
    let refused = sandbox.run(&arguments);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("train.epochs  1 -> 2"), "{}", refused.stderr);
    sandbox.write("search.toml", &spec.replace("trials = 13", "trials = 11"));
    let refused = sandbox.run(&arguments);
    assert!(refused.stderr.contains("its `[sweep]` has changed"), "{}", refused.stderr);
}
