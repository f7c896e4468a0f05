//! What every room needs and none of them owns: errors, files, panics, random draws.
//!
//! Knows nothing of experiments, images or runs.

pub mod crash;
mod error;
pub mod fs;
pub mod random;

pub use error::{Error, Fault, Kind, Place, Result};
