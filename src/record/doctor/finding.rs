//! [`Finding`]: one thing about a run directory that its user should know, and what to do.
//!
//! Does not know how it was found.

use crate::base::Error;
use serde::Serialize;

/// One thing that is not as it should be, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Path in the run directory; `.` is the run as a whole.
    pub file: String,
    /// What is wrong, in words.
    pub what: String,
    /// How bad it is.
    pub severity: Severity,
    /// What [`repair`](super::repair()) does about it; `None` when nothing is to be done.
    pub remedy: Option<Remedy>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing is lost: what a kill leaves behind, or what seglab does not know.
    Note,
    /// Something that was written is not there, or not as it was.
    Trouble,
}

/// What can be done about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Remedy {
    /// Remove a cache, a pointer to nothing, or what was left half written.
    Remove,
    /// Give a damaged file or folder another name beside it.
    SetAside {
        /// The name.
        name: String,
    },
    /// Cut a log behind its last sound line.
    Cut {
        /// Bytes that stay.
        bytes: u64,
        /// Name of a copy of the whole log; `None` for an incomplete line, which holds nothing.
        aside: Option<String>,
    },
    /// Rewrite a small file from what is known.
    Rewrite {
        /// Its text.
        #[serde(skip)]
        text: String,
        /// Name of a copy of the old file; `None` for what can be derived.
        aside: Option<String>,
    },
    /// Move the whole run out of the way: it cannot be read, and cannot go on.
    Quarantine,
}

impl Finding {
    /// A finding that nothing is done about.
    pub(super) fn note(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { file: file.into(), what: what.into(), severity: Severity::Note, remedy: None }
    }

    /// Something is lost.
    pub(super) fn trouble(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { severity: Severity::Trouble, ..Self::note(file, what) }
    }

    /// Says what to do about it.
    pub(super) fn remedy(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }
}

impl Remedy {
    /// As a sentence without its end: what is to be done.
    pub fn advice(&self) -> String {
        self.words(["remove", "rename", "cut", "rewrite", "move"])
    }

    /// The same once it is done.
    pub fn done(&self) -> String {
        self.words(["removed", "renamed", "cut", "rewrote", "moved"])
    }

    fn words(&self, [remove, rename, cut, rewrite, relocate]: [&str; 5]) -> String {
        let keep = |aside: &Option<String>| match aside {
            Some(name) => format!("; the old one stays as `{name}`"),
            None => String::new(),
        };
        match self {
            Self::Remove => format!("{remove} it"),
            Self::SetAside { name } => format!("{rename} it to `{name}`"),
            Self::Cut { bytes, aside } => {
                format!("{cut} it to its first {bytes} bytes, which are intact{}", keep(aside))
            }
            Self::Rewrite { aside, .. } => format!("{rewrite} it{}", keep(aside)),
            Self::Quarantine => format!("{relocate} the run to `.quarantine`"),
        }
    }
}

/// What is wrong, in one line.
pub(super) fn reasons(error: &Error) -> String {
    let reason = error.faults.iter().map(|fault| {
        let more = if fault.details.is_empty() { &fault.causes } else { &fault.details };
        if more.is_empty() {
            fault.message.clone()
        } else {
            format!("{}: {}", fault.message, more.join(", "))
        }
    });
    reason.collect::<Vec<_>>().join("; ")
}
