//! Training and evaluation with burn-train; speaks only events.

mod adamw;
mod bench;
pub mod device;
mod epochs;
mod evaluate;
mod gradients;
mod handover;
mod host;
mod loader;
mod lr;
mod monitor;
mod overlay;
mod quiet;
mod segmenter;
mod session;
mod size;

pub use adamw::CycledAdamW;
pub use bench::{LogitComparison, StepSeconds, Timing, Workload, compare_logits, time_steps};
pub use epochs::{Ending, Trained};
pub use evaluate::{Evaluated, Subject, evaluate, foreground_dice, predict};
pub use gradients::clip_to_norm;
pub use handover::{MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE};
pub use host::{Host, TrainingState};
pub use loader::{CaseLoader, Purpose};
pub use lr::{Curve, CurveScheduler, Point};
pub use overlay::Overlay;
pub use segmenter::{ScoredBatch, Segmenter, TrainedBatch};
pub use session::{Cases, load_segmenter, segmenter, train};
pub use size::checkpoint_bytes;
