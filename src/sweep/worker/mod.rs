//! Work on a sweep: processes that claim cells and run each in a process of its own.
//!
//! ```text
//! spec --apply--> plan.json --work--> claim, child, verdict --> next cell .. --> report
//! ```
//!
//! [`apply`] writes down what is asked for and says what has changed; [`work`] is one worker, of
//! which there may be any number on any machine that sees the folder. There is no server: how a
//! cell stands follows from its run directory, and who has taken it from a lease beside it.
//!
//! Before that, [`predict`] says what each cell will take: [`Timings`] are measured on a few cases, in
//! a process of their own, and kept.
//!
//! Knows nothing of how a run is trained, or of how anything is shown.

mod apply;
mod child;
mod claim;
mod cost;
mod derive;
mod end;
mod forecast;
mod item;
mod load;
mod packing;
mod predict;
mod promote;
mod queue;
mod retry_policy;
mod slot;
mod stop;
mod timings;
mod trials;
mod watchdog;
mod worker;

pub use apply::{Applied, Meaning, apply};
pub use child::{WORKER, die_with};
pub use cost::{Cost, Measured, cost, cost_key, time_key};
pub use forecast::Forecast;
pub use load::Load;
pub use packing::jobs_that_fit;
pub use predict::{makespan, predict};
pub use slot::{Devices, Slot, slots};
pub use stop::stop;
pub use timings::{Calibration, Timings};
pub use watchdog::Pulse;
pub use worker::{Busy, Ending, Order, Watch, work};
