//! What a sweep keeps beside its runs: `runs/<experiment>/.sweep/`.
//!
//! ```text
//! plan.json              the cells, with the run of each
//! cells/<run-id>.toml    resolved spec of a cell, written before its first start
//! claims/<run-id>/       lock of a cell: the worker that runs it, with a heartbeat
//! workers/<worker>/      one worker: its heartbeat, and `deeds.jsonl`, what it did
//! trials/<number>.json   what a sampler proposed
//! derived/<run-id>.json  the run that replaces one that ran out of memory
//! jobs/<id>.json         a job array that was submitted
//! retries/<run-id>.json  request to try a failed cell again
//! logs/<run-id>.log      output of its processes
//! report/                lock of the process that draws the report
//! costs/                 results of calibrations
//! stop.json              request that the workers stop
//! ```
//!
//! Each file has one writer or is written once. The state of a cell is not written here: it follows
//! from its run directory, so the directory listing is the queue.
//!
//! Does not know how cells are chosen or run.

mod cell_status;
mod folder;
mod jobs;
mod marks;
mod plan;
mod worker_events;

pub use cell_status::{CellStatus, cell_statuses};
pub use folder::SweepFolder;
pub use jobs::Submitted;
pub use marks::{Derived, RetryAsked, StopAsked, TrialFile};
pub use plan::SweepPlan;
pub use worker_events::{
    LoggedEvent, Outcome, WorkerEvent, WorkerInfo, WorkerLog, refusals, worker_events, workers,
};
