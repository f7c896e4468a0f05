//! Scores against reference values.

mod eval_command;
mod metric_parity;
mod overlap_parity;
