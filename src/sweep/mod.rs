//! Sweeps: from a spec with axes to finished cells.
//!
//! [`plan()`] lists every cell of a sweep in the order in which they should run. A [`Search`]
//! proposes settings where a sweep does not try them all. Both are pure functions of the spec and of
//! the finished trials. [`worker`] runs cells, each in a process of its own; [`store`] knows the
//! files in `.sweep/`; [`prune`] gives up poor cells; [`slurm`] runs workers as jobs; [`forecast`]
//! says what cells take; [`SweepStatus`] is the state of a sweep at one moment.
//!
//! ```text
//! Loaded --axes--> settings (grid, or Search::propose) --seeds, folds--> Plan of Cells
//! ```

mod axis;
mod cell;
pub mod forecast;
mod grid;
mod kernel;
mod plan;
pub mod prune;
mod sampler;
mod search;
mod slot;
pub mod slurm;
mod status;
pub mod store;
mod tpe;
#[cfg(test)]
mod tpe_objectives;
#[cfg(test)]
mod tpe_trials;
pub mod worker;

pub use cell::{Cell, PlannedCell, differing};
pub use plan::{Plan, plan, trial};
pub use search::{Search, Trial};
pub use slot::{Devices, Slot, slots};
pub use status::{CellProgress, SweepStatus};
