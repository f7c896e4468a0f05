//! What is wrong with the logs of a run, and with the pictures that are hashed beside them.
//!
//! Does not know what the lines say.

use super::{
    super::{
        checkpoint::Manifest,
        format::{CASES, EVENTS, StatusFile, now},
        lines::LogFile,
    },
    checkpoints::free,
    finding::{Finding, Remedy, reasons},
};
use crate::base::{checksum::FileHash, fs};
use std::path::Path;

/// Looks at every line. `sound` are the checkpoints that a run can go on from.
pub(super) fn check(dir: &Path, status: &StatusFile, sound: &[Manifest]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in [EVENTS, CASES] {
        let path = dir.join(name);
        let found = match status.files.get(name).filter(|_| status.status.is_answered()) {
            Some(ended) => answered(&path, name, ended),
            None => unanswered(&path, name, sound),
        };
        findings.extend(found);
    }
    let pictures =
        status.files.iter().filter(|(name, _)| ![EVENTS, CASES].contains(&name.as_str()));
    findings.extend(pictures.filter_map(|(name, expected)| picture(dir, name, expected)));
    findings
}

/// The log of a run that has given its answer must be what it was.
fn answered(path: &Path, name: &str, ended: &FileHash) -> Option<Finding> {
    let lost = |what| Some(Finding::trouble(name, what).remedy(Remedy::Quarantine));
    let log = match LogFile::read(path, Some(ended)) {
        Ok(log) => log,
        Err(error) => return lost(reasons(&error)),
    };
    if let Err(error) = log.check() {
        return lost(reasons(&error));
    }
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return lost(reasons(&error)),
    };
    let length = bytes.len() as u64;
    bytes.truncate(usize::try_from(ended.bytes).unwrap_or(usize::MAX));
    if let Some(reason) = ended.differs(&FileHash::of_bytes(&bytes)) {
        return lost(format!("it is not as the run left it: {reason}"));
    }
    (length > ended.bytes).then(|| {
        let n_more = length - ended.bytes;
        Finding::note(name, format!("{n_more} bytes were written after the end; they are ignored"))
    })
}

/// The log of a run that can go on may be cut, as long as it holds what a checkpoint rests on.
fn unanswered(path: &Path, name: &str, sound: &[Manifest]) -> Option<Finding> {
    let log = match LogFile::read(path, None) {
        Ok(log) => log,
        Err(error) => {
            return Some(Finding::trouble(name, reasons(&error)).remedy(Remedy::Quarantine));
        }
    };
    if let Some(line) = log.torn {
        let cut = Remedy::Cut { bytes: log.sound, aside: None };
        return Some(
            Finding::note(
                name,
                format!("line {line} is incomplete: the process was killed while it wrote it"),
            )
            .remedy(cut),
        );
    }
    let error = log.check().err()?;
    let aside = free(path, &format!("{name}.damaged-{}", now().format("%Y%m%d-%H%M%S")));
    // Scores are made again from the checkpoint; what training logged is not.
    let can_go_on = name == CASES || sound.iter().any(|one| log.holds(one.logs.events));
    let remedy = if can_go_on {
        Remedy::Cut { bytes: log.sound, aside: Some(aside) }
    } else {
        Remedy::Quarantine
    };
    Some(Finding::trouble(name, reasons(&error)).remedy(remedy))
}

fn picture(dir: &Path, name: &str, expected: &FileHash) -> Option<Finding> {
    let path = dir.join(name);
    if !path.exists() {
        return Some(Finding::note(name, "it is missing"));
    }
    let what = match FileHash::of_file(&path) {
        Ok(found) => expected.differs(&found)?,
        Err(error) => reasons(&error),
    };
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = free(&path, &format!(".{file_name}.damaged"));
    Some(Finding::trouble(name, what).remedy(Remedy::SetAside { name: aside }))
}
