//! Run directories: written, read, damaged, repaired.

mod disk;
mod doctor;
mod formats;
mod gc;
pub(crate) mod git;
mod interrupted;
pub(crate) mod recorder;
mod resume_property;
