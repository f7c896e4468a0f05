//! [`LogFile`]: a log as it is on disk, line by line, and which lines count.
//!
//! Three rules say what counts. A line whose checksum does not fit ends what is sound: as the last
//! line it is torn, before that the log is damaged. A *rewind line* of an attempt that goes on
//! masks every line before it from the byte it names. A line of a lower attempt that comes after
//! one of a higher attempt was written by an owner that had lost the run, and is masked too.
//!
//! Does not know what lines say beyond that.

use super::format::Status;
use crate::base::{
    Fault, Place, Result,
    checksum::{FileHash, has_valid_checksum},
    fs,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

/// One sound line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) bytes: Range<usize>,
    /// Attempt that wrote it.
    pub(crate) attempt: u32,
    /// A later attempt goes on from before this line, or its writer had lost the run.
    pub(crate) is_masked: bool,
}

/// When an attempt wrote its first and its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptSpan {
    /// The first.
    pub first: DateTime<Utc>,
    /// The last.
    pub last: DateTime<Utc>,
}

/// An attempt went on from an earlier byte of the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rewind {
    /// The attempt that goes on.
    pub attempt: u32,
    /// When.
    pub time: DateTime<Utc>,
    /// Everything before this line and from this byte on is masked.
    #[serde(rename = "rewind")]
    pub to: u64,
    /// Epochs done where the attempt goes on.
    pub epoch: usize,
    /// Optimizer steps done where the attempt goes on.
    pub step: usize,
    /// The status before the attempt continued the run; not in every log.
    #[serde(default)]
    pub before: Option<Status>,
}

/// What ends the sound part of a log before its last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Line, from 1.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// A log as it is on disk.
#[derive(Debug)]
pub(crate) struct LogFile {
    pub(crate) path: PathBuf,
    bytes: Vec<u8>,
    /// Sound lines but for rewinds, in order.
    pub(crate) lines: Vec<Line>,
    /// Rewinds that count, each with the byte at which its line begins.
    pub(crate) rewinds: Vec<(u64, Rewind)>,
    /// Bytes of the sound part.
    pub(crate) sound: u64,
    /// Number of a torn last line.
    pub(crate) torn: Option<usize>,
    pub(crate) damage: Option<Damage>,
    /// Highest attempt that wrote anything; 0 when there is nothing.
    pub(crate) highest: u32,
}

#[derive(Deserialize)]
struct Head {
    attempt: u32,
    rewind: Option<u64>,
}

impl LogFile {
    /// Reads a log, as far as it is sound. Of an ended run only the bytes that `ended` names are
    /// looked at: what a stale owner wrote after them is no part of the run.
    ///
    /// # Errors
    /// * when the file cannot be read
    /// * when the log of an ended run has lost bytes
    pub(crate) fn read(path: &Path, ended: Option<&FileHash>) -> Result<Self> {
        let mut bytes = fs::read(path)?;
        if let Some(ended) = ended {
            bytes.truncate(usize::try_from(ended.bytes).unwrap_or(usize::MAX));
        }
        let log = Self::scan(path, bytes);
        match ended {
            Some(ended) if log.damage.is_none() && log.sound != ended.bytes => {
                let fault = Fault::new(format!("`{}` has lost its end", path.display()));
                Err(fault
                    .at(Place::file(path))
                    .detail(format!(
                        "the run ended with {} bytes, {} of them are sound",
                        ended.bytes, log.sound
                    ))
                    .hint("restore the file from a copy, or see what `seglab doctor` says")
                    .into())
            }
            _ => Ok(log),
        }
    }

    fn scan(path: &Path, bytes: Vec<u8>) -> Self {
        let mut log = Self {
            path: path.to_owned(),
            bytes,
            lines: Vec::new(),
            rewinds: Vec::new(),
            sound: 0,
            torn: None,
            damage: None,
            highest: 0,
        };
        let (mut visible, mut start) = (Vec::new(), 0);
        let bytes = std::mem::take(&mut log.bytes);
        for (line_idx, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let range = start..start + line.len();
            start = range.end;
            if let Err(reason) = log.take_line(line, range.clone(), &mut visible) {
                if range.end == bytes.len() {
                    log.torn = Some(line_idx + 1);
                } else {
                    let n_after = bytes[range.end..].split_inclusive(|byte| *byte == b'\n').count();
                    let reason = format!("{reason}, and {n_after} follow");
                    log.damage = Some(Damage { line: line_idx + 1, reason });
                }
                break;
            }
            log.sound = range.end as u64;
        }
        log.bytes = bytes;
        log
    }

    fn take_line(
        &mut self,
        line: &[u8],
        range: Range<usize>,
        visible: &mut Vec<usize>,
    ) -> Result<(), String> {
        if !has_valid_checksum(line) {
            return Err("it does not match its checksum".to_owned());
        }
        let not_understood = |error: serde_json::Error| format!("it cannot be understood: {error}");
        let head: Head = serde_json::from_slice(line).map_err(not_understood)?;
        let is_stale = head.attempt < self.highest;
        self.highest = head.attempt.max(self.highest);
        let Some(to) = head.rewind else {
            if !is_stale {
                visible.push(self.lines.len());
            }
            self.lines.push(Line { bytes: range, attempt: head.attempt, is_masked: is_stale });
            return Ok(());
        };
        if !is_stale {
            while let Some(line_idx) =
                visible.pop_if(|idx| self.lines[*idx].bytes.start as u64 >= to)
            {
                self.lines[line_idx].is_masked = true;
            }
            let rewind = serde_json::from_slice(line).map_err(not_understood)?;
            self.rewinds.push((range.start as u64, rewind));
        }
        Ok(())
    }

    /// A note when the last line is incomplete and is ignored.
    pub(crate) fn note(&self) -> Option<String> {
        let line = self.torn?;
        Some(format!("line {line} of `{}` is incomplete and is ignored", self.path.display()))
    }

    /// Whether every line is sound.
    pub(crate) fn is_whole(&self) -> bool {
        self.torn.is_none() && self.damage.is_none()
    }

    /// That no line before the last is damaged.
    ///
    /// # Errors
    /// Names the first one that is.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(Damage { line, reason }) = &self.damage else { return Ok(()) };
        let fault = Fault::new(format!("line {line} of `{}` is damaged", self.path.display()));
        Err(fault
            .at(Place::file(&self.path))
            .detail(reason)
            .hint("what comes before the line is sound; see what `seglab doctor` says")
            .into())
    }

    /// The lines that `of` chooses, each through `parse`.
    ///
    /// # Errors
    /// When a line cannot be understood.
    pub(crate) fn records<T>(
        &self,
        of: impl Fn(&Line) -> bool,
        parse: impl Fn(&[u8]) -> serde_json::Result<T>,
    ) -> Result<Vec<T>> {
        let chosen = self.lines.iter().filter(|line| of(line));
        chosen
            .map(|line| {
                parse(&self.bytes[line.bytes.clone()]).map_err(|error| {
                    let (start, path) = (line.bytes.start, self.path.display());
                    Fault::new(format!("cannot understand the line at byte {start} of `{path}`"))
                        .caused_by(&error)
                        .into()
                })
            })
            .collect()
    }

    /// From when to when each attempt wrote lines, masked ones too.
    pub(crate) fn spans(&self) -> BTreeMap<u32, AttemptSpan> {
        #[derive(Deserialize)]
        struct Stamp {
            time: DateTime<Utc>,
        }
        let mut spans = BTreeMap::new();
        let mut take = |attempt, time: DateTime<Utc>| {
            let span = spans.entry(attempt).or_insert(AttemptSpan { first: time, last: time });
            span.first = span.first.min(time);
            span.last = span.last.max(time);
        };
        for (_, rewind) in &self.rewinds {
            take(rewind.attempt, rewind.time);
        }
        // Within an attempt the lines are in order.
        for lines in self.lines.chunk_by(|left, right| left.attempt == right.attempt) {
            for line in lines.first().into_iter().chain(lines.last()) {
                if let Ok(stamp) = serde_json::from_slice::<Stamp>(&self.bytes[line.bytes.clone()])
                {
                    take(line.attempt, stamp.time);
                }
            }
        }
        spans
    }

    /// Bytes of the first line at or after `start` that counts.
    pub(crate) fn line_from(&self, start: u64) -> Option<(&Line, &[u8])> {
        let from = self.lines.partition_point(|line| (line.bytes.start as u64) < start);
        let line = self.lines[from..].iter().find(|line| !line.is_masked)?;
        Some((line, &self.bytes[line.bytes.clone()]))
    }

    /// Whether the bytes before `watermark` are still there and not masked: a checkpoint that was
    /// made then needs them.
    pub(crate) fn holds(&self, watermark: u64) -> bool {
        watermark <= self.sound
            && !self.rewinds.iter().any(|(at, rewind)| *at >= watermark && rewind.to < watermark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::checksum::close_line;
    use proptest::prelude::*;

    /// A log of `n_lines` lines, and where each ends.
    fn log(n_lines: usize) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for number in 0..n_lines {
            let start = bytes.len();
            bytes.extend(format!("{{\"attempt\":1,\"message\":\"{number}\"}}").bytes());
            close_line(&mut bytes, start);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    proptest! {
        #[test]
        fn lines_before_damage_are_read_and_none_after_it(
            n_lines in 1_usize..12,
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
            is_cut: bool,
        ) {
            let (mut bytes, ends) = log(n_lines);
            let byte_idx = at.index(bytes.len());
            if is_cut {
                bytes.truncate(byte_idx);
            } else {
                bytes[byte_idx] ^= 1 << bit;
            }
            let n_before = ends.iter().filter(|end| **end <= byte_idx).count();
            let sound = n_before.checked_sub(1).map_or(0, |last| ends[last]);
            let read = LogFile::scan(Path::new("events.jsonl"), bytes);
            prop_assert_eq!(read.lines.len(), n_before);
            prop_assert_eq!(read.sound, sound as u64);
            prop_assert_eq!(read.is_whole(), is_cut && byte_idx == sound);
        }
    }
}
