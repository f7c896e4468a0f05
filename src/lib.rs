//! seglab: a research harness for 3-D medical segmentation.

pub mod cli;
pub mod data;
pub mod error;
pub mod event;
pub mod fs;
pub mod metric;
pub mod model;
pub mod progress;
pub mod random;
pub mod record;
pub mod schedule;
pub mod report;
pub mod spec;
pub mod table;
pub mod train;
