//! From files to network input.

pub mod geometry;
pub mod volume;
