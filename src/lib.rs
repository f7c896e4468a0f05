//! seglab: a research harness for 3-D medical segmentation.
//!
//! A TOML file asks a question; seglab answers it with runs, tables and pictures that anyone can
//! trace back to a commit.
//!
//! # One natural way
//!
//! ```text
//! Experiment -> Planned -> CaseBatch -> UNet3d -> Event* -> run directory -> Tables -> report
//! ```
//!
//! * [`spec::load`] reads a spec and tells every fault at once, each with line and column;
//! * [`data::dataset::Dataset::open`] finds the cases, checks and fingerprints each once;
//! * [`run::Planned`] splits them and names the run, a pure function of what was asked;
//! * [`record::Store::begin`] makes the run directory before the first step;
//! * [`train::train`] drives burn's learner and speaks only [`event::Event`];
//! * [`train::evaluate()`] scores each case on its native grid, on disk before the next;
//! * [`analysis::load`] reads `runs/` into plain rows; [`report::write`] draws them.
//!
//! # Rooms
//!
//! | module | job | never |
//! |---|---|---|
//! | [`base`] | errors with hints, panics turned into errors, whole writes whose errors name the path, random draws | know the domain |
//! | [`spec`] | TOML to [`spec::Experiment`], digest, run id | open data files |
//! | [`statistics`] | what few cases and seeds can say: intervals, tests, verdicts, power | know what is measured |
//! | [`data`] | NIfTI, geometry, data set, split, preprocessing, augmentation, phantom | know `runs/` |
//! | [`metric`] | scores of label maps | read files |
//! | [`event`] | what happens in a run, and who hears of it | fail a run by listening |
//! | [`model`] | network, loss, PyTorch's weights | load data |
//! | [`train`] | burn's learner, schedule, evaluation | name `record` |
//! | [`record`] | sole owner of the paths of a run under `runs/` | name `train` |
//! | [`run`] | one run: resolve, begin or go on, evaluate, extend, reproduce | draw |
//! | [`sweep`] | plan, samplers, pruning, workers, Slurm, and what lies in `.sweep/` | draw |
//! | [`analysis`] | the only user of polars: rows, settings, comparisons, answers | draw |
//! | [`report`] | the only user of plotters: same rows in, same bytes out | read run files |
//! | [`fault_tests`] | what a run survives, tried out on child processes | know how training works |
//! | [`cli`] | the only user of clap | decide |
//!
//! `tests/it/layering.rs` holds the rooms to this table.

pub mod analysis;
pub mod base;
pub mod cli;
pub mod data;
pub mod event;
pub mod fault_tests;
pub mod metric;
pub mod model;
pub mod record;
pub mod report;
pub mod run;
pub mod spec;
pub mod statistics;
pub mod sweep;
pub mod train;
