//! The map in `src/lib.rs` as a test: which room may name which, and which crate has which home.

mod cycles;
mod paths;

use paths::Source;
use std::path::{Path, PathBuf};

/// A room, and the rooms that it may name: each of them is before it in this list.
const ROOMS: [(&str, &[&str]); 16] = [
    ("base", &[]),
    ("spec", &["base"]),
    ("statistics", &[]),
    ("data", &["base", "spec", "statistics"]),
    ("metric", &["base", "data"]),
    ("event", &["base", "metric"]),
    ("model", &["base", "spec", "data"]),
    ("infer", &["base", "spec", "data", "metric", "event", "model"]),
    ("train", &["base", "spec", "statistics", "data", "metric", "event", "model", "infer"]),
    ("record", &["base", "spec", "event"]),
    ("run", &["base", "spec", "data", "event", "model", "infer", "train", "record"]),
    ("sweep", &["base", "spec", "statistics", "data", "event", "train", "record", "run"]),
    ("analysis", &["base", "spec", "statistics", "metric", "event", "record", "sweep"]),
    ("report", &["base", "analysis"]),
    ("fault_tests", &["base", "event", "record"]),
    (
        "cli",
        &[
            "base",
            "spec",
            "statistics",
            "data",
            "metric",
            "event",
            "train",
            "record",
            "run",
            "sweep",
            "analysis",
            "report",
            "fault_tests",
        ],
    ),
];

/// A crate, and the rooms and files that alone may name it.
const CRATES: [(&str, &[&str]); 12] = [
    ("burn", &["model/", "infer/", "train/", "data/batch.rs"]),
    ("burn_store", &["model/", "train/"]),
    ("clap", &["cli/", "main.rs"]),
    ("cubecl", &["train/"]),
    ("git2", &["record/"]),
    ("nifti", &["data/"]),
    ("plotters", &["report/"]),
    ("polars", &["analysis/"]),
    ("polars_io", &["analysis/"]),
    ("polars_parquet", &["analysis/"]),
    ("resvg", &["report/"]),
    ("signal_hook", &["run/"]),
];

/// The most lines a file may have.
const MOST_LINES: usize = 400;

/// A file of `src/`.
#[derive(Debug)]
struct File {
    /// Below `src/`.
    name: String,
    /// Empty for `lib.rs` and `main.rs`.
    module: Vec<String>,
    text: String,
    source: Source,
}

impl File {
    fn new(name: &str, text: &str) -> Self {
        let mut module: Vec<String> =
            name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            module.pop();
        }
        Self { name: name.to_owned(), module, text: text.to_owned(), source: Source::read(text) }
    }

    fn room(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    fn is_mod(&self) -> bool {
        self.name.ends_with("mod.rs")
    }

    /// A path from the root of the crate, without `crate`; `None` for a path that does not say
    /// where it begins.
    fn absolute(&self, path: &paths::Path) -> Option<Vec<String>> {
        let mut base = [&self.module[..], &path.inside].concat();
        let mut segments = &path.segments[..];
        match segments[0].as_str() {
            "crate" | "seglab" => base.clear(),
            "self" => {}
            "super" => {
                while segments[0] == "super" {
                    base.pop();
                    segments = &segments[1..];
                    if segments.is_empty() {
                        return Some(base);
                    }
                }
                return Some([&base, segments].concat());
            }
            _ => return None,
        }
        Some([&base, &segments[1..]].concat())
    }
}

fn files() -> Vec<File> {
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
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "the sources were not found");
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    paths
        .iter()
        .map(|path| File::new(&name(path), &std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// Every other room that a file names, with the line.
fn rooms_named(file: &File) -> Vec<(String, usize)> {
    let mut named = Vec::new();
    for path in &file.source.paths {
        let absolute = file.absolute(path).unwrap_or_default();
        let room = absolute.into_iter().next().unwrap_or_default();
        if room != file.room() && ROOMS.iter().any(|(name, _)| *name == room) {
            named.push((room, path.line));
        }
    }
    named
}

fn allowed(room: &str) -> &'static [&'static str] {
    let row = ROOMS.iter().find(|(name, _)| *name == room);
    row.unwrap_or_else(|| panic!("`{room}` is not in `ROOMS`: add what it may name")).1
}

/// Where files name a room that theirs may not name.
fn offences_against_rooms(files: &[File]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files.iter().filter(|file| !file.room().is_empty()) {
        let allowed = allowed(file.room());
        for (named, line) in rooms_named(file) {
            if !allowed.contains(&named.as_str()) {
                offences.push(format!("{}:{line}: `{}` names `{named}`", file.name, file.room()));
            }
        }
    }
    offences
}

/// Where files name a crate that is not theirs to name.
fn offences_against_crates(files: &[File]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files {
        for path in &file.source.paths {
            let home = CRATES.iter().find(|(name, _)| *name == path.segments[0]);
            if let Some((name, homes)) = home
                && !homes.iter().any(|home| file.name.starts_with(home))
            {
                offences.push(format!("{}:{}: names `{name}`", file.name, path.line));
            }
        }
    }
    offences
}

/// Where files are long, open without a word about themselves, or touch the disk on their own.
fn offences_against_form(files: &[File]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files {
        let name = &file.name;
        let n_lines = file.text.lines().count();
        if n_lines > MOST_LINES {
            offences.push(format!("{name}: {n_lines} lines; the most is {MOST_LINES}"));
        }
        if !file.text.starts_with("//!") {
            offences.push(format!("{name}: opens without a module doc"));
        }
        if file.is_mod() && name != "cli/mod.rs" && has_logic(&file.text) {
            offences.push(format!("{name}: logic in a mod.rs"));
        }
        let is_fs = |path: &&paths::Path| {
            !path.is_test && path.segments.starts_with(&["std".into(), "fs".into()])
        };
        if !name.starts_with("base/fs/")
            && let Some(path) = file.source.paths.iter().find(is_fs)
        {
            offences.push(format!("{name}:{}: `std::fs` outside base/fs/", path.line));
        }
    }
    offences
}

/// Whether a `mod.rs` defines a function or implements something.
fn has_logic(text: &str) -> bool {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().any(|line| {
        let line = line.trim_start();
        let item = match line.split_once(' ') {
            Some((visibility, rest)) if visibility.starts_with("pub") => rest,
            _ => line,
        };
        ["fn ", "const fn ", "impl ", "impl<"].iter().any(|begin| item.starts_with(begin))
    })
}

#[test]
fn rooms_name_only_whom_they_may() {
    let offences = offences_against_rooms(&files());
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn rooms_are_in_order_and_no_permission_is_left_over() {
    let files = files();
    for (idx, (room, allowed)) in ROOMS.iter().enumerate() {
        let named: Vec<String> = files
            .iter()
            .filter(|file| file.room() == *room)
            .flat_map(rooms_named)
            .map(|(room, _)| room)
            .collect();
        for name in *allowed {
            let is_before = ROOMS[..idx].iter().any(|(earlier, _)| earlier == name);
            assert!(is_before, "`{room}` may name `{name}`, which is not before it");
            assert!(named.iter().any(|it| it == name), "`{room}` does not need `{name}`");
        }
    }
}

#[test]
fn no_two_files_of_a_room_need_each_other() {
    let cycles = cycles::cycles(&files());
    assert!(cycles.is_empty(), "{}", cycles.join("\n"));
}

#[test]
fn each_heavy_crate_has_one_home() {
    let offences = offences_against_crates(&files());
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn files_are_short_documented_and_leave_the_disk_to_fs() {
    let offences = offences_against_form(&files());
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn the_map_in_lib_has_every_room_and_names_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lib = std::fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let rooms: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(rooms, ROOMS.map(|(room, _)| room));
    let is_there = |name: &str| root.join("src").join(name).exists() || root.join(name).exists();
    let quoted = lib.split('`').filter(|text| text.contains('/') && !text.contains([' ', '<']));
    for name in quoted {
        assert!(is_there(name) || name.starts_with('.'), "`{name}` is in lib.rs and not there");
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let folders = readme.lines().filter_map(|line| line.trim_start().strip_prefix("src/"));
    let folders: Vec<&str> = folders.filter_map(|line| line.split('/').next()).collect();
    assert!(folders.iter().all(|name| is_there(name)), "{folders:?}");
    for (room, _) in ROOMS {
        assert!(folders.contains(&room), "README.md does not say what lies in src/{room}/");
    }
}

#[test]
fn a_room_named_anywhere_is_noticed() {
    let sources = [
        ("spec/a.rs", "//! A.\nuse crate::{base::Error, train::Trained};\n"),
        (
            "spec/b.rs",
            "//! B, see [`crate::train`].\nfn f() -> super::super::run::Answer { g() }\n",
        ),
        (
            "spec/c/d.rs",
            "//! D.\n#[cfg(test)]\nmod tests {\n    use crate::{base::{Error, fs}, cli};\n}\n",
        ),
        ("base/e.rs", "//! E.\nfn f() { todo!(\"{}\", crate::spec::load()) }\n"),
        ("base/f.rs", "//! F.\nuse super::e;\nuse crate::base::g;\n"),
    ];
    let files = sources.map(|(name, text)| File::new(name, text));
    let expected = [
        "spec/a.rs:2: `spec` names `train`",
        "spec/b.rs:2: `spec` names `run`",
        "spec/c/d.rs:4: `spec` names `cli`",
        "base/e.rs:2: `base` names `spec`",
    ];
    assert_eq!(offences_against_rooms(&files), expected);
}

#[test]
fn a_crate_away_from_home_and_a_file_out_of_form_are_noticed() {
    let sources = [
        ("spec/a.rs", "//! A.\nuse std::{fs, io};\nuse {burn::Tensor as T, polars_io};\n"),
        ("train/b.rs", "//! B.\nuse burn::Tensor;\nfn f() { std::fs::read(a) }\n"),
        ("base/fs/c.rs", "use std::fs;\n"),
        ("data/mod.rs", "//! D.\npub(crate) fn f() {}\n"),
    ];
    let files = sources.map(|(name, text)| File::new(name, text));
    let expected = ["spec/a.rs:3: names `burn`", "spec/a.rs:3: names `polars_io`"];
    assert_eq!(offences_against_crates(&files), expected);
    let expected = [
        "spec/a.rs:2: `std::fs` outside base/fs/",
        "train/b.rs:3: `std::fs` outside base/fs/",
        "base/fs/c.rs: opens without a module doc",
        "data/mod.rs: logic in a mod.rs",
    ];
    assert_eq!(offences_against_form(&files), expected);
}
