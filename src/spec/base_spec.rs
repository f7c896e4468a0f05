//! [`BaseSpec`]: a spec that another one extends, by name and by setting.
//!
//! Does not know about files.

use serde::{Deserialize, Serialize};

/// A spec that another one extends, directly or through others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BaseSpec {
    /// Name of its experiment.
    pub name: String,
    /// Digest of its setting, as [`setting_digest`](super::setting_digest) gives it, with the same
    /// `--set` as the spec that extends it; `None` where it is no whole spec by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
}
