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
//! * [`schedule::Planned`] splits them and names the run, a pure function of what was asked;
//! * [`record::Store::begin`] makes the run directory before the first step;
//! * [`train::train`] drives burn's learner and speaks only [`event::Event`];
//! * [`train::evaluate()`] scores each case on its native grid, on disk before the next;
//! * [`table::load`] reads `runs/` into plain rows; [`report::write`] draws them.
//!
//! # Rooms
//!
//! | module | job | never |
//! |---|---|---|
//! | [`error`], [`crash`], [`fs`] | faults with hints, panics among them; whole writes whose errors name the path | know the domain |
//! | [`random`] | draws that are a function of what they are for | keep a state |
//! | [`statistics`] | what few cases and seeds can say: intervals, tests, verdicts, power | know what is measured |
//! | [`spec`] | TOML to [`spec::Experiment`], digest, run id | open data files |
//! | [`data`] | NIfTI, geometry, data set, split, preprocessing, augmentation, phantom | know `runs/` |
//! | [`metric`] | scores of label maps | read files |
//! | [`model`] | network, loss, PyTorch's weights | load data |
//! | [`event`], [`progress`] | what happens, and who is told | fail a run by being told |
//! | [`train`] | burn's learner, schedule, evaluation | name `record` |
//! | [`prune`] | which cells of a sweep are given up, from their curves | know processes or folders |
//! | [`record`] | sole owner of paths under `runs/` | name `train` |
//! | [`schedule`] | where training meets recording, and who gives a run up | draw |
//! | [`sweep`] | from a question with axes to the cells that answer it; samplers | run anything |
//! | [`work`] | workers that claim the cells of a sweep and run each in a process of its own | train or draw |
//! | [`table`] | the only user of polars | draw |
//! | [`answer`] | questions, and sentences whose numbers are cells of tables | compute a number |
//! | [`report`] | the only user of plotters: same rows in, same bytes out | read run files |
//! | [`chaos`] | what a run survives, tried out on child processes | know how training works |
//! | [`cli`] | the only user of clap | think |
//!
//! `tests/it/layering.rs` holds the rooms to this table.

pub mod answer;
pub mod chaos;
pub mod cli;
pub mod crash;
pub mod data;
pub mod error;
pub mod event;
pub mod fs;
pub mod metric;
pub mod model;
pub mod progress;
pub mod prune;
pub mod random;
pub mod record;
pub mod report;
pub mod schedule;
pub mod spec;
pub mod statistics;
pub mod sweep;
pub mod table;
pub mod train;
pub mod work;
