//! Run directories: written, read, damaged, repaired.

mod disk;
mod doctor;
mod gc;
pub(crate) mod git;
mod interrupted;
pub(crate) mod recorder;
