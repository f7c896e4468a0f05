//! [`JobAttempt`]: a worker in a Slurm job, and whether the job must be requeued after it.
//!
//! Slurm is asked first: from inside, a cancelled job looks like one that was requeued or reached its
//! time limit, and a cancelled job must not come back.
//!
//! Does not know about cells.

use super::job::{Job, JobInfo};
use crate::{
    base::Result,
    sweep::store::{StopAsked, SweepFolder, SweepPlan, cell_statuses},
};
use std::{fmt, result};

/// How often Slurm is asked about the job when it does not answer. While its controller restarts,
/// each question takes 9 s.
const TRIES: usize = 3;

/// A job with so many restarts is not requeued when it made no step in its time: it would come back
/// forever.
const MOST_IN_VAIN: u32 = 3;

/// Why a job was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Preempted,
    TimeLimit,
    Signal,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preempted => "another job needs its resources",
            Self::TimeLimit => "its time limit is reached",
            Self::Signal => "it received a signal",
        })
    }
}

/// Whether a job is requeued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requeue {
    /// Slurm puts it back into the queue.
    Requeued {
        /// Why.
        why: String,
    },
    /// Slurm is not asked to.
    Left {
        /// Why.
        why: String,
    },
    /// Slurm was asked to, and refused.
    Refused {
        /// Why.
        why: String,
    },
}

/// A worker in a job, from its start to its end.
#[derive(Debug)]
pub struct JobAttempt {
    job: Job,
    /// Optimizer steps of the whole sweep at the start.
    n_steps: usize,
}

impl JobAttempt {
    /// Starts one, if this process is in a Slurm job.
    ///
    /// # Errors
    /// When the sweep cannot be read.
    pub fn begin(folder: &SweepFolder) -> Result<Option<Self>> {
        let begin = |job| Ok(Self { job, n_steps: count(folder)?.n_steps });
        Job::this().map(begin).transpose()
    }

    /// Requeues the job after its worker was stopped by a signal, unless it was cancelled or is in
    /// the queue already. Must be the last act of a worker whose children have written their
    /// checkpoints: Slurm then ends the job at once.
    ///
    /// # Errors
    /// When the sweep cannot be read.
    pub fn end(&self, folder: &SweepFolder) -> Result<Requeue> {
        let left = |why: &str| Ok(Requeue::Left { why: why.to_owned() });
        if StopAsked::is_asked(folder) {
            return left("the sweep was stopped");
        }
        let count = count(folder)?;
        if !count.has_open {
            return left("nothing is left to do");
        }
        Ok(request_requeue(&self.job, count.n_steps > self.n_steps))
    }

    /// What happens to the job, for its log.
    pub fn words(&self, requeue: &Requeue) -> String {
        let name = &self.job.name;
        match requeue {
            Requeue::Requeued { why } => format!("job {name} is requeued: {why}"),
            Requeue::Left { why } => format!("job {name} is not requeued: {why}"),
            Requeue::Refused { why } => format!(
                "warning: job {name} could not be requeued: {why}; its cells wait for other \
                 workers, and `seglab sweep run SPEC --slurm` submits new ones"
            ),
        }
    }
}

/// The progress of a sweep.
struct Count {
    n_steps: usize,
    has_open: bool,
}

fn count(folder: &SweepFolder) -> Result<Count> {
    let cells = cell_statuses(folder, &SweepPlan::read(folder)?)?;
    let steps = cells.iter().filter_map(|cell| cell.status.as_ref()).map(|status| status.step);
    let n_steps = steps.sum();
    let has_open = cells.iter().any(|cell| cell.state.is_open());
    Ok(Count { n_steps, has_open })
}

fn request_requeue(job: &Job, has_progress: bool) -> Requeue {
    let info = match look(job) {
        Ok(info) => info,
        Err(why) => return Requeue::Refused { why },
    };
    let cause = match judge(job, &info) {
        Ok(cause) => cause,
        Err(why) => return Requeue::Left { why },
    };
    if cause != Cause::Preempted && !has_progress && job.restarts >= MOST_IN_VAIN {
        let why = format!("{cause} again, and no step was made since its start");
        return Requeue::Left { why };
    }
    let why = match job.requeue() {
        Ok(reply) if reply.succeeded => return Requeue::Requeued { why: cause.to_string() },
        Ok(reply) => reply.error_text,
        Err(no_reply) => no_reply.to_string(),
    };
    // Slurm may have ended the program before it could report success.
    match look(job) {
        Ok(info) if info.restarts > job.restarts => Requeue::Requeued { why: cause.to_string() },
        _ => Requeue::Refused { why },
    }
}

fn look(job: &Job) -> result::Result<JobInfo, String> {
    let mut found = job.look();
    for _ in 1..TRIES {
        if found.is_ok() {
            break;
        }
        found = job.look();
    }
    found
}

/// Why it was stopped; or why it must not be requeued.
fn judge(job: &Job, info: &JobInfo) -> result::Result<Cause, String> {
    if !info.is_batch {
        return Err("it is no batch job".to_owned());
    }
    if info.restarts > job.restarts {
        return Err("it is in the queue already".to_owned());
    }
    match info.state.as_str() {
        _ if info.is_preempted => Ok(Cause::Preempted),
        _ if info.is_over_time => Ok(Cause::TimeLimit),
        "RUNNING" if info.is_near_its_end() => Ok(Cause::TimeLimit),
        "RUNNING" => Ok(Cause::Signal),
        "COMPLETING" | "CANCELLED" => Err("it was cancelled".to_owned()),
        state => Err(format!("its state in Slurm is {state}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of Slurm 22.05 inside of a job.
    #[test]
    fn only_a_job_that_nobody_decided_about_is_requeued() {
        let job = Job { name: "12_3".into(), restarts: 0 };
        let judged = |text: &str| {
            let info = JobInfo::read(&format!("JobId=15 BatchFlag=1 {text}")).unwrap();
            judge(&job, &info).map_err(|why| why.split(' ').next_back().unwrap().to_owned())
        };
        let signalled = "JobState=RUNNING Reason=None Restarts=0 TimeLimit=UNLIMITED";
        assert_eq!(judged(signalled), Ok(Cause::Signal));
        let near = "JobState=RUNNING Restarts=0 TimeLimit=01:00:00 RunTime=00:58:02";
        assert_eq!(judged(near), Ok(Cause::TimeLimit));
        let late = "JobState=COMPLETING Reason=TimeLimit Restarts=0";
        assert_eq!(judged(late), Ok(Cause::TimeLimit));
        let grace = "JobState=RUNNING Restarts=0 PreemptTime=2026-11-27T05:49:37";
        assert_eq!(judged(grace), Ok(Cause::Preempted));
        let no_grace = "JobState=COMPLETING Restarts=0 PreemptTime=2026-11-27T05:50:40";
        assert_eq!(judged(no_grace), Ok(Cause::Preempted));
        let requeued = "JobState=COMPLETING Reason=None Restarts=1 EndTime=Unknown";
        assert_eq!(judged(requeued), Err("already".to_owned()));
        let cancelled = "JobState=COMPLETING Reason=None Restarts=0 PreemptTime=None";
        assert_eq!(judged(cancelled), Err("cancelled".to_owned()));
        assert_eq!(judged("BatchFlag=0 JobState=RUNNING"), Err("job".to_owned()));
        assert_eq!(judged("JobState=SUSPENDED"), Err("SUSPENDED".to_owned()));
    }
}
