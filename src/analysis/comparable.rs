//! [`incomparable`]: in what runs differ so that their scores cannot be compared.
//!
//! Does not know how that is shown.

use super::RunRow;
use std::collections::BTreeMap;

/// One aspect in which runs differ, so that their scores cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomparable {
    /// Data, split, classes or scores.
    pub aspect: Aspect,
    /// Positions of the runs by what they have there; runs without a known value are left out.
    pub groups: BTreeMap<String, Vec<usize>>,
}

/// What must be the same for scores to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// The data set.
    Data,
    /// Which cases train, validate and test.
    Split,
    /// The classes that a foreground mean is over.
    Classes,
    /// What the scores of a case mean.
    Scores,
}

impl Aspect {
    /// The difference, to follow "the runs".
    pub fn difference(self) -> &'static str {
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

    fn of(self, run: &RunRow, names: &DataNames<'_>) -> Option<String> {
        match self {
            Self::Data => names.of(run).map(str::to_owned),
            Self::Split => run.split_fingerprint.clone(),
            Self::Classes => (!run.classes.is_empty()).then(|| run.classes.join(", ")),
            Self::Scores => run.score_definitions.map(|version| version.to_string()),
        }
    }
}

/// One name for each data set: older runs have only the fingerprint of its packed bytes, which a
/// newer run of the same files has too.
struct DataNames<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> DataNames<'a> {
    fn among(runs: &[&'a RunRow]) -> Self {
        let both = |run: &&'a RunRow| {
            Some((run.packed_fingerprint.as_deref()?, run.data_fingerprint.as_deref()?))
        };
        Self(runs.iter().filter_map(both).collect())
    }

    fn of(&self, run: &'a RunRow) -> Option<&'a str> {
        let own = run.data_fingerprint.as_deref()?;
        Some(self.0.get(own).copied().unwrap_or(own))
    }
}

/// Every aspect in which runs cannot be compared.
pub fn incomparable(runs: &[&RunRow]) -> Vec<Incomparable> {
    let aspects = [Aspect::Data, Aspect::Split, Aspect::Classes, Aspect::Scores];
    let names = DataNames::among(runs);
    let groups = aspects.map(|aspect| {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (idx, run) in runs.iter().enumerate() {
            if let Some(value) = aspect.of(run, &names) {
                groups.entry(value).or_default().push(idx);
            }
        }
        Incomparable { aspect, groups }
    });
    groups.into_iter().filter(|it| it.groups.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(data: &str, packed: Option<&str>) -> RunRow {
        RunRow {
            data_fingerprint: Some(data.into()),
            packed_fingerprint: packed.map(str::to_owned),
            ..RunRow::default()
        }
    }

    #[test]
    fn older_and_newer_names_of_one_data_set_are_one() {
        // The older run, a newer one of the same files, and one after they were unpacked.
        let runs = [run("p1", None), run("v", Some("p1")), run("v", Some("p2"))];
        assert_eq!(incomparable(&runs.iter().collect::<Vec<_>>()), []);
        let other = [run("p1", None), run("v", Some("p2"))];
        assert_eq!(incomparable(&other.iter().collect::<Vec<_>>())[0].aspect, Aspect::Data);
    }
}
