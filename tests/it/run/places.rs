//! Folders that cannot be written: found before anything is trained, and after a run without harm to
//! it.

use crate::support::sandbox::{Ended, Sandbox, TINY, read};
use std::{fs, process::Stdio, thread, time::Duration};

/// The message after the lines about progress.
fn error(stderr: &str) -> &str {
    &stderr[stderr.find("error: ").unwrap_or_default()..]
}

#[test]
fn every_folder_that_cannot_be_written_is_told_before_anything_is_read() {
    let sandbox = Sandbox::new();
    // Root may write wherever permissions forbid it, but not below a file.
    sandbox.write("file", "");
    sandbox.write("tiny.toml", &TINY.replace("root = \"data\"", "root = \"file/data\""));
    let arguments = ["run", "tiny.toml", "--device", "cpu", "--runs", "file/runs"];
    let ended = sandbox.run(&[&arguments[..], &["--reports", "file"]].concat());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let expected = "\
error: cannot write in `file/runs`
  runs are written there
caused by: Not a directory (os error 20)
hint: choose another folder with `--runs DIR`

error: cannot write in `file`
  reports are written there
caused by: Not a directory (os error 20)
hint: choose another folder with `--reports DIR`

error: cannot write in `file/data`
  the phantom data set is made there
caused by: Not a directory (os error 20)
hint: choose another `data.root`

3 faults
";
    assert_eq!(ended.stderr, expected);
    assert!(!sandbox.path("data").exists() && !sandbox.path("runs").exists());
}

#[test]
fn the_folder_of_what_is_known_of_data_files_must_be_one() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("runs")).unwrap();
    sandbox.write("runs/.cache", "");
    let ended = sandbox.run(&["run", "tiny.toml", "--device", "cpu"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let expected = "\
error: cannot write in `runs/.cache`
  facts about data files are cached there
caused by: Not a directory (os error 20)
hint: remove it; it is only a cache and is made again
";
    assert_eq!(ended.stderr, expected);
}

#[test]
fn a_sweep_finds_a_report_folder_that_cannot_be_written_before_it_trains() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    let spec = read(&sandbox.path("tiny.toml")) + "\n[sweep]\nseeds = [1, 2]\n";
    sandbox.write("sweep.toml", &spec);
    let ended =
        sandbox.run(&["sweep", "run", "sweep.toml", "--devices", "cpu", "--reports", "file"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let expected = "error: cannot write in `file`\n  reports are written there\n";
    assert!(error(&ended.stderr).starts_with(expected), "{}", ended.stderr);
    let runs = fs::read_dir(sandbox.path("runs/tiny")).unwrap();
    let names: Vec<_> = runs.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [".sweep"], "no cell was begun");
}

#[test]
fn a_run_stands_when_its_report_cannot_be_written() {
    let sandbox = Sandbox::new();
    let child = sandbox
        .command(&[
            "run",
            "tiny.toml",
            "--device",
            "cpu",
            "--reports",
            "out",
            "--set",
            "train.epochs=4",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The folder is tried before the run begins; what comes in its way later, nobody has tried.
    for _ in 0..1200 {
        if sandbox.path("runs/tiny").exists() {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    sandbox.write("out", "");
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let run = sandbox.only_run("tiny");
    let name = run.strip_prefix(sandbox.path("")).unwrap().display().to_string();
    assert_eq!(ended.stdout, format!("run     {name}\n"));
    let expected = format!(
        "error: cannot write the report; the run itself is kept\n  run `{name}`\n\
         caused by: cannot create folder `out/tiny"
    );
    assert!(error(&ended.stderr).starts_with(&expected), "{}", ended.stderr);
    let hint = "hint: `seglab report tiny --runs runs --out out` draws it once that is put right\n";
    assert!(ended.stderr.ends_with(hint), "{}", ended.stderr);
    assert!(read(&run.join("status.json")).contains("\"finished\""));

    fs::remove_file(sandbox.path("out")).unwrap();
    sandbox.run(&["report", "tiny", "--out", "out"]).succeeds();
    assert!(sandbox.path("out/tiny/index.html").is_file());
}

#[test]
fn a_finished_run_needs_no_place_to_write_and_an_unfinished_one_does() {
    let sandbox = Sandbox::new();
    let arguments = ["run", "tiny.toml", "--device", "cpu"];
    sandbox.run(&arguments).succeeds();
    fs::remove_dir_all(sandbox.path("runs/.cache")).ok();
    sandbox.write("runs/.cache", "");
    let known = sandbox.run(&arguments).succeeds();
    assert!(known.stderr.contains("this run is finished already"), "{}", known.stderr);
    let ended = sandbox.run(&[&arguments[..], &["--fresh"]].concat());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot write in `runs/.cache`"), "{}", ended.stderr);
}

#[test]
fn a_new_run_beside_an_unfinished_one_on_other_data_says_so() {
    let sandbox = Sandbox::new();
    let arguments = ["run", "tiny.toml", "--device", "cpu"];
    assert_eq!(sandbox.run(&[&arguments[..], &["--stop-at-step", "1"]].concat()).code, 75);
    // One case gives way to a copy of another.
    for folder in ["CT", "Segmentation"] {
        let file = |case: &str| sandbox.path(&format!("data/{folder}/{case}.nii.gz"));
        fs::copy(file("case_001"), file("case_000")).unwrap();
    }
    let ended = sandbox.run(&arguments).succeeds();
    let said = "of this spec is unfinished, and its data were others: the data have changed";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}
