//! [`compact`]: the logs of a run that has ended for good as Parquet, with a summary of the run.
//!
//! `epochs.parquet` and `steps.parquet` hold what counts of `events.jsonl`; `summary.json` holds
//! the run's row and the hashes of all that it rests on. They are caches, made anew when they do
//! not hold; the logs stay.
//!
//! Knows nothing of who asks, or of how rows are shown.

use super::{
    EpochRow, RunRow,
    columns::Columns,
    frames::unbuilt,
    load::rows_of,
    parquet::{decode, encode},
    points,
};
use crate::{
    base::{Error, Fault, Result},
    record::{self, RunFiles, StatusFile, Summary, Witness, Written, format::EPOCHS_TABLE},
};
use serde::de::IgnoredAny;
use std::{path::Path, sync::LazyLock};

/// The steps of `events.jsonl` as a table.
pub const STEPS_TABLE: &str = "steps.parquet";

/// Raised when the same logs give other tables or another row than before.
const VERSION: u32 = 2;

/// Form of what is kept: this build's version of it and the keys of a row.
static LAYOUT: LazyLock<String> = LazyLock::new(|| {
    let row = serde_json::to_value(RunRow::default()).unwrap_or_default();
    let keys = row.as_object().map(|row| row.keys().cloned().collect::<Vec<_>>());
    format!("{VERSION} {}", keys.unwrap_or_default().join(" "))
});

/// What a compaction left in the run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compacted {
    /// Epochs in `epochs.parquet`.
    pub n_epochs: usize,
    /// Steps in `steps.parquet`.
    pub n_steps: usize,
    /// Bytes of both.
    pub n_bytes: usize,
}

/// What an earlier compaction left, as far as it holds.
pub(super) struct Kept(Summary<RunRow>);

impl Kept {
    /// What is kept in a run directory, if it holds.
    pub(super) fn read(dir: &Path) -> Option<Self> {
        Summary::read(dir, &LAYOUT).map(Self)
    }

    /// The run's row.
    pub(super) fn into_row(self) -> RunRow {
        self.0.of
    }

    /// The run's row and epochs.
    pub(super) fn rows(self, dir: &Path) -> Option<(RunRow, Vec<EpochRow>)> {
        let frame = decode(&self.0.table(dir, EPOCHS_TABLE)?, |_| true).ok()?;
        let columns = Columns::of_frame(&frame).ok()?;
        let epochs = points::epoch_rows(&self.0.of.run, &self.0.of.classes, &columns)?;
        Some((self.0.of, epochs))
    }
}

/// Bytes of the table of epochs that an earlier compaction left, if they are those that were
/// written and hold. The row beside them is not looked at.
pub(super) fn epoch_bytes(dir: &Path) -> Option<Vec<u8>> {
    Summary::<IgnoredAny>::read(dir, &LAYOUT)?.table(dir, EPOCHS_TABLE)
}

/// Puts the logs of an ended run into Parquet beside them, once what was written is read back and
/// compared with the logs, bit for bit. What holds already is made anew all the same.
///
/// # Errors
/// * when the run can still go on, or changes meanwhile
/// * when the run cannot be read
/// * when what was read back is not what was written
/// * when a file cannot be written
pub fn compact(dir: &Path) -> Result<Compacted> {
    let sources = Witness::take(dir)?;
    let files = record::read_run(dir)?;
    if !is_over(dir) {
        let fault = Fault::new(format!("run `{}` has not ended", files.run.run_id));
        return Err(fault.hint("its logs are all there is until then").into());
    }
    let (half, compacted) = Half::of(sources, &files)?;
    let row = rows_of(&files)?.runs.into_iter().next().unwrap_or_default();
    half.complete(dir, &row)?;
    Ok(compacted)
}

/// Whether the run itself says that it has ended for good: what is kept of one that can still go
/// on is outdated once it does. One that is only found dead may be alive on a machine that was out
/// of reach.
pub(super) fn is_over(dir: &Path) -> bool {
    StatusFile::read(dir).is_ok_and(|file| file.status.is_final())
}

/// The tables of a run whose row is still to be worked out, which is done for many at once.
#[derive(Debug)]
pub(super) struct Half {
    sources: Witness,
    tables: Written,
}

impl Half {
    /// Writes the tables. `sources` was taken before the run was read: whatever changes later is
    /// not what was read.
    pub(super) fn of(sources: Witness, files: &RunFiles) -> Result<(Self, Compacted)> {
        let (epochs, steps) = (points::epochs(files)?, points::steps(files));
        let mut compacted =
            Compacted { n_epochs: epochs.n_rows(), n_steps: steps.n_rows(), n_bytes: 0 };
        let mut tables = Written::default();
        for (name, columns) in [(EPOCHS_TABLE, &epochs), (STEPS_TABLE, &steps)] {
            let bytes = verified(&files.dir, name, columns)?;
            tables.add(&files.dir, name, &bytes)?;
            compacted.n_bytes += bytes.len();
        }
        Ok((Self { sources, tables }, compacted))
    }

    /// Writes the summary, from which moment the tables are believed.
    pub(super) fn complete(self, dir: &Path, row: &RunRow) -> Result<()> {
        // JSON has no NaN: a row that holds one, as a diverged run's may, is not kept.
        let text = serde_json::to_string(row).ok();
        let read: Option<RunRow> = text.and_then(|text| serde_json::from_str(&text).ok());
        match read {
            Some(read) if read == *row => {
                Summary::write(dir, &LAYOUT, self.sources, read, self.tables)
            }
            _ => Err(unequal(&dir.join(record::SUMMARY))),
        }
    }
}

/// Columns as a Parquet file that was read back and found to hold them.
fn verified(dir: &Path, name: &str, columns: &Columns) -> Result<Vec<u8>> {
    let written = columns.frame().and_then(|frame| encode(&frame));
    let bytes = written.map_err(|error| unbuilt(&error))?;
    let read = decode(&bytes, |_| true).and_then(|frame| Columns::of_frame(&frame));
    if read.map_err(|error| unbuilt(&error))? == *columns {
        return Ok(bytes);
    }
    Err(unequal(&dir.join(name)))
}

fn unequal(path: &Path) -> Error {
    let message = format!("`{}` would not hold what the logs say", path.display());
    Error::run(Fault::new(message).hint("the logs are read instead; please report this"))
}
