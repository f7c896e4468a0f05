//! Workers as the tasks of a Slurm job array.
//!
//! ```text
//! SlurmOptions --script--> sbatch --submit--> jobs/<id>.json        the queue is Slurm's, the cells are ours
//! worker: signal -> checkpoints -> JobAttempt::end -> scontrol requeue -> the same task, once more
//! ```
//!
//! A task is not tied to a cell: it claims cells until none is left. A run therefore never needs
//! to know its job; which one worked on it is written down per attempt.
//!
//! # What arrives, and what is done about it
//!
//! | what happens | what the worker gets | what Slurm says of the job | what the worker does |
//! |---|---|---|---|
//! | the time limit is near | USR2, as `--signal` asks | `RUNNING` | requeues it |
//! | another job needs the place | USR2 or TERM, then a time of grace | `RUNNING`, with a `PreemptTime` | requeues it |
//! | the same, without grace, `PreemptMode=CANCEL` | TERM | `COMPLETING`, with a `PreemptTime` | requeues it |
//! | the same, `PreemptMode=REQUEUE` | TERM | `COMPLETING`, one more restart | nothing: it comes back |
//! | the time limit is over | TERM | `COMPLETING`, `Reason=TimeLimit` | requeues it |
//! | `scontrol requeue` by somebody | TERM | `COMPLETING`, one more restart | nothing: it comes back |
//! | `scancel` | TERM | `COMPLETING` | nothing: a cancelled job must not come back |
//! | `seglab sweep stop`, Ctrl-C | | | nothing |
//!
//! A job that exits by itself is never requeued by Slurm, whatever it returns, unless the site says
//! so (`RequeueExit`); so the worker asks for it, as its last act: the request ends its caller.
//!
//! Does not know how a worker works.

mod client;
mod job;
mod queue;
mod requeue;
mod script;
mod submit;

pub(super) use job::n_allotted_cores;
pub use queue::{QueuedTask, queued};
pub use requeue::{JobAttempt, Requeue};
pub use script::{Script, SlurmOptions, WARNING, Worker};
pub use submit::submit;
