//! Proof that bytes on disk are those that were written: [`close_line`] for a line of a log,
//! [`write_checked`] for a small file that is replaced, [`FileHash`] for one that never changes.
//!
//! A checked line or file is a JSON object whose last key, `checksum`, is the start of the BLAKE3
//! hash of the same bytes without it.
//!
//! Does not know what lines and files mean.

use super::{
    Fault, Place, Result,
    codec::{not_understood, to_json},
    fs,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::Path;

const KEY: &[u8] = b",\"checksum\":\"";
const CLOSE: &[u8] = b"\"}";
/// Hex digits of a checksum: one bit flip or torn line in four billion passes unseen.
const DIGITS: usize = 8;

/// Adds checksum and newline to a line of a log. From byte `start` on, `line` holds a JSON object
/// with at least one key.
pub fn close_line(line: &mut Vec<u8>, start: usize) {
    let checksum = checksum(blake3::hash(&line[start..]));
    line.pop();
    line.extend_from_slice(KEY);
    line.extend_from_slice(&checksum);
    line.extend_from_slice(CLOSE);
    line.push(b'\n');
}

/// Whether a line, newline included, matches its checksum.
pub fn has_valid_checksum(line: &[u8]) -> bool {
    let body = || {
        let line = line.strip_suffix(b"\n")?.strip_suffix(CLOSE)?;
        let (rest, found) = line.split_at_checked(line.len().checked_sub(DIGITS)?)?;
        Some((rest.strip_suffix(KEY)?, found))
    };
    body().is_some_and(|(body, found)| {
        let mut hasher = blake3::Hasher::new();
        checksum(hasher.update(body).update(b"}").finalize()) == found
    })
}

fn checksum(hash: blake3::Hash) -> [u8; DIGITS] {
    let digits = b"0123456789abcdef";
    let byte = |digit_idx: usize| hash.as_bytes()[digit_idx / 2] >> (4 * (1 - digit_idx % 2));
    std::array::from_fn(|digit_idx| digits[usize::from(byte(digit_idx) & 15)])
}

const FILE_KEY: &str = ",\n  \"checksum\": \"";
const FILE_END: &str = "\n}\n";

/// Replaces a file by one with a checksum, whole or not at all.
///
/// # Errors
/// When it cannot be written; the old one is then still there.
pub fn write_checked(path: &Path, record: &impl Serialize) -> Result<()> {
    fs::write_atomic(path, checked_text(record)?.as_bytes())
}

/// The text of a file with its checksum. The record has at least one key.
///
/// # Errors
/// When the record has no form in JSON.
pub fn checked_text(record: &impl Serialize) -> Result<String> {
    let text = to_json(record)?;
    let checksum = checksum(blake3::hash(text.as_bytes()));
    let keys = text.strip_suffix(FILE_END).unwrap_or(&text);
    let digits = String::from_utf8_lossy(&checksum);
    Ok(format!("{keys}{FILE_KEY}{digits}\"{FILE_END}"))
}

/// Reads a file and compares it with its checksum.
///
/// # Errors
/// When it cannot be read, does not match its checksum, or cannot be understood.
pub fn read_checked<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path)?;
    let body = without_checksum(&bytes).ok_or_else(|| {
        Fault::new(format!("`{}` does not match its checksum", path.display()))
            .at(Place::file(path))
            .hint("`seglab doctor` says what can be saved")
    })?;
    serde_json::from_str(&body).map_err(|error| not_understood(path, &error))
}

fn without_checksum(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix(FILE_END)?.strip_suffix('"')?;
    let (rest, found) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
    let body = rest.strip_suffix(FILE_KEY)?.to_owned() + FILE_END;
    (checksum(blake3::hash(body.as_bytes())) == found.as_bytes()).then_some(body)
}

/// Length and hash that a file must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHash {
    /// Length.
    pub bytes: u64,
    /// BLAKE3 hash, in hex.
    pub blake3: String,
}

impl FileHash {
    /// Of bytes in memory.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }

    /// Of a file, read once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_file(path: &Path) -> Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update_reader(fs::open(path)?)
            .map_err(|error| fs::io_error("read", path, &error))?;
        Ok(Self { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() })
    }

    /// The difference in words; `None` when the bytes are the same.
    pub fn differs(&self, found: &Self) -> Option<String> {
        if self.bytes != found.bytes {
            Some(format!("it must have {} bytes, but has {}", self.bytes, found.bytes))
        } else if self.blake3 == found.blake3 {
            None
        } else {
            Some("its bytes do not match their hash".to_owned())
        }
    }
}

/// BLAKE3 hash of a file, in hex.
///
/// # Errors
/// When the file cannot be read.
pub fn hash_file(path: &Path) -> Result<String> {
    Ok(FileHash::of_file(path)?.blake3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn any_altered_byte_of_a_line_is_noticed() {
        let mut line = b"{\"loss\":0.25}".to_vec();
        close_line(&mut line, 0);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["loss"], 0.25, "it stays JSON for readers that do not check");
        assert!(has_valid_checksum(&line));
        for byte_idx in 0..line.len() {
            let mut altered = line.clone();
            altered[byte_idx] ^= 1;
            assert!(!has_valid_checksum(&altered), "byte {byte_idx}");
            assert!(!has_valid_checksum(&line[..byte_idx]), "cut at {byte_idx}");
        }
    }

    #[test]
    fn any_altered_byte_of_a_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let record = BTreeMap::from([("epoch".to_owned(), 3), ("step".to_owned(), 12)]);
        write_checked(&path, &record).unwrap();
        assert_eq!(read_checked::<BTreeMap<String, serde_json::Value>>(&path).unwrap().len(), 2);
        let bytes = fs::read(&path).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["step"], 12, "it stays JSON for readers that do not check");
        for byte_idx in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[byte_idx] ^= 1;
            assert_eq!(without_checksum(&altered), None, "byte {byte_idx}");
            assert_eq!(without_checksum(&bytes[..byte_idx]), None, "cut at {byte_idx}");
        }
    }
}
