//! Where training meets recording: one request becomes one run on disk.
//!
//! [`Planned`] is what is asked for, laid over the data; [`run`] answers it, or finds the answer.

pub mod disk;
mod host;
mod overlays;
mod plan;
mod run;
mod signals;

pub use plan::Planned;
pub use run::{Answer, Request, run};
pub use signals::StopFlags;
