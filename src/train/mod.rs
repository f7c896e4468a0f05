//! Training and evaluation with burn-train; speaks only events.

mod adamw;
mod gradients;
mod lr;
mod segmenter;

pub use adamw::CycledAdamW;
pub use gradients::clip_to_norm;
pub use lr::{Curve, CurveScheduler, Point};
pub use segmenter::{ScoredBatch, Segmenter, TrainedBatch};
