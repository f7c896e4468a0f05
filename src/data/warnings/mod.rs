//! What is unusual about a data set and stops nothing, but would spoil what is learned from it.
//!
//! [`Warning`] is one remark with the cases that it is about; [`of_dataset`] finds those that need
//! more than a file: a class nobody trains on, CTs that are stored in another way than the others,
//! the same case on two sides of a split.
//!
//! Does not know about files or runs.

mod classes;
mod gather;
mod hu;
#[cfg(test)]
mod made_up;
mod twins;
mod warning;

pub use gather::of_dataset;
pub use warning::Warning;
pub(super) use warning::named;
