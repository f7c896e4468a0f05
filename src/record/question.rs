//! [`ask`]: what the experiment of a run asks now, where that was changed after the run began.
//!
//! The question changes no result, so it is no part of a run's identity, and `run.toml` never
//! changes: a newer question lies in a small file beside it, which is replaced as a whole.
//!
//! Does not know who reads a question.

use super::format::{QUESTION, RunToml, now};
use crate::base::{
    Result,
    checksum::{read_checked, write_checked},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A question that is newer than that of `run.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewerQuestion {
    /// The question.
    pub question: String,
    /// When it was recorded.
    pub asked: DateTime<Utc>,
}

/// The question of a run that was changed after it began; `None` where it was not, or where the
/// file cannot be read: the question of `run.toml` then holds.
pub fn newer_question(dir: &Path) -> Option<NewerQuestion> {
    read_checked(&dir.join(QUESTION)).ok()
}

/// Records what the experiment of a run asks, if that is not known yet, and says whether it was
/// recorded. A spec without a question corrects nothing.
///
/// # Errors
/// When `run.toml` cannot be read or the file cannot be written.
pub fn ask(dir: &Path, question: &str) -> Result<bool> {
    let known = match newer_question(dir) {
        Some(newer) => newer.question,
        None => RunToml::read(dir)?.question,
    };
    if question.is_empty() || question == known {
        return Ok(false);
    }
    let newer = NewerQuestion { question: question.to_owned(), asked: now() };
    write_checked(&dir.join(QUESTION), &newer).map(|()| true)
}
