//! One run: training and recording together.
//!
//! ```text
//! places          whether everything that is written can be written
//! plan, datasets  an experiment and its data: splits, digest, run id
//! run             looks for the run: begins it, resumes it, or returns the finished one
//! attempt         what one process does: trains, then evaluates
//! evaluate        scores and overlays of the best checkpoint
//! extend          more epochs for a finished run
//! reproduce       a run repeated from its own code, spec and data, and compared
//! ```
//!
//! A [`Pruner`] may end a run between two epochs.

mod attempt;
mod datasets;
pub mod disk;
mod evaluate;
mod extend;
mod host;
mod other_data;
mod overlays;
mod places;
mod plan;
mod pruner;
pub mod reproduce;
mod request;
#[expect(clippy::module_inception, reason = "a file is named after its central function")]
mod run;
mod signals;

pub use datasets::{DataSets, plan};
pub use places::check_places;
pub use plan::Planned;
pub use pruner::Pruner;
pub use request::{Request, RunOutcome};
pub use run::{is_answered, run};
pub use signals::StopFlags;
