//! Spec files: what they mean, and every fault they can have.

mod faults;
pub(crate) mod loading;
mod properties;
