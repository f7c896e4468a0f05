//! The table of rooms as a test: who may name whom, and who alone may name which crate.

use std::path::{Path, PathBuf};

/// A room and the rooms it may name.
const ROOMS: [(&str, &[&str]); 15] = [
    ("base", &[]),
    ("statistics", &["base"]),
    ("spec", &["base"]),
    ("data", &["base", "spec"]),
    ("metric", &["base", "data"]),
    ("event", &["base", "metric"]),
    ("model", &["base", "spec"]),
    ("train", &["base", "spec", "data", "metric", "model", "event"]),
    ("record", &["base", "spec", "event"]),
    ("run", &["base", "spec", "data", "event", "record", "train"]),
    ("sweep", &["base", "spec", "data", "event", "record", "run", "statistics", "train"]),
    ("analysis", &["base", "spec", "record", "event", "metric", "statistics", "sweep"]),
    ("report", &["base", "analysis"]),
    ("fault_tests", &["base", "event", "record"]),
    (
        "cli",
        &[
            "fault_tests",
            "base",
            "event",
            "spec",
            "data",
            "train",
            "record",
            "run",
            "sweep",
            "analysis",
            "report",
            "metric",
        ],
    ),
];

/// A crate and the rooms that alone may name it.
const CRATES: [(&str, &[&str]); 9] = [
    ("polars", &["analysis"]),
    ("polars_io", &["analysis"]),
    ("polars_parquet", &["analysis"]),
    ("plotters", &["report"]),
    ("resvg", &["report"]),
    ("clap", &["cli"]),
    ("burn", &["model", "train"]),
    ("git2", &["record"]),
    ("nifti", &["data"]),
];

/// Files that are an exception, each with its reason in its own module doc.
const EXCEPTIONS: [(&str, &str); 1] = [("data/batch.rs", "burn")];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    assert!(files.len() > 50, "the sources were not found");
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

fn room_of(file: &str) -> String {
    file.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

/// Names that follow `prefix` on a line that is not a comment.
fn named<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = String> + 'a {
    let code = line.split("//").next().unwrap_or_default();
    code.split(prefix)
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

#[test]
fn rooms_name_only_whom_they_may() {
    let mut offences = Vec::new();
    for (file, text) in sources() {
        let room = room_of(&file);
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| {
            panic!("`{room}` is in no table: say what it may name");
        });
        // `crate::{a, b}` spread over lines: each line of the group names a room at its start.
        let mut in_group = false;
        for (line_idx, line) in text.lines().enumerate() {
            let mut names: Vec<String> = named(line, "crate::").collect();
            if line.trim_start().starts_with("use crate::{") {
                in_group = !line.contains("};");
                let group = line.split('{').nth(1).unwrap_or_default();
                names.push(group.split([':', ',', '}']).next().unwrap_or_default().trim().into());
            } else if in_group {
                in_group = !line.starts_with("};");
                let depth = line.len() - line.trim_start().len();
                if depth == 4 {
                    names.push(line.trim().split([':', ',']).next().unwrap_or_default().into());
                }
            }
            for name in names {
                let is_room = ROOMS.iter().any(|(known, _)| *known == name);
                if is_room && name != room && !allowed.contains(&name.as_str()) {
                    offences.push(format!("{file}:{}: `{room}` names `{name}`", line_idx + 1));
                }
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn each_heavy_crate_has_one_home() {
    let mut offences = Vec::new();
    for (file, text) in sources() {
        let room = room_of(&file);
        for (name, homes) in CRATES {
            let is_home = homes.contains(&room.as_str())
                || EXCEPTIONS.contains(&(file.as_str(), name))
                || room == "main" && name == "clap";
            let path = format!("{name}::");
            for (line_idx, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let uses = code.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
                if !is_home && uses.into_iter().any(|word| word.starts_with(&path)) {
                    offences.push(format!("{file}:{}: `{room}` uses {name}", line_idx + 1));
                }
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn files_are_short_documented_and_leave_the_disk_to_fs() {
    let mut offences = Vec::new();
    for (file, text) in sources() {
        let n_lines = text.lines().count();
        if n_lines > 400 {
            offences.push(format!("{file}: {n_lines} lines; the most is 400"));
        }
        if !text.starts_with("//!") {
            offences.push(format!("{file}: opens without a module doc"));
        }
        let is_logic_in_mod = file.ends_with("mod.rs") && text.contains("\nfn ");
        if is_logic_in_mod && file != "cli/mod.rs" {
            offences.push(format!("{file}: logic in a mod.rs"));
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if !file.starts_with("base/fs/")
            && (code.contains("std::fs") || code.contains("\n    fs::File"))
        {
            offences.push(format!("{file}: `std::fs` outside fs/"));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}
