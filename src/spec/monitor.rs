//! [`Monitor`]: the score that chooses the best checkpoint.
//!
//! Does not know how scores are computed.

use serde::{Deserialize, Serialize};
use std::fmt;

const LOSS: &str = "valid/loss";
const FOREGROUND: &str = "valid/dice/foreground";
const CLASS: &str = "valid/dice/";

/// The score that chooses the best checkpoint, written as in `train.monitor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Monitor {
    /// `valid/loss`: lower is better.
    Loss,
    /// `valid/dice/foreground`: mean Dice of the classes but the background.
    Foreground,
    /// `valid/dice/CLASS`: Dice of one class, by its name.
    Class(String),
    /// Any other text; no checked experiment has it.
    Unknown(String),
}

impl Monitor {
    /// Whether lower values are better.
    pub fn is_lower_better(&self) -> bool {
        *self == Self::Loss
    }

    /// All monitors of an experiment with these classes.
    pub(super) fn all(classes: &[String]) -> Vec<Self> {
        let of_classes = classes.iter().cloned().map(Self::Class);
        [Self::Loss, Self::Foreground].into_iter().chain(of_classes).collect()
    }
}

impl From<String> for Monitor {
    fn from(text: String) -> Self {
        match text.as_str() {
            LOSS => Self::Loss,
            FOREGROUND => Self::Foreground,
            other => match other.strip_prefix(CLASS) {
                Some(class) => Self::Class(class.to_owned()),
                None => Self::Unknown(text),
            },
        }
    }
}

impl From<Monitor> for String {
    fn from(monitor: Monitor) -> Self {
        monitor.to_string()
    }
}

impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss => f.write_str(LOSS),
            Self::Foreground => f.write_str(FOREGROUND),
            Self::Class(class) => write!(f, "{CLASS}{class}"),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in ["valid/loss", "valid/dice/foreground", "valid/dice/a/b", "valid/dice/", "x"] {
            let monitor = Monitor::from(text.to_owned());
            assert_eq!(monitor.to_string(), text);
            assert_eq!(matches!(monitor, Monitor::Unknown(_)), text == "x");
        }
        assert!(Monitor::Loss.is_lower_better() && !Monitor::Foreground.is_lower_better());
    }
}
