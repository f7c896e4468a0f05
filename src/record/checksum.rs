//! Proof that bytes on disk are those that were written: [`seal`] for a line, [`write_sealed`] for
//! a small file that is replaced, [`FileHash`] for one that stays as it is.
//!
//! What is sealed is a JSON object whose last key, `checksum`, is the start of the BLAKE3 hash of
//! the same bytes without it.
//!
//! Knows nothing of what lines and files mean.

use super::format::{not_understood, to_json};
use crate::base::{Fault, Place, Result, fs};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::Path;

const KEY: &[u8] = b",\"checksum\":\"";
const CLOSE: &[u8] = b"\"}";
/// Hex digits of a checksum: one bit flip or torn line in four billion passes unseen.
const DIGITS: usize = 8;

/// Closes one line of a log, newline included: `line` holds a JSON object with at least one key
/// from byte `start` on.
pub(crate) fn seal(line: &mut Vec<u8>, start: usize) {
    let checksum = checksum(blake3::hash(&line[start..]));
    line.pop();
    line.extend_from_slice(KEY);
    line.extend_from_slice(&checksum);
    line.extend_from_slice(CLOSE);
    line.push(b'\n');
}

/// Whether a line, newline included, is whole and unaltered.
pub(crate) fn is_sealed(line: &[u8]) -> bool {
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

/// Replaces a file by a sealed one, whole or not at all.
///
/// # Errors
/// When it cannot be written; the old one then still stands.
pub(crate) fn write_sealed(path: &Path, record: &impl Serialize) -> Result<()> {
    fs::write_atomic(path, sealed_file(record)?.as_bytes())
}

/// The bytes of a sealed file: JSON for people, a key a line. The record has at least one key.
pub(crate) fn sealed_file(record: &impl Serialize) -> Result<String> {
    let text = to_json(record)?;
    let checksum = checksum(blake3::hash(text.as_bytes()));
    let keys = text.strip_suffix(FILE_END).unwrap_or(&text);
    let digits = String::from_utf8_lossy(&checksum);
    Ok(format!("{keys}{FILE_KEY}{digits}\"{FILE_END}"))
}

/// Reads a sealed file.
///
/// # Errors
/// When it cannot be read, does not match its checksum, or cannot be understood.
pub(crate) fn read_sealed<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path)?;
    let body = unseal_file(&bytes).ok_or_else(|| {
        Fault::new(format!("`{}` does not match its checksum", path.display()))
            .at(Place::file(path))
            .hint("`seglab doctor` says what can be saved")
    })?;
    serde_json::from_str(&body).map_err(|error| not_understood(path, &error))
}

fn unseal_file(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix(FILE_END)?.strip_suffix('"')?;
    let (rest, found) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
    let body = rest.strip_suffix(FILE_KEY)?.to_owned() + FILE_END;
    (checksum(blake3::hash(body.as_bytes())) == found.as_bytes()).then_some(body)
}

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHash {
    /// Length.
    pub bytes: u64,
    /// BLAKE3 hash, in hex.
    pub blake3: String,
}

impl FileHash {
    /// Of bytes in memory.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }

    /// Of a file, read once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn of_file(path: &Path) -> Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update_reader(fs::open(path)?)
            .map_err(|error| fs::io_error("read", path, &error))?;
        Ok(Self { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() })
    }

    /// What is not as it must be, in words; `None` when the bytes are these.
    pub(crate) fn differs(&self, found: &Self) -> Option<String> {
        if self.bytes != found.bytes {
            Some(format!("it must have {} bytes and has {}", self.bytes, found.bytes))
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
pub(crate) fn hash_file(path: &Path) -> Result<String> {
    Ok(FileHash::of_file(path)?.blake3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn any_altered_byte_breaks_the_seal() {
        let mut line = b"{\"loss\":0.25}".to_vec();
        seal(&mut line, 0);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["loss"], 0.25, "it stays JSON for whoever does not check");
        assert!(is_sealed(&line));
        for byte_idx in 0..line.len() {
            let mut altered = line.clone();
            altered[byte_idx] ^= 1;
            assert!(!is_sealed(&altered), "byte {byte_idx}");
            assert!(!is_sealed(&line[..byte_idx]), "cut at {byte_idx}");
        }
    }

    #[test]
    fn any_altered_byte_breaks_the_seal_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let record = BTreeMap::from([("epoch".to_owned(), 3), ("step".to_owned(), 12)]);
        write_sealed(&path, &record).unwrap();
        assert_eq!(read_sealed::<BTreeMap<String, serde_json::Value>>(&path).unwrap().len(), 2);
        let bytes = fs::read(&path).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["step"], 12, "it stays JSON for whoever does not check");
        for byte_idx in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[byte_idx] ^= 1;
            assert_eq!(unseal_file(&altered), None, "byte {byte_idx}");
            assert_eq!(unseal_file(&bytes[..byte_idx]), None, "cut at {byte_idx}");
        }
    }
}
