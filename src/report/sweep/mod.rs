//! The part of a report that is about a sweep: what became of it, what it says, what comes next.
//!
//! Its sections come before those of the runs. Where there are many runs, only some are shown.
//!
//! Does not know about files.

mod compose;
mod finding;
mod tables;

pub(super) use compose::compose;
