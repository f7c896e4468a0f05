//! The part of a report that is about a sweep: what became of it, what it says, what comes next.
//!
//! Its sections stand before those of the runs, of which only some are shown where there are many.
//!
//! Knows nothing of files.

mod compose;
mod finding;
mod tables;

pub(super) use compose::compose;
