//! What tests share: a sandbox, runs and sweeps that were never trained, reference values.

pub(crate) mod golden;
pub(crate) mod optional_tool;
pub(crate) mod sandbox;
pub(crate) mod synthetic_runs;
pub(crate) mod synthetic_sweep;
