//! [`io_error`]: an error of the system with the path it is about, a code and a next action.
//!
//! Does not know what was done to the path.

use crate::base::{Error, ErrorCode, Fault};
use std::{io, path::Path};

/// Wraps an I/O error of an operation on a path.
pub fn io_error(doing: &str, path: &Path, error: &io::Error) -> Error {
    let mut fault = Fault::new(format!("cannot {doing} `{}`", path.display())).caused_by(error);
    match error.kind() {
        io::ErrorKind::NotFound => fault = fault.hint("check the path, and where you are"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            fault = fault.hint("give yourself write access there, or choose another folder");
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            fault = fault.hint("free some space on that disk");
            return Error::new(ErrorCode::DiskFull, fault);
        }
        _ => {}
    }
    Error::request(fault)
}
