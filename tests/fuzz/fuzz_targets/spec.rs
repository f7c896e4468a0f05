//! A spec of any bytes: an experiment, or faults that can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seglab::spec;
use std::{fs, sync::LazyLock};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("a.toml");
    fs::write(&path, bytes).expect("a file");
    match spec::load(&path, &[]) {
        // What was read must be writable, and mean the same again.
        Ok(loaded) => {
            let resolved = loaded.experiment.to_toml();
            let again = spec::load_resolved(&resolved).expect("a resolved spec");
            assert_eq!(again.to_toml(), resolved);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
