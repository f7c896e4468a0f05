//! Tables, comparisons and answers of runs.

mod ablation;
mod answer;
pub(crate) mod compaction;
mod runs_command;
mod statistics_parity;
