//! A look at a data set before training.
//!
//! [`examine()`] reads every case once and finds all that is wrong or unusual; [`Report`] lists it by
//! case; [`Statistics`] are its sizes and classes in numbers.
//!
//! Does not know about the terminal.

mod examine;
mod report;
mod spread;
mod statistics;

pub use examine::{OnCase, examine};
pub use report::{CaseReport, Report, by_case, warnings_by_case};
pub use spread::{Quantiles, Spread};
pub use statistics::{ClassStatistics, Statistics};
