//! Where a run comes from: code, program, machine, command line.
//!
//! Nothing secret is kept: of the environment only variables of a list, and of the command line
//! nothing that looks like a password or a token.
//!
//! Does not know what the run does.

mod container;
mod document;
mod git;
mod gpu;
mod machine;
mod patch;
mod rebuild;
mod redact;

pub use container::Container;
pub(crate) use document::Origin;
pub use document::Provenance;
pub use git::{Git, GitProblem, probe_git};
pub use gpu::{Gpu, Graphics};
pub use machine::{Machine, hash_lock, hash_program, machine, probe_in_background};
pub use patch::{Changed, LeftOut, Patch};
pub use rebuild::{Rebuilt, rebuild, repository_of};
