//! Scores of a prediction against a reference: pure functions of label maps.

mod overlap;

pub use overlap::{Confusion, Overlap};
