//! Work on a sweep: processes that claim cells and run each in a process of its own.
//!
//! ```text
//! spec --apply--> plan.json --work--> claim, child, after_end --> next cell .. --> report
//! ```
//!
//! [`apply`] writes the plan and says what has changed; [`work`] is one worker. Any number of them
//! may run, on any machine that sees the folder. There is no server: the state of a cell follows
//! from its run directory, and a lock beside it says which worker has it.
//!
//! Does not know how a run is trained, or how anything is shown.

mod apply;
mod child;
mod claim;
mod derive;
mod end;
mod item;
mod options;
mod promote;
mod propose;
mod queue;
mod retry_policy;
mod stop;
mod trials;
mod watchdog;
#[expect(clippy::module_inception, reason = "a file is named after its central type")]
mod worker;

pub use apply::{Applied, PlanChange, apply};
pub use child::{WORKER, die_with};
pub use options::{WorkerOptions, slots_and_forecast};
pub use stop::stop;
pub use watchdog::TrainingProgress;
pub use worker::{RunningCell, WorkerEnd, WorkerListener, work};
