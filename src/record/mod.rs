//! Runs on disk: the sole owner of paths under `runs/`.
//!
//! [`Store`] begins a run, [`Recorder`] writes it, [`read_run`] reads it back; [`checkpoint`] and
//! [`provenance`](Provenance) are parts of it. The layout is format 1 of [`mod@format`].
//!
//! Knows nothing of training, tables or drawing.

mod attempts;
mod case_facts;
pub mod checkpoint;
pub(crate) mod checksum;
mod doctor;
mod files;
pub mod format;
pub mod gc;
pub(crate) mod lines;
pub(crate) mod lock;
pub(crate) mod log;
mod metric_history;
mod policy;
mod provenance;
mod reader;
mod record_failure;
mod recorder;
pub(crate) mod resume;
mod run_state;
mod store;
mod summary;
mod trash;

pub use attempts::{Claimed, attempts};
pub use case_facts::CaseFacts;
pub use checksum::FileHash;
pub use doctor::{Finding, QUARANTINE, Remedy, Repaired, Severity, diagnose, repair};
pub use format::{Failure, FailureClass, RunToml, Status, StatusFile, cache_folder};
pub use lines::{Rewind, Span};
pub use lock::{Holder, LiveStatus, Owner, RunLock, holder, live_status, was_short_of_memory};
pub use metric_history::{MetricHistory, metric_history};
pub use provenance::{
    Changed, Container, Git, Gpu, Graphics, LeftOut, Machine, Patch, Provenance, Rebuilt,
    hash_lock, hash_program, look_ahead, machine, probe_git, rebuild, repository_of,
};
pub use reader::{
    Entry, History, RunFiles, case_facts, experiment_of, find, follow, history, id_of, list,
    overlays, read_run,
};
pub use record_failure::record_failure;
pub use recorder::Recorder;
pub use resume::Resumed;
pub use run_state::RunState;
pub use store::{Begun, Found, Freshness, RunPlan, Store};
pub use summary::{SUMMARY, Summary, Witness, Written, read_cases};
pub use trash::{TRASH, discard, discarded};
