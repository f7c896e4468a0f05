//! From files to network input.

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
pub mod volume;
