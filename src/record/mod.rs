//! Runs on disk: the sole owner of paths under `runs/`.
//!
//! [`Store`] begins a run, [`Recorder`] writes it, [`read_run`] reads it back; [`checkpoint`] and
//! [`provenance`](Provenance) are parts of it. The layout is format 1 of [`mod@format`].
//!
//! Does not know about training, tables or drawing.

mod attempts;
mod case_facts;
pub mod checkpoint;
mod data_names;
mod doctor;
mod files;
mod find;
pub mod format;
pub mod gc;
mod inventory;
pub(crate) mod lines;
pub(crate) mod lock;
pub(crate) mod log;
mod metric_history;
mod plan;
mod policy;
mod provenance;
mod question;
mod reader;
mod record_failure;
mod recorder;
pub(crate) mod resume;
mod run_start;
mod run_state;
mod store;
pub(crate) mod strays;
mod summary;
mod trash;

pub use attempts::{AttemptRecord, attempts};
pub use case_facts::CaseFacts;
pub use data_names::is_named_by_packed;
pub use doctor::{
    Finding, QUARANTINE, Remedy, Repaired, Severity, Surroundings, diagnose, diagnose_among,
    repair, repair_among,
};
pub use find::{find, find_in, find_parent};
pub use format::{
    Failure, FailureClass, RunToml, Status, StatusFile, cache_folder, experiment_of, id_of,
};
pub use inventory::{Inventory, RunPlace, inventory, list};
pub use lines::{AttemptSpan, Rewind};
pub use lock::{Holder, LiveStatus, Owner, RunLock, holder, live_status, was_low_on_memory};
pub use metric_history::{MetricHistory, metric_history};
pub use plan::{Freshness, RunPlan};
pub use provenance::{
    Changed, Container, Git, GitProblem, Gpu, Graphics, LeftOut, Machine, Patch, Provenance,
    Rebuilt, hash_lock, hash_program, machine, probe_git, probe_in_background, rebuild,
    repository_of,
};
pub use question::{NewerQuestion, ask, newer_question};
pub use reader::{Entry, History, RunFiles, case_facts, follow, history, overlays, read_run};
pub use record_failure::record_failure;
pub use recorder::Recorder;
pub use run_start::{ExistingRun, Resumed, RunStart};
pub use run_state::RunState;
pub use store::Store;
pub use summary::{SUMMARY, SourceFiles, Summary, SummaryTables, read_cases};
pub use trash::{TRASH, discard, discarded};
