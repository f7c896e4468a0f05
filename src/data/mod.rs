//! From files to network input.

pub mod batch;
pub mod geometry;
pub mod volume;
