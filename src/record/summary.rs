//! [`Summary`]: what was computed from an ended run. It is kept in its directory and valid as long as
//! the run's files are those that it was computed from.
//!
//! `summary.json` has a checksum, the length, time and hash of each source file, and the length and
//! hash of each table made with it. It is a cache: without a valid one, readers use the logs. It is
//! written without a sync: what a power cut leaves of it fails its checksum.
//!
//! Does not know what is summed up.

use super::{
    format::{CASES, EVENTS, PROVENANCE, RESOLVED, RUN, STATUS, StatusFile},
    lines::LogFile,
    reader::row,
};
use crate::{
    base::{
        Error, Fault, Result,
        checksum::{FileHash, close_line, has_valid_checksum, hash_file},
        codec::unwritable,
        fs,
    },
    event::CaseRow,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, path::Path, time::UNIX_EPOCH};

/// Scores of a run, in the order they were written, as [`read_run`](super::read_run) has them.
///
/// # Errors
/// When the file is missing, cannot be understood, or is damaged before its last line.
pub fn read_cases(dir: &Path) -> Result<Vec<CaseRow>> {
    let status = StatusFile::read(dir)?;
    let log = LogFile::read(&dir.join(CASES), status.files.get(CASES))?;
    log.check()?;
    log.records(|line| !line.is_masked, row)
}

/// What was computed from an ended run.
pub const SUMMARY: &str = "summary.json";

/// Files that a summary rests on.
const SOURCES: [&str; 6] = [RUN, RESOLVED, PROVENANCE, STATUS, EVENTS, CASES];

/// The files of a run as they were at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFiles(BTreeMap<String, FileStamp>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileStamp {
    bytes: u64,
    modified_ns: Option<u64>,
    blake3: String,
}

impl SourceFiles {
    /// Hashes the files of a run.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn take(dir: &Path) -> Result<Self> {
        let stamp = |name: &str| {
            let path = dir.join(name);
            let (bytes, modified_ns) = length_and_time(&path)?;
            Ok((name.to_owned(), FileStamp { bytes, modified_ns, blake3: hash_file(&path)? }))
        };
        SOURCES.into_iter().map(stamp).collect::<Result<_>>().map(Self)
    }

    /// Whether the files still are what they were. One of the same length and time is believed;
    /// one of the same length and another time, as a copy has it, is hashed.
    fn holds(&self, dir: &Path) -> bool {
        let same = |name: &str| {
            let stamp = self.0.get(name)?;
            let path = dir.join(name);
            let (bytes, modified_ns) = length_and_time(&path).ok()?;
            let is_same = bytes == stamp.bytes
                && (modified_ns.is_some() && modified_ns == stamp.modified_ns
                    || hash_file(&path).ok()? == stamp.blake3);
            is_same.then_some(())
        };
        SOURCES.into_iter().all(|name| same(name).is_some())
    }
}

fn length_and_time(path: &Path) -> Result<(u64, Option<u64>)> {
    let metadata = path.metadata().map_err(|error| fs::io_error("read", path, &error))?;
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok((metadata.len(), since.and_then(|since| u64::try_from(since.as_nanos()).ok())))
}

/// What was computed from an ended run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary<T> {
    /// Names the form of `of`: another form is not read.
    layout: String,
    sources: SourceFiles,
    tables: BTreeMap<String, FileHash>,
    /// What was computed.
    pub of: T,
}

impl<T: DeserializeOwned> Summary<T> {
    /// The summary of a run directory, if there is one and it holds.
    pub fn read(dir: &Path, layout: &str) -> Option<Self> {
        let line = fs::read(&dir.join(SUMMARY)).ok().filter(|line| has_valid_checksum(line))?;
        let summary: Self = serde_json::from_slice(&line).ok()?;
        (summary.layout == layout && summary.sources.holds(dir)).then_some(summary)
    }

    /// The bytes of a table that was written with the summary, if they are those.
    pub fn table(&self, dir: &Path, name: &str) -> Option<Vec<u8>> {
        let written = self.tables.get(name)?;
        let bytes = fs::read(&dir.join(name)).ok()?;
        (FileHash::of_bytes(&bytes) == *written).then_some(bytes)
    }
}

impl<T: Serialize> Summary<T> {
    /// Puts the summary into a run directory. `sources` was taken before the run was read, and
    /// `tables` are those that were written since.
    ///
    /// # Errors
    /// * when the run has changed since
    /// * when the file cannot be written
    pub fn write(
        dir: &Path,
        layout: &str,
        sources: SourceFiles,
        of: T,
        tables: SummaryTables,
    ) -> Result<()> {
        if !sources.holds(dir) {
            let fault = Fault::new(format!("run `{}` changed while it was read", dir.display()));
            return Err(Error::run(fault.hint("try again when no process works on it")));
        }
        let summary = Self { layout: layout.to_owned(), sources, tables: tables.0, of };
        // One line: no person reads it, and blanks are most of a table of numbers.
        let mut line = serde_json::to_vec(&summary).map_err(|error| unwritable("JSON", &error))?;
        close_line(&mut line, 0);
        fs::write_cache(&dir.join(SUMMARY), &line)
    }
}

/// Tables that were put into a run directory.
#[derive(Debug, Default)]
pub struct SummaryTables(BTreeMap<String, FileHash>);

impl SummaryTables {
    /// Puts a table into a run directory. It is not read before the summary names it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write_cache(&dir.join(name), bytes)?;
        self.0.insert(name.to_owned(), FileHash::of_bytes(bytes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: &str = "a number";

    fn run() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in SOURCES {
            fs::write_atomic(&folder.path().join(name), name.as_bytes()).unwrap();
        }
        let sources = SourceFiles::take(folder.path()).unwrap();
        let mut tables = SummaryTables::default();
        tables.add(folder.path(), "epochs.parquet", b"table").unwrap();
        Summary::write(folder.path(), LAYOUT, sources, 7, tables).unwrap();
        folder
    }

    fn read(folder: &tempfile::TempDir) -> Option<u64> {
        Summary::read(folder.path(), LAYOUT).map(|summary| summary.of)
    }

    #[test]
    fn it_holds_while_every_source_is_what_it_was() {
        let folder = run();
        assert_eq!(read(&folder), Some(7));
        assert!(Summary::<u64>::read(folder.path(), "two numbers").is_none());
        for name in SOURCES {
            let path = folder.path().join(name);
            let bytes = fs::read(&path).unwrap();
            // Longer, then another byte, then gone, then as it was but at another time.
            fs::write_atomic(&path, &[bytes.as_slice(), b"\n"].concat()).unwrap();
            assert_eq!(read(&folder), None, "{name} grew");
            let mut altered = bytes.clone();
            altered[0] ^= 1;
            fs::write_atomic(&path, &altered).unwrap();
            assert_eq!(read(&folder), None, "{name} changed");
            fs::remove_file(&path).unwrap();
            assert_eq!(read(&folder), None, "{name} is gone");
            fs::write_atomic(&path, &bytes).unwrap();
            assert_eq!(read(&folder), Some(7), "{name} is back");
        }
    }

    #[test]
    fn an_altered_summary_or_table_is_not_read() {
        let folder = run();
        let summary = Summary::<u64>::read(folder.path(), LAYOUT).unwrap();
        assert_eq!(summary.table(folder.path(), "epochs.parquet").unwrap(), b"table");
        assert_eq!(summary.table(folder.path(), "other.parquet"), None);
        fs::write_atomic(&folder.path().join("epochs.parquet"), b"tablE").unwrap();
        assert_eq!(summary.table(folder.path(), "epochs.parquet"), None);
        let path = folder.path().join(SUMMARY);
        let bytes = fs::read(&path).unwrap();
        for byte_idx in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[byte_idx] ^= 1;
            fs::write_atomic(&path, &altered).unwrap();
            assert_eq!(read(&folder), None, "byte {byte_idx}");
        }
    }

    #[test]
    fn a_run_that_changed_meanwhile_is_not_summed_up() {
        let folder = run();
        let sources = SourceFiles::take(folder.path()).unwrap();
        fs::write_atomic(&folder.path().join(EVENTS), b"more").unwrap();
        assert!(
            Summary::write(folder.path(), LAYOUT, sources, 8, SummaryTables::default()).is_err()
        );
        assert_eq!(read(&folder), None, "neither the old nor a new one");
    }
}
