//! Runs on disk: the sole owner of paths under `runs/`.
//!
//! [`Store`] begins a run, [`Recorder`] writes it, [`read_run`] reads it back; [`checkpoint`] and
//! [`provenance`](Provenance) are parts of it. The layout is format 1 of [`mod@format`].
//!
//! Knows nothing of training, tables or drawing.

mod attempts;
mod case_facts;
pub mod checkpoint;
mod container;
mod course;
mod discreet;
mod doctor;
mod earlier;
mod files;
mod follow;
pub mod format;
pub mod gc;
mod git;
mod gpu;
mod last_word;
mod lease;
mod lines;
mod log;
mod machine;
mod patch;
mod policy;
mod provenance;
mod reader;
mod rebuild;
mod recorder;
mod seal;
mod store;
mod summary;
pub mod sweep;
mod trash;

pub use attempts::{Claimed, attempts};
pub use case_facts::CaseFacts;
pub use container::Container;
pub use course::{Course, course};
pub use doctor::{Finding, QUARANTINE, Remedy, Repaired, Severity, diagnose, repair};
pub use earlier::Resumed;
pub use follow::{Follower, follow};
pub use format::{Failure, FailureClass, RunToml, Status, StatusFile};
pub use git::{Git, probe_git};
pub use gpu::{Gpu, Graphics};
pub use last_word::record_failure;
pub use lease::{Hold, Holder, Owner, Standing, holder, standing, was_short_of_memory};
pub use lines::{Rewind, Span};
pub use machine::{Machine, hash_lock, hash_program, look_ahead, machine};
pub use patch::{Changed, LeftOut, Patch};
pub use provenance::Provenance;
pub use reader::{
    Entry, History, RunFiles, case_facts, experiment_of, find, history, id_of, list, overlays,
    read_run,
};
pub use rebuild::{Rebuilt, rebuild, repository_of};
pub use recorder::Recorder;
pub use seal::FileHash;
pub use store::{Begun, Found, Freshness, RunPlan, Store};
pub use summary::{SUMMARY, Summary, Witness, Written, read_cases};
pub use trash::{TRASH, discard, discarded};
