//! [`Provenance`]: code, build, machine and data that a run came from.
//!
//! Environment variables are left out: they hold secrets, and nothing here needs them.
//!
//! Knows nothing of what the run does.

use super::{git::Git, seal::hash_file};
use crate::fs;
use serde::{Deserialize, Serialize};
use std::{env, path::Path, thread};

/// Versions of all dependencies, as built.
const CARGO_LOCK: &[u8] = include_bytes!("../../Cargo.lock");

/// `provenance.json`: what would have to be the same for the run to be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Repository around the working directory; `None` outside any.
    pub git: Option<Git>,
    /// The program and the machine.
    pub machine: Machine,
    /// Device in words.
    pub device: String,
    /// Command line.
    pub argv: Vec<String>,
    /// Fingerprint of the data set.
    pub data_fingerprint: String,
    /// Fingerprint of the split.
    pub split_fingerprint: String,
    /// What could not be found out, and why.
    pub notes: Vec<String>,
}

/// What all runs of one process share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Version of seglab.
    pub seglab: String,
    /// BLAKE3 hash of the program's file.
    pub binary: Option<String>,
    /// BLAKE3 hash of `Cargo.lock` as it was built.
    pub cargo_lock: String,
    /// Compiler.
    pub rustc: String,
    /// Cargo features.
    pub features: Vec<String>,
    /// Name of the machine.
    pub host: Option<String>,
    /// Operating system and architecture.
    pub os: String,
    /// Processor.
    pub cpu: Option<String>,
    /// Threads it runs at once.
    pub n_threads: Option<usize>,
}

/// Looks at the program and the machine. Reads the whole program file: once a process is enough.
pub fn probe_machine() -> Machine {
    let system_file = |path: &str| fs::read_text(Path::new(path)).ok();
    let mut features = vec!["flex".to_owned()];
    if cfg!(feature = "cuda") {
        features.push("cuda".to_owned());
    }
    Machine {
        seglab: env!("CARGO_PKG_VERSION").to_owned(),
        binary: env::current_exe().ok().and_then(|program| hash_file(&program).ok()),
        cargo_lock: blake3::hash(CARGO_LOCK).to_hex().to_string(),
        rustc: env!("SEGLAB_RUSTC").to_owned(),
        features,
        host: system_file("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned()),
        os: format!("{} {}", env::consts::OS, env::consts::ARCH),
        cpu: system_file("/proc/cpuinfo").and_then(|text| value_of(&text, "model name")),
        n_threads: thread::available_parallelism().ok().map(Into::into),
    }
}

/// Value of the first `key : value` line.
fn value_of(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
