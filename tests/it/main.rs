//! Integration tests: one binary, a folder for each room of `src/`.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise"
)]

mod analysis;
mod data;
mod fault_tests;
mod layering;
mod metric;
mod model;
mod record;
mod report;
mod run;
mod spec;
mod support;
mod sweep;
mod train;
