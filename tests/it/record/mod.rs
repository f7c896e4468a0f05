//! Run directories: written, read, damaged, repaired.

mod copies;
mod disk;
mod doctor;
mod formats;
mod gc;
pub(crate) mod git;
mod interrupted;
mod question;
pub(crate) mod recorder;
mod resume_property;
mod same_id;
