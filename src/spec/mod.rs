//! From TOML to [`Experiment`].
//!
//! [`load()`] reads a file, what it `extends` and `--set`, checks every value against the types of
//! [`Experiment`] and every rule between keys, and hands out either an experiment that makes
//! sense or all that is wrong, each fault with its place. Nobody validates after it.
//!
//! ```text
//! text --tree--> Node --layers--> one tree --check--> JSON --rules--> Experiment
//!                                            ^ schema, from the types
//! ```

mod check;
mod digest;
mod experiment;
mod input;
mod keeping;
mod keys;
mod layers;
mod load;
mod network;
mod origins;
mod rules;
mod rules_of_learning;
mod run_id;
mod schema;
mod set;
mod settings;
mod shape;
mod source;
mod suggest;
mod training;
mod tree;

pub use digest::digest;
pub use experiment::*;
pub use input::*;
pub use keeping::*;
pub use keys::{Choice, KeyRow, listing};
pub use load::{Loaded, load, load_resolved};
pub use network::*;
pub use origins::Origins;
pub use run_id::RunId;
pub use settings::flatten;
pub use source::{Origin, Source};
pub use training::*;
