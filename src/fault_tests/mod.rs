//! What a run survives: a campaign over child processes of this very program, each killed,
//! starved of space, raced or damaged, and compared with a run that was left in peace.
//!
//! [`run`] does a [`Campaign`]; [`verify_resume`] shows for one experiment that
//! interruptions change nothing; both [`compare()`] runs. The faults themselves are those of
//! [`fs::fault`](crate::base::fs::fault).
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
pub use verify::{Blow, Question, Verdict, verify_resume};
