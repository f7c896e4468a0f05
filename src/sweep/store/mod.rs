//! What a sweep keeps beside its runs: `runs/<experiment>/.sweep/`.
//!
//! ```text
//! plan.json              the cells that were asked for, with the run that answers each
//! cells/<run-id>.toml    a cell's resolved spec, frozen before its first start
//! claims/<run-id>/       which worker has taken a cell, with a heartbeat
//! workers/<worker>/      one worker: its heartbeat, and `deeds.jsonl`, what it did
//! trials/<number>.json   what a sampler proposed, once and for all
//! derived/<run-id>.json  the run that stands in for one that ran out of memory
//! jobs/<id>.json         a job array that was given to a scheduler
//! retries/<run-id>.json  somebody wants a failed cell tried again
//! logs/<run-id>.log      what its processes printed
//! report/                held by whoever draws the page
//! costs/                 what a calibration measured
//! stop.json              somebody wants the workers to stop
//! ```
//!
//! Each file has one writer or is made once. How a cell stands is not written here at all: it
//! follows from its run directory, so that a directory listing is the queue.
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
