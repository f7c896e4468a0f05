//! [`Event`]: what training and evaluation say as they go, and [`Listen`], who hears it.
//!
//! Terminal, event log and tests are all listeners; training speaks nothing else.
//!
//! Does not know about burn, files or the terminal.

use crate::base::{ErrorCode, Result};
use serde::{Deserialize, Serialize};

/// The part a case plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Changes the weights.
    Train,
    /// Chooses the checkpoint.
    Valid,
    /// Is seen once, at the end.
    Test,
}

impl Split {
    /// As said of its cases.
    pub fn words(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Valid => "validation",
            Self::Test => "test",
        }
    }

    /// As written in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// Whose memory is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryOf {
    /// Resident memory of the process.
    Process,
    /// Reserved by the process on its GPU.
    Gpu,
}

/// Who wants a run to stop, so that it can go on later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// Ctrl-C.
    Interrupt,
    /// A signal of a scheduler or of the system.
    Signal,
    /// The time that `train.walltime` gives is used up.
    Walltime,
    /// The step was reached up to which the caller wanted to go.
    StepLimit,
}

impl Stop {
    /// What the program's exit says.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Interrupt => ErrorCode::Interrupted,
            Self::Signal | Self::Walltime | Self::StepLimit => ErrorCode::Preempted,
        }
    }

    /// In words, after "stopped by".
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Signal => "a signal",
            Self::Walltime => "its wall time",
            Self::StepLimit => "its step limit",
        }
    }
}

/// One thing that happened. Serialised as one line of `events.jsonl`, tagged `event`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Training is about to begin.
    Started {
        /// Cases by split: train, valid, test.
        n_cases: [usize; 3],
        /// Trainable parameters.
        n_parameters: usize,
        /// Epochs asked for.
        epochs: usize,
        /// Optimizer steps in an epoch.
        steps_per_epoch: usize,
        /// Device in words.
        device: String,
    },
    /// One optimizer update.
    Step {
        /// Epoch, from 1.
        epoch: usize,
        /// Step over all epochs, from 1.
        step: usize,
        /// Loss before the update.
        #[serde(with = "any_number")]
        loss: f64,
        /// Learning rate of the update.
        #[serde(with = "any_number")]
        lr: f64,
        /// First-moment decay of the update.
        #[serde(with = "any_number")]
        beta1: f64,
        /// L2 norm of all gradients before clipping.
        #[serde(with = "any_number")]
        grad_norm: f64,
        /// Seconds of the step, loading included.
        seconds: f64,
    },
    /// A pass over the training split and its validation.
    Epoch {
        /// Epoch, from 1.
        epoch: usize,
        /// Last step of the epoch, from 1.
        step: usize,
        /// Mean training loss over the steps.
        #[serde(with = "any_number")]
        train_loss: f64,
        /// Mean validation loss over cases; `None` without validation cases.
        valid_loss: Option<f64>,
        /// Learning rate of the last step.
        #[serde(with = "any_number")]
        lr: f64,
        /// Validation Dice by class, background first: mean over the cases where it is defined.
        dice: Vec<Option<f64>>,
        /// Cases behind each of `dice`.
        n_dice: Vec<usize>,
        /// Mean of the foreground classes that are defined.
        dice_foreground: Option<f64>,
        /// The monitored score.
        monitored: Option<f64>,
        /// The monitored score of each validation case, in the order of their names, which is the
        /// same in every epoch and in every run of the same split; `None` where it is undefined.
        /// Empty in older logs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        by_case: Vec<Option<f64>>,
        /// Whether it is the best so far.
        is_best: bool,
        /// Seconds of training and of validation.
        seconds: [f64; 2],
    },
    /// A checkpoint is on disk.
    Checkpoint {
        /// Epoch, from 1.
        epoch: usize,
        /// Step, from 1.
        step: usize,
        /// Seconds it took.
        seconds: f64,
    },
    /// A case was evaluated on its native grid; its rows are in `cases.jsonl`.
    CaseScored {
        /// The case.
        case: String,
        /// The part it plays.
        split: Split,
        /// Dice by class, background first.
        dice: Vec<Option<f64>>,
        /// Seconds from the volume in memory to the prediction on its grid; `None` when an
        /// earlier attempt scored the case, and in older logs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<f64>,
    },
    /// What an attempt that came to the end took of memory.
    Memory {
        /// Most bytes of the process, or bytes that it reserved of a GPU.
        bytes: u64,
        /// Whose memory that is.
        of: MemoryOf,
    },
    /// About the run itself, such as where it continues.
    Note {
        /// In words.
        message: String,
    },
    /// Something worth knowing that stops nothing.
    Warning {
        /// In words.
        message: String,
    },
}

/// Writes a number that is not finite as text, since JSON has none: a diverging run's log must
/// read back.
mod any_number {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Number(f64),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            serializer.serialize_f64(*value)
        } else {
            serializer.collect_str(value)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Stored::deserialize(deserializer)? {
            Stored::Number(value) => Ok(value),
            Stored::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}

/// Hears events in order.
pub trait Listen {
    /// Hears one event.
    ///
    /// # Errors
    /// Only a listener whose record is the product (the event log) may fail; that ends the run.
    fn hear(&mut self, event: &Event) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLDER: &str = r#"{"event":"epoch","epoch":1,"step":4,"train_loss":0.5,"valid_loss":0.25,
        "lr":0.1,"dice":[0.9,null],"n_dice":[2,0],"dice_foreground":null,"monitored":0.25,
        "is_best":true,"seconds":[1.0,0.5]}"#;

    #[test]
    fn epochs_without_scores_by_case_read_and_are_written_as_they_were() {
        let mut event: Event = serde_json::from_str(OLDER).unwrap();
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let written = |event: &Event| value(&serde_json::to_string(event).unwrap());
        assert_eq!(written(&event), value(OLDER));
        let Event::Epoch { by_case, .. } = &mut event else { panic!("{event:?}") };
        assert_eq!(*by_case, []);
        *by_case = vec![Some(0.25), None];
        let text = serde_json::to_string(&event).unwrap();
        assert!(text.contains(r#""by_case":[0.25,null]"#), "{text}");
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}
