//! Logs, scores and a summary of any bytes in a run that is under way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seglab::{
    base::checksum::{close_line, write_checked},
    record::{self, Status, StatusFile, Summary, format},
};
use std::{collections::BTreeMap, fs, sync::LazyLock};
use tempfile::TempDir;

static RUN: LazyLock<TempDir> = LazyLock::new(|| {
    let run = tempfile::tempdir().expect("a folder");
    let status = StatusFile {
        status: Status::Running,
        updated: Default::default(),
        epoch: 1,
        step: 1,
        files: BTreeMap::new(),
    };
    write_checked(&run.path().join(format::STATUS), &status).expect("a status");
    run
});

/// The lines with right checksums, or most inputs would end there.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let start = log.len();
        log.extend(line);
        if line.ends_with(b"}") {
            close_line(&mut log, start);
        } else {
            log.push(b'\n');
        }
    }
    log
}

fuzz_target!(|bytes: &[u8]| {
    let run = RUN.path();
    for bytes in [bytes, &sealed(bytes)] {
        for name in [format::EVENTS, format::CASES, record::SUMMARY] {
            fs::write(run.join(name), bytes).expect("a file");
        }
        let _ = record::history(run);
        let _ = record::read_cases(run);
        let _ = Summary::<serde_json::Value>::read(run, "layout");
    }
});
