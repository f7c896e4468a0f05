//! From a sweep on disk to rows: what became of its cells, what they scored, where the time went,
//! and what to do next.
//!
//! ```text
//! plan, statuses, worker_events, runs --load--> Sources --settings, axes, compute, failures, next-->
//!     SweepTables
//! ```
//!
//! A setting is scored by the native-grid Dice of the foreground classes of its finished runs, on
//! the validation cases: first the mean over the classes that are defined in a case, then over
//! the seeds within the case, then over cases.
//!
//! Does not know about drawing, or about living processes.

mod axes;
mod blocks;
mod cells;
mod compute;
mod curves;
mod failures;
mod load;
mod next;
mod ranking;
mod rows;
mod scored_setting;
mod settings;
mod sources;
mod values;

pub use load::load_sweep;
pub use rows::*;
pub use values::short_value;
