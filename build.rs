//! Tells the program which compiler built it and from which commit, for a run's provenance.

use std::{env, ffi::OsStr, path::Path, process::Command};

/// What the program is made from: a change elsewhere makes it no other program.
const SOURCES: [&str; 6] = [".cargo", "build.rs", "Cargo.toml", "Cargo.lock", "src", "vendor"];

fn main() {
    println!("cargo:rerun-if-env-changed=RUSTC");
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = answer(&rustc, &["--version"]).unwrap_or_else(|| "unknown".into());
    println!("cargo:rustc-env=SEGLAB_RUSTC={version}");
    println!("cargo:rustc-env=SEGLAB_COMMIT={}", commit().unwrap_or_default());
}

/// Commit of the repository whose root this is, with `-dirty` where the sources differ from it.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| answer("git".as_ref(), arguments);
    // A copy of the sources inside somebody else's repository has nothing to do with its commits.
    if !git(&["rev-parse", "--show-prefix"])?.is_empty() {
        return None;
    }
    let commit = git(&["rev-parse", "--verify", "HEAD"])?;
    // The log of HEAD grows with every commit and every change of branch.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    // Cargo builds anew each time when a file that it is to watch is not there.
    if Path::new(&log).exists() {
        println!("cargo:rerun-if-changed={log}");
    }
    let changed = git(&[&["status", "--porcelain", "--"][..], &SOURCES].concat())?;
    Some(if changed.is_empty() { commit } else { commit + "-dirty" })
}

/// What a program prints, trimmed; `None` when it cannot be run or fails.
fn answer(program: &OsStr, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
