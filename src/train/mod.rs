//! Training and evaluation with burn-train; speaks only events.

mod adamw;
mod bench;
mod bench_kernels;
mod calibrate;
mod checkpoint_sink;
pub mod device;
mod epoch_loop;
mod epoch_plan;
mod failure;
mod gradient_accumulation;
mod gradients;
mod host;
mod limits;
mod loader;
mod lr_schedule;
mod monitor;
mod null_renderer;
mod resume;
mod segmenter;
mod session;
mod size;
mod validate;

pub use adamw::CycledAdamW;
pub use bench::{
    LogitComparison, StepSeconds, Timing, Workload, compare_logits, memory_taken, time_steps,
};
pub use bench_kernels::{KernelTiming, KernelTimings, time_kernels};
pub use calibrate::{RunProfile, calibrate, training_voxels};
pub use checkpoint_sink::{MODEL_FILE, OPTIMIZER_FILE, SCHEDULER_FILE, STATE_FILE};
pub use epoch_loop::{TrainingEnd, TrainingOutcome};
pub use epoch_plan::EpochPlan;
pub use gradients::clip_to_norm;
pub use host::{Host, TrainingState};
pub use limits::Limits;
pub use loader::{CaseLoader, Purpose};
pub use lr_schedule::{LrSchedule, LrStepper, StepRates};
pub use resume::Start;
pub use segmenter::{ScoredBatch, Segmenter, TrainedBatch};
pub use session::{Cases, load_predictor, train};
pub use size::checkpoint_bytes;
