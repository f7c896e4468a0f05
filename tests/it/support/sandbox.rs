//! [`Sandbox`]: a temporary folder with a tiny phantom for one test, and the program run in it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A net of three widths on an 8-voxel-deep phantom: a run takes a second or two.
pub(crate) const TINY: &str = r#"
question = "Does a tiny net run?"
name = "tiny"

[data]
root = "data"
classes = ["background", "primary", "metastasis"]
phantom = { cases = 6, shape = [16, 16, 8], seed = 3 }

[split]
valid = 0.34

[preprocess]
grid = { kind = "xy-size", size = 16 }
intensity = { kind = "window", lower = -160.0, upper = 240.0 }

[augment]
flip = { p = 0.5 }
rotate = { p = 0.5, degrees = 15.0 }

[model]
widths = [2, 4]

[train]
epochs = 2
"#;

/// A temporary folder in which the program runs.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// A sandbox whose `tiny.toml` is [`TINY`].
    pub(crate) fn new() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap() };
        sandbox.write("tiny.toml", TINY);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seglab"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    /// The only run directory of an experiment.
    pub(crate) fn only_run(&self, experiment: &str) -> PathBuf {
        let mut runs = self.runs(experiment);
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    pub(crate) fn runs(&self, experiment: &str) -> Vec<PathBuf> {
        let folder = self.path("runs").join(experiment);
        let mut runs: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        runs.sort();
        runs
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }
}

/// Makes `files.json` of a run directory agree with files that a test has changed on purpose.
pub(crate) fn reseal(dir: &Path) {
    let path = dir.join("files.json");
    let mut listed: serde_json::Value = serde_json::from_str(&read(&path)).unwrap();
    listed.as_object_mut().unwrap().remove("checksum");
    for (name, file) in listed["files"].as_object_mut().unwrap() {
        let bytes = std::fs::read(dir.join(name)).unwrap();
        file["bytes"] = bytes.len().into();
        file["blake3"] = blake3::hash(&bytes).to_hex().as_str().into();
    }
    let text = serde_json::to_string_pretty(&listed).unwrap() + "\n";
    let checksum = blake3::hash(text.as_bytes()).to_hex();
    let keys = text.strip_suffix("\n}\n").unwrap();
    std::fs::write(path, format!("{keys},\n  \"checksum\": \"{}\"\n}}\n", &checksum[..8])).unwrap();
}

/// A file's text.
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The lines of a JSON Lines file.
pub(crate) fn lines(path: &Path) -> Vec<serde_json::Value> {
    read(path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Copies a folder with everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, place) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy_folder(&path, &place);
        } else {
            std::fs::copy(&path, &place).unwrap();
        }
    }
}
