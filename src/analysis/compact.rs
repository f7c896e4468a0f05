//! [`compact`]: the logs of a run that has ended for good as Parquet, with a summary of the run.
//!
//! `epochs.parquet` and `steps.parquet` hold the events of `events.jsonl` that count; `summary.json` holds
//! the run's row and the hashes of the files that it was computed from. They are caches, and are
//! written again when a hash does not match; the logs stay.
//!
//! Does not know how rows are shown.

use super::{
    EpochRow, RunRow,
    aggregate::fill_means,
    columns::Columns,
    frames::unbuilt,
    from_files::{run_row, score_rows},
    parquet::{decode, encode},
    points,
};
use crate::{
    base::{Error, Fault, Result},
    record::{
        self, RunFiles, SourceFiles, StatusFile, Summary, SummaryTables, format::EPOCHS_TABLE,
    },
};
use serde::de::IgnoredAny;
use std::{path::Path, sync::LazyLock};

/// The steps of `events.jsonl` as a table.
pub const STEPS_TABLE: &str = "steps.parquet";

/// Increased when the same logs give other tables or another row than before.
const VERSION: u32 = 2;

/// The layout of what is kept: a version and the keys of a row.
static LAYOUT: LazyLock<String> = LazyLock::new(|| {
    let row = serde_json::to_value(RunRow::default()).unwrap_or_default();
    let keys = row.as_object().map(|row| row.keys().cloned().collect::<Vec<_>>());
    format!("{VERSION} {}", keys.unwrap_or_default().join(" "))
});

/// The size of the tables of a compacted run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactedSize {
    /// Epochs in `epochs.parquet`.
    pub n_epochs: usize,
    /// Steps in `steps.parquet`.
    pub n_steps: usize,
    /// Bytes of both.
    pub n_bytes: usize,
}

/// What an earlier compaction wrote, if it is still valid.
pub(super) struct Compacted(Summary<RunRow>);

impl Compacted {
    /// What is kept in a run directory, if it is valid.
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

/// Bytes of the table of epochs of an earlier compaction, if they are valid. The row beside them is
/// not read.
pub(super) fn epoch_bytes(dir: &Path) -> Option<Vec<u8>> {
    Summary::<IgnoredAny>::read(dir, &LAYOUT)?.table(dir, EPOCHS_TABLE)
}

/// Writes the logs of an ended run as Parquet beside them. What was written is read back and
/// compared with the logs, bit for bit. An earlier compaction is replaced.
///
/// # Errors
/// * when the run can still go on, or changes meanwhile
/// * when the run cannot be read
/// * when what was read back is not what was written
/// * when a file cannot be written
pub fn compact(dir: &Path) -> Result<CompactedSize> {
    let sources = SourceFiles::take(dir)?;
    let files = record::read_run(dir)?;
    if !is_final(dir) {
        let fault = Fault::new(format!("run `{}` has not ended", files.run.run_id));
        return Err(fault
            .hint("compact it once it has ended; until then its logs are used")
            .into());
    }
    let tables = NewTables::write(sources, &files)?;
    let mut row = [run_row(&files)];
    fill_means(&mut row, &[0], &score_rows(&files.run.run_id, &files.cases))?;
    let size = tables.size.clone();
    tables.complete(dir, &row[0])?;
    Ok(size)
}

/// Whether the run itself says that it will not continue. A run whose process was only found dead
/// may still be alive on a machine that could not be reached.
pub(super) fn is_final(dir: &Path) -> bool {
    StatusFile::read(dir).is_ok_and(|file| file.status.is_final())
}

/// The tables of a run that still lack its row, which is computed for many runs at once.
#[derive(Debug)]
pub(super) struct NewTables {
    sources: SourceFiles,
    tables: SummaryTables,
    size: CompactedSize,
}

impl NewTables {
    /// Writes the tables. `sources` was taken before the run was read, so that a later change of a
    /// file is noticed.
    pub(super) fn write(sources: SourceFiles, files: &RunFiles) -> Result<Self> {
        let (epochs, steps) = (points::epochs(files)?, points::steps(files));
        let mut size =
            CompactedSize { n_epochs: epochs.n_rows(), n_steps: steps.n_rows(), n_bytes: 0 };
        let mut tables = SummaryTables::default();
        for (name, columns) in [(EPOCHS_TABLE, &epochs), (STEPS_TABLE, &steps)] {
            let bytes = verified(&files.dir, name, columns)?;
            tables.add(&files.dir, name, &bytes)?;
            size.n_bytes += bytes.len();
        }
        Ok(Self { sources, tables, size })
    }

    /// Writes the summary. From then on the tables are used.
    pub(super) fn complete(self, dir: &Path, row: &RunRow) -> Result<()> {
        // JSON has no NaN: a row that holds one, as that of a diverged run may, is not kept.
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

/// Columns as a Parquet file that was read back and compared with them.
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
    let message = format!("`{}` differs from the logs after it was written", path.display());
    Error::run(Fault::new(message).hint("the logs are read instead; please report this"))
}
