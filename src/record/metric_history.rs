//! [`course`]: how the watched score of a run went, epoch by epoch.
//!
//! Of the log, only the lines of epochs are understood: many runs are looked at between two
//! epochs of another.
//!
//! Does not know who compares runs.

use super::{
    format::{EVENTS, PROVENANCE, RESOLVED, RunToml, Status, StatusFile},
    reader::log,
};
use crate::{
    base::{
        Result,
        codec::{parse_toml, read_json},
        fs,
    },
    event::Event,
};
use serde::Deserialize;
use std::path::Path;

/// How far a run came, and what it scored on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricHistory {
    /// The run.
    pub run_id: String,
    /// Its status file as it is: a run whose process died says that it is running.
    pub status: Status,
    /// Epochs asked for.
    pub epochs: usize,
    /// Fingerprint of the data set.
    pub data_fingerprint: String,
    /// Fingerprint of the split.
    pub split_fingerprint: String,
    /// The monitored score of each epoch done.
    pub monitored: Vec<Option<f64>>,
    /// The same by validation case, in the order of their names; none for an epoch of an older
    /// log.
    pub by_case: Vec<Vec<Option<f64>>>,
}

impl MetricHistory {
    /// Whether both runs were scored on the same validation cases.
    pub fn compares_with(&self, other: &Self) -> bool {
        let of =
            |course: &Self| (course.data_fingerprint.clone(), course.split_fingerprint.clone());
        of(self) == of(other)
    }
}

/// Bytes that every line of an epoch has, and no line has within a text.
const OF_EPOCH: &[u8] = br#""event":"epoch""#;

/// Reads how the watched score of a run went, be the run under way or not.
///
/// # Errors
/// * when the run was written in a newer format
/// * when a file is missing or cannot be understood, or the log is damaged before its last line
pub fn metric_history(dir: &Path) -> Result<MetricHistory> {
    #[derive(Deserialize)]
    struct Resolved {
        train: Train,
    }
    #[derive(Deserialize)]
    struct Train {
        epochs: usize,
    }
    #[derive(Deserialize)]
    struct Fingerprints {
        data_fingerprint: String,
        split_fingerprint: String,
    }

    let run = RunToml::read(dir)?;
    let path = dir.join(RESOLVED);
    let resolved: Resolved = parse_toml(&path, &fs::read_text(&path)?)?;
    let Fingerprints { data_fingerprint, split_fingerprint } = read_json(&dir.join(PROVENANCE))?;
    // Before the log: what is appended meanwhile is then no part of an ended run.
    let status = StatusFile::read(dir)?;
    let lines = log(dir, EVENTS, &status)?.records(|line| !line.is_masked, epoch)?;
    let mut course = MetricHistory {
        run_id: run.run_id,
        status: status.status,
        epochs: resolved.train.epochs,
        data_fingerprint,
        split_fingerprint,
        monitored: Vec::new(),
        by_case: Vec::new(),
    };
    for (epoch, monitored, by_case) in lines.into_iter().flatten() {
        // A run that extends another has no line of the first epochs.
        course.monitored.resize(epoch, None);
        course.by_case.resize(epoch, Vec::new());
        if let Some(last) = epoch.checked_sub(1) {
            (course.monitored[last], course.by_case[last]) = (monitored, by_case);
        }
    }
    Ok(course)
}

type Scored = (usize, Option<f64>, Vec<Option<f64>>);

/// What a line says of an epoch; `None` when it is of something else.
fn epoch(line: &[u8]) -> serde_json::Result<Option<Scored>> {
    if !line.windows(OF_EPOCH.len()).any(|window| window == OF_EPOCH) {
        return Ok(None);
    }
    Ok(match serde_json::from_slice(line)? {
        Event::Epoch { epoch, monitored, by_case, .. } => Some((epoch, monitored, by_case)),
        _ => None,
    })
}
