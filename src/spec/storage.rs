//! [`Checkpoint`], [`ProvenanceRules`] and [`Disk`]: the keys of how a run is kept. They
//! change no result and are not part of the digest: a run with other values is the same run.
//!
//! Does not know about files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When checkpoints are written, and which are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Checkpoint {
    /// Epochs from one checkpoint to the next; the epoch with the best score and the last epoch
    /// always have one.
    #[schemars(range(min = 1, max = 100_000))]
    pub every_epochs: usize,
    /// Write a checkpoint at the first step after this many minutes, also within an epoch;
    /// absent: only at the end of epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01, max = 100_000.0))]
    pub every_minutes: Option<f64>,
    /// Keep every n-th epoch's checkpoint beside the best and the last; absent: only these two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub keep_every: Option<usize>,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self { every_epochs: 1, every_minutes: None, keep_every: None }
    }
}

/// Which state of the code may run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ProvenanceRules {
    /// Whether a run may start from code that is not committed.
    pub dirty: Dirty,
}

/// Whether uncommitted changes are accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dirty {
    /// Yes; they are saved with the run.
    #[default]
    Allow,
    /// No: a run starts only when they are committed.
    Refuse,
}

/// How much disk space a run may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Disk {
    /// Largest size of the run directory, for example `"20 GB"`; absent: all free space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
}

impl Disk {
    /// The budget in bytes, when it is set and valid.
    pub fn budget_bytes(&self) -> Option<u64> {
        bytes(self.budget.as_deref()?)
    }
}

/// A duration such as `7h50m` or `90s`.
pub fn duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|time| !time.is_zero())
}

/// A size in bytes such as `20 GB`, `1.5GiB` or `4096`.
pub fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor: f64 = match unit.trim() {
        "" | "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let n_bytes = number.parse::<f64>().ok()? * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked below")]
    (1.0..1e18).contains(&n_bytes).then_some(n_bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_times_are_read_as_people_write_them() {
        assert_eq!(bytes("20 GB"), Some(20_000_000_000));
        assert_eq!(bytes("1.5GiB"), Some(1_610_612_736));
        assert_eq!(bytes("4096"), Some(4096));
        for wrong in ["", "GB", "0", "-1 GB", "20 gigs", "1e3", "1.2.3 MB"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        assert_eq!(duration("7h50m"), Some(Duration::from_mins(470)));
        for wrong in ["", "7", "0s", "later"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
