//! [`JobAttempt`]: one run of the job that a worker is in, which may have to be followed by another.
//!
//! Whether it may is Slurm's to say: a job that was cancelled looks the same from inside as one
//! that was requeued or whose time is up, and a cancelled job that asked to be requeued would rise
//! from the dead.
//!
//! Does not know about cells.

use super::job::{Job, JobInfo};
use crate::{
    base::Result,
    sweep::store::{StopAsked, SweepFolder, SweepPlan, cell_statuses},
};
use std::{fmt, result};

/// How often Slurm is asked how the job stands, should it not answer. It does not answer for 9 s
/// a time while its controller is started anew.
const TRIES: usize = 3;

/// A job that was started this often gives up when it cannot make a single step in its time: it
/// would come back for ever.
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
            Self::Preempted => "another job needs its place",
            Self::TimeLimit => "its time is up",
            Self::Signal => "it was sent a signal",
        })
    }
}

/// What becomes of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requeue {
    /// Slurm puts it back into the queue.
    Requeued {
        /// In words.
        why: String,
    },
    /// It is not asked to.
    Left {
        /// In words.
        why: String,
    },
    /// It was asked to, and does not.
    Refused {
        /// In words.
        why: String,
    },
}

/// A worker's time in a job, from its start to its end.
#[derive(Debug)]
pub struct JobAttempt {
    job: Job,
    /// Optimizer steps of the whole sweep when it began.
    n_steps: usize,
}

impl JobAttempt {
    /// Begins one, if this process is in a job of Slurm.
    ///
    /// # Errors
    /// When the sweep cannot be read.
    pub fn begin(folder: &SweepFolder) -> Result<Option<Self>> {
        let begin = |job| Ok(Self { job, n_steps: count(folder)?.n_steps });
        Job::this().map(begin).transpose()
    }

    /// Asks Slurm to run the job again after its worker was stopped by a signal, unless somebody
    /// has decided otherwise. To be the last act of a worker whose children have made their
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

    /// What becomes of the job, in words for its log.
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

/// How far a sweep is.
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
        let why = format!("{cause} once more, and not one step was made since it began");
        return Requeue::Left { why };
    }
    let why = match job.requeue() {
        Ok(reply) if reply.succeeded => return Requeue::Requeued { why: cause.to_string() },
        Ok(reply) => reply.error_text,
        Err(no_reply) => no_reply.to_string(),
    };
    // The request may have reached Slurm, and Slurm the program, before it could say so.
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

/// Why it was stopped; or, in words, why it must not be requeued.
fn judge(job: &Job, info: &JobInfo) -> result::Result<Cause, String> {
    if !info.is_batch {
        return Err("it is no batch job".to_owned());
    }
    if info.restarts > job.restarts {
        return Err("it is in the queue again already".to_owned());
    }
    match info.state.as_str() {
        _ if info.is_preempted => Ok(Cause::Preempted),
        _ if info.is_over_time => Ok(Cause::TimeLimit),
        "RUNNING" if info.is_near_its_end() => Ok(Cause::TimeLimit),
        "RUNNING" => Ok(Cause::Signal),
        "COMPLETING" | "CANCELLED" => Err("it was cancelled".to_owned()),
        state => Err(format!("Slurm has it as {state}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a job looks like from inside, as Slurm 22.05 told it.
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
