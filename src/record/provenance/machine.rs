//! [`Machine`]: the program and the machine it runs on.
//!
//! [`machine`] looks once a process, in a thread of its own when [`probe_in_background`] was called: the
//! hash of the program alone takes longer than beginning a run may.
//!
//! Does not know what is computed.

use super::{
    container::{Container, probe_container},
    gpu::{Graphics, probe_graphics},
};
use crate::base::{checksum::hash_file, fs, proc};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    sync::{LazyLock, Once},
    thread,
};

/// Versions of all dependencies, as built.
const CARGO_LOCK: &str = include_str!("../../../Cargo.lock");
/// Dependencies whose versions are worth seeing at a glance; the lock file's hash is of all.
const CRATES: [&str; 7] =
    ["burn", "burn-flex", "burn-store", "cubecl", "cubecl-cuda", "nifti", "polars"];
/// What all runs of one process share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// Version of seglab.
    pub seglab: String,
    /// Commit that seglab was built from, when it was built in its repository; ends in `-dirty`
    /// when its sources differed from it.
    pub built_from: Option<String>,
    /// BLAKE3 hash of the program's file.
    pub binary: Option<String>,
    /// BLAKE3 hash of `Cargo.lock` as it was built.
    pub cargo_lock: String,
    /// Versions of some dependencies.
    pub crates: BTreeMap<String, String>,
    /// Compiler.
    pub rustc: String,
    /// Cargo features.
    pub features: Vec<String>,
    /// Name of the machine.
    pub host: Option<String>,
    /// Operating system and architecture.
    pub os: String,
    /// Name of the distribution.
    pub distribution: Option<String>,
    /// Version of the kernel.
    pub kernel: Option<String>,
    /// Container around the program.
    pub container: Option<Container>,
    /// Processor.
    pub cpu: Option<String>,
    /// Threads it runs at once.
    pub n_threads: Option<usize>,
    /// Memory of the machine in bytes.
    pub memory_bytes: Option<u64>,
    /// GPUs, their driver and CUDA.
    pub graphics: Option<Graphics>,
}

static MACHINE: LazyLock<Machine> = LazyLock::new(probe_machine);

/// The program and the machine.
pub fn machine() -> &'static Machine {
    &MACHINE
}

/// Looks at program and machine in a thread, so that [`machine`] knows when it is asked.
pub fn probe_in_background() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(thread::spawn(|| drop(LazyLock::force(&MACHINE).clone()))));
}

/// BLAKE3 hash of a program's file, comparable with [`Machine::binary`].
///
/// # Errors
/// When it cannot be read.
pub fn hash_program(program: &Path) -> crate::base::Result<String> {
    hash_file(program)
}

/// BLAKE3 hash of a lock file's text, comparable with [`Machine::cargo_lock`].
pub fn hash_lock(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn probe_machine() -> Machine {
    let mut features = vec!["flex".to_owned()];
    if cfg!(feature = "cuda") {
        features.push("cuda".to_owned());
    }
    let binary = hash_file(Path::new(proc::PROGRAM)).ok();
    Machine {
        seglab: env!("CARGO_PKG_VERSION").to_owned(),
        built_from: option_env!("SEGLAB_COMMIT").filter(|it| !it.is_empty()).map(str::to_owned),
        binary: binary.or_else(|| hash_file(&env::current_exe().ok()?).ok()),
        cargo_lock: hash_lock(CARGO_LOCK),
        crates: versions(CARGO_LOCK),
        rustc: env!("SEGLAB_RUSTC").to_owned(),
        features,
        host: proc::host(),
        os: format!("{} {}", env::consts::OS, env::consts::ARCH),
        distribution: distribution(),
        kernel: proc::kernel(),
        container: probe_container(Path::new("/"), |name| env::var(name).ok()),
        cpu: proc::cpu_model(),
        n_threads: thread::available_parallelism().ok().map(Into::into),
        memory_bytes: proc::memory_total(),
        graphics: probe_graphics(Path::new("/"), &toolkits()),
    }
}

/// Folders where CUDA may lie, the one that was chosen first.
fn toolkits() -> Vec<PathBuf> {
    let chosen = ["CUDA_PATH", "CUDA_HOME"].into_iter().filter_map(env::var_os);
    chosen.map(PathBuf::from).chain(["/usr/local/cuda".into(), "/opt/cuda".into()]).collect()
}

fn distribution() -> Option<String> {
    let text = fs::read_text(Path::new("/etc/os-release")).ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

/// Versions of [`CRATES`] in a lock file.
fn versions(lock: &str) -> BTreeMap<String, String> {
    let named = |line: &str, key: &str| {
        Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
    };
    let lines: Vec<&str> = lock.lines().collect();
    let pairs = lines
        .windows(2)
        .filter_map(|pair| Some((named(pair[0], "name")?, named(pair[1], "version")?)));
    pairs.filter(|(name, _)| CRATES.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_says_what_this_build_is() {
        probe_in_background();
        let machine = machine();
        assert_eq!(machine.crates["burn"], "0.22.1");
        assert!(machine.crates.contains_key("polars") && machine.crates.contains_key("nifti"));
        assert_eq!(machine.cargo_lock, hash_lock(CARGO_LOCK));
        let program = env::current_exe().unwrap();
        assert_eq!(machine.binary, Some(hash_program(&program).unwrap()));
        assert!(machine.memory_bytes.unwrap() > 1 << 28, "{:?}", machine.memory_bytes);
        assert!(machine.kernel.is_some() && machine.cpu.is_some(), "{machine:?}");
    }
}
