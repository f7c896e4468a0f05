//! [`to_json`], [`to_toml`] and back: values as the text of files, with errors that name the file.
//!
//! Does not know what the values mean.

use super::{Error, Fault, Result, fs};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// A value as the text of a JSON file, a key a line.
///
/// # Errors
/// When the value has no form in JSON.
pub fn to_json(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    Ok(text.map_err(|error| unwritable("JSON", &error))? + "\n")
}

/// A value as the text of a TOML file.
///
/// # Errors
/// When the value has no form in TOML.
pub fn to_toml(value: &impl Serialize) -> Result<String> {
    toml::to_string(value).map_err(|error| unwritable("TOML", &error))
}

/// The error for a value that has no such `form`.
pub fn unwritable(form: &str, error: &(dyn std::error::Error + 'static)) -> Error {
    Error::run(Fault::new(format!("cannot write a record as {form}")).caused_by(error))
}

/// Reads a JSON file.
///
/// # Errors
/// When it cannot be read or understood.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| not_understood(path, &error))
}

/// Reads the text of the TOML file at `path`.
///
/// # Errors
/// When it cannot be understood.
pub fn parse_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| not_understood(path, &error))
}

/// The error for a file that could be read and not understood.
pub fn not_understood(path: &Path, error: &(dyn std::error::Error + 'static)) -> Error {
    Fault::new(format!("cannot understand `{}`", path.display())).caused_by(error).into()
}
