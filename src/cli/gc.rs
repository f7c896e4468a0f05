//! `seglab gc`: removes what runs keep on disk and do not need.
//!
//! Does not know what a checkpoint is.

use super::{
    folder::folder,
    print::{aligned, json, print},
};
use crate::{
    base::{ErrorCode, Result, text::bytes},
    record::{self, RunLock, gc},
};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

/// Removes checkpoints and other files that no run needs any more.
///
/// Runs that are being worked on are left alone; of those that can go on, only damaged
/// checkpoints and what killed processes left half made could go. The checkpoints that
/// `checkpoint.keep-every` asks for stay.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Runs by the beginnings of their ids; all when none is named.
    #[arg(value_name = "RUN")]
    chosen: Vec<String>,
    /// Say what could go, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// Which checkpoints of ended runs stay.
    #[arg(long, default_value = "last")]
    keep: Keep,
    /// Empty the trash, where `seglab runs rm` puts runs, and touch nothing else.
    #[arg(long, conflicts_with = "chosen")]
    trash: bool,
    /// Spare what was worked on, or thrown away, more lately than this, such as `30d`.
    #[arg(long, value_name = "TIME", value_parser = age)]
    older_than: Option<Duration>,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Keep {
    /// The best one, and those that `checkpoint.keep-every` asks for.
    Best,
    /// These and the last, from which alone a run can be extended.
    Last,
    /// All.
    All,
}

fn age(text: &str) -> std::result::Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text)
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    is_removed: bool,
    bytes: u64,
    runs: Vec<Row>,
}

/// One run, or the trash.
#[derive(Serialize)]
struct Row {
    run: String,
    bytes: u64,
    items: Vec<ItemRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spared: Option<String>,
}

#[derive(Serialize)]
struct ItemRow {
    path: String,
    bytes: u64,
    reason: &'static str,
}

impl Command {
    /// Removes what could go, unless it is only to be listed, and prints it.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let keep = match self.keep {
            Keep::Best => gc::Keep::Best,
            Keep::Last => gc::Keep::Last,
            Keep::All => gc::Keep::All,
        };
        let is_all = self.chosen.is_empty() && !self.trash;
        let dirs = if self.trash {
            Vec::new()
        } else if is_all {
            record::inventory(&self.runs)?.dirs()
        } else {
            let find = |prefix: &String| record::find(&self.runs, prefix);
            self.chosen.iter().map(find).collect::<Result<Vec<_>>>()?
        };
        let mut rows = Vec::new();
        for dir in dirs {
            let waste = gc::waste(&dir, keep, self.older_than)?;
            let name = format!("{}/{}", record::experiment_of(&dir), record::id_of(&dir));
            rows.push(self.clear_run(name, waste)?);
        }
        if is_all {
            let items = gc::left_behind(&self.runs)?;
            rows.push(self.clear("never started".to_owned(), &self.runs, &items, None)?);
        }
        if self.trash {
            let items = record::discarded(&self.runs, self.older_than)?;
            rows.push(self.clear("trash".to_owned(), &self.runs, &items, None)?);
        }
        rows.retain(|row| !row.items.is_empty() || row.spared.is_some());
        let bytes = rows.iter().map(|row| row.bytes).sum();
        let answer = Answer { is_removed: !self.dry_run, bytes, runs: rows };
        if self.json { json(out, &answer) } else { print(out, &text(&answer)) }
    }

    /// Clears a run, locked so that no process continues it meanwhile.
    fn clear_run(&self, name: String, waste: gc::Waste) -> Result<Row> {
        if self.dry_run || waste.items.is_empty() {
            return self.clear(name, &waste.dir, &waste.items, waste.spared);
        }
        match RunLock::take(&waste.dir) {
            Err(error) if error.code == ErrorCode::InUse => {
                self.clear(name, &waste.dir, &[], Some("it is being worked on".to_owned()))
            }
            // On a full or read-only disk no lock can be taken; then its status must do.
            lock => {
                let row = self.clear(name, &waste.dir, &waste.items, waste.spared);
                drop(lock);
                row
            }
        }
    }

    /// Removes items as it lists them.
    fn clear(
        &self,
        run: String,
        folder: &Path,
        items: &[gc::Item],
        spared: Option<String>,
    ) -> Result<Row> {
        let mut row = Row { run, bytes: 0, items: Vec::new(), spared };
        for item in items {
            if !self.dry_run {
                gc::remove(item)?;
            }
            let path = item.path.strip_prefix(folder).unwrap_or(&item.path).display().to_string();
            row.bytes += item.bytes;
            row.items.push(ItemRow { path, bytes: item.bytes, reason: item.reason });
        }
        Ok(row)
    }
}

fn text(answer: &Answer) -> String {
    let mut lines = Vec::new();
    for row in &answer.runs {
        if let Some(spared) = &row.spared {
            lines.push([row.run.clone(), "-".to_owned(), format!("spared: {spared}")].to_vec());
        }
        for item in &row.items {
            let what = format!("{}  ({})", item.path, item.reason);
            lines.push([row.run.clone(), bytes(item.bytes), what].to_vec());
        }
    }
    let total = bytes(answer.bytes);
    let last = match (answer.bytes, answer.is_removed) {
        (0, _) => "nothing to remove\n".to_owned(),
        (_, true) => format!("removed {total}\n"),
        (_, false) => format!("{total} can be removed: run it without `--dry-run`\n"),
    };
    aligned(&lines) + &last
}
