//! `seglab reproduce` and what a run keeps for it, through the program.

use crate::{
    record::{
        git::commit_all,
        recorder::{begin, case, epoch, plan},
    },
    support::{
        optional_tool::skip_without,
        sandbox::{Ended, Sandbox, lines, read, reseal},
    },
};
use git2::Repository;
use seglab::{
    event::Listen,
    record::{RunFiles, Status, read_run},
    run::reproduce::compare,
};
use std::{fs, path::Path};

/// A sandbox in a repository of its own, with a change that is not committed and a run of it.
fn lab_with_run() -> Sandbox {
    let sandbox = Sandbox::new();
    let repository = Repository::init(sandbox.path("")).unwrap();
    commit_all(&repository);
    let text = read(&sandbox.path("tiny.toml"));
    sandbox.write("tiny.toml", &text.replace("epochs = 2", "epochs = 2\n# why: a note"));
    sandbox.write("notes of today.txt", "untracked\n");
    sandbox.run(&["run", "tiny.toml", "--device", "cpu"]).succeeds();
    sandbox
}

fn provenance(run: &Path) -> serde_json::Value {
    serde_json::from_str(&read(&run.join("provenance.json"))).unwrap()
}

/// Changes what a run says of itself.
fn alter(file: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut value = serde_json::from_str(&read(file)).unwrap();
    change(&mut value);
    fs::write(file, serde_json::to_string_pretty(&value).unwrap()).unwrap();
    reseal(file.parent().unwrap());
}

#[test]
fn run_is_reproduced_exactly_from_its_commit_and_patch() {
    let sandbox = lab_with_run();
    let run = sandbox.only_run("tiny");
    let provenance = provenance(&run);
    let patch = &provenance["git"]["patch"];
    let names: Vec<_> =
        patch["files"].as_array().unwrap().iter().map(|file| file["path"].clone()).collect();
    assert_eq!(names, ["notes of today.txt", "tiny.toml"]);
    // The working tree moves on; the run has all it needs.
    sandbox.write("tiny.toml", "nothing of it is left\n");
    fs::remove_file(sandbox.path("notes of today.txt")).unwrap();
    let ended = sandbox.run(&["reproduce", "tiny", "--out", "again", "--keep"]).succeeds();
    let n_rows = lines(&run.join("cases.jsonl")).len();
    assert!(n_rows > 0);
    let second = sandbox.path("again/tiny").join(run.file_name().unwrap());
    let expected =
        format!("reproduced exactly (2 epochs, {n_rows} rows)\nrun  {}\n", second.display());
    assert_eq!(ended.stdout, expected, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("the program that made the run, byte for byte"),
        "{}",
        ended.stderr
    );
    let scene = ended.stderr.split("are kept in `").nth(1).unwrap().split('`').next().unwrap();
    let code = Path::new(scene).join("code");
    assert!(read(&code.join("tiny.toml")).contains("# why: a note"));
    assert_eq!(read(&code.join("notes of today.txt")), "untracked\n");
    // The second run was started from the same code, so it can be reproduced in its turn.
    let again = self::provenance(&second);
    assert_eq!(again["git"]["commit"], provenance["git"]["commit"]);
    assert_eq!(again["git"]["patch"]["blake3"], patch["blake3"]);
    fs::remove_dir_all(scene).unwrap();

    let ended = sandbox.run(&["reproduce", "tiny", "--json"]).succeeds();
    let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&answer["is_exact"], &answer["n_epochs"]), (&true.into(), &2.into()));
    assert!(answer["second_run"].is_null(), "nothing stays unless it is asked to");
}

#[test]
fn run_that_comes_out_otherwise_is_told_with_its_columns() {
    let sandbox = lab_with_run();
    let run = sandbox.only_run("tiny");
    // As if the run had been made with another learning rate than it says.
    let resolved = run.join("resolved.toml");
    let mut settings: toml::Table = toml::from_str(&read(&resolved)).unwrap();
    let schedule = settings.get_mut("schedule").unwrap().as_table_mut().unwrap();
    let rate = if schedule.contains_key("max-lr") { "max-lr" } else { "lr" };
    schedule.insert(rate.into(), 0.02.into());
    fs::write(&resolved, toml::to_string(&settings).unwrap()).unwrap();
    reseal(&run);
    let ended = sandbox.run(&["reproduce", "tiny", "--out", "again"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("not the same (2 epochs, "), "{}", ended.stdout);
    let lr = ended.stdout.lines().find(|line| line.starts_with("lr ")).unwrap();
    assert!(lr.ends_with("2       epoch 1"), "{lr}");
    assert!(ended.stdout.contains("train_loss "), "{}", ended.stdout);
    assert!(!ended.stdout.contains("seconds"), "times are no result: {}", ended.stdout);
    assert!(ended.stderr.contains("was not reproduced exactly"), "{}", ended.stderr);
    let scene = ended.stderr.split("are kept in `").nth(1).unwrap().split('`').next().unwrap();
    fs::remove_dir_all(scene).unwrap();
}

#[test]
fn other_data_are_refused_before_anything_is_trained() {
    let sandbox = lab_with_run();
    let other = ["--cases", "6", "--shape", "16,16,8", "--seed", "4"];
    sandbox.run(&[&["data", "phantom", "other"], &other[..]].concat()).succeeds();
    let ended = sandbox.run(&["reproduce", "tiny", "--out", "again", "--data", "other"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("error: the data are not those of the run"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: pass the folder of the run's data with `--data"));
    assert!(!ended.stderr.contains("epoch 1/2"), "{}", ended.stderr);
    assert!(!sandbox.path("again").exists());

    // The same data elsewhere are the same data.
    fs::rename(sandbox.path("data"), sandbox.path("moved")).unwrap();
    sandbox.run(&["reproduce", "tiny", "--data", "moved"]).succeeds();
}

#[test]
fn another_program_is_refused_unless_it_is_named() {
    let sandbox = lab_with_run();
    let run = sandbox.only_run("tiny");
    alter(&run.join("provenance.json"), |it| {
        it["machine"]["binary"] = "00".repeat(32).into();
        it["machine"]["built_from"] = "0123456789abcdef".into();
        it["machine"]["rustc"] = "rustc 1.0.0".into();
    });
    let ended = sandbox.run(&["reproduce", "tiny"]);
    assert_eq!(ended.code, 2);
    for line in [
        "error: this is not the program that made the run",
        "  program     expected 0000000000000000, found ",
        "  rustc       expected rustc 1.0.0, found rustc ",
        "hint: the run's repository is not seglab's own: build seglab 0.1.0 from 0123456789abcdef, \
         and name the program with `--program PATH`",
    ] {
        assert!(ended.stderr.contains(line), "`{line}` is not in\n{}", ended.stderr);
    }
    assert!(ended.stderr.contains("  Cargo.lock  "), "{}", ended.stderr);
    let ended = sandbox.run(&["reproduce", "tiny", "--build"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("was not started in seglab's own repository"),
        "{}",
        ended.stderr
    );
    let ended = sandbox.run(&["reproduce", "tiny", "--program", env!("CARGO_BIN_EXE_seglab")]);
    let ended = ended.succeeds();
    assert!(ended.stdout.starts_with("reproduced exactly"), "{}", ended.stdout);
    assert!(ended.stderr.contains("is not the same, byte for byte"), "{}", ended.stderr);
}

#[test]
fn missing_repository_and_altered_patch_are_told() {
    let sandbox = lab_with_run();
    let elsewhere = tempfile::tempdir().unwrap();
    let ended =
        sandbox.run(&["reproduce", "tiny", "--repository", elsewhere.path().to_str().unwrap()]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("lies in no git repository"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`--repository DIR`"), "{}", ended.stderr);
    let run = sandbox.only_run("tiny");
    let patch = run.join("uncommitted.patch");
    fs::write(&patch, read(&patch).replace("a note", "another note")).unwrap();
    let ended = sandbox.run(&["reproduce", "tiny"]);
    assert!(ended.stderr.contains("is not as it was written"), "{}", ended.stderr);
    reseal(&run);
    let ended = sandbox.run(&["reproduce", "tiny"]);
    assert!(ended.stderr.contains("is not the one it was begun with"), "{}", ended.stderr);
}

#[test]
fn spec_may_refuse_code_that_is_not_committed() {
    let sandbox = Sandbox::new();
    let strict = read(&sandbox.path("tiny.toml")) + "\n[provenance]\ndirty = \"refuse\"\n";
    sandbox.write("tiny.toml", &strict);
    let repository = Repository::init(sandbox.path("")).unwrap();
    commit_all(&repository);
    sandbox.write("new.rs", "fn main() {}\n");
    let ended = sandbox.run(&["run", "tiny.toml", "--device", "cpu"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let expected = "error: there are uncommitted changes, but the spec requires committed code\n  new.rs\n\
                    hint: commit them, or set `provenance.dirty = \"allow\"`";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    assert!(!sandbox.path("runs/tiny").exists(), "nothing was begun");
    commit_all(&repository);
    sandbox.run(&["run", "tiny.toml", "--device", "cpu"]).succeeds();
    let provenance = provenance(&sandbox.only_run("tiny"));
    assert_eq!(provenance["git"]["dirty"], false);
}

#[test]
fn a_repository_of_somebody_else_is_told_with_the_command_that_helps() {
    let sandbox = Sandbox::new();
    commit_all(&Repository::init(sandbox.path("")).unwrap());
    if std::os::unix::fs::chown(sandbox.path(""), Some(12_345), None).is_err() {
        skip_without("root", "only root can give a repository to somebody else");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let run = |settings: &[&str]| {
        let mut command = sandbox.command(&["run", "tiny.toml", "--device", "cpu"]);
        command.args(settings).env("HOME", home.path()).env_remove("XDG_CONFIG_HOME");
        Ended::from(command.output().unwrap())
    };
    let root = sandbox.path("").canonicalize().unwrap();
    let said = format!("repository path '{}' is not owned by current user", root.display());
    let command = format!("`git config --global --add safe.directory {}`", root.display());

    let refused = run(&["--set", "provenance.dirty=refuse"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let expected = format!(
        "error: git does not read the repository, but the spec requires committed code\n\
         caused by: {said}\nhint: if you trust the repository: {command}\n\
         hint: or set `provenance.dirty = \"allow\"`\n"
    );
    assert!(refused.stderr.ends_with(&expected), "{}", refused.stderr);

    let warned = run(&[]).succeeds();
    let words =
        format!("git: {said}: the run does not know its commit; if you trust it: {command}");
    assert_eq!(warned.stderr.matches(&words).count(), 1, "{}", warned.stderr);
    let provenance = provenance(&sandbox.only_run("tiny"));
    assert_eq!(provenance["git"], serde_json::Value::Null);
    assert_eq!(provenance["notes"], serde_json::json!([words]));
}

#[test]
fn no_secret_of_the_environment_or_the_command_line_is_kept() {
    let sandbox = Sandbox::new();
    commit_all(&Repository::init(sandbox.path("")).unwrap());
    let mut command = sandbox.command(&["run", "tiny.toml", "--device", "cpu"]);
    command.env("SECRET", "planted-1").env("HUB_TOKEN", "planted-2").env("RAYON_NUM_THREADS", "2");
    command.env("CUBECL_LOG", "https://me:planted-3@example.org");
    assert!(command.output().unwrap().status.success());
    let refused = sandbox.run(&["run", "tiny.toml", "--set", "foo.token=planted-4"]);
    assert_eq!(refused.code, 2);
    let environment = &provenance(&sandbox.only_run("tiny"))["environment"];
    assert_eq!(environment["RAYON_NUM_THREADS"], "2");
    assert_eq!(environment["CUBECL_LOG"], "https://***@example.org");
    let mut n_files = 0;
    let mut folders = vec![sandbox.path("runs"), sandbox.path("reports")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            n_files += 1;
            let bytes = fs::read(&path).unwrap();
            let is_there = bytes.windows(8).any(|window| window == b"planted-");
            assert!(!is_there, "{}", path.display());
        }
    }
    assert!(n_files > 10, "{n_files}");
}

/// A run of two epochs and a scored case, with these losses.
fn run_with(losses: [f64; 2], lesion: Option<f64>, status: Status) -> RunFiles {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan("tiny-f0-s1-01234567", 1));
    for (idx, loss) in losses.into_iter().enumerate() {
        recorder.hear(&epoch(idx + 1, loss, Some(0.25))).unwrap();
    }
    recorder.cases(&case("a", lesion)).unwrap();
    recorder.finish(status).unwrap();
    read_run(recorder.run_dir()).unwrap()
}

#[test]
fn comparison_finds_the_last_bit_and_the_first_place() {
    let first = run_with([1.5, 0.5], Some(0.5), Status::Finished);
    let same = compare(&first, &run_with([1.5, 0.5], Some(0.5), Status::Finished));
    assert!(same.is_exact(), "{same:?}");
    assert_eq!((same.n_epochs, same.n_rows), (2, 2));

    let next = f64::from_bits(0.5_f64.to_bits() + 1);
    let found = compare(&first, &run_with([1.5, next], None, Status::Finished));
    let [dice, loss] = found.differences.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*dice.column, dice.largest), ("dice", None), "one of them is undefined");
    assert_eq!(dice.first, "case `a`, lesion, epoch 2");
    assert_eq!((&*loss.column, loss.n, &*loss.first), ("train_loss", 1, "epoch 2"));
    assert_eq!(loss.largest, Some(next - 0.5));

    let both = compare(&first, &run_with([1.0, 0.25], Some(0.5), Status::Finished));
    assert_eq!(both.differences[0].largest, Some(0.5));
    assert_eq!((both.differences[0].n, &*both.differences[0].first), (2, "epoch 1"));
    let nan = compare(&first, &run_with([f64::NAN, 0.5], Some(0.5), Status::Finished));
    assert_eq!(nan.differences[0].largest, None);
}

#[test]
fn what_only_one_run_has_counts_unless_the_first_broke_off() {
    let whole = run_with([1.5, 0.5], Some(0.5), Status::Finished);
    let mut short = whole.clone();
    short.events.pop();
    short.cases.pop();
    let missing = compare(&whole, &short);
    assert_eq!(
        missing.unmatched,
        [
            "epoch 2 is missing in the second run",
            "case `a`, lesion, epoch 2 is missing in the second run"
        ]
    );
    assert_eq!(compare(&short, &whole).unmatched.len(), 2);
    short.status.status = Status::Running;
    assert!(compare(&short, &whole).is_exact());
}
