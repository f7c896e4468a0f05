//! Spec files: what they mean, and every fault they can have.

mod broken_files;
mod faults;
pub(crate) mod loading;
mod properties;
