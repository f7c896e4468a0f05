//! seglab: a research harness for 3-D medical segmentation.

pub mod cli;
pub mod data;
pub mod error;
pub mod event;
pub mod fs;
pub mod model;
pub mod random;
pub mod record;
pub mod spec;
pub mod table;
pub mod train;
