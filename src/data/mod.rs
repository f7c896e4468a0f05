//! From files to network input.
//!
//! [`Dataset`](dataset::Dataset) finds and checks the cases, [`split`] gives them their parts,
//! [`prepare`] brings one to the training grid, [`augment`] changes it, [`batch`] stacks it.
//!
//! Knows nothing of networks or runs.

pub mod audit;
pub mod augment;
pub mod axis_weights;
pub mod batch;
pub mod cases;
mod class_counts;
pub mod dataset;
pub mod geometry;
pub mod intensity;
pub mod label_pairs;
mod labels;
mod layout;
pub mod nifti;
pub mod orient;
mod pace;
mod permute;
pub mod phantom;
mod phantom_body;
mod phantom_canvas;
pub mod phantom_files;
pub mod prepare;
pub mod random_state;
mod read_ahead;
pub mod resize;
pub mod rotate;
mod same_grid;
pub mod scan;
pub mod split;
pub mod volume;

pub use class_counts::ClassCounts;
pub use pace::{CasePace, median, pace};
