//! Where training meets recording: one request becomes one run on disk.
//!
//! [`Planned`] is what is asked for, laid over the data; [`run`] answers it, goes on with the run that
//! was cut off, or finds the answer. A [`Judge`] may give a run up between two epochs.

mod attempt;
mod datasets;
pub mod disk;
mod evaluate;
mod extend;
mod give_up;
mod host;
mod overlays;
mod plan;
pub mod reproduce;
mod run;
mod signals;

pub use datasets::DataSets;
pub use give_up::Judge;
pub use plan::Planned;
pub use run::{Answer, Request, run};
pub use signals::StopFlags;
