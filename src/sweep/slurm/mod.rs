//! Workers as the tasks of a Slurm job array.
//!
//! ```text
//! SlurmOptions --script--> sbatch --submit--> jobs/<id>.json        Slurm queues workers, not cells
//! worker: signal -> checkpoints -> JobAttempt::end -> scontrol requeue -> the same task again
//! ```
//!
//! A task is not tied to a cell: it claims cells until none is left. A run therefore does not
//! depend on its job; each attempt records the job that worked on it.
//!
//! # Signals and what a worker does
//!
//! | what happens | what the worker gets | what Slurm says of the job | what the worker does |
//! |---|---|---|---|
//! | the time limit is near | USR2, from `--signal` | `RUNNING` | requeues it |
//! | another job needs the resources | USR2 or TERM, then a grace time | `RUNNING`, with a `PreemptTime` | requeues it |
//! | the same, without grace, `PreemptMode=CANCEL` | TERM | `COMPLETING`, with a `PreemptTime` | requeues it |
//! | the same, `PreemptMode=REQUEUE` | TERM | `COMPLETING`, one more restart | nothing: it comes back |
//! | the time limit is over | TERM | `COMPLETING`, `Reason=TimeLimit` | requeues it |
//! | `scontrol requeue` by a user | TERM | `COMPLETING`, one more restart | nothing: it comes back |
//! | `scancel` | TERM | `COMPLETING` | nothing: a cancelled job must not come back |
//! | `seglab sweep stop`, Ctrl-C | | | nothing |
//!
//! Slurm never requeues a job that exits by itself, whatever its exit code, unless the site sets
//! `RequeueExit`. So the worker requests it as its last act: the request ends the worker.
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
