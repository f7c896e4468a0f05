//! Who works on a run: [`RunLock`] claims it and shows signs of life; [`live_status`] tells every
//! reader its status, also when its process died.
//!
//! # Files
//! `attempts/NNNN.json` is made once, exclusively: the newest number holds the run, and its owner
//! has only to look for the next number to know whether it still does. `lease.json` is replaced
//! every few seconds by the owner: its heartbeat is what other machines judge by.
//!
//! Does not know what the work is.

mod attempt;
mod environment;
mod heartbeat;
mod holder;
mod live_status;
mod liveness;
mod owner;
mod run_lock;

pub use holder::{Holder, holder, was_low_on_memory};
pub use live_status::{LiveStatus, live_status};
pub use owner::Owner;
pub use run_lock::RunLock;
