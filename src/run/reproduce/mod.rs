//! A run done again from what it left: its code, its spec, its data, its program.
//!
//! [`reproduce`] puts the files together, checks what it can before anything is trained, runs the
//! program as a process of its own and [`compare`]s.

mod again;
mod compare;
mod program;

pub use again::{Reproduction, Wish, reproduce};
pub use compare::{Comparison, Difference, compare};
pub use program::Program;
