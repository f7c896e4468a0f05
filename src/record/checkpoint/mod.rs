//! Checkpoints: folders `checkpoints/<name>/` that are whole and hashed, or not there.
//!
//! `12` is the end of epoch 12, `12-step345` step 345 of the epoch after it. A `MANIFEST.json`
//! says what the files must be, and how long the logs were then: a checkpoint whose log is gone
//! is of no use. `best` and `last` name checkpoints for people; what they say can be derived from
//! the manifests, and is.
//!
//! [`Recorder::commit`](super::Recorder::commit) writes one; [`checkpoints`], [`last`] and [`best`]
//! tell which are there.
//!
//! Does not know what a checkpoint holds.

mod choose;
mod commit;
mod keep;
mod manifest;

pub(super) use choose::choose;
pub(super) use commit::{Commit, commit, remove_leftovers};
pub(super) use keep::point_past;
pub use keep::{StoredCheckpoint, best, checkpoints, last};
pub use manifest::Position;
pub(super) use manifest::{LogLengths, Manifest};
