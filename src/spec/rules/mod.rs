//! What keys demand of each other.
//!
//! [`check_rules`] goes through them; a new rule is a function in `data`, `learning` or `sweep`.
//!
//! Does not know about TOML.

mod broken;
mod check;
mod data;
mod learning;
mod sweep;

pub(super) use check::check_rules;
