//! Integration tests: one binary, one file per subject.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise"
)]

mod golden;
mod loss_parity;
mod model_parity;
mod optimizer_parity;
mod bad_data;
mod nifti_files;
mod resize_rotate;
mod split;
mod spec;
mod git;
mod record;
mod runs_command;
mod spec_faults;
