//! Tests what a run survives: child processes of this program are killed, raced, damaged, or run out
//! of disk space, and their runs are compared with one that was not disturbed.
//!
//! [`run`] runs a [`Campaign`]; [`verify_resume`] tests for one experiment that interruptions change
//! nothing; both [`compare()`] runs. The faults are those of [`fs::fault`](crate::base::fs::fault).
//!
//! Does not know about training: a child is a command line.

mod campaign;
mod child;
mod clock;
mod compare;
mod damage;
mod disk;
mod kills;
mod outcome;
mod race;
mod reference;
mod stale;
mod verify;

pub use campaign::{Campaign, Part, run};
pub use compare::{Tolerance, compare};
pub use outcome::Outcome;
pub use verify::{Interruption, ResumeReport, ResumeTest, verify_resume};
