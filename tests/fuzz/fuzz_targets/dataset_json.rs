//! A `dataset.json` of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seglab::spec::DatasetJson;
use std::{fs, sync::LazyLock};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|bytes: &[u8]| {
    fs::write(FOLDER.path().join("dataset.json"), bytes).expect("a file");
    if let Ok(Some(json)) = DatasetJson::read(FOLDER.path()) {
        let _ = json.classes();
    }
});
