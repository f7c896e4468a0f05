//! [`Source`]: the bytes of a file and a reader through its gzip, known by its first bytes.
//!
//! Does not know about headers or voxels.

use super::error::{FileError, ParseResult};
use crate::base::{Error, ErrorCode, Result, fs};
use flate2::bufread::MultiGzDecoder;
use std::{
    io::{self, Read},
    path::Path,
};

/// Whether bytes are stored as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Plain,
    Gzip,
}

/// The bytes of a file.
#[derive(Debug)]
pub(super) struct Source {
    bytes: Vec<u8>,
    pub(super) compression: Compression,
}

impl Source {
    /// Reads the stored bytes of `path`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        // Wrong bytes stay wrong; a file that cannot be read now may be readable later.
        let bytes = fs::read(path).map_err(unread)?;
        let compression =
            if bytes.starts_with(&[0x1f, 0x8b]) { Compression::Gzip } else { Compression::Plain };
        Ok(Self { bytes, compression })
    }

    /// The stored bytes, packed or not.
    pub(super) fn stored(&self) -> &[u8] {
        &self.bytes
    }

    /// Most bytes that the file can hold once unpacked; deflate shrinks no further than 1032 to 1.
    pub(super) fn capacity(&self) -> u64 {
        let stored = self.bytes.len() as u64;
        match self.compression {
            Compression::Plain => stored,
            Compression::Gzip => stored.saturating_mul(1032),
        }
    }

    /// Reads from the first byte, unpacked.
    pub(super) fn reader(&self) -> Reader<'_> {
        match self.compression {
            Compression::Plain => Reader::Plain(&self.bytes),
            Compression::Gzip => Reader::Gzip(Box::new(MultiGzDecoder::new(&self.bytes))),
        }
    }
}

/// Reads unpacked bytes in order.
#[derive(Debug)]
pub(super) enum Reader<'a> {
    Plain(&'a [u8]),
    Gzip(Box<MultiGzDecoder<&'a [u8]>>),
}

impl Reader<'_> {
    /// The next `count` bytes; `what` names them when they are not all there.
    pub(super) fn take_exactly(&mut self, count: usize, what: &str) -> ParseResult<Vec<u8>> {
        let mut taken = Vec::new();
        taken.try_reserve_exact(count).map_err(|error| {
            FileError::new(format!("no memory for {count} {what} bytes: {error}"))
        })?;
        match Read::by_ref(self).take(count as u64).read_to_end(&mut taken) {
            Ok(_) if taken.len() == count => Ok(taken),
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(damaged(&error)),
            Ok(_) | Err(_) => {
                let ended = match self {
                    Self::Plain(_) => "file",
                    Self::Gzip(_) => "gzip stream",
                };
                let held = taken.len();
                Err(FileError::cut_short(format!(
                    "{ended} ends after {held} of {count} {what} bytes"
                )))
            }
        }
    }

    /// Passes over `count` bytes.
    pub(super) fn skip(&mut self, count: u64) -> ParseResult<()> {
        match io::copy(&mut Read::by_ref(self).take(count), &mut io::sink()) {
            Ok(skipped) if skipped == count => Ok(()),
            Ok(_) => Err(FileError::cut_short("the file ends before its voxels")),
            Err(error) => Err(damaged(&error)),
        }
    }

    /// Reads to the end, so that a gzip stream's checksum is compared.
    pub(super) fn finish(mut self) -> ParseResult<()> {
        if let Self::Gzip(_) = self {
            io::copy(&mut self, &mut io::sink()).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    FileError::cut_short("gzip stream ends before its checksum")
                }
                _ => damaged(&error),
            })?;
        }
        Ok(())
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(bytes) => bytes.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
        }
    }
}

fn unread(mut error: Error) -> Error {
    if error.code == ErrorCode::Request {
        error.code = ErrorCode::Unread;
    }
    error
}

fn damaged(error: &io::Error) -> FileError {
    FileError::new(format!("gzip stream is damaged: {error}"))
        .hint("copy the file again from its source")
}
