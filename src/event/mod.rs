//! What happens in a run, and who hears of it.
//!
//! Training and evaluation speak [`Event`]s and nothing else. The event log, the terminal and the
//! tests are listeners.
//!
//! Does not know about burn, or of what is done with an event.

mod case_row;
mod events;
mod follow;
mod progress;

pub use case_row::{CaseRow, WholeCase};
pub use events::{Event, Listen, MemoryOf, Split, Stop};
pub use follow::Follower;
pub use progress::Progress;
