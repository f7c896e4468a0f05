//! [`Source`]: the bytes of a file and a reader through its gzip, known by its first bytes.
//!
//! Does not know about headers or voxels.

use super::error::{FileError, ParseResult};
use crate::base::{Error, ErrorCode, Result, fs, text::counted};
use flate2::bufread::GzDecoder;
use std::{
    io::{self, Read},
    path::Path,
};

/// First bytes of a gzip member.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// First bytes of what Git LFS leaves in place of a file.
const LFS_POINTER: &[u8] = b"version https://git-lfs";
/// In what git-annex leaves in place of a file: a pointer, or a link as a small file where the file
/// system has no links.
const ANNEX_POINTER: &[u8] = b"/annex/objects/";
/// Longest pointer, in bytes.
const LONGEST_POINTER: usize = 4096;
/// Most bytes that may follow the voxels in a gzip stream: they are unpacked for the checksum's
/// sake, and a hostile stream has no end.
const MOST_BYTES_BEHIND: u64 = 1 << 28;

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
    /// Reads the stored bytes of `path`, which should hold a `what`.
    pub(super) fn open(what: &str, path: &Path) -> Result<Self> {
        if let Some(error) = no_file(path) {
            return Err(unread(error.of(what, path)));
        }
        // Wrong bytes stay wrong; a file that cannot be read now may be readable later.
        let bytes = fs::read(path).map_err(unread)?;
        if let Some(error) = no_content(&bytes) {
            return Err(error.of(what, path));
        }
        let compression =
            if bytes.starts_with(&GZIP) { Compression::Gzip } else { Compression::Plain };
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
            Compression::Gzip => Reader::Gzip(Members::new(&self.bytes)),
        }
    }
}

/// Why no file is there to be read.
fn no_file(path: &Path) -> Option<FileError> {
    if path.is_dir() {
        let error = FileError::new("it is a folder, not a file");
        return Some(error.hint("move the volume out of it, and give the folder another name"));
    }
    if path.exists() && !path.is_file() {
        return Some(FileError::new("it is a pipe, a socket or a device, not a file"));
    }
    let target = fs::link_target(path).filter(|_| !path.exists())?;
    let shown = target.display();
    let error = FileError::new(format!("it is a link to `{shown}`, which is not there"));
    Some(if target.iter().any(|part| part == "annex") {
        error.hint("git-annex keeps its content elsewhere: fetch it with `git annex get`")
    } else {
        error.hint("restore the file that it leads to, or remove the link")
    })
}

/// Why the bytes of a file are not its content.
fn no_content(bytes: &[u8]) -> Option<FileError> {
    if bytes.is_empty() {
        return Some(FileError::cut_short("the file is empty"));
    }
    let pointer = |tool: &str, command: &str| {
        FileError::new(format!("it is a pointer of {tool}, not the file itself"))
            .hint(format!("fetch the content with `{command}`"))
    };
    let start = &bytes[..bytes.len().min(LONGEST_POINTER)];
    if bytes.starts_with(LFS_POINTER) {
        Some(pointer("Git LFS", "git lfs pull"))
    } else if start.len() == bytes.len()
        && start.windows(ANNEX_POINTER.len()).any(|part| part == ANNEX_POINTER)
    {
        Some(pointer("git-annex", "git annex get"))
    } else {
        None
    }
}

/// Reads unpacked bytes in order.
#[derive(Debug)]
pub(super) enum Reader<'a> {
    Plain(&'a [u8]),
    Gzip(Members<'a>),
}

/// A gzip stream of one member or several, and what follows the last one.
#[derive(Debug)]
pub(super) struct Members<'a> {
    /// `None` after the last member.
    member: Option<Box<GzDecoder<&'a [u8]>>>,
    behind: &'a [u8],
}

impl<'a> Members<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { member: Some(Box::new(GzDecoder::new(bytes))), behind: &[] }
    }
}

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let n_read = member.read(buffer)?;
            if n_read > 0 || buffer.is_empty() {
                return Ok(n_read);
            }
            // The checksum of this member was right.
            let rest = *member.get_ref();
            self.member = rest.starts_with(&GZIP).then(|| Box::new(GzDecoder::new(rest)));
            self.behind = rest;
        }
        Ok(0)
    }
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

    /// Reads to the end, so that a gzip stream's checksum is compared. Bytes behind the stream, or
    /// behind the voxels of a plain file, are a warning unless they are all zero: tapes and some
    /// copies fill a block up.
    pub(super) fn finish(self) -> ParseResult<Option<String>> {
        let behind = |bytes: &[u8], what: &str| {
            let n_bytes = counted(bytes.len(), "byte");
            let is_padding = bytes.iter().all(|byte| *byte == 0);
            (!is_padding).then(|| format!("{n_bytes} behind its {what}, left out"))
        };
        let mut members = match self {
            Self::Plain(bytes) => return Ok(behind(bytes, "voxels")),
            Self::Gzip(members) => members,
        };
        let mut rest = Read::by_ref(&mut members).take(MOST_BYTES_BEHIND);
        io::copy(&mut rest, &mut io::sink()).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                FileError::cut_short("gzip stream ends before its checksum")
            }
            _ => damaged(&error),
        })?;
        if members.member.is_some() {
            return Err(FileError::new("its gzip stream goes on for long after the voxels")
                .hint("the header's shape or type may be wrong; write the file again"));
        }
        Ok(behind(members.behind, "gzip stream"))
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(bytes) => bytes.read(buffer),
            Self::Gzip(members) => members.read(buffer),
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
