//! [`Reference`]: the undisturbed run, and every operation it did on the disk.
//!
//! Does not know about the faults.

use super::{
    child::Workspace,
    compare::{Results, results, scores},
};
use crate::{
    base::{Error, Fault, Result, fs},
    record::read_run,
};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// The undisturbed run.
#[derive(Debug)]
pub(super) struct Reference {
    /// Its directory.
    pub(super) dir: PathBuf,
    /// Folder of the data set.
    pub(super) data: PathBuf,
    pub(super) events: Results,
    pub(super) scores: Results,
    /// What it did on the disk, in order: operation 1 comes first.
    pub(super) operations: Vec<&'static str>,
    /// Seconds it took from start to end.
    pub(super) seconds: f64,
}

impl Reference {
    /// Runs it, after a first run that makes the data set.
    ///
    /// # Errors
    /// When it does not finish.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        let peaceful = |name: &str, fault: &str| -> Result<(Workspace, f64)> {
            let workspace = Workspace::new(folder.join(name), &data)?;
            let began = Instant::now();
            let ended = workspace.run(fault)?;
            if ended.code == Some(0) {
                return Ok((workspace, began.elapsed().as_secs_f64()));
            }
            Err(Error::run(Fault::new("an undisturbed run failed").detail(ended.message())))
        };
        peaceful("first", "")?;
        let trace = folder.join("trace");
        let (workspace, seconds) = peaceful("reference", &format!("trace:{}", trace.display()))?;
        let dir = workspace
            .only_run()?
            .ok_or_else(|| Error::run(Fault::new("an undisturbed run left no directory")))?;
        let run = read_run(&dir)?;
        let operations = operations(&fs::read_text(&trace)?);
        Ok(Self { events: results(&run)?, scores: scores(&run)?, dir, data, operations, seconds })
    }
}

/// The kind of each operation of a trace.
pub(super) fn operations(trace: &str) -> Vec<&'static str> {
    let belongs = |line: &str| {
        let mut words = line.splitn(3, ' ').skip(1);
        stratum(words.next().unwrap_or_default(), words.next().unwrap_or_default())
    };
    trace.lines().map(belongs).collect()
}

/// The kind of an operation.
fn stratum(kind: &str, path: &str) -> &'static str {
    let has = |part: &str| path.contains(part);
    match kind {
        _ if has("/.probe.") => "trial of a folder",
        _ if has(".tmp/") && !has("/checkpoints/") => "begin",
        "append" | "write" if has("events.jsonl") => "event append",
        _ if has("events.jsonl") || has("cases.jsonl") => "log sync, cut and scores",
        _ if has("/checkpoints") => "checkpoint commit",
        _ if has("status.json") || has(".reserve") => "status replace",
        _ if has("/attempts") || has("lease.json") => "claim",
        _ if has("runs/") => "other files of the run",
        _ => "report",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_sorted_by_what_they_belong_to() {
        let trace = "1 create runs/chaos/.id.7.tmp/run.toml\n\
            2 write runs/chaos/id/events.jsonl\n\
            3 rename runs/chaos/id/checkpoints/1\n\
            4 rename runs/chaos/id/status.json\n\
            5 write reports/chaos/index.html\n\
            6 create /a/runs/.probe.7.tmp/file\n";
        let expected = [
            "begin",
            "event append",
            "checkpoint commit",
            "status replace",
            "report",
            "trial of a folder",
        ];
        assert_eq!(operations(trace), expected);
    }
}
