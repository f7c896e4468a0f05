//! [`Log`]: a file of lines that only grows, for the process that holds the run.
//!
//! Each line is one `write` on a descriptor that appends, and carries attempt, time and checksum.
//!
//! Does not know what the lines say.

use super::format::{Status, now};
use crate::base::{Error, Result, checksum::close_line, codec::unwritable, fs};
use serde::Serialize;
use std::{fmt::Arguments, io::Write, path::PathBuf};

/// A file of lines that only grows.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: fs::File,
    attempt: u32,
    stamp: Stamp,
    /// Lines on their way to the file.
    pending: Vec<u8>,
}

impl Log {
    /// Opens a log to append to.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn open(path: PathBuf, attempt: u32) -> Result<Self> {
        let file = fs::open_append(&path)?;
        Ok(Self { path, file, attempt, stamp: Stamp::default(), pending: Vec::new() })
    }

    /// Adds a line to what [`flush`](Self::flush) writes: the log's own keys, those in `place`
    /// (JSON that begins with a comma, or nothing), and the record's, which must have some.
    ///
    /// # Errors
    /// When the record cannot be put into JSON.
    pub(crate) fn add(&mut self, place: Arguments<'_>, record: &impl Serialize) -> Result<()> {
        let start = self.pending.len();
        let added = self.lead(place).map_err(|error| unwritable("JSON", &error)).and_then(|()| {
            let brace = self.pending.len();
            serde_json::to_writer(&mut self.pending, record)
                .map_err(|error| unwritable("JSON", &error))?;
            // The record's own opening brace gives way to the keys before it.
            self.pending[brace] = b',';
            Ok(())
        });
        if added.is_err() {
            self.pending.truncate(start);
            return added;
        }
        close_line(&mut self.pending, start);
        Ok(())
    }

    fn lead(&mut self, place: Arguments<'_>) -> std::io::Result<()> {
        let time = self.stamp.now();
        write!(self.pending, "{{\"attempt\":{},\"time\":\"{time}\"", self.attempt)?;
        self.pending.write_fmt(place)
    }

    /// Writes what was added, with one `write`.
    ///
    /// # Errors
    /// When it cannot be written; half a line is then cut off again.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let written = fs::append(&mut self.file, &self.path, &self.pending);
        self.pending.clear();
        written.map_err(|error| {
            // The next to open the log cuts it too; readers ignore it meanwhile.
            let _ = self.cut_torn_line();
            error.of_run()
        })
    }

    /// Cuts off half a line, if a failed write left one, and makes the rest outlast a power cut.
    ///
    /// # Errors
    /// When the file cannot be cut or synced.
    pub(crate) fn settle(&self) -> Result<()> {
        self.cut_torn_line().map_err(Error::of_run)?;
        self.sync().map(drop)
    }

    fn cut_torn_line(&self) -> Result<()> {
        let bytes = fs::read(&self.path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() { fs::truncate(&self.path, whole as u64) } else { Ok(()) }
    }

    /// Makes everything outlast a power cut, and says how many bytes that are.
    ///
    /// # Errors
    /// When the disk does not say that it holds the bytes.
    pub(crate) fn sync(&self) -> Result<u64> {
        fs::sync(&self.file, &self.path).map_err(Error::of_run)?;
        let metadata = self.file.metadata();
        Ok(metadata.map_err(|error| fs::io_error("measure", &self.path, &error).of_run())?.len())
    }

    /// Masks every line before this moment from a byte on; the attempt's first line. `before` is
    /// the status until then, which `status.json` no longer says.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn rewind(
        &mut self,
        to: u64,
        (epoch, step): (usize, usize),
        before: Option<&Status>,
    ) -> Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            rewind: u64,
            epoch: usize,
            step: usize,
            #[serde(skip_serializing_if = "Option::is_none")]
            before: Option<&'a Status>,
        }
        self.add(format_args!(""), &Line { rewind: to, epoch, step, before })?;
        self.flush()?;
        self.sync().map(drop)
    }
}

/// The time in words, put together only when the second changes.
#[derive(Debug, Default)]
struct Stamp {
    second: Option<i64>,
    text: String,
}

impl Stamp {
    fn now(&mut self) -> &str {
        let now = now();
        if self.second != Some(now.timestamp()) {
            self.second = Some(now.timestamp());
            self.text = now.format("%Y-%m-%dT%H:%M:%S.").to_string();
        }
        self.text.truncate(20);
        let millis = now.timestamp_subsec_millis();
        let digit = |power: u32| char::from(b'0' + (millis / power % 10) as u8);
        self.text.extend([digit(100), digit(10), digit(1), 'Z']);
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    #[test]
    fn stamp_reads_back_as_the_time_it_was() {
        let mut stamp = Stamp::default();
        for _ in 0..50 {
            let before = now();
            let said: DateTime<Utc> = stamp.now().parse().unwrap();
            assert!(before <= said && said <= now(), "{said}");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}
