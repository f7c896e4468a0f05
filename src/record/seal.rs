//! Proof that bytes on disk are those that were written: [`seal`] for a line, [`write_sealed`] for
//! a small file that is replaced, [`hash_file`] for a large one.
//!
//! What is sealed is a JSON object whose last key, `checksum`, is the start of the BLAKE3 hash of
//! the same bytes without it.
//!
//! Knows nothing of what lines and files mean.

use super::format::{not_understood, to_json, unwritable};
use crate::{
    error::{Fault, Place, Result},
    fs,
};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

const KEY: &[u8] = b",\"checksum\":\"";
const CLOSE: &[u8] = b"\"}";
/// Hex digits of a checksum: one bit flip or torn line in four billion passes unseen.
const DIGITS: usize = 8;

/// One line of a log, newline included.
pub(super) fn seal(record: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record).map_err(|error| unwritable("JSON", &error))?;
    let checksum = checksum(&line);
    line.pop();
    line.extend_from_slice(KEY);
    line.extend_from_slice(checksum.as_bytes());
    line.extend_from_slice(CLOSE);
    line.push(b'\n');
    Ok(line)
}

/// The JSON object of a sealed line; `None` when the line is torn or altered.
fn unseal(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.strip_suffix(b"\n")?.strip_suffix(CLOSE)?;
    let (rest, found) = line.split_at_checked(line.len().checked_sub(DIGITS)?)?;
    let mut body = rest.strip_suffix(KEY)?.to_vec();
    body.push(b'}');
    (checksum(&body).as_bytes() == found).then_some(body)
}

fn checksum(body: &[u8]) -> String {
    let mut hex = blake3::hash(body).to_hex().to_string();
    hex.truncate(DIGITS);
    hex
}

const FILE_KEY: &str = ",\n  \"checksum\": \"";
const FILE_END: &str = "\n}\n";

/// Replaces a file by a sealed one, whole or not at all.
///
/// # Errors
/// When it cannot be written; the old one then still stands.
pub(super) fn write_sealed(path: &Path, record: &impl Serialize) -> Result<()> {
    fs::write_atomic(path, sealed_file(record)?.as_bytes())
}

/// The bytes of a sealed file: JSON for people, a key a line. The record has at least one key.
pub(super) fn sealed_file(record: &impl Serialize) -> Result<String> {
    let text = to_json(record)?;
    let sum = checksum(text.as_bytes());
    let keys = text.strip_suffix(FILE_END).unwrap_or(&text);
    Ok(format!("{keys}{FILE_KEY}{sum}\"{FILE_END}"))
}

/// Reads a sealed file.
///
/// # Errors
/// When it cannot be read, does not match its checksum, or cannot be understood.
pub(super) fn read_sealed<T: DeserializeOwned>(path: &Path) -> Result<T> {
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
    (checksum(body.as_bytes()) == found).then_some(body)
}

/// Records of a log and a note when its last line was torn and left out.
///
/// # Errors
/// When a line before the last one is damaged, or cannot be understood.
pub(super) fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<(Vec<T>, Option<String>)> {
    let bytes = fs::read(path)?;
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut records = Vec::with_capacity(lines.len());
    for (line_idx, line) in lines.iter().enumerate() {
        let number = line_idx + 1;
        let Some(body) = unseal(line) else {
            if number == lines.len() {
                let note = format!("line {number} of `{}` is torn and left out", path.display());
                return Ok((records, Some(note)));
            }
            let fault = Fault::new(format!("line {number} of `{}` is damaged", path.display()));
            return Err(fault
                .at(Place::file(path))
                .detail(format!(
                    "it does not match its checksum, and {} follow",
                    lines.len() - number
                ))
                .hint("restore the file from a copy; what comes before the line is sound")
                .into());
        };
        records.push(serde_json::from_slice(&body).map_err(|error| {
            Fault::new(format!("cannot understand line {number} of `{}`", path.display()))
                .caused_by(&error)
        })?);
    }
    Ok((records, None))
}

/// BLAKE3 hash of a file, in hex.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn hash_file(path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::open(path)?).map_err(|error| fs::io_error("read", path, &error))?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn any_altered_byte_breaks_the_seal() {
        let line = seal(&BTreeMap::from([("loss", 0.25)])).unwrap();
        assert_eq!(unseal(&line).unwrap(), b"{\"loss\":0.25}");
        for byte_idx in 0..line.len() {
            let mut altered = line.clone();
            altered[byte_idx] ^= 1;
            assert_eq!(unseal(&altered), None, "byte {byte_idx}");
            assert_eq!(unseal(&line[..byte_idx]), None, "cut at {byte_idx}");
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
