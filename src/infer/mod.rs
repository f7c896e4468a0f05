//! From a stored volume to classes and probabilities on its grid, and their scores.
//!
//! A [`Predictor`] holds a network and the preparation that its input needs. Evaluation, overlays
//! and calibration all go through it, so that a case is predicted in one way only. Validation
//! during training does not: it scores prepared cases on the training grid, with their loss.
//!
//! Does not know about training or run directories.

mod evaluate;
mod overlay;
mod predictor;

pub use evaluate::{Evaluated, SplitCase, evaluate, foreground_dice};
pub use overlay::Overlay;
pub use predictor::{Prediction, Predictor};
