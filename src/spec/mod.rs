//! From TOML to [`Experiment`].
//!
//! [`load()`] reads a file, what it `extends` and `--set`, checks every value against the types of
//! [`Experiment`] and every rule between keys, and returns either a valid experiment or every
//! fault with its place. No other code validates a spec.
//!
//! ```text
//! text --read--> tree --layers--> one tree --check--> JSON --rules--> Experiment
//!                                            ^ schema, from the types
//! ```

mod advice;
mod augment;
mod base_spec;
mod check;
mod dataset_classes;
mod dataset_json;
mod device;
mod digest;
mod encoding;
mod experiment;
mod keys;
mod layers;
mod load;
mod mend;
mod monitor;
mod network;
mod origins;
mod overrides;
mod paths;
mod preprocess;
mod pruning;
mod quotes;
mod read;
mod rules;
mod run_id;
mod schema;
mod set;
mod shape;
mod short_keys;
mod source;
mod statements;
mod storage;
mod sweep;
mod sweep_keys;
mod to_toml;
mod training;
mod tree;

pub use augment::*;
pub use base_spec::BaseSpec;
pub use dataset_json::DatasetJson;
pub use device::{DeviceChoice, DeviceId};
pub use digest::{
    Difference, Digests, differences, digest, is_same_value, setting_digest, tells_settings_apart,
};
pub use experiment::*;
pub use keys::{Choice, KeyRow, listing};
pub use load::{Loaded, load, load_resolved};
pub use monitor::Monitor;
pub use network::*;
pub use origins::Origins;
pub use overrides::Override;
pub use preprocess::*;
pub use pruning::*;
pub use run_id::RunId;
pub use short_keys::short_keys;
pub use source::{Origin, Source};
pub use storage::*;
pub use sweep::*;
pub use sweep_keys::{AxisType, axis_type};
pub use to_toml::{flatten, toml_text};
pub use training::*;
