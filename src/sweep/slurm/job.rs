//! [`Job`]: the job that this process is part of; [`JobInfo`] is what Slurm says of it.
//!
//! Does not know what to do about it.

use super::{
    client::{NoReply, Reply, ask},
    script::WARNING,
};
use std::{collections::BTreeMap, env, process::Command, time::Duration};

/// Slurm's programs give up by themselves after 9 s.
const PATIENCE: Duration = Duration::from_secs(12);
/// Slurm checks time limits every 30 s, and may send its signal a minute early.
const SLACK: u64 = 90;

/// A job of Slurm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// Its name for Slurm's programs: `12`, or `12_3` for a task of an array. `SLURM_JOB_ID` is not
    /// enough: for the last task it is the number of the whole array.
    pub(super) name: String,
    /// How often it was restarted.
    pub(super) restarts: u32,
}

/// Cores of this machine that the job may use; `None` outside of a job.
pub(in super::super) fn n_allotted_cores() -> Option<usize> {
    env::var("SLURM_CPUS_ON_NODE").ok()?.parse().ok()
}

/// A job as Slurm sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobInfo {
    pub(super) state: String,
    pub(super) restarts: u32,
    /// Whether it comes from `sbatch`: other jobs cannot be requeued.
    pub(super) is_batch: bool,
    pub(super) is_preempted: bool,
    pub(super) is_over_time: bool,
    /// Seconds left, where there is a time limit.
    left: Option<u64>,
}

impl Job {
    /// The job of this process, if it runs in one.
    pub(super) fn this() -> Option<Self> {
        Self::of(|name| env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let job = variable("SLURM_JOB_ID")?;
        let task = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
        // Not set before the first restart.
        let restarts = variable("SLURM_RESTART_COUNT").and_then(|count| count.parse().ok());
        let name = task.map_or(job, |(array, task)| format!("{array}_{task}"));
        Some(Self { name, restarts: restarts.unwrap_or_default() })
    }

    /// Its state.
    ///
    /// # Errors
    /// A message, when Slurm does not answer.
    pub(super) fn look(&self) -> Result<JobInfo, String> {
        let reply =
            self.scontrol(&["show", "job", "--oneliner"]).map_err(|error| error.to_string())?;
        match JobInfo::read(&reply.out) {
            Some(info) if reply.succeeded => Ok(info),
            _ => Err(format!("`scontrol` does not know it: {}", reply.error_text)),
        }
    }

    /// Asks Slurm to end it and to put it back into the queue. If that succeeds, Slurm is about to end
    /// this process and the `scontrol` that it waits for.
    pub(super) fn requeue(&self) -> Result<Reply, NoReply> {
        self.scontrol(&["requeue"])
    }

    fn scontrol(&self, arguments: &[&str]) -> Result<Reply, NoReply> {
        ask(Command::new("scontrol").args(arguments).arg(&self.name), "", PATIENCE)
    }
}

impl JobInfo {
    pub(super) fn read(text: &str) -> Option<Self> {
        let line = text.lines().next()?;
        let fields: BTreeMap<&str, &str> =
            line.split_whitespace().filter_map(|field| field.split_once('=')).collect();
        let field = |name: &str| fields.get(name).copied();
        let limit = field("TimeLimit").and_then(seconds);
        let run = field("RunTime").and_then(seconds);
        Some(Self {
            state: field("JobState")?.to_owned(),
            restarts: field("Restarts").and_then(|count| count.parse().ok()).unwrap_or_default(),
            is_batch: field("BatchFlag").is_none_or(|flag| flag != "0"),
            is_preempted: field("PreemptTime").is_some_and(|time| seconds_of_day(time).is_some()),
            is_over_time: field("Reason") == Some("TimeLimit"),
            left: limit.zip(run).map(|(limit, run)| limit.saturating_sub(run)),
        })
    }

    /// Whether it is near its time limit.
    pub(super) fn is_near_its_end(&self) -> bool {
        self.left.is_some_and(|left| left <= u64::from(WARNING) + SLACK)
    }
}

/// Seconds of `[days-]hours:minutes:seconds`; `None` for `UNLIMITED` and similar words.
fn seconds(text: &str) -> Option<u64> {
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (days.parse::<u64>().ok()?, clock),
        None => (0, text),
    };
    let [hours, minutes, seconds] =
        clock.split(':').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>()?[..]
    else {
        return None;
    };
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Seconds of the day of a time such as `2026-11-27T05:49:37`; `None` for `None` and `Unknown`.
fn seconds_of_day(moment: &str) -> Option<u64> {
    seconds(moment.split_once('T')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_its_array() {
        let job = |variables: &[(&str, &str)]| {
            Job::of(|name| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned()))
        };
        assert_eq!(job(&[]), None);
        assert_eq!(job(&[("SLURM_JOB_ID", "7")]), Some(Job { name: "7".into(), restarts: 0 }));
        let task = job(&[
            ("SLURM_JOB_ID", "3"),
            ("SLURM_ARRAY_JOB_ID", "3"),
            ("SLURM_ARRAY_TASK_ID", "1"),
            ("SLURM_RESTART_COUNT", "2"),
        ]);
        assert_eq!(task, Some(Job { name: "3_1".into(), restarts: 2 }));
    }

    /// Lines of Slurm 22.05, cut to the fields that are read and some that are not.
    const RUNNING: &str = "JobId=1 JobName=wrap UserId=root(0) QOS=(null) JobState=RUNNING \
        Reason=None Requeue=1 Restarts=1 BatchFlag=1 RunTime=00:00:24 TimeLimit=365-00:00:00 \
        EndTime=2027-11-27T05:50:55 PreemptTime=None TRES=cpu=4,node=1 Command=(null)\n";
    const PREEMPTED: &str = "JobState=RUNNING Reason=None Restarts=0 BatchFlag=1 \
        TimeLimit=UNLIMITED RunTime=00:00:03 PreemptTime=2026-11-27T05:49:37\n";

    #[test]
    fn what_slurm_says_of_a_job_is_read() {
        let info = JobInfo::read(RUNNING).unwrap();
        assert_eq!((info.state.as_str(), info.restarts, info.is_batch), ("RUNNING", 1, true));
        assert!(!info.is_preempted && !info.is_over_time && !info.is_near_its_end());
        let info = JobInfo::read(PREEMPTED).unwrap();
        assert!(info.is_preempted && !info.is_near_its_end(), "it has no limit");
        let near = JobInfo::read("JobState=RUNNING TimeLimit=01:00:00 RunTime=00:57:00").unwrap();
        assert!(near.is_near_its_end());
        assert!(JobInfo::read("JobState=COMPLETING Reason=TimeLimit").unwrap().is_over_time);
        assert_eq!(JobInfo::read("slurm_load_jobs error: Invalid job id specified"), None);
        assert_eq!(seconds("2-03:00:01"), Some(183_601));
    }
}
