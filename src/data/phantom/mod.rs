//! A synthetic data set: abdominal CTs with tumours that no one has to ask for permission to use.
//!
//! [`generate()`] makes a case in memory, [`write_phantom`] a whole data root. `body` is the anatomy,
//! `canvas` the painting of ellipsoids and the look of a scanner.

mod body;
mod canvas;
mod files;
mod generate;

pub use files::{holds_phantom, write_phantom};
pub use generate::generate;
