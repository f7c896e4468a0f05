//! What every room needs and none of them owns: errors, files, panics, random draws, units as
//! text, `/proc`.
//!
//! Does not know about experiments, images or runs.

pub mod checksum;
pub mod codec;
pub mod crash;
mod error;
pub mod fs;
pub mod proc;
pub mod random;
pub mod suggest;
pub mod text;
pub mod user_path;

pub use error::{Error, ErrorCode, Fault, Place, Result};
