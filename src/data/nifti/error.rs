//! [`FileError`]: what is wrong with a file, before its name is added.

use crate::base::{Error, Fault};
use std::path::Path;

const CUT_SHORT: &str =
    "the file looks cut short; compare its size with the source and copy it again";

/// What is wrong with a file.
#[derive(Debug)]
pub(super) struct FileError {
    cause: String,
    hint: Option<String>,
}

/// What a sound file gives, or what is wrong with it.
pub(super) type ParseResult<T> = Result<T, FileError>;

impl FileError {
    pub(super) fn new(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), hint: None }
    }

    /// The file holds fewer bytes than it says.
    pub(super) fn cut_short(cause: impl Into<String>) -> Self {
        Self::new(cause).hint(CUT_SHORT)
    }

    pub(super) fn hint(mut self, action: impl Into<String>) -> Self {
        self.hint = Some(action.into());
        self
    }

    /// The error as the reason why a `what` could not be read from `path`.
    pub(super) fn of(self, what: &str, path: &Path) -> Error {
        let mut fault = Fault::new(format!("cannot read {what} `{}`", path.display()));
        fault.causes.push(self.cause);
        fault.hints.extend(self.hint);
        fault.into()
    }
}
