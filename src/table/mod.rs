//! From `runs/` to rows.

mod rows;

pub use rows::*;
