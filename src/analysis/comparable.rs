//! [`apart`]: which of some runs were not asked or scored alike, so that their means do not compare.
//!
//! Knows nothing of how that is said.

use super::RunRow;
use std::collections::BTreeMap;

/// One thing in which runs differ that makes their scores another thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// What it is.
    pub matter: Matter,
    /// Positions of the runs by what they have there; runs of which it is unknown are left out.
    pub groups: BTreeMap<String, Vec<usize>>,
}

/// What must be the same for scores to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// The data set.
    Data,
    /// Who trains, validates and tests.
    Split,
    /// The classes that a foreground mean is over.
    Classes,
    /// What the scores of a case mean.
    Scores,
}

impl Matter {
    /// After "the runs": what they did.
    pub fn deed(self) -> &'static str {
        match self {
            Self::Data => "saw different data",
            Self::Split => "split the data differently",
            Self::Classes => "have different classes",
            Self::Scores => "define their scores differently",
        }
    }

    /// What follows from it.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::Data | Self::Split => {
                "their scores are of different cases and cannot be compared case by case"
            }
            Self::Classes => "foreground means average different things",
            Self::Scores => "the same number means different things",
        }
    }

    fn of(self, run: &RunRow) -> Option<String> {
        match self {
            Self::Data => run.data_fingerprint.clone(),
            Self::Split => run.split_fingerprint.clone(),
            Self::Classes => (!run.classes.is_empty()).then(|| run.classes.join(", ")),
            Self::Scores => run.score_definitions.map(|version| version.to_string()),
        }
    }
}

/// Everything in which runs lie apart; nothing when they compare.
pub fn apart(runs: &[&RunRow]) -> Vec<Apart> {
    let matters = [Matter::Data, Matter::Split, Matter::Classes, Matter::Scores];
    let groups = matters.map(|matter| {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (idx, run) in runs.iter().enumerate() {
            if let Some(value) = matter.of(run) {
                groups.entry(value).or_default().push(idx);
            }
        }
        Apart { matter, groups }
    });
    groups.into_iter().filter(|apart| apart.groups.len() > 1).collect()
}
