//! What is wrong with a run directory, and what can be saved: [`diagnose`] looks at everything it
//! holds and changes nothing, [`repair`] does what is safe.
//!
//! Safe is what loses nothing: derived files are rewritten, caches and what a killed process left
//! half written are removed, and what is damaged stays beside under another name. What cannot be saved is
//! moved to `runs/.quarantine/` as it is, and so is a copy of another run. A run that a living
//! process works on is left alone.
//!
//! Does not know how a run is used.

mod checkpoints;
mod diagnose;
mod finding;
mod logs;
mod lost;
mod place;
mod repair;
mod surroundings;

pub use diagnose::{diagnose, diagnose_among};
pub use finding::{Finding, Remedy, Severity};
pub use repair::{QUARANTINE, Repaired, repair, repair_among};
pub use surroundings::Surroundings;
