//! seglab: a research harness for 3-D medical segmentation.
//!
//! A TOML file asks a question. seglab trains the network that the file describes, scores every
//! case, keeps everything that is needed to trace the answer back to a commit, and draws the
//! comparison.
//!
//! # From a question to a report
//!
//! ```text
//! experiments/*.toml
//!   | spec       checks every key and reports all faults at once
//!   v
//! Experiment     or, with `[sweep]`, one Experiment for each cell: sweep
//!   | run        splits the cases, names the run, takes its lock
//!   v
//! data -> model + train -> infer + metric
//!   |  Event     each epoch, each scored case, as soon as there is one
//!   v
//! runs/<experiment>/<run-id>/     written by record
//!   | analysis   rows, settings, comparisons, verdicts
//!   v
//! reports/<name>/                 drawn by report
//! ```
//!
//! The same way as functions:
//!
//! 1. [`spec::load`] reads a spec and reports every fault, each with line and column.
//! 2. [`run::plan()`] opens the data set, splits the cases and names the run. The name depends on
//!    nothing but the spec and the data.
//! 3. [`run::run`] does one run: [`record::Store::begin`] makes the run directory before the first
//!    step, [`train::train`] drives burn's learner and reports [`event::Event`]s only, and
//!    [`infer::evaluate()`] predicts and scores each case on the grid on which it is stored.
//! 4. [`sweep::worker::work`] does this for the cells of a sweep, each in a process of its own.
//! 5. [`analysis::load`] reads `runs/` into plain rows, [`report::write`] draws them.
//!
//! # Rooms
//!
//! A room may name only rooms above it in this table, and only those that `tests/it/layering.rs`
//! lists.
//!
//! | room | job | never |
//! |---|---|---|
//! | [`base`] | errors with hints, file operations whose errors name the path, panics as errors, random draws | knows what the program is for |
//! | [`spec`] | from TOML to [`spec::Experiment`]: keys, checks, digest, run id | opens data files |
//! | [`statistics`] | what few cases and seeds can show: intervals, tests, verdicts, power | knows what is measured |
//! | [`data`] | NIfTI files, geometry, data set, split, preparation, augmentation, phantom; burn only in `data/batch.rs` | knows `runs/` |
//! | [`metric`] | scores of label maps; components and HU of references | reads files |
//! | [`event`] | what happens in a run, and who listens | fails a run because a listener failed to show something |
//! | [`model`] | networks behind [`model::Network`], the loss, the CPU's own operations ([`model::kernel`]), import of PyTorch's weights, errors of a device | loads data |
//! | [`infer`] | [`infer::Predictor`]: from a stored volume to classes and probabilities on its grid; their scores and overlays | trains |
//! | [`train`] | burn's learner: loop, optimizer, loader, devices | names `record` |
//! | [`record`] | run directories: store, recorder, reader, lock, checkpoints, provenance, repair; the only owner of their paths | names `train` |
//! | [`run`] | one run: resolve, begin or continue, evaluate, extend, reproduce | draws |
//! | [`sweep`] | many runs: plan, samplers, pruning, workers, Slurm, forecasts, the files in `.sweep/` | trains by itself or draws |
//! | [`analysis`] | rows, settings, comparisons, evidence, answers; the only user of polars | draws |
//! | [`report`] | figures, pages and Markdown; the only user of plotters; same rows in, same bytes out | reads run files or computes a result |
//! | [`fault_tests`] | the campaign of kills, damage and full disks on child processes | knows how training works |
//! | [`cli`] | the commands: parse, call, print; the only user of clap | decides |
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | experiment | one TOML file: a question and the settings that should answer it |
//! | run | one training with one fold and one seed, in a folder of its own |
//! | run id | name, fold, seed and digest: the same question about the same data has the same id |
//! | copy | another folder with the same run id in its `run.toml`; it is not counted |
//! | digest | hash of everything in the spec that can change a result, and of the data's fingerprint |
//! | fingerprint | hash of the voxels of a data set, or of the cases of a split |
//! | sweep | an experiment with axes: several values for some keys |
//! | cell | one run of a sweep: a setting, a fold and a seed |
//! | setting | the keys that runs share when they differ only in fold and seed; settings are compared |
//! | trial | a setting that a sampler proposed |
//! | worker | a process that claims cells and runs each in a child process |
//! | attempt | one process working on a run; an interrupted run has several |
//! | lock | says which attempt may write to a run; its heartbeat shows that the process is alive |
//! | checkpoint | everything that is needed to continue a run as if it had not stopped |
//! | pruning | stopping a cell early because it will not win |
//! | case | one image with its label map |
//! | split | which cases train, which choose the checkpoint (`valid`), which confirm (`test`) |
//! | step, epoch | one update of the weights; one pass over the training cases |
//! | evidence | the tables of a comparison; each number of a report or an answer is one of their cells |
//! | verdict | better, worse, equivalent or not distinguishable |
//!
//! # Where to add
//!
//! * **An augmentation**: its keys in `spec/augment.rs`, what it does in a file of its own in
//!   `data/augment/`, its place in the order in `data/augment/operations.rs`. The compiler then asks
//!   for it in the forecasts of `sweep/forecast/cost.rs`. The schema, `seglab spec keys` and the digest
//!   follow from the type of the keys.
//! * **A layer**: its module and what other devices compute in a file of `model/`; for the CPU an
//!   [`model::kernel::Operation`] in a file of `model/kernel/`, its gradient checked in
//!   `operation_tests.rs`. A test of `model/unet3d.rs` compares both ways in a whole network.
//! * **A warning about data**: a function in `data/warnings/`, called in `data/warnings/gather.rs`.
//!   What it asks of a case's voxels is a fact of `data/scan/hu_facts.rs`, since files that did not
//!   change are not read again.
//! * **A column of `seglab runs`**: a field of [`analysis::RunRow`] in `analysis/rows.rs`, filled by
//!   `run_row` in `analysis/from_files.rs` and shown in `cli/runs/list.rs`; for `--csv` a line in
//!   `analysis/frames.rs`, for the page one in `report/tables.rs`. `--json` follows from the field.
//! * **A figure**: a file in `report/figure/` with a function from plain values to the text of an
//!   SVG, and its section in `report/compose.rs`; or, if questions may ask for it, its name and
//!   caption in `report/evidence/figures.rs`.
//! * **A failure class**: a variant of [`record::FailureClass`] in `record/format.rs`, with its name,
//!   whether the run may continue after it, and the [`base::ErrorCode`] that leads to it; what a
//!   worker does when a cell ends with it in `sweep/worker/retry_policy.rs`, and when it finds a cell
//!   that ended with it in `sweep/worker/item.rs`.
//!
//! # Rules that tests hold
//!
//! `tests/it/layering.rs` reads the sources: the table above, one home for each heavy crate, no file
//! over 400 lines, a first line that says what a file is about, no logic in a `mod.rs`, no two files
//! of a room that need each other, and `std::fs` only in `base/fs/`. Formats on disk are in [`record::format`]; old runs stay readable.

pub mod analysis;
pub mod base;
pub mod cli;
pub mod data;
pub mod event;
pub mod fault_tests;
pub mod infer;
pub mod metric;
pub mod model;
pub mod record;
pub mod report;
pub mod run;
pub mod spec;
pub mod statistics;
pub mod sweep;
pub mod train;
