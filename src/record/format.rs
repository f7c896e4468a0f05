//! Names and small files of a run directory, format 1: [`RunToml`] and [`StatusFile`].
//!
//! These names and keys are what other people's scripts rest on; a change needs a new [`FORMAT`].
//!
//! Does not know who writes or reads them, or when.

use super::run_state::RunState;
use crate::{
    base::{
        Error, ErrorCode, Fault, Place, Result,
        checksum::{FileHash, read_checked},
        codec::parse_toml,
        fs,
    },
    event::Stop,
    spec::BaseSpec,
};
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The format this build writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// Version of what the scores of [`CASES`] mean, raised when one comes to mean something else;
/// runs of different versions are not compared silently.
pub const SCORES: u32 = 1;

/// What the run is.
pub const RUN: &str = "run.toml";
/// The user's bytes.
pub const SPEC: &str = "spec.toml";
/// Every key with its value.
pub const RESOLVED: &str = "resolved.toml";
/// Where the run came from.
pub const PROVENANCE: &str = "provenance.json";
/// What the working tree added to its commit.
pub const PATCH: &str = "uncommitted.patch";
/// Hashes of the files above, which never change.
pub const FILES: &str = "files.json";
/// What the experiment asks now, where that was changed after the run began.
pub const QUESTION: &str = "question.json";
/// The status of the run.
pub const STATUS: &str = "status.json";
/// What happened, one event a line.
pub const EVENTS: &str = "events.jsonl";
/// Scores of the evaluation, one class of one case a line.
pub const CASES: &str = "cases.jsonl";
/// Folder of checkpoints, one folder each, and the pointers [`BEST`] and [`LAST`].
pub const CHECKPOINTS: &str = "checkpoints";
/// Names the checkpoint with the best monitored score.
pub const BEST: &str = "best";
/// Names the newest checkpoint.
pub const LAST: &str = "last";
/// Hashes of a checkpoint's files.
pub const MANIFEST: &str = "MANIFEST.json";
/// Folder of overlay pictures.
pub const OVERLAYS: &str = "overlays";
/// Who works on the run, with a heartbeat; replaced every few seconds.
pub const LEASE: &str = "lease.json";
/// Folder of attempts, one file each, made once: `attempts/0001.json`. The newest holds the run.
pub const ATTEMPTS: &str = "attempts";
/// Bytes without meaning: they make room for the final status when the disk is full.
pub const RESERVE: &str = ".reserve";
/// The epochs of `events.jsonl` as a table, made when the run has ended.
pub const EPOCHS_TABLE: &str = "epochs.parquet";

/// Folder under `runs/` for what is known of data files; seglab works without it.
const CACHE: &str = ".cache";

/// Folder of what is known of data files, beside the runs in `runs`.
pub fn cache_folder(runs: &Path) -> PathBuf {
    runs.join(CACHE)
}

/// What a run is, as `run.toml` says it; never changed after the run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunToml {
    /// Format of the whole directory.
    pub format: u32,
    /// Name of the directory.
    pub run_id: String,
    /// Experiment the run belongs to.
    pub experiment: String,
    /// What the experiment asks.
    pub question: String,
    /// Digest of the resolved spec and the data.
    pub digest: String,
    /// Fold, from 0.
    pub fold: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// The run beside which this one was started with `--fresh`, or from which it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// When the run began.
    pub created: DateTime<Utc>,
    /// The specs that its spec extends, the nearest first. Runs of older builds do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<BaseSpec>,
}

impl RunToml {
    /// Reads `run.toml` of a run directory.
    ///
    /// # Errors
    /// * when the run was written in a newer format than this build reads
    /// * when the file cannot be read or understood
    pub fn read(dir: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }

        let path = dir.join(RUN);
        let text = fs::read_text(&path)?;
        // The format first: whatever else a newer file says may mean something else.
        let head: Head = parse_toml(&path, &text)?;
        if head.format > FORMAT {
            let fault = Fault::new(format!(
                "run `{}` was written in format {}, but this build reads up to {FORMAT}",
                id_of(dir),
                head.format
            ));
            let fault = fault
                .at(Place::file(&path))
                .hint("build the commit named in its `provenance.json`, or a newer one");
            return Err(Error::new(ErrorCode::NewerFormat, fault));
        }
        parse_toml(&path, &text)
    }
}

/// The state of a run as its process wrote it, and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Status {
    /// Not started.
    Queued,
    /// A process works on it, or it exited unexpectedly.
    Running,
    /// All epochs are done.
    Finished,
    /// Ended early because the monitored score no longer improved.
    StoppedEarly,
    /// Given up because other runs are better. It can still continue as if it had not been.
    Pruned {
        /// Why; empty in runs of older builds.
        #[serde(default)]
        reason: String,
    },
    /// Stopped from outside, and can continue.
    Preempted {
        /// By whom.
        by: Stop,
    },
    /// It could not continue.
    Failed(Failure),
}

impl Status {
    /// The state without its reason.
    pub fn state(&self) -> RunState {
        match self {
            Self::Queued => RunState::Queued,
            Self::Running => RunState::Running,
            Self::Finished => RunState::Finished,
            Self::StoppedEarly => RunState::StoppedEarly,
            Self::Pruned { .. } => RunState::Pruned,
            Self::Preempted { .. } => RunState::Preempted,
            Self::Failed(_) => RunState::Failed,
        }
    }

    /// As written in tables.
    pub fn name(&self) -> &'static str {
        self.state().name()
    }

    /// Whether the run has its final result, so that running it again does nothing.
    pub fn is_answered(&self) -> bool {
        self.state().is_answered()
    }

    /// Whether running it again would change nothing: it has its result, or it would fail again
    /// for the same reason.
    pub fn is_final(&self) -> bool {
        self.is_answered() || self.lasting().is_some()
    }

    /// The failure of a run that would fail again.
    pub(crate) fn lasting(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) if !failure.class.is_passing() => Some(failure),
            _ => None,
        }
    }
}

/// Why a run could not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its class.
    pub class: FailureClass,
    /// What could not be done.
    pub reason: String,
    /// Circumstances and causes: epoch, step, cases, last finite loss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// Next actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
}

impl Failure {
    /// A failure in the words of its error.
    pub fn of(error: &Error) -> Self {
        let gather =
            |lines: fn(&Fault) -> Vec<String>| error.faults.iter().flat_map(lines).collect();
        Self {
            class: error.code.into(),
            reason: error.faults.iter().map(|f| f.message.as_str()).collect::<Vec<_>>().join("; "),
            details: gather(|fault| [fault.details.clone(), fault.causes.clone()].concat()),
            advice: gather(|fault| fault.hints.clone()),
        }
    }
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// A case cannot be used.
    BadData,
    /// The loss became NaN or infinite.
    NonFiniteLoss,
    /// The machine's or the device's memory did not suffice.
    OutOfMemory,
    /// A disk is full; what is committed is safe, and the run can continue.
    DiskFull,
    /// The device failed.
    DeviceLost,
    /// The device's driver or compiler is missing, too old or does not fit.
    DeviceSetup,
    /// A part of the program panicked.
    Panic,
    /// It gave no sign of life for too long and was ended by its worker.
    Hang,
    /// The process exited unexpectedly: kill -9, power, memory. Readers find this out afterwards.
    Killed,
    /// Anything else.
    Other,
}

impl FailureClass {
    /// As written in tables and in `status.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadData => "bad-data",
            Self::NonFiniteLoss => "non-finite-loss",
            Self::OutOfMemory => "out-of-memory",
            Self::DiskFull => "disk-full",
            Self::DeviceLost => "device-lost",
            Self::DeviceSetup => "device-setup",
            Self::Panic => "panic",
            Self::Hang => "hang",
            Self::Killed => "killed",
            Self::Other => "other",
        }
    }

    /// Whether the same run may get further when it goes on: the reason lay outside of it.
    pub fn is_passing(self) -> bool {
        !matches!(self, Self::BadData | Self::NonFiniteLoss)
    }
}

impl From<ErrorCode> for FailureClass {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::BadCase => Self::BadData,
            ErrorCode::NotFinite => Self::NonFiniteLoss,
            ErrorCode::OutOfMemory => Self::OutOfMemory,
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::DeviceLost => Self::DeviceLost,
            ErrorCode::DeviceSetup => Self::DeviceSetup,
            ErrorCode::Panic => Self::Panic,
            ErrorCode::Request
            | ErrorCode::NewerFormat
            | ErrorCode::Run
            | ErrorCode::Unread
            | ErrorCode::InUse
            | ErrorCode::Superseded
            | ErrorCode::Preempted
            | ErrorCode::Interrupted => Self::Other,
        }
    }
}

/// `status.json`: the status of a run, since when, and how far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusFile {
    /// The status of the run.
    #[serde(flatten)]
    pub status: Status,
    /// When this was written.
    pub updated: DateTime<Utc>,
    /// Epochs done.
    pub epoch: usize,
    /// Optimizer steps done.
    pub step: usize,
    /// The logs and pictures at the end, by their path in the run directory; later bytes of a log
    /// are not part of the run. Empty while the run is running.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileHash>,
}

impl StatusFile {
    /// Reads `status.json` of a run directory.
    ///
    /// # Errors
    /// When the file cannot be read or understood, or does not match its checksum.
    pub fn read(dir: &Path) -> Result<Self> {
        read_checked(&dir.join(STATUS))
    }
}

/// Id of the run in a directory, which need not be readable.
pub fn id_of(dir: &Path) -> String {
    fs::name(dir)
}

/// Experiment of the run in a directory, which need not be readable.
pub fn experiment_of(dir: &Path) -> String {
    dir.parent().map(fs::name).unwrap_or_default()
}

/// The time, to the millisecond.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::<Utc>::from(fs::now()).trunc_subsecs(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::codec::to_json;

    #[test]
    fn status_keeps_its_reason_on_one_level() {
        let failure = Failure {
            class: FailureClass::NonFiniteLoss,
            reason: "loss became NaN".into(),
            details: vec![],
            advice: vec!["lower it".into()],
        };
        let file = StatusFile {
            status: Status::Failed(failure),
            updated: now(),
            epoch: 3,
            step: 12,
            files: [("events.jsonl".to_owned(), FileHash::of_bytes(b"{}"))].into(),
        };
        let text = to_json(&file).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["status"], "failed");
        assert_eq!(value["class"], "non-finite-loss");
        assert_eq!(value["advice"][0], "lower it");
        assert_eq!(serde_json::from_str::<StatusFile>(&text).unwrap(), file);
    }

    #[test]
    fn a_run_that_was_given_up_says_why_and_an_older_one_reads() {
        let status = |text: &str| serde_json::from_str::<Status>(text).unwrap();
        let older = Status::Pruned { reason: String::new() };
        assert_eq!(status(r#"{"status":"pruned"}"#), older);
        let why = Status::Pruned { reason: "it is last".into() };
        let text = to_json(&why).unwrap();
        assert!(text.contains(r#""reason": "it is last""#), "{text}");
        assert_eq!(status(&text), why);
        assert!(!why.is_answered());
    }

    #[test]
    fn newer_format_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a-f0-s1-00000000");
        fs::create_folder(&dir).unwrap();
        fs::write_atomic(&dir.join(RUN), b"format = 9\nwhatever = true\n").unwrap();
        let error = RunToml::read(&dir).unwrap_err();
        assert_eq!(
            error.faults[0].message,
            "run `a-f0-s1-00000000` was written in format 9, but this build reads up to 1"
        );
    }
}
