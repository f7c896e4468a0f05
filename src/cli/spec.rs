//! `seglab spec`: check spec files, show what they mean, list every key.
//!
//! Does not know about data sets or runs.

use super::print::{self, print};
use crate::{
    base::{Error, Result},
    spec::{self, KeyRow, Loaded},
    sweep,
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{io::Write, path::PathBuf};

/// What to do with specs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List every fault of every spec, and of every cell of a sweep.
    Check {
        /// Spec files.
        #[arg(required = true)]
        specs: Vec<PathBuf>,
    },
    /// Print a spec with every default filled in, and where each key was set.
    Show {
        /// Spec file.
        spec: PathBuf,
        /// Set a key, as in `train.epochs=3`; may be repeated.
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print every key with its type, default and meaning.
    Keys {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Runs the command and prints data to `out`.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Check { specs } => check(&specs, out),
            Self::Show { spec, set, json: true } => {
                print::json(out, &shown_as_json(&spec::load(&spec, &set)?))
            }
            Self::Show { spec, set, json: false } => print(out, &shown(&spec::load(&spec, &set)?)),
            Self::Keys { json: true } => print::json(out, &spec::listing()),
            Self::Keys { json: false } => print(out, &listed(&spec::listing())),
        }
    }
}

fn check(specs: &[PathBuf], out: &mut dyn Write) -> Result<()> {
    let mut faults = Vec::new();
    for path in specs {
        // Planning a sweep checks each of its cells.
        match spec::load(path, &[]).and_then(|loaded| sweep::plan(&loaded)) {
            Ok(_) => print(out, &format!("ok {}\n", path.display()))?,
            Err(error) => faults.extend(error.faults),
        }
    }
    // Specs that extend one file share its faults.
    let mut told = Vec::new();
    faults.retain(|fault| {
        let is_new = !told.contains(fault);
        told.push(fault.clone());
        is_new
    });
    Error::unless_empty(faults)
}

fn shown(loaded: &Loaded) -> String {
    loaded.experiment.to_annotated_toml(|key| Some(loaded.origins.of_key(key).to_string()))
}

fn shown_as_json(loaded: &Loaded) -> Value {
    let rows = spec::flatten(&loaded.experiment).into_iter().map(|(key, value)| {
        let origin = loaded.origins.of_key(&key).to_string();
        json!({ "key": key, "value": value, "origin": origin })
    });
    rows.collect()
}

/// A block a key: easier to read in a terminal than columns, as meanings are long.
fn listed(rows: &[KeyRow]) -> String {
    let block = |row: &KeyRow| {
        let when = match row.when.as_str() {
            "" => String::new(),
            kind => format!("  (kind = {kind:?})"),
        };
        let choices = row.choices.iter().map(|it| format!("      {}: {}\n", it.word, it.meaning));
        let KeyRow { key, shape, default, meaning, .. } = row;
        let choices = choices.collect::<String>();
        format!("{key}{when}\n    {meaning}\n    {shape}; default: {default}\n{choices}")
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}
