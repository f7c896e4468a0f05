//! A run repeated from its own code, spec, data and program.
//!
//! [`reproduce`] collects the files, checks them before any training, starts the program as a
//! separate process and [`compare`]s the results.

mod again;
mod compare;
mod program;

pub use again::{ReproduceOptions, Reproduction, reproduce};
pub use compare::{Comparison, Difference, compare};
pub use program::Program;
