//! [`queued`]: the jobs of a sweep in Slurm's queue, a [`QueuedTask`] for each task.
//!
//! Does not know about cells.

use super::client::ask;
use crate::sweep::store::{Submitted, SweepFolder};
use std::{process::Command, time::Duration};

/// With the controller away `squeue` waits 9 s; a table of the sweep need not.
const PATIENCE: Duration = Duration::from_secs(3);
/// Fields of a line, in the order of [`QueuedTask`]: array, task, state, node, time, time left, reason.
const FORMAT: &str = "%F|%K|%T|%N|%M|%L|%r";

/// A task in Slurm's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedTask {
    /// Number of the array.
    pub job: u64,
    /// Index in the array; `None` for a job without an array.
    pub task: Option<u32>,
    /// Its state, in Slurm's words: `PENDING`, `RUNNING`, `COMPLETING`.
    pub state: String,
    /// Where it runs; empty while it waits.
    pub node: String,
    /// How long it has run.
    pub time: String,
    /// How long it may still run.
    pub left: String,
    /// Why it waits; empty when it does not.
    pub reason: String,
}

impl QueuedTask {
    /// Its name for Slurm's programs: `12_3`.
    pub fn name(&self) -> String {
        match self.task {
            Some(task) => format!("{}_{task}", self.job),
            None => self.job.to_string(),
        }
    }
}

/// The tasks of a sweep that wait or run. `None` when Slurm does not answer: not installed, not
/// reachable, or too slow.
pub fn queued(folder: &SweepFolder) -> Option<Vec<QueuedTask>> {
    let submitted = Submitted::all(folder).ok()?;
    let Some(latest) = submitted.last() else { return Some(Vec::new()) };
    // By name: `squeue` fails for the number of an old job.
    let name = format!("--name={}", latest.name);
    let arguments = ["--noheader", "--array", &name, &format!("--format={FORMAT}")];
    let reply = ask(Command::new("squeue").args(arguments), "", PATIENCE).ok()?;
    let is_own = |task: &QueuedTask| submitted.iter().any(|submitted| submitted.job == task.job);
    let mut tasks = read(&reply.out);
    tasks.retain(is_own);
    tasks.sort_by_key(|task| (task.job, task.task));
    reply.succeeded.then_some(tasks)
}

/// Lines that cannot be read are skipped.
fn read(text: &str) -> Vec<QueuedTask> {
    let task = |line: &str| {
        let mut fields = line.splitn(7, '|').map(|field| field.trim().to_owned());
        Some(QueuedTask {
            job: fields.next()?.parse().ok()?,
            task: fields.next()?.parse().ok(),
            state: fields.next()?,
            node: fields.next()?,
            time: fields.next()?,
            left: fields.next()?,
            reason: fields.next().filter(|reason| reason != "None").unwrap_or_default(),
        })
    };
    text.lines().filter_map(task).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Whatever a cluster's `squeue` prints: no panic, and at most one task a line.
        #[test]
        fn any_text_is_read(text in "(\\PC|[|\n0-9]){0,200}") {
            assert!(read(&text).len() <= text.lines().count());
        }
    }

    #[test]
    fn lines_of_the_queue_are_read() {
        let text = "12|0|RUNNING|n0|0:05|UNLIMITED|None\n\
                    12|3|PENDING||0:00|1:00:00|Nodes required for job are DOWN|DRAINED\n\
                    13|N/A|COMPLETING|n0|1-00:00:00|INVALID|None\n\
                    slurm_load_jobs error: what is this\n";
        let found = read(text);
        let names: Vec<String> = found.iter().map(QueuedTask::name).collect();
        assert_eq!(names, ["12_0", "12_3", "13"]);
        assert_eq!((found[0].node.as_str(), found[0].reason.as_str()), ("n0", ""));
        assert_eq!(found[1].reason, "Nodes required for job are DOWN|DRAINED");
        assert_eq!((found[2].state.as_str(), found[2].time.as_str()), ("COMPLETING", "1-00:00:00"));
    }
}
