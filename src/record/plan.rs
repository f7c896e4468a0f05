//! [`RunPlan`]: what a run is to be, and [`Freshness`], what to do about earlier runs of it.
//!
//! Does not know what lies on disk.

use super::CaseFacts;
use crate::spec::{BaseSpec, Experiment};

/// Everything that defines one run.
#[derive(Debug, Clone)]
pub struct RunPlan {
    /// Name of the run: a function of spec and data, so that running it again finds its result.
    pub run_id: String,
    /// The experiment it belongs to.
    pub experiment: Experiment,
    /// The user's bytes.
    pub spec_text: String,
    /// Every key with its value, as TOML.
    pub resolved: String,
    /// Digest of the resolved spec and the data.
    pub digest: String,
    /// Fold, from 0.
    pub fold: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Fingerprint of the data set.
    pub data_fingerprint: String,
    /// Fingerprint of its packed bytes, where that is another: older runs have no other.
    pub packed_fingerprint: Option<String>,
    /// Fingerprint of the split.
    pub split_fingerprint: String,
    /// Facts about each case.
    pub cases: Vec<CaseFacts>,
    /// Device in words.
    pub device: String,
    /// The run from whose checkpoint this one continues, when it extends one.
    pub parent: Option<String>,
    /// The specs that its spec extends, the nearest first.
    pub extends: Vec<BaseSpec>,
    /// What to do about earlier runs of the same plan.
    pub freshness: Freshness,
}

/// What to do about earlier runs of the same plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Use the result, or continue the newest; a pruned run stays as it is.
    Reuse,
    /// Use the result, or continue the newest, also when it was pruned.
    Promote,
    /// Leave them as they are and start a new run beside them.
    Fresh,
}
