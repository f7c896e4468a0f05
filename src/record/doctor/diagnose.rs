//! [`diagnose`]: looks at everything that a run directory holds, and changes nothing.
//!
//! Does not know how a remedy is applied.

use super::{
    super::{
        files::{fault, immutable},
        format::{
            ATTEMPTS, CASES, CHECKPOINTS, EPOCHS_TABLE, EVENTS, FILES, LEASE, OVERLAYS, QUESTION,
            RESOLVED, RUN, RunToml, SPEC, STATUS, Status, StatusFile,
        },
        lock::{LiveStatus, live_status},
    },
    checkpoints::{self, Checked, free},
    finding::{Finding, Remedy, reasons},
    logs, lost, place,
    surroundings::Surroundings,
};
use crate::base::{
    Error, ErrorCode, Result,
    checksum::{checked_text, read_checked},
    fs,
};
use std::path::{Path, PathBuf};

/// Files that [`analysis`](crate::analysis) keeps in the run directory, and rewrites when they are
/// gone.
const CACHES: [&str; 3] = [EPOCHS_TABLE, "steps.parquet", "summary.json"];

/// The command that runs a spec, as advice names it.
const COMMAND: &str = "seglab run SPEC";
/// That of a run that belongs to a sweep: a spec with `[sweep]` describes several runs.
const SWEEP_COMMAND: &str = "seglab sweep run SPEC";

/// Everything that is wrong with a run directory or worth knowing about it; empty when it is
/// sound. A run that a living process works on is only looked at where nothing may change.
pub fn diagnose(dir: &Path) -> Vec<Finding> {
    diagnose_among(dir, &Surroundings::beside(dir))
}

/// As [`diagnose`], where it is known what lies beside the run: with many runs that is found out
/// once.
pub fn diagnose_among(dir: &Path, around: &Surroundings) -> Vec<Finding> {
    match live_status(dir) {
        Ok(standing) if standing.alive => {
            let untouched = |finding| Finding { remedy: None, ..finding };
            origin(dir).into_iter().chain(place::place(dir, around)).map(untouched).collect()
        }
        standing => examine(dir, standing, around),
    }
}

/// Looks at everything in a run that only the caller works on; `standing` is its status before.
pub(super) fn examine(
    dir: &Path,
    standing: Result<LiveStatus>,
    around: &Surroundings,
) -> Vec<Finding> {
    let mut findings = origin(dir);
    findings.extend(place::place(dir, around));
    let status = match standing {
        Ok(standing) => {
            findings.extend(state_finding(&standing, around.is_cell(dir)));
            StatusFile::read(dir).map(|status| (status, None))
        }
        Err(error) => lost_status(dir, &error),
    };
    let looked = status.and_then(|(status, finding)| {
        let Checked { sound, findings: of_checkpoints } = checkpoints::check(dir)?;
        findings.extend(finding);
        findings.extend(logs::check(dir, &status, &sound));
        findings.extend(of_checkpoints);
        findings.extend(caches(dir, &status));
        Ok(())
    });
    if let Err(error) = looked {
        findings.push(Finding::trouble(".", reasons(&error)));
    }
    findings.extend(signs(dir));
    findings.extend(leftovers(dir));
    findings.extend(unknown(dir));
    findings
}

/// The files that never change.
fn origin(dir: &Path) -> Vec<Finding> {
    let lost = |name: &str, what| Finding::trouble(name, what).remedy(Remedy::Quarantine);
    let mut findings = Vec::new();
    if let Err(error) = RunToml::read(dir) {
        // Written by a newer build, it is no less sound for that.
        let finding = lost(RUN, reasons(&error));
        if error.code == ErrorCode::NewerFormat {
            return vec![Finding { remedy: None, ..finding }];
        }
        findings.push(finding);
    }
    match immutable(dir) {
        Ok(files) => {
            let altered = files.iter().filter_map(|(name, expected)| {
                let fault = fault(&dir.join(name), expected)?;
                Some(lost(name, reasons(&Error::from(fault))))
            });
            findings.extend(altered);
        }
        Err(error) => findings.push(lost(FILES, reasons(&error))),
    }
    findings
}

/// What the status says, and the command that continues the run.
fn state_finding(standing: &LiveStatus, is_cell: bool) -> Option<Finding> {
    let command = if is_cell { SWEEP_COMMAND } else { COMMAND };
    match &standing.status.status {
        Status::Queued => {
            Some(Finding::note(".", format!("it has not started: `{command}` starts it")))
        }
        Status::Failed(failure) => {
            let (class, reason) = (failure.class.name(), &failure.reason);
            // A run does not know of its sweep when it records why it failed.
            let advice = failure.advice.join("; ").replace(COMMAND, command);
            Some(Finding::note(".", format!("it failed ({class}): {reason}; {advice}")))
        }
        Status::Preempted { by } => {
            let by = by.name();
            let what = format!("it was stopped by {by}; the same `{command}` continues it");
            Some(Finding::note(".", what))
        }
        Status::Pruned { reason } => {
            let how = if is_cell {
                format!("`{command}` continues it when its rule would no longer prune it")
            } else {
                format!("`{command} --promote` continues it")
            };
            Some(Finding::note(".", format!("it was pruned: {reason}; {how}")))
        }
        Status::Running | Status::Finished | Status::StoppedEarly => None,
    }
}

/// A status that cannot be read is rewritten from what the rest of the run says.
fn lost_status(dir: &Path, error: &Error) -> Result<(StatusFile, Option<Finding>)> {
    let position = checkpoints::check(dir)?.sound.last().map(|manifest| manifest.position);
    let status = lost::status(dir, position)?;
    let path = dir.join(STATUS);
    let aside = path.exists().then(|| free(&path, &format!("{STATUS}.damaged")));
    let remedy = Remedy::Rewrite { text: checked_text(&status)?, aside };
    let known = if status.status.is_answered() {
        "the logs show that the run finished"
    } else {
        "the run can continue from its last checkpoint"
    };
    let what = format!("{}; {known}", reasons(error));
    Ok((status, Some(Finding::trouble(STATUS, what).remedy(remedy))))
}

/// Tables of a run that can still go on tell of an earlier time.
fn caches(dir: &Path, status: &StatusFile) -> Vec<Finding> {
    let is_open = !status.status.is_final();
    let stale = CACHES.iter().filter(|name| is_open && dir.join(name).exists());
    stale.map(|name| Finding::note(*name, "it is out of date").remedy(Remedy::Remove)).collect()
}

/// The newer question, attempts and the lease: damage to them costs nothing once their owner is
/// dead.
fn signs(dir: &Path) -> Vec<Finding> {
    let is_damaged = |path: &Path| read_checked::<serde_json::Value>(path).err();
    let mut findings = Vec::new();
    for name in [LEASE, QUESTION] {
        let path = dir.join(name);
        if path.exists()
            && let Some(error) = is_damaged(&path)
        {
            let aside = Remedy::SetAside { name: free(&path, &format!("{name}.damaged")) };
            findings.push(Finding::note(name, reasons(&error)).remedy(aside));
        }
    }
    for path in fs::list(&dir.join(ATTEMPTS)).unwrap_or_default() {
        if let Some(error) = is_damaged(&path) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            findings.push(Finding::note(format!("{ATTEMPTS}/{name}"), reasons(&error)));
        }
    }
    findings
}

/// What a process that died left half written.
fn leftovers(dir: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in ["", CHECKPOINTS, ATTEMPTS, OVERLAYS] {
        let paths = fs::list_all(&dir.join(folder)).unwrap_or_default();
        let is_half = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            name.starts_with(b".") && name.ends_with(b".tmp")
        };
        for path in paths.iter().filter(is_half) {
            let file = path.strip_prefix(dir).unwrap_or(path).to_string_lossy().into_owned();
            let what = "a killed process left it half written";
            findings.push(Finding::note(file, what).remedy(Remedy::Remove));
        }
    }
    findings
}

/// Files that seglab did not write are mentioned and left alone.
fn unknown(dir: &Path) -> Vec<Finding> {
    let known = [
        RUN,
        SPEC,
        RESOLVED,
        FILES,
        STATUS,
        EVENTS,
        CASES,
        CHECKPOINTS,
        OVERLAYS,
        LEASE,
        ATTEMPTS,
        QUESTION,
    ];
    let immutable = immutable(dir).unwrap_or_default();
    let is_known = |name: &str| {
        known.contains(&name)
            || CACHES.contains(&name)
            || immutable.contains_key(name)
            || name.contains(".damaged")
    };
    let names = fs::list(dir)
        .unwrap_or_default()
        .into_iter()
        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    names
        .filter(|name| !is_known(name))
        .map(|name| Finding::note(name, "seglab did not write it"))
        .collect()
}
