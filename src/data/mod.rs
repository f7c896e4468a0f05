//! From files to network input.
//!
//! In the order in which a case passes through them:
//!
//! 1. [`nifti`] reads a file into a [`volume`] that knows its place by [`geometry`];
//! 2. [`Dataset`](dataset::Dataset) finds the cases under a data root, checks and fingerprints each;
//! 3. [`split`] gives each its part;
//! 4. [`prepare`] brings one to the training grid, [`cases`] keeps it between epochs;
//! 5. [`augment`] changes it, and [`batch`] stacks it.
//!
//! A case is read at most twice in a run: once to fingerprint and prepare it, once to evaluate it.
//! It is read more often only with `preprocess.cache = false`. Files that did not change since an
//! earlier run are not read for their fingerprint: see [`scan`].
//!
//! Does not know about networks or runs.

pub mod audit;
pub mod augment;
pub mod axis_weights;
pub mod batch;
pub mod cases;
mod class_counts;
mod content;
pub mod dataset;
mod dataset_labels;
pub mod geometry;
pub mod intensity;
pub mod label_pairs;
pub mod labels;
mod layout;
pub mod nifti;
pub mod orient;
mod other_files;
mod permute;
pub mod phantom;
pub mod prepare;
pub mod random_state;
mod range;
mod read_ahead;
pub mod resize;
mod same_grid;
pub mod scan;
pub mod split;
mod swapped;
mod timing;
mod unknown_values;
pub mod volume;
pub mod warnings;

pub use class_counts::ClassCounts;
pub use timing::{CaseTiming, time_cases};
