//! From files to network input.

pub mod augment;
pub mod axis_weights;
pub mod batch;
pub mod audit;
pub mod dataset;
mod gather;
pub mod geometry;
mod labels;
mod layout;
pub mod nifti;
pub mod orient;
mod survey;
pub mod intensity;
pub mod prepare;
pub mod random_state;
pub mod resize;
pub mod rotate;
pub mod split;
pub mod volume;
