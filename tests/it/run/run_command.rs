//! `seglab run` from spec to report, and what it says when something is wrong.

use crate::support::sandbox::{Sandbox, TINY, lines, read};
use std::{process::Stdio, thread, time::Duration};

#[test]
fn a_question_is_answered_once_and_its_report_is_drawn() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["run", "tiny.toml"]).succeeds();
    assert!(ended.stderr.contains("made the phantom data set in `data`"), "{}", ended.stderr);
    assert!(ended.stderr.contains("epoch 2/2"), "{}", ended.stderr);
    let dir = sandbox.only_run("tiny");
    let stdout = ended.stdout;
    assert!(stdout.starts_with("run     runs/tiny/tiny-f0-s42-"), "{stdout}");
    assert!(stdout.ends_with("report  reports/tiny/index.html\n"), "{stdout}");
    assert!(read(&sandbox.path("reports/tiny/index.html")).contains("Does a tiny net run?"));

    for name in ["run.toml", "spec.toml", "resolved.toml", "provenance.json", "status.json"] {
        assert!(dir.join(name).is_file(), "{name}");
    }
    assert_eq!(read(&dir.join("spec.toml")), TINY);
    let status: serde_json::Value = serde_json::from_str(&read(&dir.join("status.json"))).unwrap();
    assert_eq!(status["status"], "finished");
    // Three validation cases of three classes, scored on the grid on which they are stored.
    let rows = lines(&dir.join("cases.jsonl"));
    assert_eq!(rows.len(), 9);
    for row in &rows {
        let counts = row["predicted_as"].as_array().unwrap();
        let n: u64 = counts.iter().map(|n| n.as_u64().unwrap()).sum();
        let (tp, fn_) = (row["true_positive"].as_u64(), row["false_negative"].as_u64());
        assert_eq!(n, tp.unwrap() + fn_.unwrap());
    }
    let epochs: Vec<_> =
        lines(&dir.join("events.jsonl")).into_iter().filter(|e| e["event"] == "epoch").collect();
    assert_eq!(epochs.len(), 2);
    let last: serde_json::Value =
        serde_json::from_str(&read(&dir.join("checkpoints/last"))).unwrap();
    assert_eq!(last["checkpoint"], "2");
    for file in ["model.bpk", "optimizer.bpk", "scheduler.bpk", "state.json", "MANIFEST.json"] {
        assert!(dir.join("checkpoints/2").join(file).is_file(), "{file}");
    }

    let again = sandbox.run(&["run", "tiny.toml"]).succeeds();
    assert!(again.stderr.contains("finished already"), "{}", again.stderr);
    assert_eq!(again.stdout, stdout);
    assert_eq!(lines(&dir.join("cases.jsonl")), rows);

    // The same scores in another process, beside the first run and never over it.
    sandbox.run(&["run", "tiny.toml", "--fresh"]).succeeds();
    let runs = sandbox.runs("tiny");
    assert_eq!(runs.len(), 2);
    let strip = |rows: Vec<serde_json::Value>| -> Vec<String> {
        rows.iter().map(|row| format!("{} {} {}", row["case"], row["class"], row["dice"])).collect()
    };
    assert_eq!(strip(lines(&runs[1].join("cases.jsonl"))), strip(rows));
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_as_failed() {
    let sandbox = Sandbox::new();
    // Each step multiplies the weights by 1 - 10. Running statistics would lag behind and make
    // validation diverge first, which has no learning rate to tell.
    let settings = [
        "model.norm=\"instance\"",
        "optimizer.weight-decay=10.0",
        "schedule={ kind = \"constant\", max-lr = 1.0 }",
        "train.epochs=30",
    ];
    let mut arguments = vec!["run", "tiny.toml"];
    for setting in &settings {
        arguments.extend(["--set", setting]);
    }
    let ended = sandbox.run(&arguments);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let dir = sandbox.only_run("tiny");
    let status: serde_json::Value = serde_json::from_str(&read(&dir.join("status.json"))).unwrap();
    assert_eq!(
        (&status["status"], &status["class"]),
        (&"failed".into(), &"non-finite-loss".into())
    );
    let reason = status["reason"].as_str().unwrap();
    let message = &ended.stderr[ended.stderr.find("error: ").unwrap()..];
    let expected = format!("error: {reason}\n  last finite loss ");
    assert!(message.starts_with(&expected), "{message}");
    assert!(reason.contains(" became NaN or infinite at epoch "), "{reason}");
    assert!(message.contains("; learning rate 1.000e0\n  batch `case_00"), "{message}");
    let hint = "hint: lower `schedule.max-lr`, or set `optimizer.clip-norm = 12.0`\n";
    assert!(message.ends_with(hint), "{message}");
    // What was written before stays readable, and the list shows the run as failed.
    assert!(sandbox.run(&["runs"]).succeeds().stdout.contains("failed"));
}

#[test]
#[cfg(unix)]
fn ctrl_c_in_an_epoch_leaves_a_preempted_run_that_can_be_read() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["data", "phantom", "data", "--cases", "6", "--shape", "16,16,8", "--seed", "3"])
        .succeeds();
    let child = sandbox
        .command(&["run", "tiny.toml", "--set", "train.epochs=10000", "--set", "train.patience=0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    // Until some epochs are done; the loop ends by itself if they never are.
    for _ in 0..600 {
        thread::sleep(Duration::from_millis(100));
        let folder = sandbox.path("runs/tiny");
        let is_under_way = folder.exists()
            && sandbox.runs("tiny").iter().any(|run| run.join("checkpoints/last").exists());
        if is_under_way {
            break;
        }
    }
    let killed = std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(killed.success());
    let ended = crate::support::sandbox::Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 130, "{}", ended.stderr);
    let dir = sandbox.only_run("tiny");
    let status: serde_json::Value = serde_json::from_str(&read(&dir.join("status.json"))).unwrap();
    assert_eq!(status["status"], "preempted");
    let epoch = status["epoch"].as_u64().unwrap();
    assert!(epoch > 0);
    let name = dir.file_name().unwrap().to_string_lossy().into_owned();
    let message = format!(
        "error: stopped by Ctrl-C\n  run `runs/tiny/{name}`, checkpoint of epoch {epoch}, "
    );
    assert!(ended.stderr.contains(&message), "{}", ended.stderr);
    assert!(
        ended.stderr.ends_with("hint: the same command continues from there\n"),
        "{}",
        ended.stderr
    );
    assert!(!lines(&dir.join("events.jsonl")).is_empty());
    let shown = sandbox.run(&["runs", "show", &name]).succeeds();
    assert!(shown.stdout.contains("preempted"), "{}", shown.stdout);
}

#[test]
fn a_volume_of_one_slice_and_a_net_without_hidden_units_to_spare_train() {
    let sandbox = Sandbox::new();
    for case in 0..4 {
        let voxels = seglab::data::volume::Grid::from_fn([16, 12, 1], |[x, y, _]| {
            i16::try_from((x * 37 + y * 11 + case * 5) % 200).unwrap()
        });
        let labels = voxels.map(|hu| u8::from(hu > 150) + u8::from(hu > 180));
        let affine = seglab::data::geometry::Affine([
            [1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 5.0, 0.0],
        ]);
        let folder = |name: &str| {
            let folder = sandbox.path("slices").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder.join(format!("slice_{case}.nii.gz"))
        };
        let ct = seglab::data::volume::Placed { voxels, affine };
        seglab::data::nifti::write(&folder("CT"), &ct).unwrap();
        let labels = seglab::data::volume::Placed { voxels: labels, affine };
        seglab::data::nifti::write(&folder("Segmentation"), &labels).unwrap();
    }
    let spec = TINY
        .replace("phantom = { cases = 6, shape = [16, 16, 8], seed = 3 }", "")
        .replace("root = \"data\"", "root = \"slices\"")
        .replace("widths = [2, 4]", "widths = [2, 3, 4]");
    sandbox.write("slices.toml", &spec);
    let ended = sandbox.run(&["run", "slices.toml"]).succeeds();
    assert!(ended.stdout.contains("report"), "{}", ended.stdout);
}

#[test]
fn training_stops_early_when_the_score_no_longer_rises() {
    let sandbox = Sandbox::new();
    // Steps too small to change any voxel's class: the first epoch stays the best.
    let schedule = "schedule={ kind = \"constant\", max-lr = 1e-9 }";
    let settings = [schedule, "train.patience=2", "train.epochs=30"];
    let mut arguments = vec!["run", "tiny.toml"];
    for setting in &settings {
        arguments.extend(["--set", setting]);
    }
    sandbox.run(&arguments).succeeds();
    let dir = sandbox.only_run("tiny");
    let status: serde_json::Value = serde_json::from_str(&read(&dir.join("status.json"))).unwrap();
    assert_eq!((&status["status"], &status["epoch"]), (&"stopped-early".into(), &3.into()));
    let best: serde_json::Value =
        serde_json::from_str(&read(&dir.join("checkpoints/best"))).unwrap();
    assert_eq!(best["checkpoint"], "1");
    let rows = lines(&dir.join("cases.jsonl"));
    assert!(rows.iter().all(|row| row["epoch"] == 1), "the best checkpoint is evaluated");
}

#[test]
fn folds_name_the_run_and_test_cases_are_scored_apart() {
    let sandbox = Sandbox::new();
    let folds = TINY.replace("valid = 0.34", "kind = \"k-fold\"\nfolds = 3\nfold = 1");
    sandbox.write("folds.toml", &folds.replace("name = \"tiny\"", "name = \"folds\""));
    sandbox.run(&["run", "folds.toml", "--set", "train.epochs=1"]).succeeds();
    let name = sandbox.only_run("folds").file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("folds-f1-s42-"), "{name}");

    sandbox
        .run(&["run", "tiny.toml", "--set", "split.test=0.2", "--set", "train.epochs=1"])
        .succeeds();
    let rows = lines(&sandbox.only_run("tiny").join("cases.jsonl"));
    let n_rows = |split: &str| rows.iter().filter(|row| row["split"] == split).count();
    // Of six cases a third validates and a fifth, rounded up, tests; three rows each.
    assert_eq!((n_rows("valid"), n_rows("test"), n_rows("train")), (9, 6, 0));
    let shown: serde_json::Value =
        serde_json::from_str(&sandbox.run(&["runs", "tiny", "--json"]).succeeds().stdout).unwrap();
    assert!(shown[0]["test_foreground"]["n"].as_u64().unwrap() > 0, "{shown}");
}
