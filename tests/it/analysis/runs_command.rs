//! `seglab runs` as it is typed and read.

use crate::{
    analysis::compaction::taken_up_again,
    record::recorder::{begin, finished, plan},
    support::sandbox::reseal,
};
use clap::Parser;
use seglab::{cli::Arguments, record::read_run};
use std::{fs, path::Path};

fn runs(folder: &Path, words: &str) -> Result<String, String> {
    let folder = folder.display().to_string();
    let line =
        ["seglab", "runs"].into_iter().chain(words.split(' ').filter(|word| !word.is_empty()));
    let arguments = Arguments::try_parse_from(line.chain(["--runs", &folder]));
    let mut out = Vec::new();
    arguments.unwrap().run(&mut out).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

/// Two finished runs that differ in their seed, and one that is open.
fn three_runs(folder: &Path) {
    let first = finished(folder, &plan("tiny-f0-s1-01234567", 1));
    finished(folder, &plan("tiny-f0-s2-89abcdef", 2));
    // Dropped, it would let go of the run, which would no longer be running.
    std::mem::forget(begin(folder, &plan("tiny-f0-s3-00000000", 3)));
    // Times and the commit are of the moment: put known ones.
    for run in fs::read_dir(first.parent().unwrap()).unwrap() {
        let dir = run.unwrap().path();
        let files = read_run(&dir).unwrap();
        let mut provenance = files.provenance.clone();
        provenance.git = None;
        fs::write(dir.join("provenance.json"), serde_json::to_vec(&provenance).unwrap()).unwrap();
        let mut run = files.run.clone();
        let last = files.events.last().map_or(files.run.created, |entry| entry.time);
        run.created = last.max(files.status.updated) - chrono::TimeDelta::seconds(65);
        fs::write(dir.join("run.toml"), toml::to_string(&run).unwrap()).unwrap();
        reseal(&dir);
    }
}

#[test]
fn list_shows_what_differs_and_each_mean_with_its_count() {
    let folder = tempfile::tempdir().unwrap();
    three_runs(folder.path());
    let expected = "\
run                  status    seed  foreground (n)  lesion     epochs  time        commit
tiny-f0-s1-01234567  finished  1     0.500 (1)       0.500 (1)  2/2     1 min 05 s  -
tiny-f0-s2-89abcdef  finished  2     0.500 (1)       0.500 (1)  2/2     1 min 05 s  -
tiny-f0-s3-00000000  running   3     - (0)           - (0)      0/2     1 min 05 s  -
";
    assert_eq!(runs(folder.path(), "").unwrap(), expected);
    assert_eq!(runs(folder.path(), "list tiny").unwrap(), expected);
    assert_eq!(runs(folder.path(), "tiny").unwrap(), expected);
}

#[test]
fn list_says_why_a_run_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    three_runs(folder.path());
    let status = folder.path().join("tiny/tiny-f0-s2-89abcdef/status.json");
    fs::write(&status, "{}").unwrap();
    assert_eq!(
        runs(folder.path(), "").unwrap(),
        format!(
            "\
run                  status    seed  foreground (n)  lesion     epochs  time        commit
tiny-f0-s1-01234567  finished  1     0.500 (1)       0.500 (1)  2/2     1 min 05 s  -
tiny-f0-s2-89abcdef  damaged   -     -               -          -       -           -
tiny-f0-s3-00000000  running   3     - (0)           - (0)      0/2     1 min 05 s  -

tiny-f0-s2-89abcdef damaged: \
             `{}` does not match its checksum
`seglab doctor` says what is wrong with a damaged run, and what can be saved
",
            status.display()
        )
    );
}

#[test]
fn list_as_csv_and_json_gives_every_run() {
    let folder = tempfile::tempdir().unwrap();
    three_runs(folder.path());
    let csv = runs(folder.path(), "--csv").unwrap();
    let cells: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| {
        let column_idx = cells[0].iter().position(|head| *head == name).unwrap();
        cells[1..].iter().map(|row| row[column_idx]).collect::<Vec<_>>()
    };
    assert_eq!(column("setting.seed"), ["1", "2", "3"]);
    assert_eq!(column("valid_dice.lesion"), ["0.5", "0.5", ""]);
    assert_eq!(column("valid_n.lesion"), ["1", "1", "0"]);
    assert_eq!(column("commit"), ["", "", ""]);
    assert_eq!(runs(folder.path(), "list --csv=scores").unwrap().lines().count(), 9);
    assert_eq!(runs(folder.path(), "--csv=epochs").unwrap().lines().count(), 5);

    let json = runs(folder.path(), "list --json").unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[1]["settings"]["seed"], 2);
    assert_eq!(json[1]["valid_foreground"]["n"], 1);
    assert_eq!(json[2]["valid_foreground"]["mean"], serde_json::Value::Null);
}

#[test]
fn show_gives_scores_settings_and_origin() {
    let folder = tempfile::tempdir().unwrap();
    three_runs(folder.path());
    let text = runs(folder.path(), "show tiny-f0-s1").unwrap();
    for line in [
        "run         tiny-f0-s1-01234567",
        "best        epoch 2, monitored 0.250",
        "cases       4 train, 2 valid, 0 test",
        "lesion      0.500 (1)  - (0)",
        "voxels (accuracy 0.970)  as background  as lesion",
        "lesion                   6              14",
        "b     valid  lesion      -      -    -          -       1.5           1.2            0.875",
        "  train.epochs = 2",
    ] {
        assert!(text.lines().any(|found| found == line), "`{line}` is not in\n{text}");
    }
    let json = runs(folder.path(), "show tiny-f0-s1 --json").unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["provenance"]["data_fingerprint"], "data-1");
    assert_eq!(json["scores"].as_array().unwrap().len(), 4);
}

#[test]
fn diff_shows_only_what_differs_and_warns_when_the_data_do() {
    let folder = tempfile::tempdir().unwrap();
    three_runs(folder.path());
    let mut other = plan("tiny-f0-s4-fedcba98", 4);
    other.data_fingerprint = "data-2".into();
    finished(folder.path(), &other);
    assert_eq!(
        runs(folder.path(), "diff tiny-f0-s1 tiny-f0-s2").unwrap(),
        "\
run                        tiny-f0-s1-01234567  tiny-f0-s2-89abcdef
status                     finished             finished
seed                       1                    2
valid foreground dice (n)  0.500 (1)            0.500 (1)
valid background dice (n)  0.750 (2)            0.750 (2)
valid lesion dice (n)      0.500 (1)            0.500 (1)
valid accuracy             0.970                0.970
epochs                     2/2                  2/2
time                       1 min 05 s           1 min 05 s
commit                     -                    -
"
    );
    let warned = runs(folder.path(), "diff tiny-f0-s1 tiny-f0-s4").unwrap();
    assert!(
        warned.starts_with(
            "warning: the runs saw different data (data-1 and data-2): their scores are of \
             different cases and cannot be compared case by case\n\nrun  "
        ),
        "{warned}"
    );
    let json = runs(folder.path(), "diff tiny-f0-s1 tiny-f0-s4 --json").unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["settings"], serde_json::json!({ "seed": [1, 4] }));
    assert_eq!(json["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn list_says_which_runs_of_an_experiment_do_not_compare() {
    let folder = tempfile::tempdir().unwrap();
    three_runs(folder.path());
    let mut other = plan("tiny-f0-s4-fedcba98", 4);
    other.split_fingerprint = "split-2-that-is-long".into();
    finished(folder.path(), &other);
    let listed = runs(folder.path(), "").unwrap();
    assert!(
        listed.ends_with(
            "\nwarning: runs of `tiny` split the data differently: their scores are of \
             different cases and cannot be compared case by case\n  \
             split-1  tiny-f0-s1-01234567 and 2 more\n  split-2-that  tiny-f0-s4-fedcba98\n"
        ),
        "{listed}"
    );
    // Two experiments may well have a split each.
    let elsewhere = folder.path().join("other");
    fs::create_dir(&elsewhere).unwrap();
    let from = folder.path().join("tiny/tiny-f0-s4-fedcba98");
    fs::rename(&from, elsewhere.join("tiny-f0-s4-fedcba98")).unwrap();
    let run = elsewhere.join("tiny-f0-s4-fedcba98/run.toml");
    let text = fs::read_to_string(&run).unwrap();
    fs::write(&run, text.replace("experiment = \"tiny\"", "experiment = \"other\"")).unwrap();
    let listed = runs(folder.path(), "").unwrap();
    assert!(!listed.contains("warning"), "{listed}");
}

#[test]
fn missing_folder_and_unknown_experiment_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert_eq!(
        runs(&missing, "").unwrap_err(),
        format!(
            "error: there is no folder `{}` with runs\n\
             hint: name the folder with `--runs DIR`, or make a first run: `seglab run SPEC`",
            missing.display()
        )
    );
    three_runs(folder.path());
    assert_eq!(
        runs(folder.path(), "huge").unwrap_err(),
        format!(
            "error: no run of `huge` in `{}`\n  experiments there: tiny\n\
             hint: name one of these, or run it first: `seglab run SPEC`",
            folder.path().display()
        )
    );
}

#[test]
fn attempts_show_who_did_what_and_what_no_longer_counts() {
    let folder = tempfile::tempdir().unwrap();
    taken_up_again(folder.path());
    let text = runs(folder.path(), "show tiny-f0-s1 --attempts").unwrap();
    let cells: Vec<Vec<&str>> = text.lines().map(|line| line.split("  ").collect()).collect();
    let cells: Vec<Vec<&str>> = cells
        .iter()
        .map(|row| row.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(cells.len(), 3, "{text}");
    let process = std::process::id().to_string();
    for row in &cells[1..] {
        assert!(row[2].ends_with(&format!("/{process}")), "{text}");
    }
    assert_eq!(
        cells[1][3..],
        ["0", "3", "2 (1)", "0 (1)", "stopped by a signal; followed by attempt 2 from step 2"]
    );
    assert_eq!(cells[2][3..], ["2", "3", "1 (0)", "2 (0)", "finished"]);

    let json = runs(folder.path(), "show tiny-f0-s1 --attempts --json").unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines = json["lines"].as_array().unwrap();
    let losses = |masked: bool| {
        let steps = lines.iter().filter(|line| line["event"] == "step" && line["masked"] == masked);
        steps.map(|line| line["loss"].as_f64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((losses(false), losses(true)), (vec![10.0, 20.0, 30.0], vec![666.0]));
    assert_eq!(json["attempts"][1]["from"], serde_json::json!([0, 2]));
}
