//! From TOML to [`Experiment`].

mod experiment;

pub use experiment::*;
