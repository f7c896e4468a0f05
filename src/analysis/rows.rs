//! Plain rows that leave the tables: [`RunRow`], [`EpochRow`], [`ScoreRow`].
//!
//! Does not know about polars, files or drawing.

use crate::{
    event::CaseRow,
    record::{CaseFacts, RunState},
    spec::BaseSpec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use toml::de::ValueDeserializer;

/// A mean and the number of values behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean; `None` when there was nothing to average.
    pub mean: Option<f64>,
    /// How many values it rests on.
    pub n: usize,
}

/// One run, as `seglab runs` and the report show it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// Experiment the run belongs to.
    pub experiment: String,
    /// Run id.
    pub run: String,
    /// What the experiment asks.
    pub question: String,
    /// When that was recorded, RFC 3339, where it was changed after the run began.
    pub asked: Option<String>,
    /// How far it came.
    pub status: RunState,
    /// Why it failed, or was given up, in words.
    pub reason: Option<String>,
    /// Class of the failure: killed, out-of-memory, bad-data and so on.
    pub failure: Option<String>,
    /// Fold, from 0.
    pub fold: usize,
    /// Seed.
    pub seed: u64,
    /// The experiment that its spec extends.
    pub extends: Option<String>,
    /// The specs that its spec extends, directly or through others, the nearest first. Where only
    /// `extends` is known it may be empty.
    pub bases: Vec<BaseSpec>,
    /// Digest of its setting, by which the base of another setting is known.
    pub setting: Option<String>,
    /// The run that it replaces or continues.
    pub parent: Option<String>,
    /// Every resolved key, dotted, with its value as TOML text.
    pub settings: BTreeMap<String, String>,
    /// Class names, background first.
    pub classes: Vec<String>,
    /// Trainable parameters.
    pub n_parameters: Option<usize>,
    /// Cases that train, validate and test.
    pub n_cases: Option<[usize; 3]>,
    /// Epochs done.
    pub epochs: usize,
    /// Epochs asked for.
    pub epochs_asked: usize,
    /// Optimizer steps done.
    pub steps: usize,
    /// Epoch of the best checkpoint.
    pub best_epoch: Option<usize>,
    /// Its monitored score.
    pub best_monitored: Option<f64>,
    /// Validation Dice by class on the native grid, background first, over the cases where it is
    /// defined.
    pub valid_dice: Vec<Mean>,
    /// Mean of the foreground classes of `valid_dice`; `n` counts case-class pairs.
    pub valid_foreground: Mean,
    /// As `valid_dice`, of the test cases.
    pub test_dice: Vec<Mean>,
    /// As `valid_foreground`, of the test cases.
    pub test_foreground: Mean,
    /// Share of validation voxels given their right class.
    pub valid_accuracy: Option<f64>,
    /// Validation voxels by reference class (rows) and predicted class (columns).
    pub valid_confusion: Vec<Vec<u64>>,
    /// Seconds that its attempts worked, without the pauses between them.
    pub seconds: f64,
    /// Most memory of an attempt that came to the end, in bytes.
    pub memory_bytes: Option<u64>,
    /// Median seconds from a volume in memory to the prediction on its grid.
    pub seconds_per_case: Option<f64>,
    /// When the run was made, RFC 3339.
    pub created: String,
    /// Commit of the code, when it was known.
    pub commit: Option<String>,
    /// Whether the working tree differed from it.
    pub dirty: bool,
    /// Device in words.
    pub device: Option<String>,
    /// Fingerprint of the data set.
    pub data_fingerprint: Option<String>,
    /// Fingerprint of its packed bytes, by which older runs name the same data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed_fingerprint: Option<String>,
    /// Fingerprint of the split.
    pub split_fingerprint: Option<String>,
    /// Version of what the scores mean.
    pub score_definitions: Option<u32>,
    /// Overlay pictures: file name and bytes of each PNG, in name order.
    #[serde(skip)]
    pub overlays: Vec<(String, Vec<u8>)>,
}

impl RunRow {
    /// Names of the specs that it extends, the nearest first, each with the digest of its setting
    /// where that is known.
    pub fn chain(&self) -> Vec<(&str, Option<&str>)> {
        let known = self.bases.iter().map(|base| (base.name.as_str(), base.setting.as_deref()));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            self.extends.iter().map(|it| (it.as_str(), None)).collect()
        } else {
            known
        }
    }

    /// The row as JSON, with the value of every setting as JSON too.
    pub fn to_json(&self) -> Json {
        let mut row = serde_json::to_value(self).unwrap_or_default();
        let settings = self.settings.iter().map(|(key, value)| (key.clone(), json_value(value)));
        row["settings"] = Json::Object(settings.collect());
        row
    }
}

/// A value as JSON, from TOML text; the text itself where it is no TOML.
pub fn json_value(text: &str) -> Json {
    let parsed = ValueDeserializer::parse(text).ok();
    parsed.and_then(|value| Json::deserialize(value).ok()).unwrap_or_else(|| text.into())
}

/// One epoch of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpochRow {
    /// Run id.
    pub run: String,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Last step of the epoch.
    pub step: usize,
    /// Mean training loss.
    pub train_loss: f64,
    /// Mean validation loss.
    pub valid_loss: Option<f64>,
    /// Learning rate of the last step.
    pub lr: f64,
    /// Validation Dice by class on the training grid, background first.
    pub dice: Vec<Option<f64>>,
    /// Mean of the foreground classes.
    pub dice_foreground: Option<f64>,
    /// Whether it was the best so far.
    pub is_best: bool,
}

/// One class of one case of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreRow {
    /// Run id.
    pub run: String,
    /// The scores.
    #[serde(flatten)]
    pub score: CaseRow,
}

/// Everything a report needs, and nothing else: same rows in, same bytes out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tables {
    /// Runs in order of experiment and run id.
    pub runs: Vec<RunRow>,
    /// Epochs in order of run and epoch.
    pub epochs: Vec<EpochRow>,
    /// Scores in order of run, case and class.
    pub scores: Vec<ScoreRow>,
    /// What the first run that says so knew of its cases.
    pub cases: Vec<CaseFacts>,
    /// What a user should know of the folders that the runs lie in, such as copies of runs.
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_text_becomes_json() {
        let found =
            ["0.5", "true", "\"skip\"", "[1, 2]", "{ p = 0.1 }", "not = toml"].map(json_value);
        let expected = serde_json::json!([0.5, true, "skip", [1, 2], { "p": 0.1 }, "not = toml"]);
        assert_eq!(Json::from(found.to_vec()), expected);
    }
}
