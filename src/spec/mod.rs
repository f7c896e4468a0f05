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
mod pruning;
mod rules;
mod rules_of_learning;
mod rules_of_sweep;
mod run_id;
mod schema;
mod set;
mod setting;
mod settings;
mod shape;
mod short;
mod source;
mod sweep;
mod sweep_keys;
mod training;
mod tree;

pub use digest::{Difference, Digests, differences, digest, is_same_value};
pub use experiment::*;
pub use input::*;
pub use keeping::*;
pub use keys::{Choice, KeyRow, listing};
pub use load::{Loaded, load, load_resolved};
pub use network::*;
pub use origins::Origins;
pub use pruning::*;
pub use run_id::RunId;
pub use setting::Override;
pub use settings::{flatten, toml_text};
pub use short::short_keys;
pub use source::{Origin, Source};
pub use sweep::*;
pub use sweep_keys::{AxisType, axis_type};
pub use training::*;
