//! [`Lease`]: the owner's latest sign of life, `lease.json`; [`Heartbeat`] renews it from a thread.
//!
//! A heartbeat that cannot be written does no harm: the work goes on, and the next one is tried.
//!
//! Does not know how signs of life are judged.

use super::{
    super::format::{LEASE, now},
    attempt,
    owner::Owner,
};
use crate::base::{
    Error, Fault, Result,
    checksum::{checked_text, read_checked},
    fs, proc,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

/// Time between heartbeats: a dozen may fail before anyone thinks of taking over.
pub(super) const PERIOD: Duration = Duration::from_secs(10);

/// The owner's latest sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Lease {
    /// Attempt that this is a sign of; one that is not the newest says nothing.
    pub(super) fence: u32,
    /// Who gives it.
    pub(super) owner: Owner,
    /// When, by the owner's clock.
    pub(super) heartbeat: DateTime<Utc>,
    /// Counts up: it tells a living owner with a wrong clock from a dead one.
    pub(super) beat: u64,
    /// Memory at that time; no value where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<Memory>,
    /// The owner has let go of the run and may live on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) released: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Lease {
    /// The latest sign of life of this attempt, if it can be read.
    pub(super) fn read(dir: &Path, fence: u32) -> Option<Self> {
        read_checked::<Self>(&dir.join(LEASE)).ok().filter(|lease| lease.fence == fence)
    }

    /// Writes the next sign of life, unless the run has passed on. Whether it has not.
    fn renew(&mut self, dir: &Path) -> bool {
        if attempt::path(dir, self.fence + 1).exists() {
            return false;
        }
        self.heartbeat = now();
        self.beat += 1;
        self.memory = Memory::now();
        // On a full or read-only disk the work may still come to its end; the next beat tries. No
        // sync: after a power cut the boot tells that the owner is gone, and a torn file fails its checksum.
        let _ =
            checked_text(self).and_then(|text| fs::write_cache(&dir.join(LEASE), text.as_bytes()));
        true
    }
}

/// Memory, in bytes: what a diagnosis asks for once the process is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Memory {
    /// Of the process, in use.
    pub(super) resident: u64,
    /// Of the machine, free or easily freed.
    pub(super) available: u64,
    /// Of the machine, all; less where a control group allows less.
    pub(super) total: u64,
}

impl Memory {
    fn now() -> Option<Self> {
        let total = proc::memory_total()?;
        Some(Self {
            resident: proc::memory_resident()?,
            available: proc::memory_available()?,
            total: proc::memory_limit().map_or(total, |limit| limit.min(total)),
        })
    }

    /// Whether the kernel may have ended the process to get memory back.
    pub(super) fn is_low(&self) -> bool {
        self.available < self.total / 20 || self.resident > self.total / 5 * 4
    }
}

/// Gives signs of life until it is stopped or dropped, or the run has passed on.
#[derive(Debug)]
pub(super) struct Heartbeat {
    dir: PathBuf,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<Lease>>,
}

impl Heartbeat {
    /// Gives the first sign before it returns, then one each `period`.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(dir: &Path, fence: u32, owner: Owner, period: Duration) -> Result<Self> {
        let mut lease =
            Lease { fence, owner, heartbeat: now(), beat: 0, memory: None, released: false };
        lease.renew(dir);
        let (stop, stopped) = mpsc::channel();
        let own_dir = dir.to_owned();
        let thread = thread::Builder::new().name("heartbeat".to_owned()).spawn(move || {
            while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                if !lease.renew(&own_dir) {
                    break;
                }
            }
            lease
        });
        let thread = thread.map_err(|error| {
            Error::run(Fault::new("cannot start a thread for the heartbeat").caused_by(&error))
        })?;
        Ok(Self { dir: dir.to_owned(), stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Heartbeat {
    /// Ends the thread at once and writes that the run is free.
    fn drop(&mut self) {
        self.stop = None;
        let lease = self.thread.take().and_then(|thread| thread.join().ok());
        if let Some(mut lease) = lease {
            lease.released = true;
            lease.renew(&self.dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{attempt::Attempt, environment::fake},
        *,
    };

    const SHORT: Duration = Duration::from_millis(1);

    fn beats(dir: &Path, at_least: u64) -> Lease {
        loop {
            match Lease::read(dir, 1) {
                Some(lease) if lease.beat >= at_least => return lease,
                _ => thread::sleep(SHORT),
            }
        }
    }

    #[test]
    fn beats_until_dropped_and_then_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let heartbeat_thread =
            Heartbeat::start(folder.path(), 1, Owner::this().clone(), SHORT).unwrap();
        let lease = beats(folder.path(), 3);
        assert!(!lease.released);
        let memory = lease.memory.unwrap();
        assert!(memory.resident > 0 && memory.resident < memory.total, "{memory:?}");
        drop(heartbeat_thread);
        let last = Lease::read(folder.path(), 1).unwrap();
        assert!(last.released && last.beat > 3);
        assert_eq!(Lease::read(folder.path(), 2), None, "it says nothing of another attempt");
    }

    #[test]
    fn does_not_wait_for_the_next_beat_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let hours = Duration::from_hours(10);
        // Waiting for the next beat, the test would not end.
        drop(Heartbeat::start(folder.path(), 1, Owner::this().clone(), hours).unwrap());
        assert_eq!(Lease::read(folder.path(), 1).unwrap().beat, 2);
    }

    #[test]
    fn never_writes_over_the_lease_of_the_next_attempt() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let heartbeat_thread = Heartbeat::start(dir, 1, fake::owner(), SHORT).unwrap();
        beats(dir, 2);
        Attempt::new(2, now(), fake::owner()).claim(dir).unwrap();
        // The beat that was under way may still land; the thread ends at the one after it.
        while !heartbeat_thread.thread.as_ref().unwrap().is_finished() {
            thread::sleep(SHORT);
        }
        let next = Heartbeat::start(dir, 2, fake::owner(), Duration::from_hours(10)).unwrap();
        drop(heartbeat_thread);
        assert_eq!(Lease::read(dir, 2).unwrap().beat, 1);
        drop(next);
    }

    #[test]
    fn a_disk_that_takes_no_heartbeat_does_not_end_the_work() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the lease's place: unlike missing rights, it stops root too.
        fs::create_folder(&folder.path().join(LEASE)).unwrap();
        let heartbeat_thread = Heartbeat::start(folder.path(), 1, fake::owner(), SHORT).unwrap();
        fs::remove_folder(&folder.path().join(LEASE)).unwrap();
        beats(folder.path(), 2);
        drop(heartbeat_thread);
    }

    #[test]
    fn memory_is_short_when_little_is_left_or_most_is_ours() {
        let memory = |resident, available| Memory { resident, available, total: 1000 };
        assert!(!memory(700, 200).is_low());
        assert!(memory(700, 40).is_low());
        assert!(memory(900, 80).is_low());
    }
}
