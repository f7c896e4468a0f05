//! Training and evaluation with burn-train; speaks only events.

mod adamw;
mod bench;
mod calibrate;
pub mod device;
mod epochs;
mod evaluate;
mod failure;
mod gradients;
mod handover;
mod host;
mod limits;
mod loader;
mod lr;
mod monitor;
mod overlay;
mod pass;
mod quiet;
mod resume;
mod segmenter;
mod session;
mod size;
mod summed;
mod validate;

pub use adamw::CycledAdamW;
pub use bench::{
    LogitComparison, StepSeconds, Timing, Workload, compare_logits, memory_taken, time_steps,
};
pub use calibrate::{Pace, calibrate, training_voxels};
pub use epochs::{Ending, Trained};
pub use evaluate::{Evaluated, Predicted, Subject, evaluate, foreground_dice, predict};
pub use failure::classify_panic;
pub use gradients::clip_to_norm;
pub use handover::{MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE, STATE_FILE};
pub use host::{Host, TrainingState};
pub use limits::Limits;
pub use loader::{CaseLoader, Purpose};
pub use lr::{Curve, CurveScheduler, Point};
pub use overlay::Overlay;
pub use pass::Pass;
pub use resume::Start;
pub use segmenter::{ScoredBatch, Segmenter, TrainedBatch};
pub use session::{Cases, load_segmenter, segmenter, train};
pub use size::checkpoint_bytes;
