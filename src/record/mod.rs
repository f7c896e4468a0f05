//! Runs on disk: the sole owner of paths under `runs/`.
//!
//! [`Store`] begins a run, [`Recorder`] writes it, [`read_run`] reads it back; [`checkpoint`] and
//! [`provenance`](Provenance) are parts of it. The layout is format 1 of [`mod@format`].
//!
//! Knows nothing of training, tables or drawing.

pub mod checkpoint;
pub mod format;
mod git;
mod provenance;
mod reader;
mod recorder;
mod seal;
mod store;

pub use format::{Failure, FailureClass, RunToml, Status, StatusFile};
pub use git::{Git, Patch, probe_git};
pub use provenance::{Machine, Provenance, probe_machine};
pub use reader::{Entry, RunFiles, experiment_of, find, id_of, list, overlays, read_run};
pub use recorder::Recorder;
pub use store::{Begun, Freshness, RunPlan, Store};
